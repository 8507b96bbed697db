"""Whether a text is JSON at all, however deep: the grammar of RFC 8259 as a table, with a stack in place of recursion.

Only for texts that are nested too deep for a parser. An unfinished one is no JSON; a finished one is JSON, too deep.
"""

import re
from math import isinf

_TOKEN = re.compile(
    r"""[ \t\n\r]*+(?:
      (?P<string>"(?:[^"\\\x00-\x1f]++|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+")
    | (?P<number>-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?+(?:[eE][+-]?[0-9]++)?+)
    | (?P<literal>true|false|null)
    | (?P<mark>[][{}:,])
    | (?P<end>\Z)
    )""",
    re.VERBOSE,
)

_VALUES = {"string": "after", "literal": "after", "number": "after", "{": "first name", "[": "first value"}
_NEXT: dict[str, dict[str, str]] = {
    "value": _VALUES,
    "first value": {**_VALUES, "]": "after"},
    "first name": {"string": "colon", "}": "after"},
    "name": {"string": "colon"},
    "colon": {":": "value"},
    "after": {",": "next", "]": "after", "}": "after"},
}
"""The state after a token, by the state before it; no entry, no JSON. Commas and closing brackets ask the stack too."""
_OPENED_BY = {"]": "[", "}": "{"}


def is_json(text: str) -> bool:
    """Whether the text is one JSON value whose numbers fit a double."""
    state = "value"
    opened: list[str] = []
    position = 0
    while (found := _TOKEN.match(text, position)) is not None:
        kind = found.lastgroup or ""
        token = found[kind]
        position = found.end()
        if kind == "end":
            return state == "after" and not opened
        if kind == "mark":
            kind = token
        after = _NEXT[state].get(kind)
        if after is None or (kind == "number" and isinf(float(token))):
            return False
        if kind in "[{":
            opened.append(kind)
        elif kind in "]}":
            if not opened or opened.pop() != _OPENED_BY[kind]:
                return False
        elif kind == ",":
            if not opened:
                return False
            after = "name" if opened[-1] == "{" else "value"
        state = after
    return False

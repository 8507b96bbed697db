"""Responses as their bytes: a complete one, and documents spelled in all the ways that JSON allows."""

import json
from typing import Any

from hypothesis import strategies as st

Pairs = list[tuple[str, Any]]
"""An object in the order of its text; unlike a dict it may have a name twice."""

LEAST: dict[str, Any] = {
    "response_id": "r-1",
    "brand": "Maison Verte",
    "store": "Lyon 07",
    "submitted_at": "2026-11-22T17:41:05+01:00",
    "score": 6,
}


def a_response(**changes: Any) -> bytes:
    """The least there can be, with some fields changed or added."""
    return json.dumps(LEAST | changes).encode()


TIMES = st.sampled_from(
    [
        "2026-11-22T17:41:05Z",
        "2026-11-22T17:41:05.25-03:30",
        "2026-11-22 17:41:05Z",
        "2026-11-22T17:41:05+0100",
        "2026-11-22t17:41:05z",
        "2026-11-22T17:41:05",
        "2026-02-29T00:00:00Z",
        "2026-11-22T17:41Z",
        "20261122T174105Z",
        "now",
    ]
)
ODD_TEXTS = [
    "",
    "a",
    " a",
    "a|b",
    "é",
    "e\u0301",
    "\u0958",
    "a\u2028",
    "\u200d",
    "a:b",
    '":',
    "\\",
    "😡",
    "\u0001",
    "\u00a0",
]
ODD_TEXTS += ["\ufdd0", "\uffff", "\U0001ffff", "\u0000", "T10:00:00Z", '"submitted_at":"2026-11-22T10:00:00Z"']
TEXTS = st.sampled_from(ODD_TEXTS) | st.text(max_size=8)
NUMBERS = st.sampled_from([0, 1, 6, 10, 11, -1, 7.0, 0.5, 2**53 - 1, 2**53, 2**64, 10**300, 10**400, 1e300])
SCALARS = st.none() | st.booleans() | NUMBERS | TEXTS
NAMES = st.sampled_from(
    ["a", "b", "contact", "publish", "bot", "duration_s", "submitted_at", 'x"submitted_at', "event", ""]
)


def _objects(values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(NAMES, values, max_size=3)


VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | _objects(inner), max_leaves=6)

FITTING: dict[str, st.SearchStrategy[Any]] = {
    "response_id": st.text(min_size=1, max_size=4),
    "brand": st.sampled_from(["Maison Verte", "Cre\u0301merie", "Œuf", "A"]),
    "store": st.sampled_from(["Lyon 07", "1", "Ü"]),
    "submitted_at": st.sampled_from(["2026-11-22T17:41:05Z", "2026-11-22T17:41:05.25-03:30"]),
    "score": st.integers(0, 10),
    "event": st.sampled_from(
        ["created", "updated", "finished", "deleted", "excluded", "restored", "forget_identity", "forget_all", None]
    ),
    "version": st.integers(0, 2**53 - 1),
    "source": st.text(max_size=4),
    "scale_min": st.sampled_from([0, 1]),
    "scale_max": st.just(10),
    "comment": st.none() | TEXTS,
    "reason": st.none() | TEXTS,
    "by": st.text(max_size=4),
    "customer_ref": st.text(max_size=4),
    "contact_requested": st.booleans(),
    "imported": st.booleans() | st.none(),
    "consent": _objects(st.booleans() | st.none()),
    "quality": st.fixed_dictionaries({}, optional={"bot": st.booleans(), "duration_s": NUMBERS}),
    "attributes": _objects(SCALARS),
}
LEAST_NAMES = list(LEAST)


@st.composite
def documents(draw: st.DrawFn) -> Pairs:
    """Mostly responses, some with fields that do not fit, with unknown ones, with a name twice."""
    names = LEAST_NAMES + draw(st.lists(st.sampled_from(sorted(FITTING)), unique=True, max_size=6))
    document = {name: draw(FITTING[name]) for name in names}
    for trouble in draw(st.lists(st.sampled_from(["misfit", "missing", "unknown", "time"]), max_size=2)):
        if trouble == "misfit":
            document[draw(st.sampled_from(sorted(FITTING)))] = draw(VALUES)
        elif trouble == "missing":
            document.pop(draw(st.sampled_from(LEAST_NAMES)), None)
        elif trouble == "time":
            document["submitted_at"] = draw(TIMES)
        else:
            document[draw(NAMES)] = draw(VALUES)
    pairs = draw(st.permutations(list(document.items())))
    if draw(st.integers(0, 3)) == 0:
        pairs = plant(draw, pairs)
    return pairs


def plant(draw: st.DrawFn, pairs: Pairs) -> Pairs:
    """Repeat a name somewhere: in the object itself, or in one within."""
    inner = [at for at, (_, value) in enumerate(pairs) if isinstance(value, dict) and value]
    within = draw(st.booleans())
    if inner and within:
        at = draw(st.sampled_from(inner))
        name, value = pairs[at]
        return [*pairs[:at], (name, plant(draw, list(value.items()))), *pairs[at + 1 :]]
    name, value = draw(st.sampled_from(pairs)) if pairs else ("a", 1)
    again = (name, draw(st.just(value) | VALUES))
    at = draw(st.integers(0, len(pairs)))
    return [*pairs[:at], again, *pairs[at:], *([] if pairs else [again])]


def as_doubles(value: Any) -> Any:
    """A document as parsers have it that know no whole number beyond 64 bits."""
    if isinstance(value, dict):
        return {name: as_doubles(one) for name, one in value.items()}
    if isinstance(value, list):
        return [as_doubles(one) for one in value]
    return float(value) if type(value) is int and not -(2**63) <= value < 2**64 else value


BLANKS = st.sampled_from(["", "", "", " ", "\n", "\t \r\n"])


@st.composite
def spelled(draw: st.DrawFn, pairs: Pairs) -> bytes:
    """The text of a document: compact, as `json.dumps` has it, or with blanks and escapes where they may be."""
    style = draw(st.sampled_from(["compact", "default", "odd"]))
    item, colon = {"compact": (",", ":"), "default": (", ", ": "), "odd": ("", "")}[style]
    ascii_only = style == "default" and draw(st.booleans())

    def text(string: str) -> str:
        if style != "odd":
            return json.dumps(string, ensure_ascii=ascii_only)
        plain = (character if draw(st.integers(0, 5)) else _escaped(draw, character) for character in string)
        return '"' + "".join(one if len(one) > 1 else json.dumps(one, ensure_ascii=False)[1:-1] for one in plain) + '"'

    def blank(separator: str, otherwise: str) -> str:
        return separator or draw(BLANKS) + otherwise + draw(BLANKS)

    def write(value: Any) -> str:
        if isinstance(value, dict):
            value = list(value.items())
        elif isinstance(value, list) and not (value and isinstance(value[0], tuple)):
            return "[" + blank(item, ",").join(write(one) for one in value) + "]"
        if isinstance(value, list):
            return "{" + blank(item, ",").join(text(name) + blank(colon, ":") + write(one) for name, one in value) + "}"
        return text(value) if isinstance(value, str) else json.dumps(value)

    return write(pairs or {}).encode("utf-8", "surrogatepass")


def _escaped(draw: st.DrawFn, character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    form = draw(st.sampled_from(["\\u{:04x}", "\\u{:04X}"]))
    return "".join(form.format(int.from_bytes(units[at : at + 2])) for at in range(0, len(units), 2))

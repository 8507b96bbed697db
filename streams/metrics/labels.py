"""Bounds on what may become a label: a label value costs memory here and in Prometheus for as long as it is kept.

One lone surrogate in a label makes every later scrape fail, so label texts are cleaned; a flood of odd names must
not become a flood of series, so distinct values are bounded and the rest is folded into `_other`.
"""

OTHER = "_other"
TEXT_MAX = 64
BRANDS_MAX = 50
TOPICS_MAX = 16
SHARDS_MAX = 1024
KINDS_MAX = 32
"""The values of the other labels come from our own code; a mistake there must not cost a scrape either."""

_EMPTY = "_empty"
_UNPRINTABLE = "\N{REPLACEMENT CHARACTER}"


def clean(text: str) -> str:
    """The text without lone surrogates, control and other unprintable characters, at most TEXT_MAX characters."""
    text = text[:TEXT_MAX]
    if not text.isprintable():
        text = "".join(c if c.isprintable() else " " if c.isspace() else _UNPRINTABLE for c in text)
    return text or _EMPTY


class Bounded:
    """The label of each value: cleaned, at most `most` distinct ones, first come, first served; the rest is OTHER."""

    __slots__ = ("_labels", "_most")

    def __init__(self, most: int) -> None:
        self._most = most
        self._labels: set[str] = set()

    def __call__(self, value: str) -> str:
        """The label of a value."""
        label = clean(value)
        if label in self._labels:
            return label
        if len(self._labels) >= self._most:
            return OTHER
        self._labels.add(label)
        return label

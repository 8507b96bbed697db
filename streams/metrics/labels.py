"""Bounds on what may become a label: a label value costs memory here and in Prometheus for as long as it is kept.

One lone surrogate in a label makes every later scrape fail, so label texts are cleaned; a flood of odd names must
not become a flood of series, so distinct values are bounded and the rest is folded into `_other`.
"""

OTHER = "_other"
TEXT_MAX = 64
TOPIC_NAME_MAX = 249
"""Kafka's own bound on the name of a topic: one that is cut could be taken for another."""
BRANDS_MAX = 50
TOPICS_MAX = 16
SHARDS_MAX = 1024
KINDS_MAX = 32
"""The values of the other labels come from our own code; a mistake there must not cost a scrape either."""

_EMPTY = "_empty"
_UNPRINTABLE = "\N{REPLACEMENT CHARACTER}"


def clean(text: str, length: int = TEXT_MAX) -> str:
    """The text without lone surrogates, control and other unprintable characters, at most `length` characters."""
    text = text[:length]
    if not text.isprintable():
        text = "".join(c if c.isprintable() else " " if c.isspace() else _UNPRINTABLE for c in text)
    return text or _EMPTY


class Bounded:
    """The label of each value: cleaned, at most `most` distinct ones, first come, first served; the rest is OTHER."""

    __slots__ = ("_labels", "_length", "_most")

    def __init__(self, most: int, length: int = TEXT_MAX) -> None:
        self._most = most
        self._length = length
        self._labels: set[str] = set()

    def __call__(self, value: str) -> str:
        """The label of a value."""
        label = clean(value, self._length)
        if label in self._labels:
            return label
        if len(self._labels) >= self._most:
            return OTHER
        self._labels.add(label)
        return label

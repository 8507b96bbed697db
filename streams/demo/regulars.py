"""Customers who come back to the shop that made them unhappy, and say so again."""

from dataclasses import dataclass, field
from random import Random
from typing import Final

from streams.demo.lives import DETRACTOR_MAX
from streams.demo.records import Document

_COMES_BACK: Final = 0.25


@dataclass(slots=True, kw_only=True)
class Regulars:
    """Remembers of each shop whom it made unhappy last."""

    random: Random
    _unhappy: dict[tuple[str, str], str] = field(default_factory=dict)

    def meet(self, document: Document) -> Document:
        """The answer, now and then given by the customer of whom the shop heard last, and nothing else changed."""
        if document["score"] > DETRACTOR_MAX or "customer_ref" not in document:
            return document
        shop = document["brand"], document["store"]
        known = self._unhappy.get(shop)
        if known is not None and self.random.random() < _COMES_BACK:
            return document | {"customer_ref": known}
        self._unhappy[shop] = document["customer_ref"]
        return document

"""Signs of the critical themes in comments, by theme and language: what the built-in rules look for."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

ThemeWords = Mapping[str, Mapping[str, tuple[str, ...]]]
"""By theme and language the phrases that are a sign of it; `themes` says how they are written."""

DEFAULT_THEMES: Final[ThemeWords] = MappingProxyType(
    {
        "safety": {"en": ("injured",), "fr": ("intoxication*",)},
        "legal": {"en": ("lawyer*",), "fr": ("tribunal",)},
        "discrimination": {"en": ("racis*",), "fr": ("racis*",)},
        "refund_threat": {"en": ("chargeback*",), "fr": ("opposition bancaire",)},
    }
)

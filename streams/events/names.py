"""The rule for the names of brands and stores, and the names that passed it.

A name is identity, so it is compared by code points, in Normalization Form C and with its case. It has 1 to 64
characters in that form, no blank (Unicode's White_Space) at either end, no `|` (the keys are `brand|store`), no control
character (category Cc) and no line or paragraph separator (Zl, Zp: line breaks to many a reader). Format characters
(Cf) are allowed: the joiners are spelling in Persian and in Indic scripts, and part of many emoji.
"""

import re
import unicodedata

CHARACTERS_MAX = 64

_BLANK = r"\u0020\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
"""Category Zs, which is what remains of White_Space without the controls and the separators."""
PATTERN = rf"^(?![{_BLANK}])[^\u0000-\u001f\u007f-\u009f\u2028\u2029|]+(?<![{_BLANK}])$"
"""The rule but for lengths and normalisation; the JSON Schemas say it in the same words."""
_NAME = re.compile(PATTERN.removesuffix("$") + r"\Z")

known: set[str] = set()
"""Names in Form C that passed. The same few come in millions of records: looking one up is cheaper than the rule."""
_KNOWN_MAX = 200_000  # several times the stores of the largest chains; at most 80 MB of the longest names


def normal_name(name: str) -> str | None:
    """The name in Form C, None where it breaks the rule."""
    normal = unicodedata.normalize("NFC", name)
    if len(normal) > CHARACTERS_MAX or not _NAME.match(normal):
        return None
    if len(known) >= _KNOWN_MAX:
        known.clear()
    known.add(normal)
    return normal

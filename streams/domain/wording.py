"""The words of a comment, French or English, spelled alike; and whether what is said at some place is denied there."""

import re
from typing import Final
from unicodedata import normalize

_SPELLED: Final = str.maketrans(
    {"œ": "oe", "æ": "ae", "\u2019": "'", "\u02bc": "'", "`": "'", "\u00b4": "'", "\u2026": "."}
)
_DASH: Final = re.compile(r"\s[-\u2013\u2014]+\s")
_FOREIGN: Final = re.compile(r"[^\x00-\x7f\u0300-\u036f]")
_CONTRACTED: Final = re.compile(r"n't\b")
_TOKEN: Final = re.compile(r"[a-z0-9]+|[.!?;:\n]+|,")
_WORD: Final = re.compile(r"[a-z0-9]+")

_NEGATIONS: Final = """
not no never without nobody none nothing neither nor hardly cannot cant dont doesnt didnt isnt arent wasnt werent
havent hasnt hadnt wont wouldnt couldnt
pas jamais aucun aucune sans ni rien personne non guere
"""
_SMALL: Final = """
a an the any at all of to for in on it he she we they i you that this there is are was were be been being am do did does
has have had get gets got getting feel feels felt find found think say seem seems really very so too even actually
particularly especially one single sign signs risk risks reason problem problems issue issues case cases serious major
real going gonna want wanted need needed call with from ever or
du de d des un une la le les l au aux y en n ne ai as est sont ete etait etre soit sera eu avoir fait se s m me nous on
il elle ce c tout vraiment tres trop si plus aussi forcement particulierement specialement reellement aucun aucune
signe signes risque risques cas probleme problemes souci soucis besoin envie appeler ou non
"""
_DENIED: Final = re.compile(
    rf" (?:{'|'.join(_NEGATIONS.split())}|ne? [a-z]+ (?:[a-z]+ )?plus)(?: (?:{'|'.join(_SMALL.split())})){{0,5}} $"
)
_DENIED_CHARACTERS: Final = 90
"""A negation further off than this belongs to something else."""


def fold(text: str) -> str:
    """The words without accents in lower case, and the ends of sentences (`.`) and clauses (`,`), a blank around each.

    A contracted "not" is written out; apostrophes and hyphens separate words.
    """
    parts = _TOKEN.findall(_CONTRACTED.sub(" not", _plain(_DASH.sub(",", text))))
    return f" {' '.join(part if part.isalnum() or part == ',' else '.' for part in parts)} "


def fold_each(words: list[str]) -> list[list[str]]:
    """For each word as it is written, without blanks in it, the words that `fold` makes of it, but for a "not"."""
    return [_WORD.findall(line) for line in _plain("\n".join(words)).split("\n")]


def _plain(text: str) -> str:
    """The text in ASCII and in lower case; what has no letter there is a blank."""
    return _FOREIGN.sub(" ", normalize("NFKD", text.lower().translate(_SPELLED))).encode("ascii", "ignore").decode()


def is_denied(folded: str, at: int) -> bool:
    """Whether a negation stands before the word that begins at a place, with nothing but small words in between."""
    return _DENIED.search(folded, max(0, at - _DENIED_CHARACTERS), at) is not None

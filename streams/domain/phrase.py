"""Phrases to look for in comments, and how they are written.

    food poison*        `*` at the end of a word stands for any ending
    refund ... or i     `...` stands for up to four words of the same sentence
    -fire place         after `-`: no sign, and nothing in it is one

Case, accents, apostrophes and hyphens do not matter: a phrase is folded as comments are.
"""

from functools import lru_cache
from typing import Final, NamedTuple

from streams.domain.wording import fold

_GAP: Final = "..."
_UNSEEN: Final = frozenset({_GAP, "not"})
"""No words of a comment, or not always: a "not" may be contracted."""
_EVERYDAY: Final = """
about action advice all almost any apres argent assez aurait avec avoir back bad because been best better bien bit
bon business call called calling cause charged chez choisir cold company could country couple customer dans date day
days debut demande des direction due elle encore english etre ever faire fait first fois food for friendly full
getting give going gone gonna good great have here hour if immediately immediatement in information is it jamais
just les leur like live lot made magasin mauvaise might moi mon much near nearly never new nice nous of off on or
order other our out par parce partout past peu piece plus points poor pour prend prendre prends pris probleme
probleme* product products produit produits provider que rather rendre report rien same section service ses should
sinon small some somebody someone sommes son staff still store such suis sur taking temps than that the their them
there this through time toi top toujours tout tres trop une up very votre vous wait waiting want was way we week
well were when will with work wrong your
"""
_COMMON: Final = frozenset(_EVERYDAY.split())
"""Words that comments are full of."""
_WORDS_MAX: Final = 8
_GAPS_MAX: Final = 2
_LETTERS_MIN: Final = 2


class Phrase(NamedTuple):
    """A phrase: its words, folded, `...` among them; whether it is an exception."""

    words: tuple[str, ...]
    excepts: bool

    @property
    def pattern(self) -> str:
        """A regular expression for a folded text, without the blanks around it."""
        parts = [_word_pattern(self.words[0])]
        for before, word in zip(self.words, self.words[1:], strict=False):
            if word == _GAP:
                parts.append("(?: [a-z0-9,]+){0,4}")
            else:
                parts.append(f" {_word_pattern(word)}" if before == _GAP else f"(?: ,)? {_word_pattern(word)}")
        return "".join(parts)

    @property
    def rarest(self) -> str:
        """Its longest word that is not an everyday one, if it has any: where that is not, the phrase is not."""
        return max(self.words, key=_rarity)


@lru_cache(maxsize=16_384)  # rule sets of many brands have the same thousand phrases
def parse_phrase(text: str) -> Phrase | None:
    """The phrase of a text, None for what is none.

    Up to eight words and two gaps, none of these at an end, and a word of two letters at least that is not "not".
    """
    words: list[str] = []
    for word in text.removeprefix("-").split():
        if word == _GAP:
            words.append(word)
            continue
        bare = word.removesuffix("*")
        folded = fold(bare).split()
        if not folded or not all(part.isalnum() for part in folded):
            return None
        words += folded
        words[-1] += "*" if bare != word else ""
    if not 1 <= len(words) <= _WORDS_MAX or words.count(_GAP) > _GAPS_MAX or _GAP in {words[0], words[-1]}:
        return None
    phrase = Phrase(tuple(words), text.startswith("-"))
    rarest = phrase.rarest
    return phrase if rarest not in _UNSEEN and len(rarest.rstrip("*")) >= _LETTERS_MIN else None


def _rarity(word: str) -> tuple[int, int]:
    return 0 if word in _UNSEEN else 1 if word in _COMMON else 2, len(word.rstrip("*"))


def _word_pattern(word: str) -> str:
    return word.replace("*", "[a-z0-9]*")

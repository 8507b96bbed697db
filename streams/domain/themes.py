"""Critical themes in comments: signs of them in the customer's words, French or English, unless they are denied.

A theme is a list of phrases; see `phrase` for how they are written. A sign is denied where a negation stands before
it: "not at all dangerous", "personne n'a été blessé". A phrase that begins with a negation is a sign by that: "no fire
exit".
The language of a comment is not asked: it is often missing and sometimes wrong.

Nearly all comments touch nothing, and are written in the same few thousand words. So the words are kept of which no
phrase has any: a comment of such words alone is done in a microsecond.
"""

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from streams.domain.phrase import Phrase, parse_phrase
from streams.domain.theme_words import ThemeWords
from streams.domain.wording import fold, fold_each, is_denied

_WORDS_MAX: Final = 32_768
"""Words that are kept, as they are written: a few MB."""


class _Sign:
    """A phrase of a theme, and what finds it in a folded text."""

    def __init__(self, theme: str, phrase: Phrase) -> None:
        self.theme = theme
        self._phrase = phrase

    @cached_property
    def find_all(self) -> re.Pattern[str]:
        return re.compile(f"(?<= ){self._phrase.pattern}(?= )")

    def is_in(self, folded: str) -> bool:
        """Whether it is there and not denied."""
        return any(not is_denied(folded, found.start()) for found in self.find_all.finditer(folded))


@dataclass(frozen=True)
class Themes:
    """The themes of a rule set. Each of their phrases is one."""

    words: ThemeWords
    _plain: set[str] = field(default_factory=set, init=False, repr=False, compare=False)
    _marked: dict[str, list[_Sign]] = field(default_factory=dict, init=False, repr=False, compare=False)
    """The signs that a word may be part of, for words that were met."""

    def touched(self, comment: str) -> tuple[str, ...]:
        """The themes that a comment touches, in the order of the map."""
        words = comment.split()
        return () if self._plain.issuperset(words) else self._look(comment, words)

    def _look(self, comment: str, words: list[str]) -> tuple[str, ...]:
        """As `touched`, for a comment with words that are new or are in a phrase."""
        if len(self._plain) + len(self._marked) > _WORDS_MAX:
            self._plain.clear()
            self._marked.clear()
        telling = set(words) - self._plain
        new = telling - self._marked.keys()
        if new:
            self._meet([*new])
        signs: dict[str, list[_Sign]] = {}
        for word in telling:
            for sign in self._marked.get(word, ()):
                signs.setdefault(sign.theme, []).append(sign)
        if not signs:
            return ()
        folded = fold(comment)
        return tuple(theme for theme in self.words if theme in signs and self._is_touched(theme, signs[theme], folded))

    def _meet(self, words: list[str]) -> None:
        """Note of new words, as they are written, which signs they may be part of."""
        for word, parts in zip(words, fold_each(words), strict=True):
            signs = [sign for part in parts for sign in self._signs_with(part)]
            if signs:
                self._marked[word] = signs
            else:
                self._plain.add(word)

    def _is_touched(self, theme: str, signs: list[_Sign], folded: str) -> bool:
        exceptions = self._exceptions.get(theme)
        text = folded if exceptions is None else exceptions.sub("~", folded)
        return any(sign.is_in(text) for sign in signs)

    def _signs_with(self, word: str) -> list[_Sign]:
        """The signs of which this may be the rarest word."""
        whole, begun, lengths = self._index
        signs = whole.get(word, [])
        if word[:2] in self._heads:
            signs = signs + [sign for length in lengths for sign in begun.get(word[:length], ())]
        return signs

    @cached_property
    def _phrases(self) -> list[tuple[str, Phrase]]:
        phrases = []
        for theme, languages in self.words.items():
            for text in (text for texts in languages.values() for text in texts):
                phrase = parse_phrase(text)
                assert phrase is not None, f"no phrase: {text!r}"
                phrases.append((theme, phrase))
        return phrases

    @cached_property
    def _index(self) -> tuple[dict[str, list[_Sign]], dict[str, list[_Sign]], list[int]]:
        """The signs by their rarest word, by how it begins where its ending is open, and how long that can be."""
        whole: dict[str, list[_Sign]] = {}
        begun: dict[str, list[_Sign]] = {}
        for theme, phrase in self._phrases:
            if not phrase.excepts:
                rarest = phrase.rarest
                kept, stem = (begun, rarest.rstrip("*")) if rarest.endswith("*") else (whole, rarest)
                kept.setdefault(stem, []).append(_Sign(theme, phrase))
        return whole, begun, sorted({len(stem) for stem in begun})

    @cached_property
    def _heads(self) -> frozenset[str]:
        """The first two letters of what words begin with."""
        return frozenset(stem[:2] for stem in self._index[1])

    @cached_property
    def _exceptions(self) -> dict[str, re.Pattern[str]]:
        """What finds the exceptions of a theme, for the themes that have some."""
        patterns: dict[str, list[str]] = {}
        for theme, phrase in self._phrases:
            if phrase.excepts:
                patterns.setdefault(theme, []).append(phrase.pattern)
        return {theme: re.compile(f"(?<= )(?:{'|'.join(each)})(?= )") for theme, each in patterns.items()}

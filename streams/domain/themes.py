"""Critical themes in comments: signs of them in the customer's words."""

from dataclasses import dataclass

from streams.domain.theme_words import ThemeWords


@dataclass(frozen=True)
class Themes:
    """The themes of a rule set."""

    words: ThemeWords

    def touched(self, comment: str) -> tuple[str, ...]:
        """The themes that a comment touches, in the order of the map."""
        folded = comment.casefold()
        return tuple(
            theme
            for theme, languages in self.words.items()
            if any(phrase.rstrip("*") in folded for phrases in languages.values() for phrase in phrases)
        )


def is_phrase(text: str) -> bool:
    """Whether a phrase can be looked for."""
    return bool(text)

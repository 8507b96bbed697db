import pytest

from streams.cli.changes import signed
from streams.cli.format import one_decimal, printable


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.25, "0.3"),
        (-0.25, "-0.3"),
        (0.35, "0.3"),  # the double nearest to 0.35 is a little less
        (0.45, "0.5"),  # and this one a little more
        (12.0, "12.0"),
        (-0.04, "0.0"),
        (-100.0, "-100.0"),
        (99.95, "100.0"),
    ],
)
def test_people_see_one_decimal_half_away_from_zero(value: float, shown: str) -> None:
    """Rounding is decided on the exact value of the double, and there is no minus before a zero."""
    assert shown == one_decimal(value)


@pytest.mark.parametrize(
    ("points", "shown"),
    [(8.25, "+8.3"), (0.05, "+0.1"), (0.04, "0.0"), (-0.04, "0.0"), (-3.14, "-3.1"), (200.0, "+200.0")],
)
def test_a_difference_has_its_sign(points: float, shown: str) -> None:
    """But for one that is none to one decimal."""
    assert shown == signed(points)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Trop d'attente à la caisse", "Trop d'attente à la caisse"),
        ("two\nlines\tand a tab", "two lines and a tab"),
        ("\x1b]0;title\x07", "?]0;title?"),
        ("abc\u202edef", "abc?def"),
        ("👩\u200d🍳", "👩\u200d🍳"),
    ],
)
def test_a_comment_cannot_command_the_terminal(text: str, shown: str) -> None:
    """Control characters and those that turn text around are shown as question marks, all the rest as it is."""
    assert shown == printable(text)

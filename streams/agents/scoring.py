"""The score of a store or a brand as it is published."""

from streams.domain.store import Subject
from streams.domain.tally import figures
from streams.domain.window import WINDOWS
from streams.engine.state import Output
from streams.events.score import Score, WindowFigures, encode_score
from streams.events.time import rfc3339_ms


def score_output(subject: Subject, now_s: float) -> Output:
    """The present figures of a subject; the windows end with the bucket that holds `now_s`."""
    tallies = subject.windows(int(now_s))
    # A store's longer windows often hold the same answers.
    of_tally = {tally: WindowFigures(*figures(tally)) for tally in set(tallies)}
    windows = {name: of_tally[tally] for name, tally in zip(WINDOWS, tallies, strict=True)}
    as_of = rfc3339_ms(int(now_s * 1000))
    score = Score(brand=subject.brand_name, store=subject.store_name, as_of=as_of, windows=windows)
    return Output(subject.key, encode_score(score))

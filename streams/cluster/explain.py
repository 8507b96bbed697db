"""What is behind a number: `explain` reads it from the topics of a deployment, while workers go on."""

from streams.cluster.explanation import Explanation
from streams.cluster.origins import add_events
from streams.cluster.recount import explain_rows, wanted_days
from streams.cluster.rows import read_rows
from streams.domain.window import WindowName
from streams.settings import Settings


async def explain(
    settings: Settings,
    brand: str,
    store: str | None,
    window: WindowName,
    as_of_s: int,
    *,
    events: bool = False,
    with_text: bool = False,
) -> Explanation | None:
    """What is behind the figures of a brand or a store in one window at an instant (s since the epoch).

    The votes of a store that were corrected or marked come with the records that did it; with `events` all votes do.
    Comments and customers stay out unless asked for (`with_text`). Names in Form C. None for a brand or a store that
    nothing is known of. It reads a partition of `nps.state`, or for a brand all of them: seconds for each million rows.
    KafkaError without Kafka or without the topics, NewerRow where a later release wrote one of the rows.

    An instant in the past gives what is counted in its window by now; corrections that came since are in it.
    """
    spans = wanted_days(window, as_of_s)
    rows = await read_rows(settings, brand, store, lambda day: any(span.has_day(day) for span in spans))
    if not rows.stores:
        return None
    explanation, seen = explain_rows(brand, store, window, as_of_s, rows)
    if store is not None:
        told = [one for one in seen if events or one.vote.corrections or one.vote.because]
        await add_events(settings, brand, store, rows.stores[store].partition, told, with_text=with_text)
    return explanation

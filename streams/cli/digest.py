import click
import orjson

from streams.cli.kafka import run, settings_here


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON document, for programs.")
def command(*, as_json: bool) -> None:
    """Print a fingerprint of all that is counted, of each brand and of the whole.

    Two runs over the same responses have the same fingerprint, whatever happened in between: crashes, restarts,
    another number of workers. Another fingerprint of a brand says that something was counted that was not counted
    there. It covers every response with its answer, marks (excluded, deleted, forgotten, muted) and versions, its alert
    with generation, state and number of events, and the tallies of days, also of those whose answers are folded away.
    It covers nothing that depends on who worked when: no offsets, no times of arrival, no counts of duplicates.

    It reads the whole state, which takes seconds for each million responses; run it while no responses come in.

    \b
    Example:  nps digest > before.txt; ...; nps digest | diff before.txt -

    Exit status: 0 done, 1 Kafka cannot be reached, 2 wrong arguments or settings.
    """  # noqa: D301 (\b keeps click from folding the lines)
    from streams.app import brand_digests, whole_digest

    settings = settings_here()
    brands = run(settings, brand_digests(settings))
    whole = whole_digest(brands)
    if as_json:
        click.echo(orjson.dumps({"digest": whole, "brands": brands}))
        return
    for digest, what in [(whole, "all"), *((digest, brand) for brand, digest in brands.items())]:
        click.echo(f"{digest}  {what}")

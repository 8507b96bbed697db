"""Everything on one machine: Kafka, two workers, the simulated shops and the board, started and ended together."""

import asyncio
import logging
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random

from aiokafka.errors import KafkaConnectionError, KafkaError

from streams.broker import Broker, BrokerError, start_broker
from streams.cluster.connection import admin_client
from streams.cluster.topics import create_topics
from streams.demo.casebook import Casebook
from streams.demo.deeds import Deeds
from streams.demo.desk import Desk
from streams.demo.facts import brands_with_calendar, versions_by_brand
from streams.demo.home import temporary_home
from streams.demo.ledger import Ledger
from streams.demo.lives import Lives
from streams.demo.observed import Observed
from streams.demo.part import Hopeless, end_all
from streams.demo.plan import Options, Plan, make_plan
from streams.demo.screen import Screen
from streams.demo.script import Senders, Stage, Stuck, play
from streams.demo.sender import sender
from streams.demo.summary import summarise
from streams.demo.watch import watch
from streams.settings import Settings
from streams.topology import ACTIONS, RESPONSES, TOPICS

END_WITHIN_S = 6.0
"""What a part gets to end in an orderly way; a worker's last commit takes milliseconds."""
INTERRUPTED = 130
"""128 + SIGINT, as a shell says it."""
_LOOK_S = 0.5
_FORGET_WITHIN_S = 5.0


class Failed(Exception):
    """The run cannot go on, and a person can do something about it; the text says what."""


def run_demo(environ: Mapping[str, str], options: Options) -> int:
    """Run the demo to its end and return its exit status; leaves no process and no file behind.

    0: it was ended by Ctrl-C, or by itself (`for_s`) and all sums are equal. 1: a sum is not, or something did not
    start. 130: Ctrl-C before the sums that were asked for. Raises BadSetting. To be called from the main thread.
    """
    Settings.from_env(environ)
    with _interruptible(), temporary_home() as home, _log_in(home / "demo.log"), Screen() as screen:
        try:
            if "NPS_BROKERS" in environ:
                return _run_on(make_plan(environ, options, None), options, screen, home, None)
            with _kafka(screen, home) as broker:
                return _run_on(make_plan(environ, options, broker.bootstrap), options, screen, home, broker)
        except KeyboardInterrupt:
            _ignore_impatience()
            screen.clear()
            screen.say("Ended.")
            return 0 if options.for_s is None else INTERRUPTED
        except (BrokerError, Failed, Hopeless, Stuck, KafkaError) as error:
            screen.fail(_in_words(error, environ))
            return 1


@contextmanager
def _interruptible() -> Iterator[None]:
    """Make SIGTERM what Ctrl-C is: a shell's background job may even have been started with Ctrl-C ignored."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _ignore_impatience() -> None:
    """A second Ctrl-C would only leave something behind: what is still to be done takes seconds at most."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


@contextmanager
def _log_in(path: Path) -> Iterator[None]:
    """Keep what the Kafka client has to say off the screen: it warns of much that mends itself."""
    handler = logging.FileHandler(path)
    logging.getLogger().addHandler(handler)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(handler)
        handler.close()


@contextmanager
def _kafka(screen: Screen, home: Path) -> Iterator[Broker]:
    """Give an embedded Kafka. Its data is thrown away, so it needs no orderly end."""
    screen.say("Starting Kafka ...")
    with start_broker(home / "kafka") as broker:
        try:
            yield broker
        finally:
            broker.kill()


def _run_on(plan: Plan, options: Options, screen: Screen, home: Path, broker: Broker | None) -> int:
    settings = plan.settings
    casebook = Casebook(versions=versions_by_brand(), with_calendar=brands_with_calendar())
    stage = Stage(
        plan=plan,
        options=options,
        home=home,
        screen=screen,
        parts=plan.parts(home),
        ledger=Ledger(
            partitions=settings.partitions, lives=Lives(alert_max_age_ms=round(settings.alert_max_age * 1000))
        ),
        deeds=Deeds(),
        desk=Desk(random=Random(f"{options.seed}/desk"), partitions=settings.partitions),
        observed=Observed(
            source=settings.topic(RESPONSES.name), actions=settings.topic(ACTIONS.name), casebook=casebook
        ),
    )
    return 0 if asyncio.run(_run(stage, broker)) else 1


async def _run(stage: Stage, broker: Broker | None) -> bool:
    """Start the parts, play, and end what was started, however it went. True where all sums are equal."""
    settings = stage.plan.settings
    try:
        await _make_topics(settings)
        for part in stage.parts:
            part.start()
        stage.screen.say(f"Kafka runs at {settings.brokers}, with its topics; two workers and the board are starting.")
        return await _with_everything_kept_alive(stage, broker)
    except asyncio.CancelledError:
        stage.screen.clear()
        if stage.observed.alert_ids:
            stage.screen.say("")
            stage.screen.show(summarise(stage.ledger, stage.deeds, stage.observed))
            stage.screen.say("")
        raise
    finally:
        _ignore_impatience()
        stage.screen.status("Ending ...")
        await end_all(stage.parts, END_WITHIN_S)
        if broker is None:
            await _forget(settings)
        else:
            broker.kill()


async def _with_everything_kept_alive(stage: Stage, broker: Broker | None) -> bool:
    """Play while the topics are watched and whatever dies is started again. Raises the first thing that goes wrong."""
    say, settings = stage.screen.say, stage.plan.settings
    try:
        async with (
            sender(settings, RESPONSES, stage.ledger) as responses,
            sender(settings, ACTIONS, stage.deeds) as actions,
            asyncio.TaskGroup() as tasks,
        ):
            background = [tasks.create_task(part.keep(say)) for part in stage.parts]
            background.append(tasks.create_task(watch(settings, stage.observed, stage.desk)))
            if broker is not None:
                background.append(tasks.create_task(_keep_kafka(broker, stage.screen)))
            good = await play(stage, Senders(responses, actions))
            for task in background:
                task.cancel()
        return good
    except BaseExceptionGroup as group:
        raise _first(group) from group


async def _keep_kafka(broker: Broker, screen: Screen) -> None:
    """Start Kafka again on its data whenever it ends."""
    while True:
        if broker.wait(0):
            screen.say(f"Kafka (pid {broker.pid}) ended; starting it again on its data")
            await asyncio.to_thread(broker.restart)
            screen.say(f"Kafka runs again, as pid {broker.pid}")
        await asyncio.sleep(_LOOK_S)


async def _make_topics(settings: Settings) -> None:
    report = await create_topics(settings)
    for topic in report.topics:
        if not topic.good:
            reasons = topic.reason or "; ".join(each.mend for each in topic.differences)
            raise Failed(f"The topic {topic.name} could not be made as it must be: {reasons}")


async def _forget(settings: Settings) -> None:
    """Take our topics from a Kafka that others use. The group's offsets go with them, and then the group."""
    with suppress(KafkaError, TimeoutError):
        async with asyncio.timeout(_FORGET_WITHIN_S), admin_client(settings) as admin:
            await admin.delete_topics([settings.topic(topic.name) for topic in TOPICS])


def _in_words(error: Exception, environ: Mapping[str, str]) -> str:
    if isinstance(error, KafkaConnectionError) and "NPS_BROKERS" in environ:
        return f"no Kafka answers at {environ['NPS_BROKERS']}, which is what NPS_BROKERS says; unset it to get one here"
    return str(error) or type(error).__name__


def _first(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error

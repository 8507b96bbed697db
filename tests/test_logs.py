"""Logs: one event, one line, whatever the text holds; and no library that repeats itself."""

import io
import logging
from collections import Counter
from collections.abc import Iterator
from datetime import datetime

import orjson
import pytest

from streams.logs import set_up


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """A file to log to; afterwards logging is as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    quiet = {name: logging.getLogger(name).level for name in ("aiokafka", "faust", "mode", "asyncio")}
    yield io.StringIO()
    for handler in root.handlers:
        if handler not in handlers:
            handler.close()
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, before in quiet.items():
        logging.getLogger(name).setLevel(before)


def _ignore(_level: str) -> None:
    pass


def test_off_a_terminal_each_event_is_a_json_object_on_a_line(stream: io.StringIO) -> None:
    """With instant, level, logger, text and what was said beside."""
    set_up("INFO", _ignore, stream)
    logging.getLogger("streams.engine").info("Shard %s", "open", extra={"shard": 3, "s": 0.25, "store": "Évry"})
    (line,) = stream.getvalue().splitlines()
    event = orjson.loads(line)
    at = datetime.fromisoformat(event.pop("ts"))
    assert at.utcoffset() is not None
    assert {
        "level": "INFO",
        "logger": "streams.engine",
        "event": "Shard open",
        "shard": 3,
        "s": 0.25,
        "store": "Évry",
    } == event


def test_on_a_terminal_a_line_is_readable(stream: io.StringIO) -> None:
    """Time, level, text and details."""
    terminal = Terminal()
    set_up("INFO", _ignore, terminal)
    logging.getLogger("streams").warning("Breaker", extra={"shard": 3})
    line = terminal.getvalue()
    assert line.endswith("Z WARNING Breaker shard=3\n")
    assert 1 == line.count("\n")


@pytest.mark.parametrize("text", ["two\nlines", "\r\x1b[2J", "a\u2028b", '"quoted"', "\x00"])
def test_whatever_the_text_holds_it_stays_on_its_line(stream: io.StringIO, text: str) -> None:
    """Nobody can forge a line or move a cursor."""
    terminal = Terminal()
    for to in (terminal, stream):
        set_up("INFO", _ignore, to)
        logging.getLogger("streams").info(text)
        written = to.getvalue()
        assert written.endswith("\n")
        assert not set("\r\n\x1b\x00") & set(written[:-1])
    assert text == orjson.loads(stream.getvalue())["event"]


def test_an_exception_is_on_the_line_of_its_event(stream: io.StringIO) -> None:
    """With where it came from."""
    set_up("INFO", _ignore, stream)
    try:
        orjson.loads("{}")["shard"]
    except KeyError:
        logging.getLogger("streams").exception("Stopped")
    (line,) = stream.getvalue().splitlines()
    assert "Stopped | Traceback" in orjson.loads(line)["event"]
    assert "KeyError" in orjson.loads(line)["event"]


def test_what_json_does_not_know_is_written_as_text(stream: io.StringIO) -> None:
    """A log line is never lost for its details."""
    set_up("INFO", _ignore, stream)
    logging.getLogger("streams").info("Moved", extra={"tps": {"a"}, "error": ValueError("x")})
    event = orjson.loads(stream.getvalue())
    assert ("{'a'}", "x") == (event["tps"], event["error"])


def test_the_level_of_each_line_is_counted(stream: io.StringIO) -> None:
    """For the metric; what is below the level is not said and not counted."""
    counted = Counter[str]()
    set_up("INFO", lambda level: counted.update([level]), stream)
    log = logging.getLogger("streams")
    for say in (log.debug, log.info, log.info, log.warning, log.error):
        say("x")
    assert {"INFO": 2, "WARNING": 1, "ERROR": 1} == dict(counted)
    assert 4 == len(stream.getvalue().splitlines())


def test_libraries_are_heard_from_warnings_on(stream: io.StringIO) -> None:
    """Their small talk is not ours; a higher level holds for them, too."""
    set_up("DEBUG", _ignore, stream)
    logging.getLogger("aiokafka.consumer").info("Joined")
    logging.getLogger("streams").debug("ours")
    assert ["ours"] == [orjson.loads(line)["event"] for line in stream.getvalue().splitlines()]
    set_up("ERROR", _ignore, stream)
    logging.getLogger("aiokafka.consumer").warning("Hm")
    assert 1 == len(stream.getvalue().splitlines())


def test_a_library_that_repeats_itself_is_heard_once_in_a_while(stream: io.StringIO) -> None:
    """The same complaint, whatever it is about; another one is heard, and ours always are."""
    set_up("INFO", _ignore, stream)
    handler = logging.getLogger().handlers[0]
    for second, name, text in [
        (0.0, "aiokafka", "Unable to connect to %s"),
        (1.0, "aiokafka", "Unable to connect to %s"),
        (2.0, "aiokafka", "Topic %s is gone"),
        (3.0, "streams", "ours %s"),
        (4.0, "streams", "ours %s"),
        (9.9, "aiokafka", "Unable to connect to %s"),
        (10.0, "aiokafka", "Unable to connect to %s"),
        (11.0, "faust", "Unable to connect to %s"),
    ]:
        record = logging.LogRecord(name, logging.WARNING, __file__, 1, text, (second,), None)
        record.created = 1_780_000_000.0 + second
        handler.handle(record)
    heard = [orjson.loads(line)["event"].rpartition(" ")[2] for line in stream.getvalue().splitlines()]
    assert ["0.0", "gone", "3.0", "4.0", "10.0", "11.0"] == heard


def test_setting_up_again_replaces_what_was_there(stream: io.StringIO) -> None:
    """No line is written twice."""
    first = io.StringIO()
    set_up("INFO", _ignore, first)
    set_up("INFO", _ignore, stream)
    logging.getLogger("streams").info("once")
    assert ("", 1) == (first.getvalue(), len(stream.getvalue().splitlines()))

"""Lines of a file or a pipe."""

import os
from itertools import pairwise
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from streams.cli.lines import Lines, read_lines

TEXT = st.lists(st.sampled_from([b"a", b"bc", b"\n", b"\r\n", b"\r"]), max_size=30).map(b"".join)


@given(TEXT, st.lists(st.integers(0, 40), max_size=5))
def test_lines_do_not_depend_on_how_they_come_in(text: bytes, cuts: list[int]) -> None:
    """A chunk may end anywhere, also between CR and LF."""
    lines = Lines(100)
    places = [0, *sorted(cut for cut in cuts if cut < len(text)), len(text)]
    found = [line for start, end in pairwise(places) for line in lines.feed(text[start:end])]
    found += lines.end()
    expected = [line.removesuffix(b"\r") for line in text.split(b"\n")]
    if text.endswith(b"\n") or not text:
        expected.pop()
    assert expected == found


@given(st.integers(0, 12), st.integers(1, 5))
def test_a_line_that_is_too_long_is_cut_and_still_too_long(size: int, step: int) -> None:
    """What is held is bounded, and the next line is whole."""
    lines = Lines(8)
    text = b"x" * size + b"\r\nnext\n"
    found = [line for start in range(0, len(text), step) for line in lines.feed(text[start : start + step])]
    assert b"next" == found[1]
    assert (size > 8) == (len(found[0]) > 8)
    assert len(found[0]) <= 10


async def test_a_pipe_is_read_as_it_is_written() -> None:
    """A line can be used before the next one is there."""
    reading, writing = os.pipe()
    try:
        lines = read_lines(reading, 100)
        os.write(writing, b"one\nand a ha")
        assert [b"one"] == await anext(lines)
        os.write(writing, b"lf\n")
        assert [b"and a half"] == await anext(lines)
        os.write(writing, b"no end")
        os.close(writing)
        assert [[], [b"no end"]] == [left async for left in lines]
    finally:
        os.close(reading)


async def test_a_file_is_read_to_its_end(tmp_path: Path) -> None:
    """Also one larger than a read."""
    path = tmp_path / "lines"
    path.write_bytes(b"".join(b"%d\n" % number for number in range(50_000)))
    with path.open("rb") as file:
        found = [line async for lines in read_lines(file.fileno(), 100) for line in lines]
    assert [b"%d" % number for number in range(50_000)] == found

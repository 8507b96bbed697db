"""Orders to a shard."""

import pytest

from streams.events.control import Order, decode_order, encode_order, order_key
from streams.events.rejected import Rejected


def test_an_order_to_resume() -> None:
    """Under the number of the shard."""
    assert (b"7", b'{"order":"resume"}') == (order_key(7), encode_order(Order("resume")))
    assert Order("resume") == decode_order(b'{"order": "resume", "by": "ops"}')


@pytest.mark.parametrize("raw", [None, b"", b"resume", b"{}", b'{"order":"explode"}', b"\xff", b"[" * 9_999])
def test_what_is_no_order_is_a_value(raw: bytes | None) -> None:
    """Whatever it is."""
    assert Rejected("schema") == decode_order(raw)

"""Audit records as they are written and read."""

import json

from hypothesis import given
from hypothesis import strategies as st

from streams.events.audit import Audit, decode_audit, encode_audit
from streams.events.rejected import Rejected
from tests.contracts.contracts import AUDIT

_audit = Audit(
    audit_id="9c4a1d0e-7b32-5c11-8f5e-0d6a2b9c4e77",
    action="forget_identity",
    brand="Maison Verte",
    store="Lyon 07",
    day="2026-11-22",
    at="2026-11-25T08:00:00.000Z",
    partition=7,
    offset=12_345_678_901,
    vote="kept",
    alert="retracted",
)


def test_an_audit_record_is_written_in_the_order_of_its_schema() -> None:
    """And read as the same again."""
    document = json.loads(encode_audit(_audit))

    assert list(AUDIT.schema["properties"]) == list(document)
    assert AUDIT.admits(document)
    assert _audit == decode_audit(encode_audit(_audit))


def test_an_audit_record_of_a_later_release_is_read() -> None:
    """Fields that this one does not know are let through."""
    document = json.loads(encode_audit(_audit)) | {"officer": "d-1"}

    assert _audit == decode_audit(json.dumps(document).encode())


@given(st.binary(max_size=60))
def test_no_bytes_make_the_reader_raise(raw: bytes) -> None:
    """What is no audit record is a value."""
    assert Rejected("schema") == decode_audit(raw)

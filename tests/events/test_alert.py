"""Alerts as they are written and read."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from streams.events.action import NOTE_CHARACTERS_MAX
from streams.events.alert import (
    LINK_CHARACTERS_MAX,
    LISTED_MAX,
    Alert,
    Listed,
    StoreNps,
    Taken,
    decode_alert,
    encode_alert,
)
from streams.events.rejected import Rejected
from streams.events.response import Response, decode_response
from streams.events.store_facts import LABEL_CHARACTERS_MAX
from tests.contracts.contracts import ALERT
from tests.events.documents import LEAST

_alert = Alert(
    alert_id="9c4a1d0e-7b32-5c11-8f5e-0d6a2b9c4e77",
    kind="raised",
    response_id="r-1",
    source=None,
    brand="Maison Verte",
    store="Lyon 07",
    score=2,
    severity="P1",
    reasons=["score", "contact_requested"],
    submitted_at="2026-11-22T16:41:05.000Z",
    due_at="2026-11-24T16:41:05.000Z",
    late=False,
    reason_missing=True,
    comment=None,
    language=None,
    customer_ref=None,
    contactable=False,
    link=None,
    store_nps=StoreNps(window="30d", nps=-100 / 3, low=-100.0, high=200 / 3, n=12_345_678),
    case_id="9c4a1d0e-7b32-5c11-8f5e-0d6a2b9c4e77",
    status="open",
    rule_id="callback",
    rule_version=0,
    owner="brand:Maison Verte",
    at="2026-11-22T16:41:05.100Z",
)

_WORDIEST = replace(
    _alert,
    kind="retracted",
    generation=4_095,
    sequence=65_535,
    score=10,
    previous_score=10,
    changes=["score", "comment", "contact"],
    reason="not_detractor",
    reasons=["score", "contact_requested", "no_reason", *(f"theme:{n:032d}" for n in range(16)), "vip", "repeat"],
    status="acknowledged",
    rule_id="r" * 32,
    rule_version=2**53 - 1,
    owner="region:" + "\U0001f600" * LABEL_CHARACTERS_MAX,
)
"""More than any event says: what an enriched one and a retracted one say together, by rules as long as can be."""

_TEXTS = ("response_id", "source", "comment", "language", "customer_ref")
CHARACTERS = st.sampled_from('a"\\/\b\f\n\r\t\x01\x1f\x7f:é€\u2028😡') | st.characters(
    codec="utf-8", exclude_characters="\0"
)


def test_an_alert_is_written_in_the_order_of_its_schema() -> None:
    """Null for what is not there, doubles unrounded."""
    document = json.loads(encode_alert(_alert))

    assert list(ALERT.schema["properties"]) == list(document)
    assert document["comment"] is None
    assert document["store_nps"] == {"window": "30d", "nps": -100 / 3, "low": -100.0, "high": 200 / 3, "n": 12_345_678}
    assert ALERT.admits(document)
    assert _alert == decode_alert(encode_alert(_alert))


@settings(deadline=None)
@given(
    st.dictionaries(st.sampled_from(_TEXTS), st.text(CHARACTERS, min_size=1, max_size=40)),
    st.booleans(),
    st.sampled_from([1, 30, 1_000]),
    st.sampled_from([_alert, _WORDIEST]),
)
def test_an_alert_is_hardly_larger_than_its_response(
    texts: dict[str, str], ascii_only: bool, times: int, one: Alert
) -> None:
    """Whatever is in its texts, and however the response spelled them: its size, a link and 3 KiB bound the alert."""
    long = {name: text if name == "response_id" else text * times for name, text in texts.items()}
    raw = json.dumps({**LEAST, **long}, ensure_ascii=ascii_only, separators=(",", ":")).encode()
    response = decode_response(raw)
    if isinstance(response, Rejected):  # noncharacters and what is over 64 KiB
        return
    alert = replace(one, **{name: getattr(response, name) for name in (*_TEXTS, "brand", "store")})

    assert len(encode_alert(alert)) <= len(raw) + 3_072


def test_the_worst_response_makes_an_alert_that_fits() -> None:
    """64 KiB of what grows most: 6 bytes for each control character in both, and a link as long as may be."""
    raw = json.dumps({**LEAST, "customer_ref": "c" * 100, "comment": "\x01" * 10_870}).encode()
    response = decode_response(raw)

    assert len(raw) > 65_000
    assert isinstance(response, Response)
    alert = replace(_alert, comment=response.comment, link="\U0001f600" * LINK_CHARACTERS_MAX)
    assert len(encode_alert(alert)) <= 65_536 + 65_536


def test_an_event_of_a_person_is_hardly_larger_than_its_action() -> None:
    """Its longest texts, of what grows most in JSON, are bounded like the action itself."""
    taken = Taken("\x01" * 256, "\x01" * 256, "message", "\x01" * NOTE_CHARACTERS_MAX, 5)

    assert len(encode_alert(replace(_WORDIEST, action=taken))) <= 6 * (2 * 256 + NOTE_CHARACTERS_MAX) + 3_072


def test_a_digest_is_small() -> None:
    """Whatever number of alerts is held in an hour, an event lists so many."""
    listed = Listed(_alert.alert_id, "P3", "2026-11-24T16:41:05.000Z")

    assert len(encode_alert(replace(_alert, kind="digest", alerts=[listed] * LISTED_MAX))) < 65_536


def test_a_link_that_no_browser_opens_is_left_out() -> None:
    """A reference of 60 KiB would make one of 180 KiB."""
    longest = replace(_alert, link="x" * LINK_CHARACTERS_MAX)
    longer = replace(_alert, link="x" * (LINK_CHARACTERS_MAX + 1))

    assert longest == decode_alert(encode_alert(longest))
    assert _alert == decode_alert(encode_alert(longer))


@given(st.binary(max_size=60))
def test_no_bytes_make_the_reader_raise(raw: bytes) -> None:
    """What is no alert is a value."""
    assert Rejected("schema") == decode_alert(raw)

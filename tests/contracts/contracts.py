"""The contracts as data: each schema with its examples, its readers and its writer."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema_rs

from streams.events.action import decode_action, encode_action
from streams.events.alarm import decode_alarm, encode_alarm
from streams.events.alert import decode_alert, encode_alert
from streams.events.audit import decode_audit, encode_audit
from streams.events.dead_letter import NAMES, dead_letter, parse_dead_letter_headers
from streams.events.handover import decode_brand_tally, encode_brand_tally
from streams.events.rejected import Rejected
from streams.events.response import decode_response, encode_response
from streams.events.rules import decode_rules, encode_rules
from streams.events.score import decode_score, encode_score
from streams.events.store_facts import decode_store_facts, encode_store_facts
from streams.events.trend import decode_trend, encode_trend

SCHEMAS = Path(__file__).parents[2] / "schemas"
EXAMPLES = SCHEMAS / "examples"


@dataclass(frozen=True)
class Contract:
    """One schema; `read` gives a value or Rejected, `write` the bytes of a value that was read."""

    event: str
    read: Callable[[bytes], Any]
    write: Callable[[Any], bytes]

    @property
    def schema(self) -> Any:
        """The schema, parsed."""
        return json.loads((SCHEMAS / f"{self.event}.v1.schema.json").read_bytes())

    @property
    def examples(self) -> Path:
        """Where its examples are."""
        return EXAMPLES / self.event / "v1"

    @property
    def reasons(self) -> dict[str, str | None]:
        """By invalid example, the reason of the reader; None where it takes the record."""
        reasons: dict[str, str | None] = json.loads((self.examples / "reasons.json").read_bytes())
        return reasons

    def admits(self, document: Any) -> bool:
        """Whether the schema does."""
        return jsonschema_rs.Draft202012Validator(self.schema, validate_formats=True).is_valid(document)


def _read_headers(raw: bytes) -> Any:
    headers = [(name, text.encode()) for name, text in json.loads(raw).items()]
    return parse_dead_letter_headers(headers) or Rejected("schema")


def _write_headers(origin: Any) -> bytes:
    value = None if origin.size is None else b"v" * 70_000
    letter = dead_letter(
        b"k",
        value,
        [],
        topic=origin.topic,
        partition=origin.partition,
        offset=origin.offset,
        reason=origin.reason,
        bytes_max=65_536,
    )
    return json.dumps({name: (text or b"").decode() for name, text in letter.headers if name in NAMES}).encode()


RESPONSE = Contract("survey.response", decode_response, encode_response)
ALERT = Contract("followup.alert", decode_alert, encode_alert)
ACTION = Contract("followup.action", decode_action, encode_action)
RULES = Contract("followup.rules", decode_rules, encode_rules)
STORE = Contract("nps.store", decode_store_facts, encode_store_facts)
SCORE = Contract("nps.score", decode_score, encode_score)
BRAND_TALLY = Contract("nps.brand-tally", decode_brand_tally, encode_brand_tally)
TREND = Contract("nps.trend", decode_trend, encode_trend)
ALARM = Contract("nps.alarm", decode_alarm, encode_alarm)
AUDIT = Contract("nps.audit", decode_audit, encode_audit)
DEAD_LETTER = Contract("dead-letter-headers", _read_headers, _write_headers)

TAKEN = (RESPONSE, ACTION, RULES, STORE)
"""What others write and we take in."""
CONTRACTS = (*TAKEN, ALERT, SCORE, BRAND_TALLY, TREND, ALARM, AUDIT, DEAD_LETTER)


def examples(kind: str) -> list[tuple[Contract, Path]]:
    """All examples of a kind: `valid`, `invalid` or `invalid/reader-only`."""
    return [
        (contract, path)
        for contract in CONTRACTS
        for path in sorted((contract.examples / kind).glob("*"))
        if path.is_file()
    ]


def case(path: Path) -> str:
    """The name of an example, as in `reasons.json`."""
    return f"{path.parent.name}/{path.stem}" if path.parent.name == "reader-only" else path.stem

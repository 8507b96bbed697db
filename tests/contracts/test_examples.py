"""Every published example goes through its schema, its reader and its writer."""

import json
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from streams.events.action import Action
from streams.events.rejected import Rejected
from streams.events.response import Response
from tests.contracts.contracts import RESPONSE, TAKEN, Contract, case, examples

VALID = examples("valid")
INVALID = examples("invalid")
READER_ONLY = examples("invalid/reader-only")


def _id(example: Any) -> str:
    return example.event if isinstance(example, Contract) else case(example)


@pytest.mark.parametrize(("contract", "path"), VALID, ids=_id)
def test_a_valid_example_is_accepted(contract: Contract, path: Path) -> None:
    """The schema admits it and the reader reads it."""
    raw = path.read_bytes()

    assert contract.admits(json.loads(raw))
    assert not isinstance(contract.read(raw), Rejected)


@pytest.mark.parametrize(("contract", "path"), VALID, ids=_id)
def test_a_valid_example_is_written_as_it_was_read(contract: Contract, path: Path) -> None:
    """What the writer makes of it is admitted by the schema and read as the same value."""
    value = contract.read(path.read_bytes())
    if isinstance(value, Response | Action):
        value = replace(value, unknown_fields=0)
    written = contract.write(value)

    assert contract.admits(json.loads(written))
    if contract.event != "dead-letter-headers" or value.size is None:
        assert value == contract.read(written)
    if contract not in TAKEN and contract.event != "dead-letter-headers":
        assert json.loads(path.read_bytes()) == json.loads(written)


@pytest.mark.parametrize("path", [path for contract, path in VALID if contract is RESPONSE], ids=case)
def test_a_response_reads_the_same_however_it_is_spelled(path: Path) -> None:
    """Compact, indented, escaped or not: each of the three ways to read gives the same."""
    document = json.loads(path.read_bytes())
    spellings = [
        json.dumps(document),
        json.dumps(document, separators=(",", ":"), ensure_ascii=False),
        json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True),
        json.dumps(document, separators=(" ,", "\t:\r\n")),
    ]
    expected = RESPONSE.read(path.read_bytes())

    for spelling in spellings:
        if len(spelling) <= 65_536:
            assert expected == RESPONSE.read(spelling.encode()), spelling


@pytest.mark.parametrize(("contract", "path"), INVALID, ids=_id)
def test_an_invalid_example_is_refused(contract: Contract, path: Path) -> None:
    """The schema refuses it, and so does the reader, for the reason given; null says that it is more lenient."""
    raw = path.read_bytes()
    reason = contract.reasons[case(path)]
    value = contract.read(raw)

    assert not contract.admits(json.loads(raw))
    if reason is None:
        assert not isinstance(value, Rejected)
    else:
        assert Rejected(reason) == value  # type: ignore[arg-type]


@pytest.mark.parametrize(("contract", "path"), READER_ONLY, ids=_id)
def test_what_json_schema_cannot_see_is_refused_by_the_reader(contract: Contract, path: Path) -> None:
    """The reason is the one that `reasons.json` gives."""
    assert Rejected(contract.reasons[case(path)]) == contract.read(path.read_bytes())  # type: ignore[arg-type]

"""Which of the published rules hold."""

import json

from streams.cluster.rules import holding
from tests.builders import FakeRecord


def a_record(brand: str, version: int | None, key: str | None = None) -> FakeRecord:
    """A rule set as it is published; None takes it back."""
    value = None if version is None else json.dumps({"brand": brand, "version": version}).encode()
    return FakeRecord(offset=0, timestamp=0, key=(key or brand).encode(), value=value)


def versions(*records: FakeRecord) -> dict[str, int]:
    """By brand the version that holds."""
    return {brand: rules.version for brand, rules in holding(records).items()}


def test_the_newest_version_of_each_brand_holds() -> None:
    """Whatever copies of older ones come after it, as with workers."""
    assert {"*": 1, "Aurelia": 3} == versions(
        a_record("Aurelia", 2), a_record("*", 1), a_record("Aurelia", 3), a_record("Aurelia", 2)
    )


def test_rules_that_are_taken_back_do_not_hold() -> None:
    """And any version may come after that."""
    assert {} == versions(a_record("Aurelia", 2), a_record("Aurelia", None), a_record("*", None))
    assert {"Aurelia": 1} == versions(a_record("Aurelia", 2), a_record("Aurelia", None), a_record("Aurelia", 1))


def test_what_no_worker_takes_is_no_rule() -> None:
    """Rubbish, and a rule set under the key of another brand."""
    rubbish = FakeRecord(offset=0, timestamp=0, key=b"Aurelia", value=b"{")
    assert {} == versions(rubbish, a_record("Aurelia", 1, key="Boreal"), a_record("Aurelia", 0))
    assert {} == versions(FakeRecord(offset=0, timestamp=0, key=None, value=b"{}"))

"""The private parts of aiokafka, Faust and mode that the engine stands on are there, in the shape that it expects.

Their versions are pinned exactly. Whoever raises one runs this first, and reads what has changed where it fails.
"""

import ast
import inspect
import textwrap
import tomllib
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import aiokafka
import pytest
from aiokafka.consumer import fetcher, subscription_state
from aiokafka.consumer.group_coordinator import GroupCoordinator
from aiokafka.coordinator.assignors.abstract import AbstractPartitionAssignor
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.producer.transaction_manager import TransactionManager
from aiokafka.record.memory_records import MemoryRecords
from faust.app.base import App
from faust.transport import consumer as faust_consumer
from faust.transport.base import Transport
from faust.transport.drivers import aiokafka as driver
from faust.types import ConsumerMessage
from mode import Service
from mode.threads import ServiceThread

import streams.engine
from streams.engine.batches import BatchConsumer, BatchThread, BatchTransport, Listener
from tests.engine.batches import Written, batch_bytes

_ENGINE = Path(streams.engine.__file__).parent
_ROOT = Path(__file__).parents[2]

SEAMS: dict[type, set[str]] = {
    fetcher.Fetcher: {"_records", "_subscriptions", "_wait_consume_future", "_create_fetch_waiter", "_notify"},
    fetcher.FetchResult: {"_partition_records", "_assignment", "_update_position", "check_assignment", "has_more"},
    fetcher.FetchError: {"check_raise"},
    fetcher.PartitionRecords: {
        "_records",
        "_records_iterator",
        "_isolation_level",
        "_check_crcs",
        "_tp",
        "_aborted_producers",
        "_consume_aborted_up_to",
        "_contains_abort_marker",
        "next_fetch_offset",
    },
    MemoryRecords: {"has_next", "next_batch"},
    subscription_state.SubscriptionState: {
        "fetch_context",
        "is_assigned",
        "reassignment_in_progress",
        "subscription",
    },
    subscription_state.Assignment: {"state_value", "active"},
    subscription_state.TopicPartitionState: {"position", "paused", "lso", "timestamp", "consumed_to"},
    aiokafka.AIOKafkaConsumer: {"_client", "_coordinator", "_fetcher", "_subscription", "last_stable_offset"},
    GroupCoordinator: {"generation"},
    AbstractPartitionAssignor: {"name", "metadata", "assign", "on_assignment"},
    aiokafka.AIOKafkaProducer: {"_txn_manager"},
    TransactionManager: {"maybe_add_partition_to_txn", "wait_for_transaction_end"},
    BatchBuilder: {"append", "record_count"},
    faust_consumer.Consumer: {
        "_unacked_messages",
        "_waiting_for_ack",
        "callback",
        "flow_active",
        "can_resume_flow",
        "suspend_flow",
        "ack",
        "force_commit",
        "perform_seek",
        "verify_all_partitions_active",
        "_drain_messages",
    },
    faust_consumer.ThreadDelegateConsumer: {"_thread", "_new_consumer_thread"},
    driver.AIOKafkaConsumerThread: {"_consumer", "_ensure_consumer", "_create_worker_consumer", "_assignor"},
    driver.ConsumerRebalanceListener: {"_thread", "on_partitions_assigned"},
    driver.Consumer: {"RebalanceListener"},
    driver.Transport: {"Consumer"},
    Service: {"_stopped", "wait", "wait_first"},
    ServiceThread: {"thread_loop"},
    App: {"transport", "consumer_generation_id", "on_partitions_revoked", "on_partitions_assigned"},
}
"""What the engine and the wiring touch, by the class that has it."""


def _assigned_to_self(cls: type) -> Iterator[str]:
    tree = ast.parse(textwrap.dedent(inspect.getsource(cls)))
    for node in ast.walk(tree):
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        for target in targets:
            if isinstance(target, ast.Attribute) and getattr(target.value, "id", None) == "self":
                yield target.attr


def _members(cls: type) -> set[str]:
    """All that an instance may have: of the class, of its bases, and what its methods set."""
    members = set(dir(cls))
    for base in cls.__mro__:
        members |= set(getattr(base, "__annotations__", {}))
        theirs = base.__module__.partition(".")[0] in {"aiokafka", "faust", "mode"}
        if theirs and "_crecords" not in base.__module__:
            members |= set(_assigned_to_self(base))
    return members


def _parameters(function: Any) -> list[str]:
    return list(inspect.signature(function).parameters)


def _private_names(path: Path) -> set[str]:
    """The private attributes that a module touches of anything but itself."""
    tree = ast.parse(path.read_text())
    return {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr.startswith("_")
        and not node.attr.startswith("__")
        and getattr(node.value, "id", None) not in {"self", "cls"}
    }


@pytest.mark.parametrize("package", ["aiokafka", "faust-streaming", "mode-streaming"])
def test_the_installed_version_is_the_pinned_one(package: str) -> None:
    """Exactly: the seams are private, and any release may move them."""
    listed = tomllib.loads((_ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    pins = [line.partition("==")[2] for line in listed if line.split("==")[0].split("[")[0] == package]
    assert [version(package)] == pins
    assert {"aiokafka": "0.14.0", "faust-streaming": "0.15.3", "mode-streaming": "0.7.1"}[package] == version(package)


@pytest.mark.parametrize("cls", SEAMS, ids=lambda cls: f"{cls.__module__}.{cls.__name__}")
def test_what_the_engine_touches_is_there(cls: type) -> None:
    """Attributes and methods, private ones above all."""
    assert set() == SEAMS[cls] - _members(cls)


@pytest.mark.parametrize("module", sorted(_ENGINE.glob("*.py")), ids=lambda path: path.name)
def test_no_private_part_is_touched_that_is_not_listed_here(module: Path) -> None:
    """Else the next release could move it unseen."""
    listed = {name for names in SEAMS.values() for name in names}
    ours = {"_recent", "_run"}  # Breaker.load fills what it made
    assert set() == _private_names(module) - listed - ours


@pytest.mark.parametrize(
    ("function", "parameters"),
    [
        (fetcher.PartitionRecords._consume_aborted_up_to, ["self", "batch_offset"]),
        (fetcher.PartitionRecords._contains_abort_marker, ["self", "next_batch"]),
        (fetcher.FetchResult.check_assignment, ["self", "tp"]),
        (fetcher.FetchResult._update_position, ["self"]),
        (fetcher.FetchResult.has_more, ["self"]),
        (fetcher.FetchError.check_raise, ["self"]),
        (fetcher.Fetcher._create_fetch_waiter, ["self"]),
        (fetcher.Fetcher._notify, ["self", "future"]),
        (subscription_state.SubscriptionState.fetch_context, ["self"]),
        (subscription_state.SubscriptionState.is_assigned, ["self", "tp"]),
        (subscription_state.Assignment.state_value, ["self", "tp"]),
        (faust_consumer.Consumer._drain_messages, ["self", "fetcher"]),
        (faust_consumer.Consumer.ack, ["self", "message"]),
        (faust_consumer.Consumer.force_commit, ["self", "topics", "start_new_transaction"]),
        (faust_consumer.Consumer.perform_seek, ["self"]),
        (faust_consumer.Consumer.verify_all_partitions_active, ["self"]),
        (faust_consumer.ThreadDelegateConsumer._new_consumer_thread, ["self"]),
        (driver.AIOKafkaConsumerThread._create_worker_consumer, ["self", "transport"]),
        (driver.AIOKafkaConsumerThread._ensure_consumer, ["self"]),
        (driver.ConsumerRebalanceListener.on_partitions_assigned, ["self", "assigned"]),
        (Transport.__init__, ["self", "url", "app", "loop"]),
        (aiokafka.AIOKafkaProducer.send_batch, ["self", "batch", "topic", "partition"]),
        (TransactionManager.maybe_add_partition_to_txn, ["self", "tp"]),
        (TransactionManager.wait_for_transaction_end, ["self"]),
        (BatchBuilder.append, ["self", "timestamp", "key", "value", "headers"]),
    ],
    ids=lambda value: getattr(value, "__qualname__", ""),
)
def test_what_the_engine_calls_or_overrides_takes_what_it_took(function: Any, parameters: list[str]) -> None:
    """Names and order."""
    assert parameters == _parameters(function)


@pytest.mark.parametrize("ours", [BatchConsumer, BatchThread, BatchTransport, Listener])
def test_everything_overridden_is_there_to_be_overridden(ours: type) -> None:
    """A method that lost its place upstream would simply not be called any more."""
    new = {
        BatchConsumer: {"thread", "options", "_is_stale", "_deliver", "consumer_thread"},
        BatchThread: {
            *("generation", "in_thread", "fetch", "seek_and_resume", "_seek_and_resume", "hold", "_hold"),
            *("committed", "_committed", "commit_positions", "_commit_positions", "last_answers"),
        },
        BatchTransport: {"options"},
        Listener: set(),
    }
    base = ours.__mro__[1]
    own = {name for name in vars(ours) if not name.startswith("__")} - new[ours] - {"_abc_impl"}
    assert set() == {name for name in own if not hasattr(base, name) and name not in _members(base)}
    assert own or ours is BatchTransport


def test_a_faust_message_takes_its_parts_in_this_order() -> None:
    """It is made by position, once per batch."""
    assert [
        "topic",
        "partition",
        "offset",
        "timestamp",
        "timestamp_type",
        "headers",
        "key",
        "value",
        "checksum",
    ] == _parameters(ConsumerMessage)[:9]
    assert {"serialized_key_size", "serialized_value_size", "tp", "generation_id"} <= set(_parameters(ConsumerMessage))
    assert ["serialized_key_size", "serialized_value_size", "tp"] == _parameters(ConsumerMessage)[9:12]


@pytest.mark.parametrize(("client", "made_by"), [("AIOKafkaConsumer", "consumer"), ("AIOKafkaProducer", "producer")])
def test_the_clients_know_every_option_that_they_are_given(client: str, made_by: str) -> None:
    """A renamed option would be an error at the start; a dropped one, too."""
    calls = [
        node
        for path in _ENGINE.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and getattr(node.func, "attr", None) == made_by and node.keywords
    ]
    assert calls
    given = {keyword.arg for call in calls for keyword in call.keywords if keyword.arg is not None}
    assert set() == given - set(_parameters(getattr(aiokafka, client).__init__))


def test_a_batch_of_the_c_parser_has_what_the_drain_asks() -> None:
    """And its records come without an object of aiokafka around them."""
    batch = MemoryRecords(batch_bytes(Written(5, 3, (0, 2), 7))).next_batch()
    assert (5, 8, False, True, 7, True) == (
        batch.base_offset,
        batch.next_offset,
        batch.is_control_batch,
        batch.is_transactional,
        batch.producer_id,
        batch.validate_crc(),
    )
    records = list(batch)
    assert {"aiokafka.record._crecords.default_records"} == {type(record).__module__ for record in records}
    assert [(5, 1, b"k5"), (7, 1, b"k7")] == [(record.offset, record.timestamp_type, record.key) for record in records]
    assert list is type(records[0].headers)


def test_the_generator_that_the_drain_drops_is_not_needed_before_it_is_started() -> None:
    """`PartitionRecords` makes one of its own; the drain reads the batches beside it."""
    source = inspect.getsource(fetcher.PartitionRecords.__init__)
    assert "self._records_iterator = self._unpack_records()" in source
    assert inspect.isgeneratorfunction(fetcher.PartitionRecords._unpack_records)


def test_isolation_levels_are_the_numbers_of_the_protocol() -> None:
    """The drain compares them."""
    assert (0, 1) == (fetcher.READ_UNCOMMITTED, fetcher.READ_COMMITTED)

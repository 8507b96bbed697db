"""The world around the workers: whoever sends responses, and somebody else's transactions. Nothing befalls these."""

from collections import Counter

from aiokafka import TopicPartition
from aiokafka.producer.message_accumulator import BatchBuilder

from tests.simulation.broker import Broker
from tests.simulation.story import Sent

_FOR_EVER_S = 1e9
_Holder = tuple[str, int, int]


class Outside:
    """Writes to the broker without a network."""

    def __init__(self, broker: Broker, responses: str, state: str, records: tuple[Sent, ...]) -> None:
        self.unsent = Counter(sent.partition for sent in records if sent.topic == responses)
        """Responses that are still to be sent, by partition."""
        self.left = len(records)
        """Records of any kind that are still to be sent."""
        self._broker = broker
        self._responses = responses
        self._state = state
        self._bundles: dict[int, _Holder] = {}

    def send(self, sent: Sent) -> None:
        """Send a record, in the transaction that it belongs to where it belongs to one."""
        self.left -= 1
        if sent.topic == self._responses:
            self.unsent[sent.partition] -= 1
        tp = TopicPartition(sent.topic, sent.partition)
        if not sent.bundle:
            self._broker.produce(tp, bytes(self._batch(sent.key, sent.value, transactional=False)._build()))
            return
        if sent.bundle not in self._bundles:
            self._bundles[sent.bundle] = self._begin(f"foreign-{sent.bundle}")
        self._add(self._bundles[sent.bundle], tp, sent.key, sent.value)

    def end(self, bundle: int, *, commit: bool) -> None:
        """End a transaction that records were sent in."""
        self._broker.end_transaction(*self._bundles[bundle], commit=commit)

    def occupy(self, name: str, partition: int) -> _Holder:
        """Begin a transaction in a shard's state, as nobody but its owner should; gives it to `leave`."""
        holder = self._begin(name)
        self._add(holder, TopicPartition(self._state, partition), b"foreign", b"?")
        return holder

    def leave(self, holder: _Holder) -> None:
        """Abort that."""
        self._broker.end_transaction(*holder, commit=False)

    def _begin(self, name: str) -> _Holder:
        return (name, *self._broker.init_producer_id(name, _FOR_EVER_S, (name, -1)))

    def _add(self, holder: _Holder, tp: TopicPartition, key: bytes | None, value: bytes | None) -> None:
        batch = self._batch(key, value, transactional=True)
        self._broker.add_partitions(*holder, tps=[tp])
        batch._set_producer_state(*holder[1:], self._broker.log(tp).next_sequence(*holder[1:]))
        self._broker.produce(tp, bytes(batch._build()), holder)

    def _batch(self, key: bytes | None, value: bytes | None, *, transactional: bool) -> BatchBuilder:
        batch = BatchBuilder(1 << 20, 0, is_transactional=int(transactional))
        batch.append(timestamp=self._broker.now_ms(), key=key, value=value)
        return batch

"""The settings that make one Kafka small, quick to start, and quick to do what tests wait for."""

from collections.abc import Mapping
from pathlib import Path

NODE_ID = 1

# Internal topics of one partition and one replica: there is one broker, and 50 partitions each cost seconds.
_ALONE = {
    "offsets.topic.num.partitions": "1",
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.num.partitions": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.num.partitions": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
}
# The cleaner's buffer alone is 128 MB by default, half of the heap we give; index files are mapped at full size.
_SMALL = {
    "log.cleaner.dedupe.buffer.size": "2097152",
    "log.cleaner.io.buffer.size": "262144",
    "log.cleaner.threads": "1",
    "log.index.size.max.bytes": "1048576",
    "num.io.threads": "2",
    "num.network.threads": "2",
    "num.recovery.threads.per.data.dir": "1",
}
# A group forms at once, sessions may be short, a dead producer's transaction is aborted soon after its timeout (10 s is
# the default pause between two looks), and what cleanup policies promise is done in seconds instead of minutes.
# A killed broker is let in again when the session of its predecessor is over: 9 s by default.
_QUICK = {
    "broker.heartbeat.interval.ms": "500",
    "broker.session.timeout.ms": "4000",
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "1000",
    "transaction.abort.timed.out.transaction.cleanup.interval.ms": "1000",
    "log.cleaner.backoff.ms": "1000",
    "log.initial.task.delay.ms": "1000",
    "log.retention.check.interval.ms": "5000",
    "log.segment.delete.delay.ms": "1000",
}
# Topics are created on purpose or not at all. A topic may allow records of 4 MiB without a word to the broker; a
# record may carry any time its producer likes, as it may on an older cluster.
_OURS = {
    "auto.create.topics.enable": "false",
    "message.max.bytes": str(4 * 1024 * 1024),
    "log.message.timestamp.after.max.ms": str(2**63 - 1),
}


def server_properties(*, port: int, controller_port: int, data: Path, extra: Mapping[str, str]) -> str:
    """Return the text of a `server.properties`: broker and controller in one, on 127.0.0.1; `extra` goes before all."""
    where = {
        "process.roles": "broker,controller",
        "node.id": str(NODE_ID),
        # Static voters: the data does not remember the controller's port, which is another one after each start.
        "controller.quorum.voters": f"{NODE_ID}@127.0.0.1:{controller_port}",
        "controller.listener.names": "CONTROLLER",
        "listeners": f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{port}",
        "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
        "log.dirs": str(data),
    }
    properties = {**_ALONE, **_SMALL, **_QUICK, **_OURS, **where, **extra}
    return "".join(f"{name}={value}\n" for name, value in properties.items())

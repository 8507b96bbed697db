"""The embedded Kafka of a run: one node or three, each with a listener for whoever looks on and one per worker.

What a worker's listener advertises is the port of a proxy, so all that this worker says to Kafka goes through it.
"""

import asyncio
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from chaos.proxy import Proxy
from streams.broker import Broker, fetch, start_broker
from streams.broker.jars import cache_dir
from streams.broker.kafka import HEAP
from streams.broker.ports import free_ports

_HEAP_OF_THREE = "384m"
_OF_THREE = {
    "offsets.topic.replication.factor": "3",
    "transaction.state.log.replication.factor": "3",
    "transaction.state.log.min.isr": "2",
    "share.coordinator.state.topic.replication.factor": "3",
    "share.coordinator.state.topic.min.isr": "2",
    "min.insync.replicas": "2",
    "unclean.leader.election.enable": "false",
}


@dataclass(slots=True)
class Node:
    """One broker, and the proxies before its listeners, one for each worker."""

    number: int
    folder: Path
    port: int
    controller_port: int
    proxies: list[Proxy] = field(default_factory=list)
    broker: Broker | None = None

    def properties(self, nodes: Sequence["Node"], inner: Sequence[int]) -> dict[str, str]:
        """What this node needs beyond the settings of an embedded Kafka that is alone."""
        names = [f"VIA{number}" for number in range(len(inner))]
        here = "127.0.0.1"
        listeners = [f"PLAINTEXT://{here}:{self.port}", f"CONTROLLER://{here}:{self.controller_port}"]
        listeners += [f"{name}://{here}:{port}" for name, port in zip(names, inner, strict=True)]
        advertised = [f"PLAINTEXT://{here}:{self.port}"]
        advertised += [f"{name}://{here}:{proxy.port}" for name, proxy in zip(names, self.proxies, strict=True)]
        return {
            "node.id": str(self.number),
            "controller.quorum.voters": ",".join(f"{each.number}@{here}:{each.controller_port}" for each in nodes),
            "listeners": ",".join(listeners),
            "advertised.listeners": ",".join(advertised),
            "listener.security.protocol.map": ",".join(
                f"{name}:PLAINTEXT" for name in ("CONTROLLER", "PLAINTEXT", *names)
            ),
            **(_OF_THREE if len(nodes) > 1 else {}),
        }


@dataclass(slots=True)
class Cluster:
    """The nodes of a run."""

    nodes: list[Node]

    @property
    def bootstrap(self) -> str:
        """Where whoever looks on finds Kafka."""
        return ",".join(f"127.0.0.1:{node.port}" for node in self.nodes)

    def via(self, worker: int) -> str:
        """Where a worker finds Kafka: behind its own proxies."""
        return ",".join(f"127.0.0.1:{node.proxies[worker].port}" for node in self.nodes)

    def proxies(self, worker: int) -> list[Proxy]:
        """The proxies of a worker."""
        return [node.proxies[worker] for node in self.nodes]

    def broker(self, number: int = 0) -> Broker:
        """One of the brokers."""
        broker = self.nodes[number].broker
        assert broker is not None, "the broker was never started"
        return broker

    async def stop(self) -> None:
        """Stop all that was started."""
        for node in self.nodes:
            for proxy in node.proxies:
                await proxy.stop()
        running = [node.broker for node in self.nodes if node.broker is not None]
        await asyncio.gather(*(asyncio.to_thread(broker.stop) for broker in running))


async def start_cluster(folder: Path, *, size: int = 1, workers: int = 0) -> Cluster:
    """Start so many brokers, and for each a proxy per worker. Their data is below `folder`."""
    nodes = []
    inners = []
    for number in range(1, size + 1):
        port, controller_port, *rest = await asyncio.to_thread(free_ports, 2 + 2 * workers)
        inners.append(rest[:workers])
        proxies = [Proxy(outer, inner) for inner, outer in zip(rest[:workers], rest[workers:], strict=True)]
        nodes.append(Node(number, folder / f"kafka-{number}", port, controller_port, proxies))
    cluster = Cluster(nodes)
    try:
        for node in nodes:
            for proxy in node.proxies:
                await proxy.start()
        if size > 1:
            await asyncio.to_thread(_format_alike, nodes)
        await asyncio.gather(*(_start(node, nodes, inner) for node, inner in zip(nodes, inners, strict=True)))
    except BaseException:
        await cluster.stop()
        raise
    return cluster


async def _start(node: Node, nodes: Sequence[Node], inner: Sequence[int]) -> None:
    extra = node.properties(nodes, inner)
    node.broker = await asyncio.to_thread(
        start_broker,
        node.folder,
        node.port,
        extra_properties=extra,
        log=node.folder.parent / f"kafka-{node.number}.log",
        heap=_HEAP_OF_THREE if len(nodes) > 1 else HEAP,
    )


def _format_alike(nodes: Sequence[Node]) -> None:
    """Format the data directories as those of one cluster; a broker takes its directory as it finds it."""
    fetch()
    checkpoint = (cache_dir() / "bootstrap.checkpoint").read_bytes()
    cluster_id = _uuid()
    for node in nodes:
        data = node.folder / "data"
        data.mkdir(parents=True)
        (data / "bootstrap.checkpoint").write_bytes(checkpoint)
        meta = f"version=1\nnode.id={node.number}\ndirectory.id={_uuid()}\ncluster.id={cluster_id}\n"
        (data / "meta.properties").write_text(meta)


def _uuid() -> str:
    """A Kafka Uuid: 16 bytes as base64url without padding; the first letter is no dash."""
    return "A" + urlsafe_b64encode(uuid4().bytes).decode()[1:22]

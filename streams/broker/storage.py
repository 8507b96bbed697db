"""A data directory Kafka accepts: what its StorageTool writes, without a JVM for each.

A formatted directory is two files. `bootstrap.checkpoint` depends on the version of Kafka alone: the tool makes it once
per cache. `meta.properties` is four lines that say which cluster and which directory this is.
"""

import subprocess
import tempfile
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

from streams.broker.errors import BrokerError
from streams.broker.properties import NODE_ID, server_properties

_FORMAT_TIMEOUT_S = 60


def prepare(data: Path, *, template: Path, jvm: Sequence[str]) -> str:
    """Format `data` unless it is, and return its cluster id.

    `template` is where the checkpoint is kept; `jvm` is the command up to the main class, to make it with once.
    """
    meta = data / "meta.properties"
    if meta.exists():
        return dict(line.split("=", 1) for line in meta.read_text().splitlines() if "=" in line)["cluster.id"]
    checkpoint = bootstrap_checkpoint(template, jvm)
    cluster_id = _uuid()
    data.mkdir(parents=True, exist_ok=True)
    (data / "bootstrap.checkpoint").write_bytes(checkpoint)
    meta.write_text(f"version=1\nnode.id={NODE_ID}\ndirectory.id={_uuid()}\ncluster.id={cluster_id}\n")
    return cluster_id


def bootstrap_checkpoint(template: Path, jvm: Sequence[str]) -> bytes:
    """Return the features of a new cluster as the tool writes them, from `template` where it is there already."""
    if template.exists():
        return template.read_bytes()
    with tempfile.TemporaryDirectory(dir=template.parent, prefix=".formatting-") as name:
        directory = Path(name)
        properties = directory / "server.properties"
        properties.write_text(server_properties(port=1, controller_port=2, data=directory / "data", extra={}))
        command = [*jvm, "kafka.tools.StorageTool", "format", "-t", _uuid(), "-c", str(properties)]
        ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_FORMAT_TIMEOUT_S)
        if ran.returncode != 0:
            raise BrokerError(f"Kafka's StorageTool failed:\n{ran.stdout}{ran.stderr}")
        made = directory / "data" / "bootstrap.checkpoint"
        content = made.read_bytes()
        made.replace(template)
    return content


def _uuid() -> str:
    """Return a Kafka Uuid: 16 random bytes as base64url without padding, none that looks like an option."""
    while (text := urlsafe_b64encode(uuid4().bytes).decode().rstrip("=")).startswith("-"):
        pass
    return text

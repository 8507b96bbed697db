"""The brokers: do they answer, what are they, and are there enough of them?"""

from bisect import bisect_left
from collections.abc import Mapping
from io import BytesIO
from typing import Any

from aiokafka.protocol.api import Request, RequestStruct, Response, ResponseHeader_v0
from aiokafka.protocol.types import CompactArray, CompactString, Int16, Int32, Schema, TaggedFields

from streams.doctor.finding import Finding

_RELEASES = {19: "3.7", 20: "3.8", 21: "3.9", 25: "4.0", 27: "4.1", 29: "4.2", 30: "4.3"}
"""The last metadata version of each release (org.apache.kafka.server.common.MetadataVersion)."""
_SUPPORTED_FEATURES = 0
"""The tag of the features a broker's software knows, in the answer to ApiVersions 3."""
_BROKERS_WANTED = 3


class _ApiVersionsResponse(Response):  # type: ignore[misc] # aiokafka ships no types
    API_KEY = 18
    API_VERSION = 3
    SCHEMA = Schema(
        ("error_code", Int16),
        ("apis", CompactArray(("key", Int16), ("min", Int16), ("max", Int16), ("tags", TaggedFields))),
        ("throttle_time_ms", Int32),
        ("tags", TaggedFields),
    )


class _ApiVersionsRequest(RequestStruct):  # type: ignore[misc]
    API_KEY = 18
    API_VERSION = 3
    RESPONSE_TYPE = _ApiVersionsResponse
    FLEXIBLE_VERSION = True
    SCHEMA = Schema(("software", CompactString()), ("version", CompactString()), ("tags", TaggedFields))

    def parse_response_header(self, read_buffer: BytesIO | bytes) -> ResponseHeader_v0:
        """The answer to this one request has the old header, so that any client can read it."""
        return ResponseHeader_v0.decode(read_buffer)


class _ApiVersions(Request[_ApiVersionsRequest]):  # type: ignore[misc]
    """ApiVersions 3: aiokafka speaks version 2 at most, whose answer does not tell one release from another."""

    API_KEY = 18

    def build(self, request_struct_class: type[_ApiVersionsRequest]) -> _ApiVersionsRequest:
        return request_struct_class("nps-doctor", "1", {})


async def release_of(admin: Any) -> str:
    """Return which release of Kafka a broker runs, as "4.3"; empty where it does not say."""
    answer = await admin._send_request(_ApiVersions())  # noqa: SLF001 (the admin client offers no way to ask)
    return release_in(answer.tags)


def release_in(tags: Mapping[int, bytes]) -> str:
    """Return the release of a broker whose software supports these features; empty where they do not say."""
    features = CompactArray(("name", CompactString()), ("min", Int16), ("max", Int16), ("tags", TaggedFields))
    for name, _, newest, _ in features.decode(BytesIO(tags.get(_SUPPORTED_FEATURES, b"\x01"))) or ():
        if name == "metadata.version":
            lasts = sorted(_RELEASES)
            index = bisect_left(lasts, newest)
            return _RELEASES[lasts[index]] if index < len(lasts) else f"later than {_RELEASES[lasts[-1]]}"
    return ""


def judge_cluster(*, bootstrap: str, brokers: int, cluster_id: str, release: str) -> list[Finding]:
    """Judge the cluster that answered at `bootstrap`."""
    kafka = f"Kafka {release}" if release else "Kafka of an unknown release"
    text = f"{kafka} answers at {bootstrap}: {brokers} broker{'s' * (brokers != 1)}, cluster {cluster_id}"
    if brokers >= _BROKERS_WANTED:
        return [Finding(check="broker", level="ok", text=text)]
    mend = "good for trying things out; in production run three, so that one may be lost"
    return [Finding(check="broker", level="warning", text=text, mend=mend)]

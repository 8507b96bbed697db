"""Every setting of the system: one frozen object, read from `NPS_*` variables and nowhere else.

Durations are plain decimal seconds, sizes are bytes. A variable that starts with `NPS_` and is not known is refused:
a misspelt setting that silently keeps its default is worse than a start that fails.
"""

import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any

PREFIX = "NPS_"
_OTHERS = frozenset({"NPS_CACHE_DIR"})
"""Variables of the embedded broker, which stands alone and reads them itself."""


_LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


class BadSetting(ValueError):
    """A setting that cannot be used; the text says which one, why, and what is allowed."""


def _setting(default: Any, unit: str, why: str, **bounds: Any) -> Any:
    return field(default=default, repr=unit != "secret", metadata={"unit": unit, "why": why, **bounds})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings. Each field's variable is its name in capitals behind `NPS_`."""

    brokers: str = _setting("127.0.0.1:9092", "host:port, comma separated", "where Kafka is")
    app_id: str = _setting("nps", "name", "consumer group, and prefix of every transactional.id: one per deployment")
    topic_prefix: str = _setting("", "text", "goes before every topic name, so that deployments can share a cluster")
    partitions: int = _setting(8, "partitions", "shards, fixed at creation: the ceiling on workers", low=1, high=1000)
    replication: int = _setting(0, "replicas", "0 means min(3, brokers)", low=0, high=9)
    instance_id: str = _setting("", "name", "static group membership; a StatefulSet's pod name; empty for none")

    host: str = _setting("127.0.0.1", "address", "what the metrics port binds to; loopback unless told otherwise")
    metrics_port: int = _setting(9100, "port", "/metrics, /live and /ready of a worker; 0 takes a free one", high=65535)
    board_host: str = _setting("127.0.0.1", "address", "what the board binds to; beyond loopback it wants a token")
    board_port: int = _setting(8080, "port", "the board; 0 takes a free one", high=65535)
    board_token: str = _setting("", "secret", "bearer token of the board; required beyond loopback")
    customer_url: str = _setting("", "URL", "link in an alert; `{customer_ref}` in it is replaced, percent-encoded")

    alert_max_age: float = _setting(604800.0, "s", "an answer older than this at arrival raises nothing: it is muted")
    commit_interval: float = _setting(
        0.1, "s", "ceiling of the adaptive pause between two commits of a shard", high=5.0
    )
    commit_deadline: float = _setting(30.0, "s", "a commit or a takeover that takes longer ends the process", low=1.0)
    transaction_timeout: float = _setting(
        10.0, "s", "after this the broker aborts what a dead worker left open", low=1.0
    )
    request_timeout: float = _setting(5.0, "s", "one Kafka request; below the transaction timeout", low=0.5)
    session_timeout: float = _setting(20.0, "s", "a worker silent for this long loses its shards", low=1.0)
    drain_timeout: float = _setting(5.0, "s", "how long a revoked shard may take to finish its commit")
    clock_skew_max: float = _setting(60.0, "s", "worker clock against broker clock; beyond it the worker exits")
    clock_offset: float = _setting(
        0.0, "s", "added to the worker's clock: to try what a clock that is off does", low=-1e6, high=1e6
    )
    score_interval: float = _setting(1.0, "s", "a score is published at most this often per key")
    trend_interval: float = _setting(60.0, "s", "a trend is published at most this often per key")
    fetch_wait: float = _setting(0.05, "s", "how long the broker may hold a fetch without data", low=0.001, high=5.0)
    freeze_after: float = _setting(300.0, "s", "a page untouched for this long is packed again", low=1.0)
    log_level: str = _setting("INFO", "level", "DEBUG, INFO, WARNING or ERROR")

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "Settings":
        """Read the settings from a mapping such as `os.environ`; raises BadSetting naming the variable."""
        known = {PREFIX + f.name.upper(): f for f in fields(cls)}
        unknown = sorted(name for name in environ if name.startswith(PREFIX) and name not in known.keys() | _OTHERS)
        if unknown:
            message = f"unknown setting {', '.join(unknown)}; known are {', '.join(sorted(known))}"
            raise BadSetting(message)
        values = {f.name: _parse(name, f, environ[name]) for name, f in known.items() if name in environ}
        settings = cls(**values)
        settings._check()
        return settings

    def topic(self, name: str) -> str:
        """The name on the broker of one of our topics."""
        return self.topic_prefix + name

    def as_env(self) -> dict[str, str]:
        """The variables that give these settings: what differs from the defaults. Holds secrets; do not print it."""
        return {
            PREFIX + f.name.upper(): _text(getattr(self, f.name))
            for f in fields(self)
            if getattr(self, f.name) != f.default
        }

    def _check(self) -> None:
        if not self.request_timeout < self.transaction_timeout < self.commit_deadline:
            message = (
                "NPS_REQUEST_TIMEOUT < NPS_TRANSACTION_TIMEOUT < NPS_COMMIT_DEADLINE must hold, "
                f"not {self.request_timeout} < {self.transaction_timeout} < {self.commit_deadline}"
            )
            raise BadSetting(message)
        if self.log_level not in _LOG_LEVELS:
            raise BadSetting(f"NPS_LOG_LEVEL must be one of {', '.join(_LOG_LEVELS)}, not {self.log_level!r}")
        if not re.fullmatch(r"[A-Za-z0-9._-]{1,100}", self.app_id):
            message = f"NPS_APP_ID must be 1-100 letters, digits, '.', '_' or '-', not {self.app_id!r}"
            raise BadSetting(message)
        if not re.fullmatch(r"[A-Za-z0-9._-]{0,100}", self.topic_prefix):
            message = (
                f"NPS_TOPIC_PREFIX must be at most 100 letters, digits, '.', '_' or '-', not {self.topic_prefix!r}"
            )
            raise BadSetting(message)


def _text(value: Any) -> str:
    return f"{value:.9f}" if isinstance(value, float) else str(value)


def _parse(name: str, spec: Any, text: str) -> Any:
    kind = type(spec.default)
    if spec.default is MISSING or kind is str:
        return text
    low, high = spec.metadata.get("low", 0), spec.metadata.get("high")
    sign = "-?" if low < 0 else ""
    if not re.fullmatch(sign + (r"[0-9]+(\.[0-9]+)?" if kind is float else "[0-9]+"), text):
        raise BadSetting(f"{name} must be a plain decimal number ({spec.metadata['unit']}), not {text!r}")
    value = kind(text)
    if value < low or (high is not None and value > high):
        allowed = f"at least {low}" if high is None else f"{low} to {high}"
        raise BadSetting(f"{name} must be {allowed} ({spec.metadata['unit']}), not {text}")
    return value

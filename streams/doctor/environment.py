"""What can be examined without Kafka: the settings, and the port of the metrics."""

import difflib
import socket
import urllib.request
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from streams.doctor.finding import Finding
from streams.settings import PREFIX, BadSetting, Settings

_ANSWER_WITHIN_S = 2.0
_NPS_METRIC = b"# HELP nps_"


def check_settings(environ: Mapping[str, str]) -> tuple[list[Finding], Settings]:
    """Judge the settings of an environment, and give the best that can be made of them.

    A variable that cannot be used is left out, so that the rest of the examination goes on.
    """
    given = {name: value for name, value in environ.items() if name.startswith(PREFIX)}
    try:
        settings = Settings.from_env(given)
        return [Finding(check="settings", level="ok", text=_listing(settings))], settings
    except BadSetting as error:
        whole = str(error)
    usable, findings = {}, []
    for name, value in given.items():
        try:
            Settings.from_env({name: value})
            usable[name] = value
        except BadSetting as error:
            findings.append(_bad(name, str(error)))
    try:
        return findings, Settings.from_env(usable)
    except BadSetting:
        # Each is good by itself, and together they are not: that is what `whole` says, then.
        mend = "change one of them, or leave them out"
        findings.append(Finding(check="settings", level="error", text=whole, mend=mend))
        where = {name: value for name, value in usable.items() if name in _WHERE}
        return findings, Settings.from_env(where)


_WHERE = frozenset({"NPS_BROKERS", "NPS_APP_ID", "NPS_TOPIC_PREFIX", "NPS_PARTITIONS", "NPS_REPLICATION"})
"""What the examination itself cannot do without."""


def _bad(name: str, text: str) -> Finding:
    known = [PREFIX + each.name.upper() for each in fields(Settings)]
    if name in known:
        return Finding(check="settings", level="error", text=text, mend=f"set {name} as it says, or leave it out")
    close = difflib.get_close_matches(name, known, n=1)
    mend = f"did you mean {close[0]}?" if close else f"take it away; the settings are {', '.join(known)}"
    return Finding(check="settings", level="error", text=f"{name} is no setting", mend=mend)


def _listing(settings: Settings) -> str:
    """Say what is set and is not the default; secrets are only said to be set."""
    shown = [
        f"{PREFIX}{each.name.upper()}={_value(settings, each)}" for each in fields(settings) if _is_set(settings, each)
    ]
    return f"{', '.join(shown)}; the rest are defaults" if shown else "all defaults"


def _is_set(settings: Settings, spec: Any) -> bool:
    return bool(getattr(settings, spec.name) != spec.default)


def _value(settings: Settings, spec: Any) -> str:
    return "(secret)" if spec.metadata["unit"] == "secret" else str(getattr(settings, spec.name))


def check_metrics_port(settings: Settings) -> list[Finding]:
    """Judge whether a worker started here could serve its metrics."""
    host, port = settings.host, settings.metrics_port
    if port == 0:
        return [_port("ok", "a worker takes a free port (NPS_METRICS_PORT is 0), and its log says which")]
    try:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((host, port))
        return [_port("ok", f"{host}:{port} is free for a worker")]
    except OSError as error:
        reason = error.strerror or str(error)
    if _is_worker(host, port):
        return [_port("ok", f"a worker serves its metrics on {host}:{port}; another one here needs another port")]
    mend = "set NPS_METRICS_PORT to a free port, or to 0 for any, and NPS_HOST to an address of this machine"
    return [_port("warning", f"a worker could not serve its metrics on {host}:{port}: {reason}", mend)]


def _is_worker(host: str, port: int) -> bool:
    address = f"[{host}]" if ":" in host else host
    try:
        with urllib.request.urlopen(f"http://{address}:{port}/metrics", timeout=_ANSWER_WITHIN_S) as answer:
            return _NPS_METRIC in answer.read(1 << 20)
    except (OSError, ValueError):
        return False


def _port(level: Any, text: str, mend: str = "") -> Finding:
    return Finding(check="metrics port", level=level, text=text, mend=mend)

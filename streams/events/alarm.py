"""An alarm on `nps.alarms`: a score fell or rose beyond chance, or unhappy answers came in quick succession."""

from collections.abc import Mapping

import msgspec
from msgspec import Struct

from streams.events.rejected import Rejected


class AlarmWindow(Struct, gc=False, frozen=True, kw_only=True, rename={"from_": "from"}):
    """The figures of a window, of the answers submitted from one instant up to, not including, another.

    Both are RFC 3339 in UTC. `to` is the end of the bucket that holds `as_of`, where the window is that of now. `nps`
    and its interval are in points, -100 to 100, unrounded; null where nobody answered.
    """

    from_: str
    to: str
    n: int
    promoters: int
    passives: int
    detractors: int
    nps: float | None
    low: float | None
    high: float | None


class Alarm(Struct, frozen=True, kw_only=True):
    """The beginning (`kind` is `raised`) or the end (`released`) of an episode, with its evidence.

    `rule` is `drop`, `rise` or `burst`; later releases may add others. `episode` counts the episodes of a rule and a
    key from 1; both events of one have the same `alarm_id`. `difference` (points), `z` and `p` are those of `current`
    against `baseline`, null where one of them is empty; a burst has no baseline. `limits`: the constants of the rule.
    """

    alarm_id: str
    kind: str
    rule: str
    brand: str
    store: str | None
    as_of: str
    episode: int
    difference: float | None
    z: float | None
    p: float | None
    current: AlarmWindow
    baseline: AlarmWindow | None
    limits: Mapping[str, float]
    schema_version: int = 1


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Alarm).decode


def encode_alarm(alarm: Alarm) -> bytes:
    """The alarm as JSON, null for what is not there."""
    return _encode(alarm)


def decode_alarm(raw: bytes) -> Alarm | Rejected:
    """The alarm of a record's value. Unknown kinds, rules and fields are let through: a newer release may have them."""
    try:
        return _decode(raw)
    except (ValueError, RecursionError):
        return Rejected("schema")

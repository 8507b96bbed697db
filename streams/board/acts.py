"""What somebody asks to be done about an alert: from a request to an action, or what is wrong with it in words."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final, get_args

import msgspec

from streams.board.case import Case
from streams.board.case_documents import CHOICES, moves
from streams.board.problem import Refused
from streams.domain.arrival import FUTURE_MS_MAX
from streams.events.action import NEEDED, NOTE_CHARACTERS_MAX, Action, Doing, decode_action
from streams.events.json_profile import read_json
from streams.events.rejected import Rejected
from streams.events.time import epoch_ms, is_rfc3339, rfc3339_ms

FIELDS: Final = frozenset({"action", "actor", "channel", "reason", "note", "quality", "at", "action_id"})
CHARACTERS_MAX: Final = 256
"""Of who acted, and of the caller's own key."""


def asked_for(raw: bytes, case: Case, alert_id: str, *, now_ms: int) -> Action:
    """The action that a request asks for: done now and under a key of its own where it says nothing of these.

    Refused where it is none, or the table of moves does not allow it, as the board sees the case.
    """
    document = read_json(raw)
    if isinstance(document, Rejected):
        raise _bad(f"the body must be one JSON object: {document.reason}")
    if not isinstance(document, dict):
        raise _bad("the body must be one JSON object")
    fields = {name: value for name, value in document.items() if value is not None}
    _check(fields)
    defaults = {"at": rfc3339_ms(now_ms), "action_id": str(uuid.uuid4())}
    of_case = {"alert_id": alert_id, "brand": case.brand, "store": case.store}
    action = decode_action(msgspec.json.encode(defaults | fields | of_case))
    if isinstance(action, Rejected):
        raise _bad(f"not an action: {action.reason}")
    if epoch_ms(action.at) > now_ms + FUTURE_MS_MAX:
        raise _bad("at is in the future")
    if not case.took(action.action_id) and action.action not in {move["action"] for move in moves(case.status)}:
        raise Refused(HTTPStatus.CONFLICT, f"a case that is {case.status} cannot be {action.action}")
    return action


def _check(fields: Mapping[str, Any]) -> None:
    """Say what is wrong with the fields of a request, where something is."""
    if unknown := sorted(fields.keys() - FIELDS):
        raise _bad(f"no such field: {', '.join(unknown)}; there are {', '.join(sorted(FIELDS))}")
    doing = fields.get("action")
    if doing not in get_args(Doing):
        raise _bad(f"action must be one of {', '.join(get_args(Doing))}")
    _check_needs(doing, fields)
    if not _is_text(fields.get("actor"), CHARACTERS_MAX):
        raise _bad(f"actor must say who acts, in 1 to {CHARACTERS_MAX} characters")
    if not _is_text(fields.get("action_id", "x"), CHARACTERS_MAX):
        raise _bad(f"action_id must be a text of 1 to {CHARACTERS_MAX} characters")
    if "note" in fields and not _is_text(fields["note"] or "x", NOTE_CHARACTERS_MAX):
        raise _bad(f"note must be a text of at most {NOTE_CHARACTERS_MAX:,} characters")
    if "at" in fields and not _is_instant(fields["at"]):
        raise _bad("at must be an instant with its offset, such as 2026-03-14T12:00:00Z")


def _check_needs(doing: object, fields: Mapping[str, Any]) -> None:
    for needed_by, name in NEEDED.items():
        if doing == needed_by and not fields.get(name):
            raise _bad(f"what is {doing} needs its {name}")
        if name in fields and doing != needed_by and name != "note":
            raise _bad(f"only what is {needed_by} has a {name}")
        if name in fields and name in CHOICES and fields[name] not in CHOICES[name]:
            raise _bad(f"{name} must be one of {', '.join(map(str, CHOICES[name]))}")


def _is_text(value: object, characters_max: int) -> bool:
    return isinstance(value, str) and 1 <= len(value) <= characters_max


def _is_instant(value: object) -> bool:
    if not isinstance(value, str) or not is_rfc3339(value):
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def _bad(detail: str) -> Refused:
    return Refused(HTTPStatus.BAD_REQUEST, detail)

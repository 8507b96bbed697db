"""What requests ask for, and documents as answers."""

import re
import unicodedata
from http import HTTPStatus

from aiohttp import web

from streams.board import documents
from streams.board.guard import SHOWED_TOKEN
from streams.board.problem import Refused


def answer(document: documents.Document, status: int = HTTPStatus.OK) -> web.Response:
    """A document as a response."""
    body = documents.encode(document)
    return web.Response(status=status, body=body, content_type="application/json", charset="utf-8")


def showed_token(request: web.Request) -> bool:
    """Whether whoever asks is told everything."""
    return bool(request.get(SHOWED_TOKEN))


def path_name(request: web.Request, part: str) -> str:
    """The name in a part of the path, in Form C as topics have it."""
    return unicodedata.normalize("NFC", request.match_info[part])


def query_text(request: web.Request, parameter: str) -> str | None:
    """What a parameter says, in Form C; None where it is missing or empty."""
    return unicodedata.normalize("NFC", request.query.get(parameter, "")) or None


def choice(request: web.Request, parameter: str, allowed: tuple[str, ...], default: str) -> str:
    """One of several words; Refused for any other."""
    given = request.query.get(parameter, default)
    if given not in allowed:
        raise Refused(HTTPStatus.BAD_REQUEST, f"{parameter} must be one of {', '.join(allowed)}")
    return given


def number(request: web.Request, parameter: str, default: int, high: int) -> int:
    """A whole number from 0 to `high`; Refused for anything else."""
    given = request.query.get(parameter)
    if not given:
        return default
    if not re.fullmatch("[0-9]{1,8}", given) or int(given) > high:
        raise Refused(HTTPStatus.BAD_REQUEST, f"{parameter} must be a whole number from 0 to {high}")
    return int(given)

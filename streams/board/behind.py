"""What is behind a number: the votes of a store in a window, with their offsets, corrections and marks.

Only for those who show the token, since it is about single answers. Each question reads a partition of the state, so
they are answered one after the other.
"""

import asyncio
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, Final

import msgspec
from aiokafka.errors import KafkaError

from streams.board.problem import Refused
from streams.cluster.explain import explain
from streams.cluster.explanation import Explanation, Vote
from streams.domain.page import NewerRow
from streams.domain.window import WindowName
from streams.settings import Settings

VOTES_MAX: Final = 1_000
"""Votes that are told one by one, the newest; `nps explain --json` tells all."""
PATIENCE_S: Final = 120.0

Explain = Callable[[str, str, WindowName, int], Awaitable[Explanation | None]]
"""Of a brand, a store, a window and an instant (s since the epoch); None where nothing is known of the store."""


def from_topics(settings: Settings) -> Explain:
    """Explain from the topics of a deployment."""

    async def ask(brand: str, store: str, window: WindowName, as_of_s: int) -> Explanation | None:
        return await explain(settings, brand, store, window, as_of_s)

    return ask


class Behind:
    """Answers what is behind numbers, one after the other."""

    def __init__(self, ask: Explain) -> None:
        self._ask = ask
        self._one = asyncio.Lock()

    async def document(self, brand: str, store: str, window: WindowName, as_of_s: int) -> dict[str, Any]:
        """An explanation as JSON, with the newest of its votes, and those that were `touched`, each newest first.

        Refused where there is none, or no Kafka to read it from.
        """
        try:
            async with asyncio.timeout(PATIENCE_S), self._one:
                found = await self._ask(brand, store, window, as_of_s)
        except TimeoutError:
            raise Refused(HTTPStatus.GATEWAY_TIMEOUT, "reading the state takes too long") from None
        except KafkaError as error:
            raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, f"Kafka: {type(error).__name__}") from error
        except NewerRow as error:
            detail = "the state was written by a later release of this program"
            raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, detail) from error
        if found is None:
            raise Refused(HTTPStatus.NOT_FOUND, f"no answers of the store {store} of {brand}")
        told: dict[str, Any] = msgspec.to_builtins(msgspec.structs.replace(found, votes=[]))
        touched = [vote for vote in found.votes if _is_touched(vote)]
        return told | {
            "votes_total": len(found.votes),
            "votes": _newest(found.votes),
            "touched_total": len(touched),
            "touched": _newest(touched),
        }


def _is_touched(vote: Vote) -> bool:
    return bool(vote.corrections or vote.because or vote.forgotten)


def _newest(votes: list[Vote]) -> Any:
    return msgspec.to_builtins(votes[: -VOTES_MAX - 1 : -1])

from collections.abc import AsyncIterator

import aiohttp
import pytest_asyncio

from tests.board.builders import Served, a_served_board


@pytest_asyncio.fixture
async def served() -> AsyncIterator[Served]:
    """A board on a free port of this machine, empty and caught up."""
    async with a_served_board() as served:
        yield served


@pytest_asyncio.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    """A client that follows no redirect and keeps no cookie."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield session

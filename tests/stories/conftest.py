from collections.abc import AsyncIterator

import pytest_asyncio

from tests.fakes.centre import Centre, running


@pytest_asyncio.fixture
async def centre() -> AsyncIterator[Centre]:
    async with running() as centre:
        yield centre

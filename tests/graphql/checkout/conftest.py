"""Whom checkouts ask about deliveries."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from tests.graphql.carrier import Carrier, carrying


@pytest.fixture
async def carrier(session: AsyncSession) -> AsyncIterator[Carrier]:
    async with carrying(session) as made:
        yield made

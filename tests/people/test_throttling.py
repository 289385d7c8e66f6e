"""Guessing is slowed down, whatever capitals are used; nobody is locked out by a stranger."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.database import Database
from marketplace.kit.errors import DomainError
from marketplace.kit.settings import Settings
from marketplace.people import service, throttling
from marketplace.people.models import AttemptCount, User

PASSWORD = "le tapis de Taznakht"
HERE, ELSEWHERE = "198.51.100.7", "203.0.113.9"


@pytest.fixture
async def user(session: AsyncSession) -> User:
    return await service.create_user(session, "fatima@example.test", PASSWORD)


async def code_of(
    session: AsyncSession, settings: Settings, email: str, password: str, address: str | None
) -> str | None:
    """What a try to sign in is answered with; None: it is let in."""
    try:
        await service.sign_in(session, settings, email, password, address=address)
    except DomainError as refused:
        return refused.code
    return None


async def later(session: AsyncSession, wait: timedelta) -> None:
    """As if time had passed: every count moves into the past."""
    await session.execute(
        update(AttemptCount).values(
            last_at=AttemptCount.last_at - wait, refused_until=AttemptCount.refused_until - wait
        )
    )


@pytest.mark.parametrize("known", [True, False])
async def test_guesses_at_an_account_have_to_wait_whatever_the_capitals(
    session: AsyncSession, settings: Settings, user: User, known: bool
) -> None:
    email = user.email if known else "nobody@example.test"
    spellings = [email, email.upper(), f" {email.title()} ", email, email.capitalize()]
    codes = [await code_of(session, settings, spelling, "guess", HERE) for spelling in spellings]
    assert codes == ["INVALID_CREDENTIALS"] * 4 + ["LOGIN_ATTEMPT_DELAYED"]
    # Even the right password is not looked at, so that waiting can't be told from guessing right.
    assert await code_of(session, settings, email, PASSWORD, HERE) == "LOGIN_ATTEMPT_DELAYED"


async def test_the_wait_doubles_and_ends(session: AsyncSession, settings: Settings, user: User) -> None:
    waits = []
    for _ in range(16):
        await code_of(session, settings, user.email, "guess", HERE)
        until = await session.scalar(select(func.max(AttemptCount.refused_until)))
        if until is not None:
            waits.append(round((until - datetime.now(UTC)).total_seconds()))
            await later(session, timedelta(seconds=waits[-1] + 1))
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]
    assert await code_of(session, settings, user.email, PASSWORD, HERE) is None


async def test_a_stranger_who_guesses_locks_nobody_else_out(
    session: AsyncSession, settings: Settings, user: User
) -> None:
    for _ in range(10):
        await code_of(session, settings, user.email, "guess", HERE)
    assert await code_of(session, settings, user.email, PASSWORD, ELSEWHERE) is None
    assert await code_of(session, settings, user.email, PASSWORD, HERE) == "LOGIN_ATTEMPT_DELAYED"


async def test_whoever_gets_in_starts_afresh_but_the_address_is_still_watched(
    session: AsyncSession, settings: Settings, user: User
) -> None:
    for _ in range(3):
        await code_of(session, settings, user.email, "guess", HERE)
    assert await code_of(session, settings, user.email, PASSWORD, HERE) is None
    left = list(await session.scalars(select(AttemptCount.count)))
    assert left == [3]


async def test_an_address_that_tries_many_accounts_has_to_wait_and_its_network_too(
    session: AsyncSession, settings: Settings, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttling, "GUESSES_FROM_ADDRESS", throttling.Allowance("guesses", free=5))
    for number in range(6):
        email = f"person{number}@example.test"
        assert await code_of(session, settings, email, "guess", "2001:db8:1:2::1") == "INVALID_CREDENTIALS"
    for neighbour in ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9"):
        assert await code_of(session, settings, user.email, PASSWORD, neighbour) == "LOGIN_ATTEMPT_DELAYED"
    assert await code_of(session, settings, user.email, PASSWORD, "2001:db8:1:3::1") is None


async def test_guesses_sent_together_gain_nothing(database: Database, settings: Settings) -> None:
    async with database.transaction() as session:
        await service.create_user(session, "fatima@example.test", PASSWORD)

    async def guess() -> str | None:
        async with database.transaction() as session:
            return await code_of(session, settings, "fatima@example.test", "guess", HERE)

    codes = await asyncio.gather(*[guess() for _ in range(12)])
    assert codes.count("INVALID_CREDENTIALS") <= throttling.GUESSES_AT_ACCOUNT.free + throttling.AT_ONCE
    assert "LOGIN_ATTEMPT_DELAYED" in codes


async def test_two_quiet_hours_forget_everything(
    session: AsyncSession, settings: Settings, user: User
) -> None:
    for _ in range(5):
        await code_of(session, settings, user.email, "guess", HERE)
    await later(session, throttling.FORGOTTEN_AFTER + timedelta(seconds=1))
    assert await code_of(session, settings, user.email, "guess", HERE) == "INVALID_CREDENTIALS"
    assert list(await session.scalars(select(AttemptCount.count))) == [1, 1]
    await later(session, throttling.FORGOTTEN_AFTER + timedelta(seconds=1))
    await throttling.forget_old(session)
    assert list(await session.scalars(select(AttemptCount.count))) == []

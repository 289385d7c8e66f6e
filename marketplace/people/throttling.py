"""How often somebody may try: a wrong password or promo code costs the next one time, and so do letters.

Counts are rows, so that every process of every machine sees them. What is counted for an account is counted
for one address on the net at a time: a stranger who guesses keeps nobody else from signing in. No wait is
longer than a quarter of an hour, and two quiet hours forget everything.
"""

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, case, delete, func, literal, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.people.errors import AttemptDelayedError
from marketplace.people.models import AttemptCount

FORGOTTEN_AFTER = timedelta(hours=2)
LONGEST_WAIT_SECONDS = 900
AT_ONCE = 3
"""Passwords of one account, or promo codes, that are checked at a time for one address: guesses sent together
gain nothing.
"""
IPV6_NETWORK_BITS = 64
"""What one customer of a provider has for themselves."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """`free` attempts cost nothing; from then on the wait doubles with every `step`, from a second."""

    kind: str
    free: int
    step: int = 1


GUESSES_AT_ACCOUNT = Allowance("guesses at an account", free=3)
GUESSES_FROM_ADDRESS = Allowance("guesses from an address", free=40, step=10)
"""Whole towns share an address of a mobile network."""
ACCOUNTS_FROM_ADDRESS = Allowance("accounts from an address", free=20, step=5)
LETTERS_FROM_ADDRESS = Allowance("letters from an address", free=20, step=5)
CODES_FROM_ADDRESS = Allowance("promo codes from an address", free=40, step=5)
CODES_OF_CUSTOMER = Allowance("promo codes of a customer", free=10, step=2)


Keys = dict[str, Allowance]


def guesses(account: str, address: str | None) -> Keys:
    """What a try at an account's password counts for. Capital letters make no other account."""
    return {
        _key(GUESSES_AT_ACCOUNT, account.strip().lower(), _network(address)): GUESSES_AT_ACCOUNT
    } | of_address(GUESSES_FROM_ADDRESS, address)


def of_address(allowance: Allowance, address: str | None) -> Keys:
    """What is counted for an address alone: nothing, where it isn't known."""
    return {} if address is None else {_key(allowance, _network(address)): allowance}


def wrong_codes(user_id: int | None, address: str | None) -> Keys:
    """What a wrong promo code counts for: a guest's for their address, a customer's for themselves alone, so
    that neighbours who guess keep nobody who signs in from using a code.
    """
    if user_id is not None:
        return {_key(CODES_OF_CUSTOMER, str(user_id)): CODES_OF_CUSTOMER}
    return of_address(CODES_FROM_ADDRESS, address)


async def check(session: AsyncSession, keys: Keys) -> None:
    """Raises AttemptDelayedError where one of them has to wait."""
    until = await session.scalar(
        select(func.max(AttemptCount.refused_until)).where(
            AttemptCount.key.in_(keys), AttemptCount.refused_until > _now()
        )
    )
    if until is not None:
        raise AttemptDelayedError(until)


async def take_turn(session: AsyncSession, keys: Keys) -> None:
    """Check, and keep others from trying too often at the same moment. Raises AttemptDelayedError.

    What is taken is given back by the end of the transaction; nobody waits in line.
    """
    if not keys:
        return
    turn = int(next(iter(keys))[:15], 16)
    tries = " OR ".join(f"pg_try_advisory_xact_lock({turn + number})" for number in range(AT_ONCE))
    if not await session.scalar(text(f"SELECT {tries}")):
        raise AttemptDelayedError(_now() + timedelta(seconds=1))
    await check(session, keys)


async def count(session: AsyncSession, keys: Keys) -> None:
    """Count one attempt. Rows are taken in order of their keys, so that no two attempts block each other."""
    now = _now()
    forgotten = AttemptCount.last_at < now - FORGOTTEN_AFTER
    counted = case((forgotten, 1), else_=AttemptCount.count + 1)
    for key in sorted(keys):
        refused_until = _refused_until(counted, keys[key], now)
        await session.execute(
            insert(AttemptCount)
            .values(key=key, count=1, last_at=now, refused_until=None)
            .on_conflict_do_update(
                index_elements=[AttemptCount.key],
                set_={"count": counted, "last_at": now, "refused_until": refused_until},
            )
        )


async def forgive(session: AsyncSession, account: str, address: str | None) -> None:
    """Whoever knew the password has been forgetful, no more. What their address is up to is still counted."""
    (key, *_) = guesses(account, address)
    await session.execute(delete(AttemptCount).where(AttemptCount.key == key))


async def forget_old(session: AsyncSession) -> None:
    """Delete what is not counted any more."""
    await session.execute(delete(AttemptCount).where(AttemptCount.last_at < _now() - FORGOTTEN_AFTER))


def _refused_until(counted: ColumnElement[int], allowance: Allowance, now: datetime) -> ColumnElement[Any]:
    doublings = func.least((counted - allowance.free - 1) // allowance.step, 20)
    seconds = func.least(func.power(literal(2, BigInteger()), doublings), LONGEST_WAIT_SECONDS)
    wait = func.make_interval(0, 0, 0, 0, 0, 0, seconds)
    return case((counted > allowance.free, literal(now) + wait), else_=None)


def _key(allowance: Allowance, *parts: str) -> str:
    return sha256("\0".join([allowance.kind, *parts]).encode()).hexdigest()


def _network(address: str | None) -> str:
    """An address as far as it tells one household from another."""
    if address is None:
        return ""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, IPV6_NETWORK_BITS), strict=False))
    return str(parsed)


def _now() -> datetime:
    """The machine's time: a demonstration's clock shortens no wait."""
    return datetime.now(UTC)

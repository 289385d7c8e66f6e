"""What tests of payouts share: a market, sellers with bank accounts, staff, and time that passes."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from types import ModuleType

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.money import Money
from marketplace.kit.settings import Settings
from marketplace.markets.models import Channel
from marketplace.orders.models import VendorOrder
from marketplace.payouts.journal import Balance, balances
from marketplace.payouts.ledger import Account, Posting
from marketplace.payouts.release import release_due
from marketplace.people.models import User
from marketplace.people.permissions import Permission
from marketplace.vendors.models import Vendor
from tests.factories.markets import make_channel
from tests.factories.payouts import Piece, deliver, make_bank_account, make_rule, place_order, remit
from tests.factories.people import make_staff
from tests.factories.vendors import make_vendor


@dataclass
class House:
    """A market in dirhams with an 8 % commission, two sellers with bank accounts, two members of staff."""

    channel: Channel
    sellers: list[Vendor]
    first: User
    second: User


async def make_house(session: AsyncSession, settings: Settings, sellers: int = 2) -> House:
    await make_rule(session, 800)
    vendors = [await make_vendor(session) for _ in range(sellers)]
    for vendor in vendors:
        await make_bank_account(session, vendor, settings.bank_keys.get_secret_value())
    staff = [await make_staff(session, Permission.MANAGE_PAYOUTS) for _ in range(2)]
    return House(await make_channel(session), vendors, *staff)


@pytest.fixture
async def house(session: AsyncSession, settings: Settings) -> House:
    return await make_house(session, settings)


async def sell(session: AsyncSession, house: House, *prices_minor: int) -> list[VendorOrder]:
    """One order of a piece from each of the first sellers, at these prices."""
    pieces = [Piece(vendor, price) for vendor, price in zip(house.sellers, prices_minor, strict=False)]
    return await place_order(session, house.channel, pieces)


async def earn(
    session: AsyncSession, clock: ModuleType, house: House, *prices_minor: int
) -> Sequence[VendorOrder]:
    """Sell, deliver, remit, wait until the buyer can't withdraw, and release."""
    parts = await sell(session, house, *prices_minor)
    for part in parts:
        await deliver(session, part)
    await remit(session, parts)
    clock.advance(timedelta(days=8))
    await release_due(session)
    return parts


async def balance_of(session: AsyncSession, vendor: Vendor, currency: str = "MAD") -> Balance:
    zero = Money.zero(currency)
    return (await balances(session, vendor.id)).get(currency, Balance(zero, zero, zero))


async def total_of(session: AsyncSession, account: Account, currency: str = "MAD") -> int:
    """The debit balance of an account, in minor units."""
    query = select(func.coalesce(func.sum(Posting.amount_minor), 0))
    return int(
        await session.scalar(query.where(Posting.account == account, Posting.currency == currency)) or 0
    )


Earn = Callable[..., Awaitable[Sequence[VendorOrder]]]

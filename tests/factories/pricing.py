"""Vouchers and gift cards for tests."""

from decimal import Decimal
from itertools import count

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.money import Money
from marketplace.markets.models import Channel
from marketplace.pricing.discounts import DiscountValueType
from marketplace.pricing.gift_card_use import NewGiftCard, issue
from marketplace.pricing.gift_cards import GiftCard
from marketplace.pricing.vouchers import Voucher, VoucherChannelListing, VoucherCode

PERCENTAGE, FIXED = DiscountValueType.PERCENTAGE, DiscountValueType.FIXED
_numbers = count(1)


async def make_voucher(
    session: AsyncSession,
    channel: Channel,
    value: object = 10,
    value_type: DiscountValueType = PERCENTAGE,
    *,
    code: str | None = None,
    minimum_spent_minor: int | None = None,
    **given: object,
) -> str:
    """A voucher that is good in a channel; its code. Ten per cent of the entire order, unless given."""
    voucher = Voucher(**{"name": "Bienvenue", "discount_value_type": value_type} | given)
    session.add(voucher)
    await session.flush()
    code = code or f"CODE{next(_numbers)}"
    session.add_all(
        [
            VoucherCode(voucher_id=voucher.id, code=code),
            VoucherChannelListing(
                voucher_id=voucher.id,
                channel_id=channel.id,
                currency=channel.currency_code,
                discount_value=Decimal(str(value)),
                minimum_spent_minor=minimum_spent_minor,
            ),
        ]
    )
    await session.flush()
    return code


async def make_gift_card(
    session: AsyncSession, balance_minor: int = 50_00, currency: str = "MAD", **given: object
) -> GiftCard:
    """A card that staff gave away."""
    return await issue(session, NewGiftCard(**{"balance": Money(balance_minor, currency)} | given))

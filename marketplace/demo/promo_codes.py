"""A promo code and a gift card for whoever tries the shop. README names them.

Rows as the services write them, but with moments and keys that the same seed gives again.
"""

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.demo.world import World
from marketplace.kit.money import Money
from marketplace.payouts import entries
from marketplace.payouts.journal import record
from marketplace.people.models import User
from marketplace.pricing.discounts import DiscountValueType
from marketplace.pricing.gift_cards import GiftCard, GiftCardEvent, GiftCardEventType
from marketplace.pricing.vouchers import Voucher, VoucherChannelListing, VoucherCode, VoucherTranslation

WELCOME_CODE = "BIENVENUE10"
WELCOME_KEY = UUID(int=10)
GIFT_CARD_CODE = "CADEAU-DEMO-500"
GIFT_CARD_BALANCE = Money(500_00, "MAD")
NAMES = {"ar": "مرحبا", "en": "Welcome"}
AGE = timedelta(days=30)


async def give_promo_codes(session: AsyncSession, world: World) -> None:
    """Ten per cent off in every market, and five hundred dirhams on a card."""
    given_at = world.now - AGE
    times = {"created_at": given_at, "updated_at": given_at}
    voucher = Voucher(
        name="Bienvenue", discount_value_type=DiscountValueType.PERCENTAGE, starts_at=given_at, **times
    )
    admin = (await session.scalars(select(User).where(User.email == "admin@demo.sil"))).one()
    card = GiftCard(
        code=GIFT_CARD_CODE,
        currency=GIFT_CARD_BALANCE.currency,
        initial_balance_minor=GIFT_CARD_BALANCE.minor,
        current_balance_minor=GIFT_CARD_BALANCE.minor,
        created_by_id=admin.id,
        created_by_email=admin.email,
        **times,
    )
    session.add_all([voucher, card])
    await session.flush()
    session.add(VoucherCode(id=WELCOME_KEY, voucher_id=voucher.id, code=WELCOME_CODE, created_at=given_at))
    session.add_all(
        VoucherTranslation(voucher_id=voucher.id, language_code=code, name=name)
        for code, name in NAMES.items()
    )
    session.add_all(
        VoucherChannelListing(
            voucher_id=voucher.id,
            channel_id=market.id,
            currency=market.currency,
            discount_value=Decimal(10),
        )
        for market in world.markets.values()
    )
    balances = {
        "initial_balance_minor": GIFT_CARD_BALANCE.minor,
        "current_balance_minor": GIFT_CARD_BALANCE.minor,
    }
    session.add(
        GiftCardEvent(
            gift_card_id=card.id,
            type=GiftCardEventType.ISSUED,
            at=given_at,
            user_id=admin.id,
            parameters=balances,
        )
    )
    await session.flush()
    await record(session, [entries.gift_card_issued(card.id, GIFT_CARD_BALANCE, given_at)])

"""Who is charged no tax pays what is left of prices without it: as a channel is set, or as staff say."""

from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.listings import VariantChannelListing
from marketplace.checkout import promo_codes
from marketplace.checkout.lines import LineToAdd, PriceOverride, add_lines
from marketplace.checkout.models import Checkout
from marketplace.checkout.taxing import set_tax_exemption
from marketplace.markets.models import Channel
from marketplace.markets.tax_settings import CountrySaid, change_taxes
from marketplace.orders.models import OrderLine
from marketplace.payments.completion import complete
from marketplace.pricing.discounts import DiscountValueType
from tests.factories.checkout import (
    RABAT,
    Market,
    make_cart,
    make_market,
    make_piece,
    make_ready_cart,
    promise_cash,
)
from tests.factories.markets import make_channel, make_method, make_tax_class
from tests.factories.orders import parts_of
from tests.factories.pricing import make_voucher


async def _market(session: AsyncSession, **given: object) -> tuple[Market, int]:
    """A market whose goods and deliveries are taxed 20 %: and the class of both."""
    tax_class = await make_tax_class(session, 2000)
    channel = await make_channel(session, **given)
    method = await make_method(session, channel, 36_00, tax_class_id=tax_class.id)
    return Market(channel, method), tax_class.id


def _totals(cart: Checkout) -> tuple[int, int, int, int]:
    return cart.subtotal_gross_minor, cart.subtotal_net_minor, cart.total_gross_minor, cart.total_net_minor


async def test_an_exempt_cart_costs_what_is_left_without_tax(session: AsyncSession) -> None:
    market, tax_class_id = await _market(session)
    rug = await make_piece(session, market.channel, 120_00, tax_class_id=tax_class_id)
    cart = await make_ready_cart(session, market, rug, quantity=2)
    assert _totals(cart) == (240_00, 200_00, 276_00, 230_00)
    cart = await set_tax_exemption(session, cart.id, is_exempt=True)
    assert _totals(cart) == (200_00, 200_00, 230_00, 230_00)
    cart = await set_tax_exemption(session, cart.id, is_exempt=False)
    assert _totals(cart) == (240_00, 200_00, 276_00, 230_00)


async def test_prices_without_tax_stay_as_they_are(session: AsyncSession) -> None:
    market, tax_class_id = await _market(session, prices_entered_with_tax=False)
    rug = await make_piece(session, market.channel, 100_00, tax_class_id=tax_class_id)
    cart = await make_ready_cart(session, market, rug)
    assert _totals(cart) == (120_00, 100_00, 163_20, 136_00)
    cart = await set_tax_exemption(session, cart.id, is_exempt=True)
    assert _totals(cart) == (100_00, 100_00, 136_00, 136_00)


async def test_an_exempt_order_and_its_parts_carry_no_tax(session: AsyncSession) -> None:
    market, tax_class_id = await _market(session)
    pieces = [await make_piece(session, market.channel, 120_00, tax_class_id=tax_class_id) for _ in range(2)]
    cart = await make_ready_cart(session, market, *pieces)
    await set_tax_exemption(session, cart.id, is_exempt=True)
    await promise_cash(session, cart.id)
    order = await complete(session, cart.id)
    assert order.is_tax_exempt
    assert (order.total_gross_minor, order.total_net_minor) == (260_00, 260_00)
    parts = await parts_of(session, order)
    assert [part.total_gross_minor for part in parts] == [130_00, 130_00]
    lines = (await session.scalars(select(OrderLine))).all()
    assert {
        (line.tax_rate_bp, line.unit_gross_minor, line.undiscounted_unit_gross_minor) for line in lines
    } == {(0, 100_00, 100_00)}
    assert order.total_authorized_minor == 260_00


async def test_a_voucher_and_a_set_price_are_without_tax_too(session: AsyncSession) -> None:
    market, tax_class_id = await _market(session)
    rug = await make_piece(session, market.channel, 120_00, tax_class_id=tax_class_id)
    cart = await make_cart(session, market.channel, rug)
    code = await make_voucher(session, market.channel, 10, DiscountValueType.PERCENTAGE)
    await promo_codes.add_promo_code(session, cart.id, code)
    cart = await set_tax_exemption(session, cart.id, is_exempt=True)
    assert _totals(cart)[:2] == (90_00, 90_00)
    cart = await make_cart(session, market.channel)
    await set_tax_exemption(session, cart.id, is_exempt=True)
    priced = LineToAdd(rug.id, 1, price=PriceOverride(amount=Decimal(60), reason=None))
    await add_lines(session, cart.id, [priced])
    await session.refresh(cart)
    assert _totals(cart)[:2] == (50_00, 50_00)


async def _untaxed_in(
    session: AsyncSession, channel: Channel, country: str, *, charged: bool = False
) -> None:
    await change_taxes(
        session,
        channel,
        {},
        countries=[CountrySaid(country, charge_taxes=charged, display_gross_prices=True)],
    )


async def test_a_channel_charges_no_tax_where_it_says_so(session: AsyncSession) -> None:
    market, tax_class_id = await _market(session)
    rug = await make_piece(session, market.channel, 120_00, tax_class_id=tax_class_id)
    await change_taxes(session, market.channel, {"charge_taxes": False})
    cart = await make_ready_cart(session, market, rug)
    assert _totals(cart) == (100_00, 100_00, 130_00, 130_00)
    await _untaxed_in(session, market.channel, "MA", charged=True)
    cart = await make_ready_cart(session, market, rug)
    assert _totals(cart) == (120_00, 100_00, 156_00, 130_00)
    await change_taxes(session, market.channel, {"charge_taxes": True}, without=["MA"])
    await _untaxed_in(session, market.channel, "FR")
    cart = await make_ready_cart(session, market, rug)
    assert _totals(cart)[0] == 120_00


@pytest.mark.parametrize("with_tax", [True, False])
async def test_lists_show_prices_as_they_are_charged(session: AsyncSession, *, with_tax: bool) -> None:
    market, tax_class_id = await _market(session, prices_entered_with_tax=with_tax)
    price_minor = 120_00 if with_tax else 100_00
    await make_piece(session, market.channel, price_minor, tax_class_id=tax_class_id)
    listing = (await session.scalars(select(VariantChannelListing))).one()

    async def shown() -> tuple[int, int, int]:
        await session.refresh(listing)
        return listing.gross_minor, listing.net_minor, listing.tax_rate_bp

    assert await shown() == (120_00, 100_00, 2000)
    await _untaxed_in(session, market.channel, "MA")
    assert await shown() == (100_00, 100_00, 0)
    await change_taxes(session, market.channel, {}, without=["MA"])
    assert await shown() == (120_00, 100_00, 2000)
    await change_taxes(session, market.channel, {"charge_taxes": False})
    assert await shown() == (100_00, 100_00, 0)


async def test_a_parcel_is_taxed_as_its_goods_are_where_the_channel_says_so(session: AsyncSession) -> None:
    market, tax_class_id = await _market(session)
    reduced = await make_tax_class(session, 1000)
    rug = await make_piece(session, market.channel, 120_00, tax_class_id=tax_class_id)
    oil = await make_piece(session, market.channel, 110_00, tax_class_id=reduced.id)
    await change_taxes(session, market.channel, {"use_weighted_tax_for_shipping": True})
    cart = await make_ready_cart(session, market, oil)
    assert (cart.shipping_gross_minor, cart.shipping_net_minor) == (36_00, 32_73)
    cart = await make_ready_cart(session, market, rug, oil)  # A parcel of each seller.
    assert cart.shipping_net_minor == 30_00 + 32_73


async def test_a_new_cart_of_an_untaxed_country_is_taxed_where_it_goes(session: AsyncSession) -> None:
    market, tax_class_id = await _market(session, default_country_code="FR")
    rug = await make_piece(session, market.channel, 120_00, tax_class_id=tax_class_id)
    await _untaxed_in(session, market.channel, "MA")
    cart = await make_cart(session, market.channel, rug, shipping_address=RABAT)
    assert _totals(cart)[:2] == (100_00, 100_00)
    assert (await make_market(session)).channel.charge_taxes

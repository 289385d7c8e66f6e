"""How a cart travels: one parcel from each seller, priced once."""

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.checkout import service
from marketplace.checkout.deliveries import calculate_deliveries, choose_delivery
from marketplace.checkout.lines import LineToAdd, add_lines, delete_lines
from marketplace.checkout.models import Checkout, CheckoutDelivery, CheckoutLine, CheckoutParcel
from marketplace.checkout.offered_deliveries import further_kilograms
from marketplace.kit.errors import DomainError
from marketplace.markets.models import PostalCodeInclusion, PostalCodeRule, excluded_product
from marketplace.vendors.models import TaxRegime
from tests.factories.checkout import PARIS, RABAT, make_cart, make_market, make_piece, make_ready_cart
from tests.factories.markets import make_channel, make_method, make_tax_class
from tests.factories.vendors import make_vendor


async def _parcels(session: AsyncSession) -> list[tuple[int, int, int, int]]:
    rows = await session.execute(
        select(
            CheckoutParcel.weight_grams,
            CheckoutParcel.price_minor,
            CheckoutParcel.gross_minor,
            CheckoutParcel.net_minor,
        ).order_by(CheckoutParcel.weight_grams)
    )
    return [tuple(row) for row in rows]


async def _methods(session: AsyncSession) -> set[int]:
    return set(await session.scalars(select(CheckoutDelivery.method_id)))


async def _addressed(session: AsyncSession, *given: object, **more: object) -> Checkout:
    return await make_cart(session, *given, shipping_address=RABAT, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(("grams", "kilograms"), [(0, 0), (1000, 0), (1001, 1), (2000, 1), (2001, 2)])
def test_every_kilogram_begun_above_the_first_counts(grams: int, kilograms: int) -> None:
    assert further_kilograms(grams) == kilograms


async def test_each_seller_sends_a_parcel_and_the_delivery_costs_all_of_them(session: AsyncSession) -> None:
    channel = await make_channel(session)
    method = await make_method(session, channel, 30_00, listing={"further_kilogram_price_minor": 5_00})
    seller = await make_vendor(session)
    rug = await make_piece(session, channel, vendor_id=seller.id, weight_grams=1500)
    runner = await make_piece(session, channel, vendor_id=seller.id, weight_grams=1600)
    bowl = await make_piece(session, channel, weight_grams=400)
    cart = await _addressed(session, channel, rug, runner, bowl)
    (delivery_id,) = await calculate_deliveries(session, cart.id)
    assert await _parcels(session) == [(400, 30_00, 30_00, 30_00), (3100, 45_00, 45_00, 45_00)]
    await choose_delivery(session, cart.id, delivery_id=delivery_id)
    assert await _methods(session) == {method.id}
    assert cart.shipping_gross_minor == 75_00
    assert cart.total_gross_minor == 360_00 + 75_00


async def test_a_parcel_is_taxed_as_its_seller_is(session: AsyncSession) -> None:
    channel = await make_channel(session)
    tax_class = await make_tax_class(session, 2000)
    await make_method(session, channel, 30_00, tax_class_id=tax_class.id)
    exempt = await make_vendor(session, tax_regime=TaxRegime.EXEMPT)
    honey = await make_piece(session, channel, vendor_id=exempt.id, weight_grams=100)
    rug = await make_piece(session, channel, weight_grams=200)
    cart = await _addressed(session, channel, honey, rug)
    await calculate_deliveries(session, cart.id)
    assert await _parcels(session) == [(100, 30_00, 30_00, 30_00), (200, 30_00, 30_00, 25_00)]


async def test_only_methods_that_carry_it_all_there_are_offered(session: AsyncSession) -> None:
    channel = await make_channel(session)
    fits = await make_method(session, channel, maximum_weight_grams=3000, minimum_weight_grams=100)
    await make_method(session, channel, maximum_weight_grams=1999)
    await make_method(session, channel, minimum_weight_grams=1000)
    await make_method(session, channel, countries=("FR",))
    await make_method(session, await make_channel(session))
    await make_method(session, channel, listing={"minimum_order_price_minor": 240_01})
    await make_method(session, channel, listing={"maximum_order_price_minor": 239_99})
    rug = await make_piece(session, channel, weight_grams=2000)
    bowl = await make_piece(session, channel, weight_grams=500)
    cart = await _addressed(session, channel, rug, bowl)
    await calculate_deliveries(session, cart.id)
    assert await _methods(session) == {fits.id}


async def test_the_cheapest_comes_first(session: AsyncSession) -> None:
    channel = await make_channel(session)
    dear, cheap = await make_method(session, channel, 50_00), await make_method(session, channel, 20_00)
    cart = await _addressed(session, channel, await make_piece(session, channel))
    ids = await calculate_deliveries(session, cart.id)
    methods = [(await session.get_one(CheckoutDelivery, key)).method_id for key in ids]
    assert methods == [cheap.id, dear.id]


async def test_without_an_address_nothing_is_offered(session: AsyncSession) -> None:
    market = await make_market(session)
    cart = await make_cart(session, market.channel, await make_piece(session, market.channel))
    assert await calculate_deliveries(session, cart.id) == []
    with pytest.raises(DomainError) as refused:
        await choose_delivery(session, cart.id, method_id=market.method.id)
    assert refused.value.code == "SHIPPING_ADDRESS_NOT_SET"


async def test_a_strangers_delivery_can_not_be_chosen(session: AsyncSession) -> None:
    market = await make_market(session)
    rug = await make_piece(session, market.channel)
    cart, other = [await _addressed(session, market.channel, rug) for _ in range(2)]
    (delivery_id,) = await calculate_deliveries(session, other.id)
    with pytest.raises(DomainError) as refused:
        await choose_delivery(session, cart.id, delivery_id=delivery_id)
    assert refused.value.code == "DELIVERY_METHOD_NOT_APPLICABLE"


async def test_older_clients_choose_a_method_without_asking_for_options(session: AsyncSession) -> None:
    market = await make_market(session)
    cart = await _addressed(session, market.channel, await make_piece(session, market.channel))
    await choose_delivery(session, cart.id, method_id=market.method.id)
    assert cart.shipping_gross_minor == 30_00
    elsewhere = await make_method(session, market.channel, countries=("FR",))
    with pytest.raises(DomainError) as refused:
        await choose_delivery(session, cart.id, method_id=elsewhere.id)
    assert refused.value.code == "DELIVERY_METHOD_NOT_APPLICABLE"


async def test_choosing_none_takes_the_price_away(session: AsyncSession) -> None:
    market = await make_market(session)
    cart = await make_ready_cart(session, market, await make_piece(session, market.channel))
    await choose_delivery(session, cart.id)
    assert (cart.delivery_id, cart.shipping_gross_minor, cart.total_gross_minor) == (None, 0, 120_00)


async def test_another_line_prices_the_chosen_delivery_anew_and_forgets_the_others(
    session: AsyncSession,
) -> None:
    market = await make_market(session)
    await make_method(session, market.channel, 90_00)
    rug, bowl = [await make_piece(session, market.channel) for _ in range(2)]
    cart = await make_ready_cart(session, market, rug)
    chosen = cart.delivery_id
    await add_lines(session, cart.id, [LineToAdd(bowl.id, 1)])
    assert cart.delivery_id == chosen
    assert cart.shipping_gross_minor == 60_00
    assert cart.total_gross_minor == 240_00 + 60_00
    assert await _methods(session) == {market.method.id}


async def test_a_chosen_delivery_that_can_not_carry_it_any_more_is_dropped(session: AsyncSession) -> None:
    market = await make_market(session)
    market.method.maximum_weight_grams = 1000
    rug = await make_piece(session, market.channel, weight_grams=700)
    cart = await make_ready_cart(session, market, rug)
    await add_lines(session, cart.id, [LineToAdd(rug.id, 1)])
    assert (cart.delivery_id, cart.shipping_gross_minor) == (None, 0)
    assert cart.total_gross_minor == 240_00


async def test_an_empty_cart_is_not_delivered(session: AsyncSession) -> None:
    market = await make_market(session)
    cart = await make_ready_cart(session, market, await make_piece(session, market.channel))
    line_id = await session.scalar(select(CheckoutLine.id))
    assert line_id is not None
    await delete_lines(session, cart.id, [line_id])
    assert (cart.delivery_id, cart.total_gross_minor) == (None, 0)


async def test_another_country_drops_the_delivery_and_taxes_anew(session: AsyncSession) -> None:
    market = await make_market(session)
    tax_class = await make_tax_class(session, 2000)
    rug = await make_piece(session, market.channel, 120_00, tax_class_id=tax_class.id)
    cart = await make_ready_cart(session, market, rug)
    assert cart.subtotal_net_minor == 100_00
    await service.set_shipping_address(session, cart.id, PARIS)
    assert (cart.delivery_id, cart.shipping_gross_minor) == (None, 0)
    assert (cart.subtotal_gross_minor, cart.subtotal_net_minor) == (120_00, 120_00)


async def test_another_street_of_the_same_country_changes_nothing(session: AsyncSession) -> None:
    market = await make_market(session)
    cart = await make_ready_cart(session, market, await make_piece(session, market.channel))
    chosen, total = cart.delivery_id, cart.total_gross_minor
    address_id = cart.shipping_address_id
    await service.set_shipping_address(session, cart.id, RABAT)
    assert (cart.delivery_id, cart.total_gross_minor, cart.shipping_address_id) == (chosen, total, address_id)


async def test_a_method_is_not_offered_for_a_cart_with_goods_that_it_refuses(session: AsyncSession) -> None:
    channel = await make_channel(session)
    cheap, other = await make_method(session, channel, 20_00), await make_method(session, channel, 40_00)
    rug, bowl = await make_piece(session, channel), await make_piece(session, channel)
    await session.execute(excluded_product.insert().values(method_id=cheap.id, product_id=bowl.product_id))
    cart = await _addressed(session, channel, rug)
    await calculate_deliveries(session, cart.id)
    assert await _methods(session) == {cheap.id, other.id}
    await choose_delivery(session, cart.id, method_id=cheap.id)
    await add_lines(session, cart.id, [LineToAdd(bowl.id, 1)])
    assert cart.delivery_id is None
    await calculate_deliveries(session, cart.id)
    assert await _methods(session) == {other.id}


async def test_a_method_is_offered_where_it_serves_the_postal_code(session: AsyncSession) -> None:
    channel = await make_channel(session)
    rabat, south = await make_method(session, channel), await make_method(session, channel)
    for method, start, end, kind in (
        (rabat, "10000", "19999", PostalCodeInclusion.INCLUDE),
        (south, "80000", "89999", PostalCodeInclusion.INCLUDE),
    ):
        session.add(PostalCodeRule(method_id=method.id, start=start, end=end, inclusion=kind))
    cart = await _addressed(session, channel, await make_piece(session, channel))
    await calculate_deliveries(session, cart.id)
    assert await _methods(session) == {rabat.id}

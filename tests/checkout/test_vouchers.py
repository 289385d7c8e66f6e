"""What a voucher takes off a cart, line by line and parcel by parcel, and what it is refused for."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.listings import VariantChannelListing
from marketplace.catalog.models import Collection, CollectionProduct, ProductVariant
from marketplace.checkout.deliveries import calculate_deliveries, choose_delivery
from marketplace.checkout.lines import LineChange, LineToAdd, add_lines, delete_lines, update_lines
from marketplace.checkout.models import Checkout, CheckoutDelivery, CheckoutLine
from marketplace.checkout.promo_codes import add_promo_code, remove_promo_code
from marketplace.checkout.service import set_shipping_address
from marketplace.kit import clock
from marketplace.kit.errors import DomainError
from marketplace.pricing.vouchers import (
    VoucherCode,
    VoucherType,
    voucher_category,
    voucher_collection,
    voucher_product,
    voucher_variant,
)
from tests.factories.catalog import make_category
from tests.factories.checkout import (
    PARIS,
    RABAT,
    make_cart,
    make_market,
    make_piece,
    make_ready_cart,
)
from tests.factories.markets import make_channel, make_method, make_tax_class, make_tax_rate
from tests.factories.people import make_staff, make_user
from tests.factories.pricing import FIXED, PERCENTAGE, make_voucher

SPECIFIC, SHIPPING = VoucherType.SPECIFIC_PRODUCT, VoucherType.SHIPPING


async def _lines(session: AsyncSession, cart: Checkout) -> list[CheckoutLine]:
    found = await session.scalars(
        select(CheckoutLine)
        .where(CheckoutLine.checkout_id == cart.id)
        .order_by(CheckoutLine.created_at, CheckoutLine.id),
        execution_options={"populate_existing": True},
    )
    return list(found)


async def _refused(session: AsyncSession, cart: Checkout, code: str) -> DomainError:
    """Why a code is refused; the cart is as it was."""
    before = cart.total_gross_minor
    with pytest.raises(DomainError) as refused:
        async with session.begin_nested():
            await add_promo_code(session, cart.id, code)
    await session.refresh(cart)
    assert (cart.total_gross_minor, cart.voucher_code) == (before, None)
    return refused.value


async def test_ten_per_cent_of_the_goods_are_spread_over_the_lines_and_the_delivery_stays(
    session: AsyncSession,
) -> None:
    market = await make_market(session)
    pieces = [await make_piece(session, market.channel, price) for price in (99_99, 50_01)]
    cart = await make_ready_cart(session, market, *pieces)
    cart = await add_promo_code(session, cart.id, await make_voucher(session, market.channel))
    assert (cart.discount_minor, cart.discount_name) == (15_00, "Bienvenue")
    assert (cart.subtotal_gross_minor, cart.shipping_gross_minor) == (135_00, 60_00)
    assert cart.total_gross_minor == 195_00
    assert [line.discount_minor for line in await _lines(session, cart)] == [10_00, 5_00]


async def test_a_fixed_amount_never_takes_more_than_the_goods_are_worth(session: AsyncSession) -> None:
    market = await make_market(session)
    cart = await make_ready_cart(session, market, await make_piece(session, market.channel, 80_00))
    cart = await add_promo_code(session, cart.id, await make_voucher(session, market.channel, 500, FIXED))
    assert (cart.discount_minor, cart.subtotal_gross_minor, cart.total_gross_minor) == (80_00, 0, 30_00)


async def test_tax_is_that_of_what_is_left_where_prices_have_tax(session: AsyncSession) -> None:
    market = await make_market(session)
    tax_class = await make_tax_class(session, 2000)
    piece = await make_piece(session, market.channel, 120_00, tax_class_id=tax_class.id)
    cart = await make_cart(session, market.channel, piece, quantity=2)
    await add_promo_code(session, cart.id, await make_voucher(session, market.channel, 25))
    (line,) = await _lines(session, cart)
    assert (line.total_gross_minor, line.total_net_minor) == (180_00, 150_00)
    assert (line.unit_gross_minor, line.unit_net_minor) == (90_00, 75_00)
    assert line.undiscounted_unit_price_minor == 120_00


async def test_tax_is_that_of_what_is_left_where_prices_have_none(session: AsyncSession) -> None:
    channel = await make_channel(session, prices_entered_with_tax=False)
    tax_class = await make_tax_class(session, 2000)
    piece = await make_piece(session, channel, 100_00, tax_class_id=tax_class.id)
    cart = await make_cart(session, channel, piece, quantity=3)
    await add_promo_code(session, cart.id, await make_voucher(session, channel, 100, FIXED))
    (line,) = await _lines(session, cart)
    assert (line.total_net_minor, line.total_gross_minor) == (200_00, 240_00)
    assert (line.unit_net_minor, line.unit_gross_minor) == (66_67, 80_00)


async def test_francs_have_no_decimals(session: AsyncSession) -> None:
    channel = await make_channel(session, currency_code="XOF")
    pieces = [await make_piece(session, channel, 333) for _ in range(3)]
    cart = await make_cart(session, channel, *pieces)
    cart = await add_promo_code(session, cart.id, await make_voucher(session, channel, 50, FIXED))
    assert [line.discount_minor for line in await _lines(session, cart)] == [17, 17, 16]
    assert cart.subtotal_gross_minor == 949


@pytest.mark.parametrize(("value", "kind", "expected"), [(10, FIXED, 30_00), ("12.5", PERCENTAGE, 37_49)])
async def test_specific_products_are_reduced_piece_by_piece_or_by_per_cent_of_the_line(
    session: AsyncSession, value: object, kind: object, expected: int
) -> None:
    market = await make_market(session)
    rug, honey = [await make_piece(session, market.channel, price) for price in (99_97, 50_00)]
    code = await make_voucher(session, market.channel, value, kind, type=SPECIFIC)
    await _names(session, code, voucher_variant, "variant_id", rug.id)
    cart = await make_cart(session, market.channel, rug, honey, quantity=3)
    cart = await add_promo_code(session, cart.id, code)
    assert [line.discount_minor for line in await _lines(session, cart)] == [expected, 0]
    assert cart.discount_minor == expected


async def _names(session: AsyncSession, code: str, table: object, column: str, key: int) -> None:
    """Have a voucher name something of the catalogue."""
    voucher_id = await session.scalar(select(VoucherCode.voucher_id).where(VoucherCode.code == code))
    await session.execute(insert(table), [{"voucher_id": voucher_id, column: key}])  # type: ignore[arg-type]


@pytest.mark.parametrize("by", ["product", "category", "collection", "variant", "nothing"])
async def test_goods_are_named_in_five_ways(session: AsyncSession, by: str) -> None:
    market = await make_market(session)
    above = await make_category(session)
    category = await make_category(session, above)
    rug = await make_piece(session, market.channel, 100_00, category_id=category.id)
    honey = await make_piece(session, market.channel, 50_00)
    code = await make_voucher(session, market.channel, 10, type=SPECIFIC)
    if by == "product":
        await _names(session, code, voucher_product, "product_id", rug.product_id)
    elif by == "category":
        await _names(session, code, voucher_category, "category_id", category.id)
    elif by == "variant":
        await _names(session, code, voucher_variant, "variant_id", rug.id)
    elif by == "collection":
        collection = Collection(name="Fêtes", slug="fetes")
        session.add(collection)
        await session.flush()
        await session.execute(
            insert(CollectionProduct), [{"collection_id": collection.id, "product_id": rug.product_id}]
        )
        await _names(session, code, voucher_collection, "collection_id", collection.id)
    cart = await make_cart(session, market.channel, rug, honey)
    cart = await add_promo_code(session, cart.id, code)
    assert cart.discount_minor == (15_00 if by == "nothing" else 10_00)


async def test_a_category_means_what_stands_in_it_and_not_below(session: AsyncSession) -> None:
    market = await make_market(session)
    above = await make_category(session)
    below = await make_category(session, above)
    rug = await make_piece(session, market.channel, 100_00, category_id=below.id)
    code = await make_voucher(session, market.channel, 10, type=SPECIFIC)
    await _names(session, code, voucher_category, "category_id", above.id)
    cart = await make_cart(session, market.channel, rug)
    assert (await _refused(session, cart, code)).code == "VOUCHER_NOT_APPLICABLE"


@pytest.mark.parametrize("kind", [VoucherType.ENTIRE_ORDER, SPECIFIC])
async def test_once_per_order_reduces_one_piece_of_the_cheapest(
    session: AsyncSession, kind: VoucherType
) -> None:
    market = await make_market(session)
    pieces = [await make_piece(session, market.channel, price) for price in (100_00, 40_00)]
    code = await make_voucher(session, market.channel, 50, type=kind, apply_once_per_order=True)
    cart = await make_cart(session, market.channel, *pieces, quantity=3)
    cart = await add_promo_code(session, cart.id, code)
    rug, honey = await _lines(session, cart)
    assert (rug.discount_minor, honey.discount_minor) == (0, 20_00)
    assert (honey.total_gross_minor, honey.unit_gross_minor) == (100_00, 33_33)


async def test_a_voucher_on_delivery_is_shared_by_the_parcels(session: AsyncSession) -> None:
    market = await make_market(session)
    pieces = [await make_piece(session, market.channel) for _ in range(2)]
    cart = await make_ready_cart(session, market, *pieces)
    code = await make_voucher(session, market.channel, 50, type=SHIPPING, country_codes=["MA"])
    cart = await add_promo_code(session, cart.id, code)
    assert (cart.discount_minor, cart.shipping_gross_minor) == (30_00, 30_00)
    assert (cart.subtotal_gross_minor, cart.total_gross_minor) == (240_00, 270_00)
    delivery = await session.get_one(CheckoutDelivery, cart.delivery_id)
    assert delivery.price_minor == 60_00


async def test_a_voucher_on_delivery_follows_the_delivery(session: AsyncSession) -> None:
    market = await make_market(session)
    dear = await make_method(session, market.channel, 45_00)
    cart = await make_ready_cart(session, market, await make_piece(session, market.channel))
    code = await make_voucher(session, market.channel, 100, type=SHIPPING)
    await add_promo_code(session, cart.id, code)
    cart = await choose_delivery(session, cart.id, method_id=dear.id)
    assert (cart.discount_minor, cart.shipping_gross_minor, cart.voucher_code) == (45_00, 0, code)
    await calculate_deliveries(session, cart.id)
    assert (cart.discount_minor, cart.shipping_gross_minor) == (45_00, 0)
    cart = await choose_delivery(session, cart.id)
    assert (cart.voucher_code, cart.discount_minor, cart.total_gross_minor) == (None, 0, 120_00)


async def test_a_voucher_on_delivery_needs_a_delivery_to_its_countries(session: AsyncSession) -> None:
    market = await make_market(session)
    piece = await make_piece(session, market.channel)
    code = await make_voucher(session, market.channel, 100, type=SHIPPING, country_codes=["FR"])
    cart = await make_cart(session, market.channel, piece)
    assert "choose how it travels" in (await _refused(session, cart, code)).message
    cart = await make_ready_cart(session, market, piece)
    refused = await _refused(session, cart, code)
    assert (refused.code, refused.field) == ("VOUCHER_NOT_APPLICABLE", "promoCode")
    assert "other countries" in refused.message


async def test_every_change_of_the_cart_works_the_discount_out_anew(session: AsyncSession) -> None:
    market = await make_market(session)
    rug, honey = [await make_piece(session, market.channel, price) for price in (100_00, 50_00)]
    cart = await make_ready_cart(session, market, rug)
    await add_promo_code(session, cart.id, await make_voucher(session, market.channel))
    cart = await add_lines(session, cart.id, [LineToAdd(honey.id, 2)])
    assert (cart.discount_minor, cart.subtotal_gross_minor) == (20_00, 180_00)
    cart = await update_lines(session, cart.id, [LineChange(1, variant_id=honey.id)])
    assert (cart.discount_minor, cart.subtotal_gross_minor) == (15_00, 135_00)
    line = (await _lines(session, cart))[0]
    cart = await delete_lines(session, cart.id, [line.id])
    assert (cart.discount_minor, cart.subtotal_gross_minor) == (5_00, 45_00)


async def test_another_country_taxes_what_is_left_anew(session: AsyncSession) -> None:
    market = await make_market(session)
    tax_class = await make_tax_class(session, 2000)
    await make_tax_rate(session, tax_class_id=tax_class.id, rate_bp=1000, country_code="FR")
    piece = await make_piece(session, market.channel, 120_00, tax_class_id=tax_class.id)
    cart = await make_cart(session, market.channel, piece, shipping_address=RABAT)
    await add_promo_code(session, cart.id, await make_voucher(session, market.channel))
    await set_shipping_address(session, cart.id, PARIS)
    (line,) = await _lines(session, cart)
    assert (line.total_gross_minor, line.total_net_minor, line.discount_minor) == (108_00, 98_18, 12_00)


async def test_a_voucher_that_stops_applying_leaves_the_cart(session: AsyncSession) -> None:
    market = await make_market(session)
    rug, honey = [await make_piece(session, market.channel, price) for price in (100_00, 50_00)]
    code = await make_voucher(session, market.channel, minimum_spent_minor=120_00)
    cart = await make_cart(session, market.channel, rug, honey)
    await add_promo_code(session, cart.id, code)
    line = (await _lines(session, cart))[0]
    cart = await delete_lines(session, cart.id, [line.id])
    assert (cart.voucher_code, cart.discount_minor, cart.discount_name) == (None, 0, None)
    assert cart.subtotal_gross_minor == 50_00


async def test_promotions_lower_the_price_that_a_voucher_reduces(session: AsyncSession) -> None:
    market = await make_market(session)
    piece = await make_piece(session, market.channel, 100_00)
    await _promote(session, piece, 80_00)
    cart = await make_cart(session, market.channel, piece)
    code = await make_voucher(session, market.channel, minimum_spent_minor=80_00)
    cart = await add_promo_code(session, cart.id, code)
    (line,) = await _lines(session, cart)
    assert (cart.discount_minor, line.total_gross_minor) == (8_00, 72_00)
    assert line.undiscounted_unit_price_minor == 100_00


async def _promote(session: AsyncSession, variant: ProductVariant, price_minor: int) -> None:
    listing = await session.scalar(
        select(VariantChannelListing).where(VariantChannelListing.variant_id == variant.id)
    )
    assert listing is not None
    listing.price_minor = price_minor
    await session.flush()


async def test_one_voucher_takes_another_ones_place_and_is_taken_out(session: AsyncSession) -> None:
    market = await make_market(session)
    cart = await make_cart(session, market.channel, await make_piece(session, market.channel, 100_00))
    await add_promo_code(session, cart.id, await make_voucher(session, market.channel, 10))
    second = await make_voucher(session, market.channel, 30, FIXED)
    cart = await add_promo_code(session, cart.id, f" {second.lower()} ")
    assert (cart.voucher_code, cart.subtotal_gross_minor) == (second, 70_00)
    cart = await remove_promo_code(session, cart.id, second)
    (line,) = await _lines(session, cart)
    assert (cart.voucher_code, cart.total_gross_minor, line.discount_minor) == (None, 100_00, 0)


@pytest.mark.parametrize("spoilt", ["unknown", "not started", "over", "used up", "used code", "channel"])
async def test_codes_that_are_no_good_today_are_all_refused_alike(session: AsyncSession, spoilt: str) -> None:
    market = await make_market(session)
    cart = await make_cart(session, market.channel, await make_piece(session, market.channel))
    day, now = timedelta(days=1), clock.now()
    given: dict[str, dict[str, object]] = {
        "not started": {"starts_at": now + day},
        "over": {"starts_at": now - 2 * day, "ends_at": now - day},
        "used up": {"usage_limit": 1, "used": 1},
    }
    channel = market.channel if spoilt != "channel" else await make_channel(session)
    code = await make_voucher(session, channel, **given.get(spoilt, {}))  # type: ignore[arg-type]
    if spoilt == "used code":
        kept = await session.scalar(select(VoucherCode).where(VoucherCode.code == code))
        assert kept is not None
        kept.is_active = False
        await session.flush()
    refused = await _refused(session, cart, "NOSUCH" if spoilt == "unknown" else code)
    assert (refused.code, refused.field) == ("INVALID", "promoCode")
    assert refused.message == "This promo code is not valid."


async def test_a_good_code_says_what_the_cart_lacks(session: AsyncSession) -> None:
    market = await make_market(session)
    cart = await make_cart(session, market.channel, await make_piece(session, market.channel, 99_99))
    dear = await make_voucher(session, market.channel, minimum_spent_minor=100_00)
    assert "100.00 MAD" in (await _refused(session, cart, dear)).message
    many = await make_voucher(session, market.channel, minimum_pieces=2)
    refused = await _refused(session, cart, many)
    assert (refused.code, "2 pieces" in refused.message) == ("VOUCHER_NOT_APPLICABLE", True)


async def test_staff_vouchers_are_for_members_of_staff(session: AsyncSession) -> None:
    market = await make_market(session)
    piece = await make_piece(session, market.channel)
    code = await make_voucher(session, market.channel, only_for_staff=True)
    for user in (None, await make_user(session)):
        cart = await make_cart(session, market.channel, piece, user=user)
        assert (await _refused(session, cart, code)).code == "VOUCHER_NOT_APPLICABLE"
    cart = await make_cart(session, market.channel, piece, user=await make_staff(session))
    assert (await add_promo_code(session, cart.id, code)).voucher_code == code


async def test_taking_out_what_is_not_there_tells_nothing_of_other_codes(session: AsyncSession) -> None:
    market = await make_market(session)
    cart = await make_cart(session, market.channel, await make_piece(session, market.channel))
    refusals = []
    for code in (await make_voucher(session, market.channel), "NOSUCH", ""):
        with pytest.raises(DomainError) as refused:
            await remove_promo_code(session, cart.id, code)
        refusals.append((refused.value.code, refused.value.message))
    assert len(set(refusals)) == 1

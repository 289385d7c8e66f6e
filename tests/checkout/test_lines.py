"""What goes into a cart, and what does not."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.listings import ProductChannelListing, VariantChannelListing
from marketplace.catalog.models import ProductVariant
from marketplace.checkout.errors import CheckoutGoneError
from marketplace.checkout.lines import LineChange, LineToAdd, add_lines, delete_lines, update_lines
from marketplace.checkout.models import Checkout, CheckoutLine
from marketplace.inventory.models import Reservation
from marketplace.kit.errors import DomainError
from marketplace.kit.ids import to_global_id
from marketplace.markets.models import Channel
from tests.factories.checkout import make_cart, make_piece
from tests.factories.markets import make_channel, make_tax_class


async def _lines(session: AsyncSession) -> list[tuple[int, int]]:
    rows = await session.execute(
        select(CheckoutLine.variant_id, CheckoutLine.quantity).order_by(CheckoutLine.created_at)
    )
    return [(variant_id, quantity) for variant_id, quantity in rows]


async def _refused(session: AsyncSession, cart: Checkout, *adding: LineToAdd) -> DomainError:
    """The error that adding raises; what was in the cart is still there, and nothing else."""
    before = await _lines(session)
    total = cart.total_gross_minor
    with pytest.raises(DomainError) as refused:
        async with session.begin_nested():
            await add_lines(session, cart.id, adding)
    assert await _lines(session) == before
    await session.refresh(cart)
    assert cart.total_gross_minor == total
    return refused.value


async def test_a_cart_costs_what_its_lines_cost(session: AsyncSession) -> None:
    channel = await make_channel(session)
    tax_class = await make_tax_class(session, 2000)
    rug = await make_piece(session, channel, 120_00, tax_class_id=tax_class.id)
    honey = await make_piece(session, channel, 80_00)
    cart = await make_cart(session, channel, rug, honey, quantity=2)
    assert (cart.subtotal_gross_minor, cart.subtotal_net_minor) == (400_00, 360_00)
    assert (cart.total_gross_minor, cart.total_net_minor) == (400_00, 360_00)


async def test_prices_without_tax_get_it_on_top(session: AsyncSession) -> None:
    channel = await make_channel(session, prices_entered_with_tax=False)
    tax_class = await make_tax_class(session, 2000)
    rug = await make_piece(session, channel, 100_00, tax_class_id=tax_class.id)
    cart = await make_cart(session, channel, rug)
    assert (cart.total_gross_minor, cart.total_net_minor) == (120_00, 100_00)


async def test_adding_what_is_there_already_makes_it_more(session: AsyncSession) -> None:
    channel = await make_channel(session)
    rug = await make_piece(session, channel)
    cart = await make_cart(session, channel, rug)
    await add_lines(session, cart.id, [LineToAdd(rug.id, 2)])
    assert await _lines(session) == [(rug.id, 3)]
    assert cart.total_gross_minor == 360_00


async def test_a_line_of_its_own_can_be_asked_for(session: AsyncSession) -> None:
    channel = await make_channel(session)
    rug = await make_piece(session, channel)
    cart = await make_cart(session, channel, rug)
    await add_lines(session, cart.id, [LineToAdd(rug.id, 2, own_line=True)])
    assert await _lines(session) == [(rug.id, 1), (rug.id, 2)]


async def test_a_quantity_is_set_by_line_or_by_variant(session: AsyncSession) -> None:
    channel = await make_channel(session)
    rug, bowl = await make_piece(session, channel), await make_piece(session, channel)
    cart = await make_cart(session, channel, rug)
    line_id = await session.scalar(select(CheckoutLine.id))
    await update_lines(session, cart.id, [LineChange(4, line_id=line_id), LineChange(2, variant_id=bowl.id)])
    assert await _lines(session) == [(rug.id, 4), (bowl.id, 2)]
    await update_lines(session, cart.id, [LineChange(1, variant_id=rug.id)])
    assert await _lines(session) == [(rug.id, 1), (bowl.id, 2)]
    assert cart.total_gross_minor == 360_00
    assert sorted(await session.scalars(select(Reservation.quantity))) == [1, 2]


async def test_none_of_it_takes_a_line_out_and_frees_its_pieces(session: AsyncSession) -> None:
    channel = await make_channel(session)
    rug, bowl = await make_piece(session, channel), await make_piece(session, channel)
    cart = await make_cart(session, channel, rug, bowl)
    await update_lines(session, cart.id, [LineChange(0, variant_id=rug.id)])
    assert await _lines(session) == [(bowl.id, 1)]
    assert list(await session.scalars(select(Reservation.variant_id))) == [bowl.id]
    assert cart.total_gross_minor == 120_00


async def test_lines_are_deleted(session: AsyncSession) -> None:
    channel = await make_channel(session)
    cart = await make_cart(session, channel, await make_piece(session, channel))
    line_id = await session.scalar(select(CheckoutLine.id))
    assert line_id is not None
    with pytest.raises(DomainError) as refused:
        await delete_lines(session, cart.id, [line_id, uuid4()])
    assert refused.value.code == "NOT_FOUND"
    await delete_lines(session, cart.id, [line_id])
    assert await _lines(session) == []
    assert cart.total_gross_minor == 0


async def test_an_unknown_variant_is_refused(session: AsyncSession) -> None:
    channel = await make_channel(session)
    cart = await make_cart(session, channel, await make_piece(session, channel))
    error = await _refused(session, cart, LineToAdd(987654, 1))
    assert (error.code, error.field) == ("GRAPHQL_ERROR", "variantId")


@pytest.mark.parametrize("quantity", [0, -1])
async def test_less_than_one_piece_is_refused(session: AsyncSession, quantity: int) -> None:
    channel = await make_channel(session)
    rug = await make_piece(session, channel)
    cart = await make_cart(session, channel, rug)
    error = await _refused(session, cart, LineToAdd(rug.id, quantity))
    assert (error.code, error.field) == ("ZERO_QUANTITY", "quantity")


async def test_more_than_there_is_is_refused_and_names_the_product(session: AsyncSession) -> None:
    channel = await make_channel(session)
    rug = await make_piece(session, channel, stock=3, name="Tapis d'Azilal")
    cart = await make_cart(session, channel, rug)
    error = await _refused(session, cart, LineToAdd(rug.id, 3))
    assert (error.code, error.field) == ("INSUFFICIENT_STOCK", "quantity")
    assert error.message == "Only 3 of Tapis d'Azilal can be had just now."
    assert error.details["variants"] == [to_global_id("ProductVariant", rug.id)]


async def test_more_than_fifty_of_a_kind_are_refused(session: AsyncSession) -> None:
    channel = await make_channel(session)
    rug = await make_piece(session, channel, stock=100)
    cart = await make_cart(session, channel, rug, quantity=30)
    error = await _refused(session, cart, LineToAdd(rug.id, 21))
    assert error.code == "QUANTITY_GREATER_THAN_LIMIT"
    await add_lines(session, cart.id, [LineToAdd(rug.id, 20)])


async def test_a_variants_own_limit_holds(session: AsyncSession) -> None:
    channel = await make_channel(session)
    rug = await make_piece(session, channel)
    rug.quantity_limit_per_customer = 2
    cart = await make_cart(session, channel, rug)
    assert (await _refused(session, cart, LineToAdd(rug.id, 2))).code == "QUANTITY_GREATER_THAN_LIMIT"


async def _listing(session: AsyncSession, variant: ProductVariant) -> ProductChannelListing:
    listing = await session.scalar(
        select(ProductChannelListing).where(ProductChannelListing.product_id == variant.product_id)
    )
    assert listing is not None
    return listing


async def test_what_is_sold_in_another_currency_only_is_refused(session: AsyncSession) -> None:
    channel = await make_channel(session)
    euros = await make_channel(session, currency_code="EUR")
    rug = await make_piece(session, euros)
    cart = await make_cart(session, channel, await make_piece(session, channel))
    error = await _refused(session, cart, LineToAdd(rug.id, 1))
    assert (error.code, error.field) == ("UNAVAILABLE_VARIANT_IN_CHANNEL", "lines")


async def test_what_is_not_on_the_shelf_is_refused(session: AsyncSession) -> None:
    channel = await make_channel(session)
    rug = await make_piece(session, channel)
    cart = await make_cart(session, channel, await make_piece(session, channel))
    (await _listing(session, rug)).is_live = False
    assert (await _refused(session, cart, LineToAdd(rug.id, 1))).code == "PRODUCT_NOT_PUBLISHED"


@pytest.mark.parametrize("moment", [None, datetime.now(UTC) + timedelta(days=1)])
async def test_what_is_not_for_sale_yet_is_refused(session: AsyncSession, moment: datetime | None) -> None:
    channel = await make_channel(session)
    rug = await make_piece(session, channel)
    cart = await make_cart(session, channel, await make_piece(session, channel))
    (await _listing(session, rug)).available_for_purchase_at = moment
    error = await _refused(session, cart, LineToAdd(rug.id, 1))
    assert (error.code, error.details["variants"]) == (
        "PRODUCT_UNAVAILABLE_FOR_PURCHASE",
        [to_global_id("ProductVariant", rug.id)],
    )


@pytest.mark.parametrize(
    ("slug", "code"),
    [("nowhere", "NOT_FOUND"), (None, "MISSING_CHANNEL_SLUG"), ("closed", "CHANNEL_INACTIVE")],
)
async def test_a_cart_needs_an_open_channel(session: AsyncSession, slug: str | None, code: str) -> None:
    rug_channel = await make_channel(session)
    await make_channel(session)
    await make_channel(session, slug="closed", is_active=False)
    rug = await make_piece(session, rug_channel)
    with pytest.raises(DomainError) as refused:
        await make_cart(session, rug_channel, rug, channel_slug=slug)
    assert (refused.value.code, refused.value.field) == (code, "channel")


async def test_without_a_name_the_only_channel_is_meant(session: AsyncSession) -> None:
    channel: Channel = await make_channel(session)
    cart = await make_cart(session, channel, channel_slug=None)
    assert cart.channel_id == channel.id


async def test_there_is_no_adding_to_a_checkout_that_is_gone(session: AsyncSession) -> None:
    with pytest.raises(CheckoutGoneError):
        await add_lines(session, uuid4(), [LineToAdd(1, 1)])


async def test_a_change_of_price_reaches_the_cart_with_its_next_change(session: AsyncSession) -> None:
    channel = await make_channel(session)
    rug, bowl = await make_piece(session, channel, 100_00), await make_piece(session, channel, 10_00)
    cart = await make_cart(session, channel, rug)
    price = await session.scalar(
        select(VariantChannelListing).where(VariantChannelListing.variant_id == rug.id)
    )
    assert price is not None
    price.price_minor = price.entered_price_minor = 90_00
    await add_lines(session, cart.id, [LineToAdd(bowl.id, 1)])
    assert cart.total_gross_minor == 100_00

"""Who receives what of a price: before the sale as the ledger would book it, after it as it did."""

from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.ids import to_global_id
from marketplace.payouts.models import CommissionRule
from marketplace.vendors.models import TaxRegime
from tests.factories.catalog import make_category, make_listed_product, make_product_type
from tests.factories.checkout import make_market, make_piece
from tests.factories.markets import make_channel, make_tax_class
from tests.factories.orders import make_order, parts_of
from tests.factories.payouts import make_rule
from tests.factories.people import make_user
from tests.factories.vendors import make_vendor
from tests.graphql.conftest import Ask, buyer, seller, staff

PARTS = """
  fragment Parts on PriceBreakdown {
    price { fractionalAmount } maker { fractionalAmount }
    platform { fractionalAmount } state { fractionalAmount }
    vatOnPrice { fractionalAmount } vatOnCommission { fractionalAmount }
  }
"""
PRODUCT = (
    """
  query ($id: ID!, $channel: String!) {
    product(id: $id, channel: $channel) {
      priceBreakdown { ...Parts }
      variants { priceBreakdown { ...Parts } }
    }
  }
"""
    + PARTS
)
ORDER = (
    """
  query ($id: ID!) {
    vendorOrder(id: $id) { priceBreakdown { ...Parts } lines { priceBreakdown { ...Parts } } }
  }
"""
    + PARTS
)


def minor(breakdown: dict[str, dict[str, int]]) -> dict[str, int]:
    return {name: amount["fractionalAmount"] for name, amount in breakdown.items()}


async def test_a_price_is_shared_between_maker_marketplace_and_state(
    session: AsyncSession, read: Ask
) -> None:
    tax_class = await make_tax_class(session, 2000)
    kind = await make_product_type(session, tax_class_id=tax_class.id)
    await make_rule(session, 800)
    channel = await make_channel(session)
    product, _ = await make_listed_product(session, channel, 450_00, product_type_id=kind.id)

    data = await read(PRODUCT, id=to_global_id("Product", product.id), channel=channel.slug)

    shared = minor(data["product"]["priceBreakdown"])
    assert shared == {
        "price": 450_00,
        "maker": 450_00 - 75_00 - 36_00 - 7_20,
        "platform": 36_00,
        "state": 75_00 + 7_20,
        "vatOnPrice": 75_00,
        "vatOnCommission": 7_20,
    }
    assert minor(data["product"]["variants"][0]["priceBreakdown"]) == shared


async def test_of_an_exempt_makers_price_the_state_has_only_the_tax_on_the_commission(
    session: AsyncSession, read: Ask
) -> None:
    tax_class = await make_tax_class(session, 2000)
    kind = await make_product_type(session, tax_class_id=tax_class.id)
    exempt = await make_vendor(session, tax_regime=TaxRegime.EXEMPT)
    await make_rule(session, 1000)
    await make_rule(session, 500, vendor_id=exempt.id)
    channel = await make_channel(session)
    product, _ = await make_listed_product(
        session, channel, 100_00, product_type_id=kind.id, vendor_id=exempt.id
    )
    data = await read(PRODUCT, id=to_global_id("Product", product.id), channel=channel.slug)
    shared = minor(data["product"]["priceBreakdown"])
    assert (shared["maker"], shared["platform"], shared["state"]) == (94_00, 5_00, 1_00)


async def test_without_a_channel_there_is_no_price_to_share(session: AsyncSession, read: Ask) -> None:
    channel = await make_channel(session)
    product, _ = await make_listed_product(session, channel)
    asked = "query ($id: ID!) { product(id: $id) { priceBreakdown { price { amount } } } }"
    data = await read(asked, staff("MANAGE_PRODUCTS"), id=to_global_id("Product", product.id))
    assert data["product"]["priceBreakdown"] is None


@pytest.mark.parametrize(("price_minor", "rate_bp"), [(1, 1), (3, 777), (99_99, 1333), (12_345_67, 850)])
async def test_the_parts_add_up_and_are_what_the_sale_then_freezes(
    session: AsyncSession, read: Ask, price_minor: int, rate_bp: int
) -> None:
    shelf = await make_category(session)
    corner = await make_category(session, shelf)
    kind = await make_product_type(session, tax_class_id=(await make_tax_class(session, 1000)).id)
    await make_rule(session, 10)
    await make_rule(session, rate_bp, category_id=shelf.id)
    market = await make_market(session)
    piece = await make_piece(
        session, market.channel, price_minor, category_id=corner.id, product_type_id=kind.id
    )
    data = await read(PRODUCT, id=to_global_id("Product", piece.product_id), channel=market.channel.slug)
    shown = minor(data["product"]["variants"][0]["priceBreakdown"])
    assert shown["maker"] + shown["platform"] + shown["state"] == shown["price"] == price_minor
    assert shown["vatOnPrice"] + shown["vatOnCommission"] == shown["state"]

    [part] = await parts_of(session, await make_order(session, market, piece))
    session.add(CommissionRule(rate_bp=9999, vat_rate_bp=2000, valid_from=part.created_at.date()))
    data = await read(ORDER, staff("MANAGE_ORDERS"), id=to_global_id("VendorOrder", part.id))
    assert minor(data["vendorOrder"]["priceBreakdown"]) == shown
    assert minor(data["vendorOrder"]["lines"][0]["priceBreakdown"]) == shown


async def test_what_a_sale_brought_is_told_to_its_seller_and_not_to_its_buyer(
    session: AsyncSession, ask: Ask, read: Ask
) -> None:
    market = await make_market(session)
    piece = await make_piece(session, market.channel)
    [part] = await parts_of(session, await make_order(session, market, piece))
    given = {"id": to_global_id("VendorOrder", part.id)}

    own = await read(ORDER, seller(part.vendor_id, await make_user(session)), **given)
    assert minor(own["vendorOrder"]["priceBreakdown"])["price"] == 120_00

    for stranger in (None, buyer(await make_user(session))):
        answer: dict[str, Any] = await ask(
            "query ($id: ID!) { order(id: $id) { vendorOrders { priceBreakdown { price { amount } }"
            " lines { priceBreakdown { price { amount } } } } } }",
            stranger,
            id=to_global_id("Order", part.order_id),
        )
        [seen] = answer["data"]["order"]["vendorOrders"]
        assert seen == {"priceBreakdown": None, "lines": [{"priceBreakdown": None}]}
        assert {error["extensions"]["exception"]["code"] for error in answer["errors"]} == {
            "PermissionDenied"
        }

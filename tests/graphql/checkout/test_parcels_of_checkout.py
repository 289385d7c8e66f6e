"""What each seller will send of a checkout, and of the order that it becomes."""

from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.lead_times import make_to_order
from marketplace.catalog.models import ProductVariant
from marketplace.checkout.deliveries import calculate_deliveries, choose_delivery
from marketplace.kit.ids import to_global_id
from marketplace.markets.models import ShippingMethod
from marketplace.orders.fulfilment import fulfil
from marketplace.orders.models import VendorOrder
from tests.factories.catalog import make_product_type
from tests.factories.checkout import RABAT, Market, make_cart, make_market, make_piece
from tests.factories.orders import make_order, parts_of
from tests.factories.vendors import make_vendor
from tests.graphql.conftest import Ask, staff

PARCELS = """
  query ($id: ID!) {
    checkout(id: $id) {
      shippingPrice { gross { amount } net { amount } }
      lines { id vendor { name } }
      parcels {
        vendor { name } lines { id } weight { unit value } currency
        shippingPrice { gross { amount } net { amount } tax { amount } }
        minimumDeliveryDays maximumDeliveryDays exceedsLegalDeliveryTime
      }
    }
  }
"""
PART = """
  query ($id: ID!) {
    vendorOrder(id: $id) {
      statusDisplay minimumDeliveryDays maximumDeliveryDays exceedsLegalDeliveryTime created expectedBy
      tracking { number carrier url }
      lines { leadTimeDays }
    }
  }
"""


async def _market(session: AsyncSession, **method: object) -> Market:
    market = await make_market(session)
    days: dict[str, object] = {"minimum_delivery_days": 2, "maximum_delivery_days": 5}
    await session.execute(update(ShippingMethod).values(**days | method))
    return market


async def _of_two_sellers(session: AsyncSession, market: Market) -> list[ProductVariant]:
    kind = await make_product_type(session, weight_grams=600)
    made = []
    for name in ("Tifawin", "Dar Zellij"):
        vendor = await make_vendor(session, name=name)
        piece = await make_piece(session, market.channel, vendor_id=vendor.id, product_type_id=kind.id)
        made.append(piece)
    return made


async def test_a_checkout_shows_a_parcel_of_each_seller(session: AsyncSession, read: Ask) -> None:
    market = await _market(session)
    cart = await make_cart(
        session,
        market.channel,
        *await _of_two_sellers(session, market),
        quantity=2,
        shipping_address=RABAT,
        billing_address=RABAT,
    )
    given = {"id": to_global_id("Checkout", cart.id)}

    seen = (await read(PARCELS, **given))["checkout"]
    assert [line["vendor"]["name"] for line in seen["lines"]] == ["Tifawin", "Dar Zellij"]
    assert [parcel["vendor"]["name"] for parcel in seen["parcels"]] == ["Tifawin", "Dar Zellij"]
    assert [parcel["lines"] for parcel in seen["parcels"]] == [[{"id": line["id"]}] for line in seen["lines"]]
    for parcel in seen["parcels"]:
        assert parcel["weight"] == {"unit": "KG", "value": 1.2}
        assert parcel["currency"] == "MAD"
        assert (
            parcel["shippingPrice"] is parcel["minimumDeliveryDays"] is parcel["maximumDeliveryDays"] is None
        )

    await calculate_deliveries(session, cart.id)
    await choose_delivery(session, cart.id, method_id=market.method.id)
    seen = (await read(PARCELS, **given))["checkout"]
    shares = [parcel["shippingPrice"]["gross"]["amount"] for parcel in seen["parcels"]]
    assert shares == [30.0, 30.0]
    assert sum(shares) == seen["shippingPrice"]["gross"]["amount"]
    assert {(one["minimumDeliveryDays"], one["maximumDeliveryDays"]) for one in seen["parcels"]} == {(2, 5)}


async def test_what_is_not_carried_is_in_no_parcel(session: AsyncSession, read: Ask) -> None:
    market = await _market(session)
    course = await make_product_type(session, is_shipping_required=False)
    piece = await make_piece(session, market.channel, product_type_id=course.id)
    cart = await make_cart(session, market.channel, piece)
    seen = (await read(PARCELS, id=to_global_id("Checkout", cart.id)))["checkout"]
    assert seen["parcels"] == []
    assert seen["lines"][0]["vendor"]["name"]


@pytest.mark.parametrize(("days", "is_late"), [(25, False), (26, True)])
async def test_what_is_made_to_order_comes_later(
    session: AsyncSession, read: Ask, days: int, is_late: bool
) -> None:
    market = await _market(session)
    slow, quick = await _of_two_sellers(session, market)
    await make_to_order(session, slow.id, days)
    cart = await make_cart(
        session, market.channel, slow, quick, shipping_address=RABAT, billing_address=RABAT
    )
    asked = """
      mutation ($id: ID!) {
        deliveryOptionsCalculate(id: $id) {
          deliveries { parcels { minimumDeliveryDays maximumDeliveryDays exceedsLegalDeliveryTime } }
        }
      }
    """
    given = {"id": to_global_id("Checkout", cart.id)}
    expected = [
        {
            "minimumDeliveryDays": days + 2,
            "maximumDeliveryDays": days + 5,
            "exceedsLegalDeliveryTime": is_late,
        },
        {"minimumDeliveryDays": 2, "maximumDeliveryDays": 5, "exceedsLegalDeliveryTime": False},
    ]
    options = (await read(asked, **given))["deliveryOptionsCalculate"]["deliveries"]
    assert options == [{"parcels": expected}]
    await choose_delivery(session, cart.id, method_id=market.method.id)
    parcels = (await read(PARCELS, **given))["checkout"]["parcels"]
    assert [{name: parcel[name] for name in expected[0]} for parcel in parcels] == expected


async def test_an_order_keeps_what_its_buyer_was_told(session: AsyncSession, read: Ask) -> None:
    market = await _market(session)
    slow, quick = await _of_two_sellers(session, market)
    await make_to_order(session, slow.id, 40)
    parts = await parts_of(session, await make_order(session, market, slow, quick))
    await make_to_order(session, slow.id, 3)
    await session.execute(update(ShippingMethod).values(maximum_delivery_days=90))

    first, second = [await _part(read, part) for part in parts]
    assert (first["minimumDeliveryDays"], first["maximumDeliveryDays"]) == (42, 45)
    assert first["exceedsLegalDeliveryTime"] is True
    assert first["lines"] == [{"leadTimeDays": 40}]
    assert (second["minimumDeliveryDays"], second["maximumDeliveryDays"]) == (2, 5)
    assert second["exceedsLegalDeliveryTime"] is False
    assert second["lines"] == [{"leadTimeDays": None}]
    assert first["expectedBy"] > second["expectedBy"] > second["created"]
    assert first["statusDisplay"] == "Unfulfilled"


@pytest.mark.parametrize(
    ("number", "shown_at", "address"),
    [
        ("EE123MA", "https://carrier.test/?n={number}", "https://carrier.test/?n=EE123MA"),
        ("EE 123&x=1", "https://carrier.test/?n={number}", None),
        ("EE123MA", "", None),
    ],
)
async def test_a_parcel_can_be_followed(
    session: AsyncSession, read: Ask, number: str, shown_at: str, address: str | None
) -> None:
    market = await _market(session, carrier="Barid", tracking_url=shown_at)
    [part] = await parts_of(
        session, await make_order(session, market, await make_piece(session, market.channel))
    )
    assert (await _part(read, part))["tracking"] == []
    await fulfil(session, part.id, tracking_number=number)
    assert (await _part(read, part))["tracking"] == [{"number": number, "carrier": "Barid", "url": address}]


async def _part(read: Ask, part: VendorOrder) -> dict[str, Any]:
    seen: dict[str, Any] = (
        await read(PART, staff("MANAGE_ORDERS"), id=to_global_id("VendorOrder", part.id))
    )["vendorOrder"]
    return seen

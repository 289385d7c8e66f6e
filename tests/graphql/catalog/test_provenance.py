"""Where goods come from: no origin without a certificate, and nobody is named against their will."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.lead_times import make_to_order
from marketplace.catalog.models import ProductVariant
from marketplace.catalog.origins import ProductOrigin
from marketplace.kit import clock
from marketplace.kit.ids import to_global_id
from marketplace.markets.models import Channel
from marketplace.vendors.models import GeographicalIndication, Province, Vendor, VendorBadge
from tests.factories.checkout import make_market, make_piece
from tests.factories.inventory import make_lot
from tests.factories.markets import make_channel
from tests.factories.orders import make_order, parts_of
from tests.factories.vendors import make_region, make_vendor
from tests.graphql.conftest import Ask, staff

PROVENANCE = """
  query ($id: ID!, $channel: String!) {
    product(id: $id, channel: $channel) {
      provenance { ...From }
      variants { provenance { ...From } madeToOrder { leadTimeDays exceedsLegalDeliveryTime } }
    }
  }
  fragment From on Provenance {
    region { code } province { code } geographicalIndication { name label } maker
    lot { code harvestedOn bestBefore maker piecesMade }
  }
"""


async def _seller(session: AsyncSession) -> Vendor:
    await make_region(session)
    await make_region(session, "MA-08", "Drâa-Tafilalet")
    session.add(Province(code="MA-TAR", region_code="MA-09", name_fr="Taroudannt", kind="province"))
    session.add(Province(code="MA-OUA", region_code="MA-08", name_fr="Ouarzazate", kind="province"))
    await session.flush()
    return await make_vendor(session, region_code="MA-09", province_code="MA-TAR")


async def _seen(read: Ask, piece: ProductVariant, channel: Channel) -> dict[str, Any]:
    data = await read(PROVENANCE, id=to_global_id("Product", piece.product_id), channel=channel.slug)
    seen: dict[str, Any] = data["product"]
    assert seen["variants"][0]["provenance"] == seen["provenance"]
    return seen


async def _places(session: AsyncSession, read: Ask, **origin: object) -> tuple[str | None, str | None]:
    channel = await make_channel(session)
    piece = await make_piece(session, channel, vendor_id=(await _seller(session)).id)
    if origin:
        session.add(ProductOrigin(product_id=piece.product_id, **origin))
    found = (await _seen(read, piece, channel))["provenance"]
    return tuple(place and place["code"] for place in (found["region"], found["province"]))  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("origin", "places"),
    [
        ({}, ("MA-09", "MA-TAR")),
        ({"maker_name": "Fatima"}, ("MA-09", "MA-TAR")),
        ({"province_code": "MA-OUA"}, ("MA-08", "MA-OUA")),
        ({"region_code": "MA-08"}, ("MA-08", None)),
    ],
)
async def test_goods_come_from_where_their_seller_works_unless_it_says_otherwise(
    session: AsyncSession, read: Ask, origin: dict[str, object], places: tuple[str, str | None]
) -> None:
    assert await _places(session, read, **origin) == places


@pytest.mark.parametrize(
    ("certified", "shown"),
    [
        ({}, {"name": "Safran de Taliouine", "label": "AOP"}),
        ({"valid_until": clock.now() - timedelta(days=1)}, None),
        ({"valid_from": clock.now() + timedelta(days=1)}, None),
        (None, None),
    ],
)
async def test_a_protected_origin_is_shown_while_its_certificate_is_valid(
    session: AsyncSession, read: Ask, certified: dict[str, object] | None, shown: dict[str, str] | None
) -> None:
    channel, vendor = await make_channel(session), await make_vendor(session)
    piece = await make_piece(session, channel, vendor_id=vendor.id)
    saffron = GeographicalIndication(
        name="Safran de Taliouine", label="AOP", family="agricultural", product="saffron"
    )
    session.add(saffron)
    await session.flush()
    session.add(ProductOrigin(product_id=piece.product_id, indication_id=saffron.id))
    if certified is not None:
        long_ago = {"valid_from": clock.now() - timedelta(days=99)}
        session.add(VendorBadge(vendor_id=vendor.id, indication_id=saffron.id, **long_ago | certified))
    assert (await _seen(read, piece, channel))["provenance"]["geographicalIndication"] == shown


async def test_the_lot_shown_is_the_one_that_the_next_piece_is_of(session: AsyncSession, read: Ask) -> None:
    market = await make_market(session)
    oil = await make_piece(session, market.channel, stock=0)
    assert (await _seen(read, oil, market.channel))["provenance"]["lot"] is None
    today = clock.now().date()
    await make_lot(session, oil, code="old", best_before=today - timedelta(days=1))
    await make_lot(session, oil, code="last", best_before=today + timedelta(days=9))
    await make_lot(
        session,
        oil,
        code="next",
        pieces=2,
        best_before=today + timedelta(days=5),
        harvested_on=date(2026, 10, 3),
    )
    assert (await _seen(read, oil, market.channel))["provenance"]["lot"] == {
        "code": "next",
        "harvestedOn": "2026-10-03",
        "bestBefore": (today + timedelta(days=5)).isoformat(),
        "maker": None,
        "piecesMade": 2,
    }
    order = await make_order(session, market, oil, quantity=2)
    assert (await _seen(read, oil, market.channel))["provenance"]["lot"]["code"] == "last"
    [part] = await parts_of(session, order)
    sold = await read(
        "query ($id: ID!) { vendorOrder(id: $id) { lines { lots { code } } } }",
        staff("MANAGE_ORDERS"),
        id=to_global_id("VendorOrder", part.id),
    )
    assert sold["vendorOrder"]["lines"] == [{"lots": [{"code": "next"}]}]


@pytest.mark.parametrize(("agreed", "named"), [(True, "Fatima Aït Lahcen"), (False, None)])
async def test_makers_are_named_if_they_chose_to_be(
    session: AsyncSession, read: Ask, agreed: bool, named: str | None
) -> None:
    channel = await make_channel(session)
    oil, rug = await make_piece(session, channel, stock=0), await make_piece(session, channel)
    await make_lot(session, oil, maker_name="Fatima Aït Lahcen", shows_maker=agreed)
    session.add(ProductOrigin(product_id=rug.product_id, maker_name="Fatima Aït Lahcen", shows_maker=agreed))
    seen = (await _seen(read, oil, channel))["provenance"]
    assert (seen["maker"], seen["lot"]["maker"]) == (named, named)
    assert (await _seen(read, rug, channel))["provenance"]["maker"] == named


@pytest.mark.parametrize(("days", "is_late"), [(30, False), (31, True)])
async def test_made_to_order_says_how_long_it_takes(
    session: AsyncSession, read: Ask, days: int, is_late: bool
) -> None:
    channel = await make_channel(session)
    rug = await make_piece(session, channel, stock=0)
    assert (await _seen(read, rug, channel))["variants"][0]["madeToOrder"] is None
    await make_to_order(session, rug.id, days)
    made = (await _seen(read, rug, channel))["variants"][0]["madeToOrder"]
    assert made == {"leadTimeDays": days, "exceedsLegalDeliveryTime": is_late}


async def test_what_is_past_its_best_is_out_of_stock_in_lists_too(session: AsyncSession, read: Ask) -> None:
    channel = await make_channel(session)
    old, good = await make_piece(session, channel, stock=0), await make_piece(session, channel, stock=0)
    today = clock.now().date()
    await make_lot(session, old, best_before=today - timedelta(days=2))
    await make_lot(session, good, best_before=today + timedelta(days=2))
    asked = """
      query ($channel: String!, $wanted: StockAvailability!) {
        products(first: 9, channel: $channel, filter: {stockAvailability: $wanted}) {
          edges { node { id isAvailable variants { quantityAvailable } } }
        }
      }
    """
    for wanted, piece, pieces in (("IN_STOCK", good, 10), ("OUT_OF_STOCK", old, 0)):
        found = (await read(asked, channel=channel.slug, wanted=wanted))["products"]["edges"]
        assert found == [
            {
                "node": {
                    "id": to_global_id("Product", piece.product_id),
                    "isAvailable": pieces > 0,
                    "variants": [{"quantityAvailable": pieces}],
                }
            }
        ]

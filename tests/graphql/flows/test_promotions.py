"""Staff make promotions, and a shopper, who knows only Saleor's contract, is rewarded by them."""

from typing import Any

import httpx
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.ids import to_global_id
from marketplace.people.service import create_user
from tests.factories.checkout import Market, make_market, make_piece
from tests.factories.pricing import make_voucher
from tests.graphql.flows.conftest import ADDRESS, Storefront

PASSWORD = "Argan-2026-Souss"
CART = """query Cart($id: ID!) { checkout(id: $id) {
  discount { amount } discountName voucherCode
  lines { id isGift quantity variant { id } unitPrice { gross { amount } }
          undiscountedUnitPrice { amount } totalPrice { gross { amount } } }
  subtotalPrice { gross { amount } } totalPrice { gross { amount } } } }"""
ORDER = """query Order($id: ID!) { order(id: $id) {
  discounts { type name reason valueType value total { amount } }
  total { gross { amount } } undiscountedTotal { gross { amount } }
  vendorOrders { total { gross { amount } } subtotal { gross { amount } } lines { isGift } }
  lines { isGift saleId unitPrice { gross { amount } } undiscountedUnitPrice { gross { amount } }
          unitDiscount { amount } unitDiscountReason unitDiscountType unitDiscountValue
          discounts { type name reason valueType value total { amount } unit { amount } } } } }"""


async def _promote(client: httpx.AsyncClient, market: Market, kind: str, **rule: Any) -> str:
    """A promotion by staff; its id."""
    boss = Storefront(client)
    await boss.sign_in("boss@example.test", PASSWORD)
    channels = [to_global_id("Channel", market.channel.id)]
    said = {"name": "Aïd", "type": kind, "rules": [{"name": "Fidèles", "channels": channels, **rule}]}
    made = await boss.ask(
        """mutation P($input: PromotionCreateInput!) { promotionCreate(input: $input) {
          promotion { id } errors { field code message } } }""",
        input=said,
    )
    return str(boss.changed(made, "promotionCreate")["promotion"]["id"])


def _from(amount: float) -> dict[str, Any]:
    return {"discountedObjectPredicate": {"baseSubtotalPrice": {"range": {"gte": amount}}}}


async def _market(session: AsyncSession) -> Market:
    await create_user(session, "boss@example.test", PASSWORD, is_staff=True, is_superuser=True)
    return await make_market(session)


async def test_a_discount_of_the_whole_order_reaches_every_sellers_part(
    session: AsyncSession, client: httpx.AsyncClient
) -> None:
    market = await _market(session)
    rug, mug = [await make_piece(session, market.channel, price) for price in (99_99, 50_02)]
    code = await make_voucher(session, market.channel, 50)
    await session.commit()
    promotion = await _promote(
        client,
        market,
        "ORDER",
        orderPredicate=_from(100),
        rewardType="SUBTOTAL_DISCOUNT",
        rewardValueType="PERCENTAGE",
        rewardValue=10,
    )
    buyer = Storefront(client)
    checkout = await buyer.open_checkout(market.channel.slug, {rug.id: 1}, email="salma@example.test")
    before = (await buyer.ask(CART, id=checkout))["checkout"]
    assert (before["discount"]["amount"], before["discountName"]) == (0, None)
    added = await buyer.ask(
        """mutation Add($id: ID!, $variant: ID!) { checkoutLinesAdd(
          id: $id, lines: [{variantId: $variant, quantity: 1}]) { errors { field code } } }""",
        id=checkout,
        variant=to_global_id("ProductVariant", mug.id),
    )
    buyer.changed(added, "checkoutLinesAdd")
    cart = (await buyer.ask(CART, id=checkout))["checkout"]
    assert (cart["discount"]["amount"], cart["discountName"]) == (15.0, "Aïd: Fidèles")
    assert cart["subtotalPrice"]["gross"]["amount"] == 135.01

    # A voucher takes the promotion's place, and gives it back.
    for mutation, name, discount in (
        ("checkoutAddPromoCode", "Bienvenue", 75.01),
        ("checkoutRemovePromoCode", "Aïd: Fidèles", 15.0),
    ):
        told = await buyer.ask(
            f"""mutation Code($id: ID!, $code: String!) {{ {mutation}(id: $id, promoCode: $code) {{
              checkout {{ discount {{ amount }} discountName }} errors {{ field code }} }} }}""",
            id=checkout,
            code=code,
        )
        now = buyer.changed(told, mutation)["checkout"]
        assert (now["discountName"], now["discount"]["amount"]) == (name, discount)

    await buyer.deliver_to(checkout, ADDRESS)
    placed = await buyer.pay_at_the_door(checkout)
    order = (await buyer.ask(ORDER, id=placed["id"]))["order"]
    assert order["discounts"] == [
        {
            "type": "ORDER_PROMOTION",
            "name": "Aïd: Fidèles",
            "reason": f"Promotion: {promotion}",
            "valueType": "PERCENTAGE",
            "value": 10.0,
            "total": {"amount": 15.0},
        }
    ]
    assert order["total"]["gross"]["amount"] == 195.01
    assert order["undiscountedTotal"]["gross"]["amount"] == 210.01
    assert sorted(part["subtotal"]["gross"]["amount"] for part in order["vendorOrders"]) == [45.02, 89.99]
    assert [line["discounts"] for line in order["lines"]] == [[], []]


async def test_a_gift_travels_with_the_order(session: AsyncSession, client: httpx.AsyncClient) -> None:
    market = await _market(session)
    rug, mug = [await make_piece(session, market.channel, price) for price in (200_00, 40_00)]
    await session.commit()
    gift_id = to_global_id("ProductVariant", mug.id)
    promotion = await _promote(
        client, market, "ORDER", orderPredicate=_from(150), rewardType="GIFT", gifts=[gift_id]
    )
    buyer = Storefront(client)
    checkout = await buyer.open_checkout(market.channel.slug, {rug.id: 1}, email="salma@example.test")
    cart = (await buyer.ask(CART, id=checkout))["checkout"]
    (gift,) = [line for line in cart["lines"] if line["isGift"]]
    assert (gift["variant"]["id"], gift["quantity"]) == (gift_id, 1)
    assert gift["unitPrice"]["gross"]["amount"] == gift["totalPrice"]["gross"]["amount"] == 0
    assert gift["undiscountedUnitPrice"]["amount"] == 40
    assert (cart["discount"]["amount"], cart["totalPrice"]["gross"]["amount"]) == (0, 200)

    refusals = await buyer.ask(
        """mutation Spoil($id: ID!, $line: ID!) {
          checkoutLinesUpdate(id: $id, lines: [{lineId: $line, quantity: 2}]) { errors { field code lines } }
          checkoutLinesDelete(id: $id, linesIds: [$line]) { errors { field code lines } } }""",
        id=checkout,
        line=gift["id"],
    )
    assert refusals == {
        "checkoutLinesUpdate": {
            "errors": [{"field": "lineId", "code": "NON_EDITABLE_GIFT_LINE", "lines": [gift["id"]]}]
        },
        "checkoutLinesDelete": {
            "errors": [{"field": "linesIds", "code": "NON_REMOVABLE_GIFT_LINE", "lines": [gift["id"]]}]
        },
    }

    await buyer.deliver_to(checkout, ADDRESS)
    placed = await buyer.pay_at_the_door(checkout)
    order = (await buyer.ask(ORDER, id=placed["id"]))["order"]
    assert order["total"]["gross"]["amount"] == 260  # Two parcels of 30 dirhams.
    parts = order["vendorOrders"]
    assert [part["total"]["gross"]["amount"] for part in parts] == [230, 30]
    assert [[line["isGift"] for line in part["lines"]] for part in parts] == [[False], [True]]
    (given,) = [line for line in order["lines"] if line["isGift"]]
    assert given == {
        "isGift": True,
        "saleId": None,
        "unitPrice": {"gross": {"amount": 0.0}},
        "undiscountedUnitPrice": {"gross": {"amount": 40.0}},
        "unitDiscount": {"amount": 40.0},
        "unitDiscountReason": f"Promotion: {promotion}",
        "unitDiscountType": "FIXED",
        "unitDiscountValue": 40.0,
        "discounts": [
            {
                "type": "ORDER_PROMOTION",
                "name": "Aïd: Fidèles",
                "reason": f"Promotion: {promotion}",
                "valueType": "FIXED",
                "value": 40.0,
                "total": {"amount": 40.0},
                "unit": {"amount": 40.0},
            }
        ],
    }


async def test_a_reduced_piece_says_which_promotion_reduced_it(
    session: AsyncSession, client: httpx.AsyncClient
) -> None:
    market = await _market(session)
    rug = await make_piece(session, market.channel, 200_00)
    await session.commit()
    variant = {"variantPredicate": {"ids": [to_global_id("ProductVariant", rug.id)]}}
    promotion = await _promote(
        client,
        market,
        "CATALOGUE",
        cataloguePredicate=variant,
        rewardValueType="FIXED",
        rewardValue=50,
    )
    buyer = Storefront(client)
    checkout = await buyer.open_checkout(market.channel.slug, {rug.id: 2}, email="salma@example.test")
    await buyer.deliver_to(checkout, ADDRESS)
    placed = await buyer.pay_at_the_door(checkout)
    (line,) = (await buyer.ask(ORDER, id=placed["id"]))["order"]["lines"]
    assert line == {
        "isGift": False,
        "saleId": promotion,
        "unitPrice": {"gross": {"amount": 150.0}},
        "undiscountedUnitPrice": {"gross": {"amount": 200.0}},
        "unitDiscount": {"amount": 50.0},
        "unitDiscountReason": f"Promotion: {promotion}",
        "unitDiscountType": "FIXED",
        "unitDiscountValue": 50.0,
        "discounts": [
            {
                "type": "PROMOTION",
                "name": "Aïd: Fidèles",
                "reason": f"Promotion: {promotion}",
                "valueType": "FIXED",
                "value": 50.0,
                "total": {"amount": 100.0},
                "unit": {"amount": 50.0},
            }
        ],
    }

"""Promo codes over GraphQL, as Saleor's clients use them, and the staff who make them."""

from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.models import Product, ProductType, ProductTypeKind
from marketplace.kit.ids import to_global_id
from marketplace.pricing.vouchers import VoucherType
from tests.factories.catalog import make_category
from tests.factories.checkout import make_cart, make_market, make_piece, make_ready_cart, promise_cash
from tests.factories.markets import make_channel, make_tax_class
from tests.factories.people import make_user
from tests.factories.pricing import make_gift_card, make_voucher
from tests.graphql.conftest import Ask, buyer, staff

PRICED = """
fragment Priced on Checkout {
  id voucherCode discountName translatedDiscountName discount { amount currency }
  giftCards { id displayCode last4CodeChars currentBalance { amount } isActive }
  lines { unitPrice { gross { amount } net { amount } } totalPrice { gross { amount } net { amount } }
          undiscountedUnitPrice { amount } undiscountedTotalPrice { amount } }
  subtotalPrice { gross { amount } net { amount } } shippingPrice { gross { amount } }
  totalPrice { gross { amount } net { amount } tax { amount } } totalBalance { amount }
  authorizeStatus chargeStatus
}
"""
ADD = (
    PRICED
    + """mutation Add($id: ID, $code: String!) { checkoutAddPromoCode(id: $id, promoCode: $code) {
      checkout { ...Priced } errors { field code message } checkoutErrors { code } } }"""
)
REMOVE = (
    PRICED
    + """mutation Remove($id: ID, $code: String, $codeId: ID) {
      checkoutRemovePromoCode(id: $id, promoCode: $code, promoCodeId: $codeId) {
        checkout { ...Priced } errors { field code message } } }"""
)
COMPLETE = """mutation Complete($id: ID!) { checkoutComplete(id: $id) { errors { field code message } order {
  id voucherCode discountName discount { amount } discounts { id type name valueType value reason
    total { amount } amount { amount } }
  giftCards { displayCode }
  total { gross { amount } } undiscountedTotal { gross { amount } } subtotal { gross { amount } }
  shippingPrice { gross { amount } } undiscountedShippingPrice { amount } totalBalance { amount }
  isPaid paymentStatus
  lines { unitDiscount { amount } unitDiscountValue unitDiscountType unitDiscountReason voucherCode
          unitPrice { gross { amount } } undiscountedUnitPrice { gross { amount } }
          discounts { id type valueType value reason total { amount } unit { amount } } }
  vendorOrders { total { gross { amount } } cash { amount { amount } } } } } }"""


def _id(row: Any, name: str = "Checkout") -> str:
    return to_global_id(name, row.id)


async def _added(read: Ask, cart: Any, code: str) -> Any:
    answer = (await read(ADD, id=_id(cart), code=code))["checkoutAddPromoCode"]
    assert answer["errors"] == []
    return answer["checkout"]


@pytest.mark.parametrize("with_tax", [True, False])
@pytest.mark.parametrize(
    ("kind", "value", "value_type", "discount", "subtotal", "shipping"),
    [
        ("ENTIRE_ORDER", 10, "PERCENTAGE", 24, 216, 30),
        ("ENTIRE_ORDER", 40, "FIXED", 40, 200, 30),
        ("SPECIFIC_PRODUCT", 25, "PERCENTAGE", 60, 180, 30),
        ("SPECIFIC_PRODUCT", 20, "FIXED", 40, 200, 30),
        ("SHIPPING", 50, "PERCENTAGE", 15, 240, 15),
        ("SHIPPING", 100, "FIXED", 30, 240, 0),
    ],
)
async def test_a_voucher_of_each_kind_in_a_channel_with_prices_of_each_kind(
    session: AsyncSession,
    read: Ask,
    *,
    with_tax: bool,
    kind: str,
    value: int,
    value_type: str,
    discount: int,
    subtotal: int,
    shipping: int,
) -> None:
    market = await make_market(session, prices_entered_with_tax=with_tax)
    tax_class = await make_tax_class(session, 2000)
    piece = await make_piece(session, market.channel, 120_00, tax_class_id=tax_class.id)
    cart = await make_ready_cart(session, market, piece, quantity=2)
    code = await make_voucher(session, market.channel, value, value_type, type=VoucherType(kind))  # type: ignore[arg-type]
    priced = await _added(read, cart, code)
    assert priced["discount"] == {"amount": discount, "currency": "MAD"}
    assert (priced["voucherCode"], priced["discountName"]) == (code, "Bienvenue")
    side, other = ("gross", "net") if with_tax else ("net", "gross")
    assert priced["subtotalPrice"][side]["amount"] == subtotal
    tax = 1 / 1.2 if with_tax else 1.2
    assert priced["subtotalPrice"][other]["amount"] == pytest.approx(subtotal * tax, abs=0.005)
    line = priced["lines"][0]
    assert line["totalPrice"] == priced["subtotalPrice"]
    assert line["unitPrice"]["gross"]["amount"] == pytest.approx(
        line["totalPrice"]["gross"]["amount"] / 2, abs=0.005
    )
    assert (line["undiscountedUnitPrice"]["amount"], line["undiscountedTotalPrice"]["amount"]) == (120, 240)
    assert priced["shippingPrice"]["gross"]["amount"] == shipping
    total = priced["totalPrice"]
    assert total["gross"]["amount"] == priced["subtotalPrice"]["gross"]["amount"] + shipping
    assert total["tax"]["amount"] == pytest.approx(total["gross"]["amount"] - total["net"]["amount"])


async def test_a_voucher_is_told_by_the_order_that_it_made_cheaper(session: AsyncSession, read: Ask) -> None:
    market = await make_market(session)
    pieces = [await make_piece(session, market.channel, price) for price in (120_00, 80_00)]
    cart = await make_ready_cart(session, market, *pieces)
    code = await make_voucher(session, market.channel, 10)
    await _added(read, cart, code)
    await promise_cash(session, cart.id)
    order = (await read(COMPLETE, id=_id(cart)))["checkoutComplete"]["order"]
    (discount,) = order["discounts"]
    assert discount.pop("id")
    assert discount == {
        "type": "VOUCHER",
        "name": "Bienvenue",
        "valueType": "PERCENTAGE",
        "value": 10,
        "reason": f"Voucher code: {code}",
        "total": {"amount": 20},
        "amount": {"amount": 20},
    }
    assert (order["voucherCode"], order["discountName"], order["discount"]) == (
        code,
        "Bienvenue",
        {"amount": 20},
    )
    assert [order[name]["gross"]["amount"] for name in ("total", "undiscountedTotal", "subtotal")] == [
        240,
        260,
        180,
    ]
    line = order["lines"][0]
    assert (line["unitDiscount"]["amount"], line["unitDiscountType"]) == (12, "FIXED")
    assert (line["voucherCode"], line["discounts"]) == (None, [])
    assert [part["cash"]["amount"]["amount"] for part in order["vendorOrders"]] == [138, 102]


async def test_a_voucher_for_products_is_told_by_the_lines(session: AsyncSession, read: Ask) -> None:
    market = await make_market(session)
    cart = await make_ready_cart(
        session, market, await make_piece(session, market.channel, 100_00), quantity=3
    )
    code = await make_voucher(
        session, market.channel, 50, type=VoucherType.SPECIFIC_PRODUCT, apply_once_per_order=True
    )
    await _added(read, cart, code)
    await promise_cash(session, cart.id)
    order = (await read(COMPLETE, id=_id(cart)))["checkoutComplete"]["order"]
    assert (order["discounts"], order["discount"], order["voucherCode"]) == ([], None, code)
    (line,) = order["lines"]
    assert (line["voucherCode"], line["unitPrice"]["gross"]["amount"]) == (code, 83.33)
    (discount,) = line["discounts"]
    assert (discount["type"], discount["total"], discount["unit"]) == (
        "VOUCHER",
        {"amount": 50},
        {"amount": 16.67},
    )


async def test_gift_cards_lower_what_is_left_to_pay(session: AsyncSession, read: Ask) -> None:
    market = await make_market(session)
    cart = await make_ready_cart(session, market, await make_piece(session, market.channel))
    first, second = await make_gift_card(session, 50_00), await make_gift_card(session, 500_00)
    priced = await _added(read, cart, first.code)
    assert (priced["totalPrice"]["gross"]["amount"], priced["totalBalance"]["amount"]) == (100, -100)
    (card,) = priced["giftCards"]
    assert (card["displayCode"], card["last4CodeChars"]) == (f"****{first.code[-4:]}", first.code[-4:])
    priced = await _added(read, cart, second.code)
    assert (priced["totalPrice"]["gross"]["amount"], priced["subtotalPrice"]["gross"]["amount"]) == (0, 120)
    assert (priced["authorizeStatus"], priced["chargeStatus"]) == ("FULL", "FULL")
    order = (await read(COMPLETE, id=_id(cart)))["checkoutComplete"]["order"]
    assert (order["total"]["gross"]["amount"], order["undiscountedTotal"]["gross"]["amount"]) == (0, 150)
    assert (order["isPaid"], order["paymentStatus"], len(order["giftCards"])) == (True, "FULLY_CHARGED", 2)
    assert order["vendorOrders"] == [{"total": {"gross": {"amount": 150}}, "cash": None}]


async def test_codes_are_refused_with_saleors_codes(session: AsyncSession, read: Ask) -> None:
    market = await make_market(session)
    cart = await make_cart(session, market.channel, await make_piece(session, market.channel))
    dear = await make_voucher(session, market.channel, minimum_spent_minor=1000_00)
    for code, expected in ((dear, "VOUCHER_NOT_APPLICABLE"), ("NOSUCH", "INVALID"), ("x" * 5000, "INVALID")):
        answer = (await read(ADD, id=_id(cart), code=code))["checkoutAddPromoCode"]
        assert answer["checkout"] is None
        (error,) = answer["errors"]
        assert (error["field"], error["code"]) == ("promoCode", expected)
        assert answer["checkoutErrors"] == [{"code": expected}]


async def test_codes_are_taken_out_by_name_or_id(session: AsyncSession, read: Ask) -> None:
    market = await make_market(session)
    cart = await make_ready_cart(session, market, await make_piece(session, market.channel))
    card, code = await make_gift_card(session, 50_00), await make_voucher(session, market.channel)
    await _added(read, cart, code)
    await _added(read, cart, card.code)
    voucher_id = (
        await read(
            "query Voucher($id: ID!) { checkout(id: $id) { voucher { id code } } }",
            staff("MANAGE_DISCOUNTS", "MANAGE_CHECKOUTS"),
            id=_id(cart),
        )
    )["checkout"]["voucher"]["id"]

    async def removed(**variables: str) -> Any:
        return (await read(REMOVE, id=_id(cart), **variables))["checkoutRemovePromoCode"]

    assert (await removed(code="NOSUCH"))["errors"][0]["code"] == "INVALID"
    assert (await removed())["errors"][0]["code"] == "GRAPHQL_ERROR"
    for other in (to_global_id("Voucher", 0), to_global_id("GiftCard", 0), to_global_id("Order", 1), "?"):
        assert (await removed(codeId=other))["errors"][0]["code"] == "NOT_FOUND"
    priced = (await removed(codeId=voucher_id))["checkout"]
    assert (priced["voucherCode"], priced["totalPrice"]["gross"]["amount"]) == (None, 100)
    priced = (await removed(codeId=_id(card, "GiftCard")))["checkout"]
    assert (priced["giftCards"], priced["totalPrice"]["gross"]["amount"]) == ([], 150)


async def test_a_cards_code_is_its_owners_and_staffs(session: AsyncSession, ask: Ask, read: Ask) -> None:
    owner, other = await make_user(session), await make_user(session)
    market = await make_market(session)
    card = await make_gift_card(session, 50_00, assigned_to=owner)
    cart = await make_ready_cart(session, market, await make_piece(session, market.channel), user=owner)
    mine = "{ me { giftCards(first: 5) { totalCount edges { node { code currentBalance { amount } } } } } }"
    owned = (await read(mine, buyer(owner)))["me"]["giftCards"]
    assert owned == {
        "totalCount": 1,
        "edges": [{"node": {"code": card.code, "currentBalance": {"amount": 50}}}],
    }
    assert (await read(mine, buyer(other)))["me"]["giftCards"]["edges"] == []

    one = "query One($id: ID!) { giftCard(id: $id) { code tags { name } events { type } } }"
    answer = await ask(one, buyer(owner), id=_id(card, "GiftCard"))
    assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"
    found = (await read(one, staff("MANAGE_GIFT_CARD"), id=_id(card, "GiftCard")))["giftCard"]
    assert found == {"code": card.code, "tags": [], "events": [{"type": "ISSUED"}]}

    open_card = await make_gift_card(session, 20_00)
    await ask(ADD, buyer(owner), id=_id(cart), code=open_card.code)
    shown = await ask(
        "query Cards($id: ID!) { checkout(id: $id) { giftCards { code } } }", buyer(owner), id=_id(cart)
    )
    assert shown["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"


async def test_only_staff_see_vouchers(session: AsyncSession, ask: Ask) -> None:
    market = await make_market(session)
    cart = await make_cart(session, market.channel, await make_piece(session, market.channel))
    answer = await ask(
        "query V($id: ID!) { checkout(id: $id) { voucher { codes(first: 1) { totalCount } } } }", id=_id(cart)
    )
    assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"
    answer = await ask("{ vouchers(first: 1) { totalCount } }")
    assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"


STAFF_VOUCHER = """{ id name type code used usageLimit discountValueType discountValue currency
  minSpent { amount } startDate endDate applyOncePerOrder onlyForStaff minCheckoutItemsQuantity
  countries { code } codes(first: 10) { edges { node { id code isActive used } } }
  categories(first: 5) { edges { node { name } } }
  channelListings { channel { slug } discountValue currency minSpent { amount } }
  translation(languageCode: AR) { name } }"""


async def test_staff_make_a_voucher_and_a_buyer_uses_it(session: AsyncSession, read: Ask) -> None:
    market, other = await make_market(session), await make_channel(session, currency_code="EUR")
    category = await make_category(session)
    piece = await make_piece(session, market.channel, 100_00, category_id=category.id)
    manager = staff("MANAGE_DISCOUNTS", "MANAGE_PRODUCTS")
    made = await read(
        f"mutation Make($input: VoucherInput!) {{ voucherCreate(input: $input) {{ voucher {STAFF_VOUCHER}"
        " errors { field code } discountErrors { code } } }",
        manager,
        input={
            "type": "SPECIFIC_PRODUCT",
            "name": "Été",
            "addCodes": ["ETE2026", "SUMMER"],
            "discountValueType": "PERCENTAGE",
            "categories": [_id(category, "Category")],
            "usageLimit": 5,
            "countries": ["ma"],
        },
    )
    assert made["voucherCreate"]["errors"] == made["voucherCreate"]["discountErrors"] == []
    voucher = made["voucherCreate"]["voucher"]
    assert (voucher["type"], voucher["usageLimit"], voucher["used"]) == ("SPECIFIC_PRODUCT", 5, 0)
    assert sorted(edge["node"]["code"] for edge in voucher["codes"]["edges"]) == ["ETE2026", "SUMMER"]
    assert (voucher["countries"], len(voucher["categories"]["edges"])) == ([{"code": "MA"}], 1)

    listed = await read(
        f"""mutation List($id: ID!, $input: VoucherChannelListingInput!) {{
          voucherChannelListingUpdate(id: $id, input: $input) {{ voucher {STAFF_VOUCHER}
          errors {{ field code channels }} }} }}""",
        manager,
        id=voucher["id"],
        input={
            "addChannels": [
                {"channelId": _id(market.channel, "Channel"), "discountValue": "20", "minAmountSpent": 50},
                {"channelId": _id(other, "Channel"), "discountValue": 10},
            ]
        },
    )
    assert listed["voucherChannelListingUpdate"]["errors"] == []
    assert sorted(
        (one["currency"], one["discountValue"], one["minSpent"])
        for one in listed["voucherChannelListingUpdate"]["voucher"]["channelListings"]
    ) == [("EUR", 10, None), ("MAD", 20, {"amount": 50})]
    in_channel = await read(
        f"query In($id: ID!, $channel: String) {{ voucher(id: $id, channel: $channel) {STAFF_VOUCHER} }}",
        manager,
        id=voucher["id"],
        channel=market.channel.slug,
    )
    assert (in_channel["voucher"]["discountValue"], in_channel["voucher"]["currency"]) == (20, "MAD")

    cart = await make_ready_cart(session, market, piece)
    assert (await _added(read, cart, "SUMMER"))["totalPrice"]["gross"]["amount"] == 110
    gone = await read(
        """mutation Away($id: ID!) { voucherDelete(id: $id) { errors { code } } }""",
        manager,
        id=voucher["id"],
    )
    assert gone["voucherDelete"]["errors"] == []
    left = await read(f"query In($id: ID!) {{ voucher(id: $id) {STAFF_VOUCHER} }}", manager, id=voucher["id"])
    assert left["voucher"] is None


async def test_what_is_wrong_with_a_voucher_is_told(session: AsyncSession, read: Ask) -> None:
    market = await make_market(session)
    taken = await make_voucher(session, market.channel)
    wrong: list[tuple[dict[str, object], tuple[str, str]]] = [
        ({"addCodes": [taken]}, ("addCodes", "ALREADY_EXISTS")),
        ({"addCodes": ["A1", "A1"]}, ("addCodes", "DUPLICATED_INPUT_ITEM")),
        ({"addCodes": [""]}, ("addCodes", "INVALID")),
        ({"usageLimit": 0}, ("usageLimit", "INVALID")),
        ({"countries": ["XX"]}, ("countries", "INVALID")),
        ({"singleUse": True, "usageLimit": 3}, ("singleUse", "INVALID")),
        ({"startDate": "2026-02-01T00:00:00Z", "endDate": "2026-01-01T00:00:00Z"}, ("endDate", "INVALID")),
        ({"products": [to_global_id("Product", 0)]}, ("products", "NOT_FOUND")),
    ]
    for given, expected in wrong:
        answer = await read(
            "mutation Make($input: VoucherInput!) { voucherCreate(input: $input) {"
            " voucher { id } errors { field code } } }",
            staff("MANAGE_DISCOUNTS", "MANAGE_PRODUCTS"),
            input=given,
        )
        errors = answer["voucherCreate"]["errors"]
        assert [(error["field"], error["code"]) for error in errors] == [expected], given


async def test_staff_give_a_card_away_and_close_it(session: AsyncSession, read: Ask) -> None:
    giver = await make_user(session, is_staff=True)
    manager = staff("MANAGE_GIFT_CARD", "MANAGE_USERS", user=giver)
    made = await read(
        """mutation Give($input: GiftCardCreateInput!) { giftCardCreate(input: $input) {
          giftCard { id code displayCode isActive initialBalance { amount currency } tags { name }
                     events { type balance { initialBalance { amount } currentBalance { amount } } message } }
          errors { field code } giftCardErrors { code } } }""",
        manager,
        input={
            "balance": {"currency": "mad", "amount": "150.50"},
            "isActive": True,
            "addTags": ["Aïd"],
            "note": "Pour Salma",
        },
    )
    assert made["giftCardCreate"]["errors"] == []
    card = made["giftCardCreate"]["giftCard"]
    assert len(card["code"]) == 19
    assert card["initialBalance"] == {"amount": 150.5, "currency": "MAD"}
    assert card["tags"] == [{"name": "aïd"}]
    assert [event["type"] for event in card["events"]] == ["ISSUED", "NOTE_ADDED"]
    assert card["events"][0]["balance"] == {
        "initialBalance": {"amount": 150.5},
        "currentBalance": {"amount": 150.5},
    }
    for name, active in (("giftCardDeactivate", False), ("giftCardActivate", True)):
        answer = await read(
            f"mutation Set($id: ID!) {{ {name}(id: $id) {{ giftCard {{ isActive }} errors {{ code }} }} }}",
            manager,
            id=card["id"],
        )
        assert answer[name] == {"giftCard": {"isActive": active}, "errors": []}
    events = await read(
        """query Events($id: ID!) { giftCard(id: $id) {
          events(filter: {type: DEACTIVATED}) { type user { email } } } }""",
        manager,
        id=card["id"],
    )
    assert events["giftCard"]["events"] == [{"type": "DEACTIVATED", "user": {"email": giver.email}}]


async def test_a_card_is_sent_to_an_address_in_a_channels_name(session: AsyncSession, read: Ask) -> None:
    channel = await make_channel(session)
    give = """mutation Give($input: GiftCardCreateInput!) { giftCardCreate(input: $input) {
      giftCard { events { type email } boughtInChannel product { id } } errors { field code } } }"""
    given = {"balance": {"currency": "MAD", "amount": 50}, "isActive": True, "channel": channel.slug}
    manager = staff("MANAGE_GIFT_CARD")
    sent = (await read(give, manager, input=given | {"userEmail": "salma@example.test"}))["giftCardCreate"]
    assert sent["giftCard"] == {
        "events": [
            {"type": "ISSUED", "email": None},
            {"type": "SENT_TO_CUSTOMER", "email": "salma@example.test"},
        ],
        "boughtInChannel": None,
        "product": None,
    }
    wrong = (await read(give, manager, input=given | {"userEmail": "salma"}))["giftCardCreate"]
    assert wrong == {"giftCard": None, "errors": [{"field": "userEmail", "code": "INVALID"}]}


async def test_gift_cards_are_given_not_sold(session: AsyncSession, read: Ask) -> None:
    market = await make_market(session)
    card, rug = [await make_piece(session, market.channel) for _ in range(2)]
    cart = await make_cart(session, market.channel, rug)
    product = await session.get_one(Product, card.product_id)
    kind = update(ProductType).where(ProductType.id == product.product_type_id)
    await session.execute(kind.values(kind=ProductTypeKind.GIFT_CARD))
    add = """mutation ($id: ID!, $variant: ID!) {
      checkoutLinesAdd(id: $id, lines: [{variantId: $variant, quantity: 1}]) { errors { code variants } } }"""
    variant_id = to_global_id("ProductVariant", card.id)
    refused = (await read(add, id=_id(cart), variant=variant_id))["checkoutLinesAdd"]
    assert refused["errors"] == [{"code": "PRODUCT_UNAVAILABLE_FOR_PURCHASE", "variants": [variant_id]}]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"balance": {"currency": "MAD", "amount": 0}}, ("balance", "INVALID")),
        ({"balance": {"currency": "ZZZ", "amount": 5}}, ("balance", "INVALID")),
        ({"userEmail": "salma@example.test"}, ("channel", "REQUIRED")),
        ({"userEmail": "salma@example.test", "channel": "nowhere"}, ("channel", "NOT_FOUND")),
        ({"expiryDate": "2020-01-01"}, ("expiryDate", "INVALID")),
        ({"code": "short"}, ("code", "INVALID")),
        ({"userEmail": "a@b.test"}, ("channel", "REQUIRED")),
        ({"assignedTo": to_global_id("User", 0)}, ("assignedTo", "NOT_FOUND")),
    ],
)
async def test_what_is_wrong_with_a_new_card_is_told(
    read: Ask, given: dict[str, object], expected: tuple[str, str]
) -> None:
    answer = await read(
        "mutation Give($input: GiftCardCreateInput!) { giftCardCreate(input: $input) {"
        " giftCard { id } errors { field code } } }",
        staff("MANAGE_GIFT_CARD", "MANAGE_USERS"),
        input={"balance": {"currency": "MAD", "amount": 10}, "isActive": True} | given,
    )
    assert [(error["field"], error["code"]) for error in answer["giftCardCreate"]["errors"]] == [expected]

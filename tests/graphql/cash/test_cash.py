"""Paying at the door over the API: who may set rules, confirm, take less, and book carriers' sheets."""

from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.ids import to_global_id
from marketplace.kit.settings import Settings
from marketplace.markets.models import Channel
from marketplace.orders.fulfilment import fulfil
from marketplace.orders.models import Order
from marketplace.payments.at_the_door import confirming
from marketplace_graphql.kernel import Requester
from tests.factories.cash import cash_order_of, make_strict_market, order_of
from tests.factories.checkout import make_market, make_piece, make_ready_cart
from tests.factories.orders import parts_of
from tests.factories.people import make_staff, make_user
from tests.graphql.conftest import Ask, buyer, seller, staff

RULES = """
  countries minimum { amount currency } maximum { amount } refusalsAllowed refusalMonths openOrdersAllowed
  confirmEveryOrder confirmFirstOrder confirmAbove { amount } remindAfter cancelAfter
"""
SET_RULES = f"""mutation($channel: ID!, $input: CashOnDeliveryRulesInput!) {{
  cashOnDeliveryRulesUpdate(channel: $channel, input: $input) {{
    cashOnDeliveryRules {{ {RULES} }} errors {{ field code message }}
  }}
}}"""
READ_RULES = f"query($id: ID!) {{ channel(id: $id) {{ cashOnDeliveryRules {{ {RULES} }} }} }}"
CONFIRM = """mutation($id: ID!, $note: String) {
  cashOnDeliveryConfirm(id: $id, note: $note) { order { status } errors { field code } }
}"""
DECLINE = """mutation($id: ID!) {
  cashOnDeliveryDecline(id: $id, note: "Non") { order { status } errors { field code } }
}"""
ANSWER = """mutation($token: String!, $confirm: Boolean!) {
  cashConfirmationAnswer(token: $token, confirm: $confirm) { state order { status } errors { field code } }
}"""
LOOK = """query($token: String!) { cashConfirmation(token: $token) {
  state confirmBefore order { number userEmail shippingAddress { city } vendorOrders { number } }
} }"""
WAITING = """query($id: ID!) { order(id: $id) { cashOnDelivery {
  confirmation confirmedAt confirmedBy confirmBefore
} } }"""
ANSWERED = """query($id: ID!) { order(id: $id) { cashOnDelivery {
  confirmation confirmedAt confirmedBy note confirmedByUser { email }
} } }"""
PARTLY = """mutation($id: ID!, $amount: PositiveDecimal!, $bearer: CashShortfallBearerEnum!) {
  vendorOrderCollectPartly(id: $id, amount: $amount, bearer: $bearer, reason: "Rayé") {
    vendorOrder { status cash { amount { amount } shortfall { amount } shortfallBearer } }
    errors { field code message }
  }
}"""
GATEWAY = """mutation($id: ID!) {
  paymentGatewayInitialize(id: $id, paymentGateways: [{ id: "marketplace.cash_on_delivery" }]) {
    gatewayConfigs { id data errors { field message code } } errors { code }
  }
}"""
PLACE = """mutation($id: ID!) {
  transactionInitialize(id: $id, paymentGateway: { id: "marketplace.cash_on_delivery" }) {
    errors { field code message }
  }
}"""

FINANCE = "MANAGE_PAYOUTS"
MANAGES_ORDERS = "MANAGE_ORDERS"


async def manager(session: AsyncSession) -> Requester:
    """Somebody who manages orders, and whose name stands beside what they do."""
    return staff(MANAGES_ORDERS, user=await make_staff(session))


def id_of(order: Order) -> str:
    return to_global_id("Order", order.id)


async def is_denied(ask: Ask, document: str, requester: Requester | None, **variables: Any) -> bool:
    answer = await ask(document, requester, **variables)
    return answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"


async def test_staff_set_a_channel_s_rules_and_read_them(read: Ask, session: AsyncSession) -> None:
    channel = (await make_market(session)).channel
    key, settings_staff = to_global_id("Channel", channel.id), staff("MANAGE_CHANNELS")
    assert (await read(READ_RULES, settings_staff, id=key))["channel"]["cashOnDeliveryRules"] is None
    wanted = {
        "countries": ["MA", "CI", "MA"],
        "minimum": 50,
        "maximum": "3000.50",
        "refusalsAllowed": 2,
        "refusalMonths": 6,
        "openOrdersAllowed": 3,
        "confirmFirstOrder": True,
        "confirmAbove": 1000,
        "remindAfter": 12,
        "cancelAfter": 48,
    }
    set_ = (await read(SET_RULES, staff("HANDLE_PAYMENTS"), channel=key, input=wanted))[
        "cashOnDeliveryRulesUpdate"
    ]
    assert set_["errors"] == []
    rules = {
        "countries": ["CI", "MA"],
        "minimum": {"amount": 50.0, "currency": "MAD"},
        "maximum": {"amount": 3000.5},
        "refusalsAllowed": 2,
        "refusalMonths": 6,
        "openOrdersAllowed": 3,
        "confirmEveryOrder": False,
        "confirmFirstOrder": True,
        "confirmAbove": {"amount": 1000.0},
        "remindAfter": 12,
        "cancelAfter": 48,
    }
    assert set_["cashOnDeliveryRules"] == rules
    changed = await read(SET_RULES, settings_staff, channel=key, input={"minimum": None, "remindAfter": None})
    rules["minimum"] = None
    assert changed["cashOnDeliveryRulesUpdate"]["cashOnDeliveryRules"] == rules
    assert (await read(READ_RULES, settings_staff, id=key))["channel"]["cashOnDeliveryRules"] == rules


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"minimum": 20, "maximum": 10}, "maximum"),
        ({"minimum": 0.001}, "minimum"),
        ({"confirmAbove": 10**20}, "confirmAbove"),
        ({"refusalsAllowed": -1}, "refusalsAllowed"),
        ({"openOrdersAllowed": 0}, "openOrdersAllowed"),
        ({"refusalMonths": 0}, "refusalMonths"),
        ({"cancelAfter": 1}, "cancelAfter"),
    ],
)
async def test_rules_that_make_no_sense_name_their_field(
    read: Ask, session: AsyncSession, given: dict[str, Any], field: str
) -> None:
    key = to_global_id("Channel", (await make_market(session)).channel.id)
    answer = await read(SET_RULES, staff("MANAGE_CHANNELS"), channel=key, input=given)
    (error,) = answer["cashOnDeliveryRulesUpdate"]["errors"]
    assert (error["field"], error["code"]) == (field, "INVALID")
    found = await read(READ_RULES, staff("MANAGE_CHANNELS"), id=key)
    assert found["channel"]["cashOnDeliveryRules"] is None


async def test_rules_are_staff_s_alone(ask: Ask, session: AsyncSession) -> None:
    key = to_global_id("Channel", (await make_market(session)).channel.id)
    user = await make_user(session)
    for asker in (None, buyer(user), staff(MANAGES_ORDERS)):
        assert await is_denied(ask, SET_RULES, asker, channel=key, input={})
    answer = await ask(READ_RULES, staff(MANAGES_ORDERS), id=key)
    assert answer["data"]["channel"]["cashOnDeliveryRules"] is None
    assert answer["errors"][0]["path"] == ["channel", "cashOnDeliveryRules"]


async def test_the_checkout_says_in_words_why_it_can_not_be_paid_at_the_door(
    read: Ask, session: AsyncSession
) -> None:
    market = await make_strict_market(session, maximum_minor=100_00)
    cart = await make_ready_cart(session, market, await make_piece(session, market.channel))
    key = to_global_id("Checkout", cart.id)
    (config,) = (await read(GATEWAY, id=key))["paymentGatewayInitialize"]["gatewayConfigs"]
    assert config["data"] == {"reason": "TOO_MUCH"}
    message = "At the door one pays at most 100.00 MAD."
    assert config["errors"] == [{"field": "paymentGateway", "message": message, "code": "INVALID"}]
    (error,) = (await read(PLACE, id=key))["transactionInitialize"]["errors"]
    assert error == {"field": "paymentGateway", "code": "INVALID", "message": message}


async def waiting(session: AsyncSession, **given: object) -> Order:
    return await order_of(session, await make_strict_market(session, confirms_every_order=True), **given)


async def test_staff_confirm_an_order_after_a_call(read: Ask, session: AsyncSession) -> None:
    order = await waiting(session)
    member = await make_staff(session)
    asker = staff(MANAGES_ORDERS, user=member)
    before = (await read(WAITING, asker, id=id_of(order)))["order"]["cashOnDelivery"]
    assert (before["confirmation"], before["confirmedBy"]) == ("WAITING", None)
    assert before["confirmBefore"] is not None
    done = (await read(CONFIRM, asker, id=id_of(order), note="Il attend"))["cashOnDeliveryConfirm"]
    assert done == {"order": {"status": "UNFULFILLED"}, "errors": []}
    after = (await read(ANSWERED, asker, id=id_of(order)))["order"]["cashOnDelivery"]
    assert (after["confirmation"], after["confirmedBy"], after["note"]) == ("CONFIRMED", "STAFF", "Il attend")
    assert after["confirmedByUser"] == {"email": member.email}
    again = (await read(CONFIRM, asker, id=id_of(order)))["cashOnDeliveryConfirm"]
    assert again["errors"] == [{"field": "id", "code": "INVALID_STATUS"}]
    declined = (await read(DECLINE, asker, id=id_of(order)))["cashOnDeliveryDecline"]
    assert declined["errors"] == [{"field": "id", "code": "INVALID_STATUS"}]


async def test_staff_decline_an_order_for_its_buyer(read: Ask, session: AsyncSession) -> None:
    order = await waiting(session)
    done = (await read(DECLINE, await manager(session), id=id_of(order)))["cashOnDeliveryDecline"]
    assert done == {"order": {"status": "CANCELED"}, "errors": []}


async def test_an_order_that_waits_is_not_packed(read: Ask, session: AsyncSession) -> None:
    order = await waiting(session)
    (part,) = await parts_of(session, order)
    document = "mutation($id: ID!) { vendorOrderFulfill(id: $id) { errors { field code message } } }"
    key = to_global_id("VendorOrder", part.id)
    (error,) = (await read(document, staff(MANAGES_ORDERS), id=key))["vendorOrderFulfill"]["errors"]
    assert error["message"] == "This order has to be confirmed first."


async def test_only_staff_who_manage_orders_answer_for_a_buyer(ask: Ask, session: AsyncSession) -> None:
    user = await make_user(session)
    order = await waiting(session, user=user)
    (part,) = await parts_of(session, order)
    member = await make_user(session)
    for asker in (None, buyer(user), staff(FINANCE), seller(part.vendor_id, member)):
        assert await is_denied(ask, CONFIRM, asker, id=id_of(order))
        assert await is_denied(ask, DECLINE, asker, id=id_of(order))


async def test_staff_of_other_channels_confirm_nothing_here(ask: Ask, session: AsyncSession) -> None:
    order = await waiting(session)
    elsewhere = Requester(
        user_id=0, permissions=frozenset({MANAGES_ORDERS}), is_staff=True, channel_ids=(order.channel_id + 1,)
    )
    assert await is_denied(ask, CONFIRM, elsewhere, id=id_of(order))


async def test_a_buyer_looks_at_the_link_and_answers_once(
    read: Ask, session: AsyncSession, settings: Settings
) -> None:
    order = await waiting(session)
    token = confirming.sign(settings, await cash_order_of(session, order))
    seen = (await read(LOOK, token=token))["cashConfirmation"]
    assert (seen["state"], seen["order"]["number"]) == ("WAITING", str(order.number))
    assert seen["order"]["vendorOrders"] == [{"number": f"{order.number}-1"}]
    done = (await read(ANSWER, token=token, confirm=True))["cashConfirmationAnswer"]
    assert done == {"state": "CONFIRMED", "order": {"status": "UNFULFILLED"}, "errors": []}
    again = (await read(ANSWER, token=token, confirm=False))["cashConfirmationAnswer"]
    assert again["errors"] == [{"field": "token", "code": "INVALID_STATUS"}]
    assert (await read(LOOK, token=token))["cashConfirmation"]["state"] == "CONFIRMED"


async def test_a_link_that_is_none_of_ours_opens_nothing(read: Ask, session: AsyncSession) -> None:
    await waiting(session)
    assert (await read(LOOK, token="x" * 38))["cashConfirmation"] is None
    answer = (await read(ANSWER, token="x" * 38, confirm=False))["cashConfirmationAnswer"]
    assert answer == {"state": None, "order": None, "errors": [{"field": "token", "code": "INVALID_TOKEN"}]}


async def test_a_link_opens_nothing_to_a_stranger_s_seller(
    read: Ask, session: AsyncSession, settings: Settings
) -> None:
    order = await waiting(session)
    token = confirming.sign(settings, await cash_order_of(session, order))
    stranger = seller(order.channel_id + 10_000, await make_user(session))
    assert (await read(LOOK, stranger, token=token))["cashConfirmation"]["order"] is None
    seen = (await read(WAITING, stranger, id=id_of(order)))["order"]
    assert seen is None


async def test_whether_an_order_waits_is_its_buyer_s_to_know(read: Ask, session: AsyncSession) -> None:
    user, other = await make_user(session), await make_user(session)
    order = await waiting(session, user=user)
    for asker, sees in ((buyer(user), True), (buyer(other), False), (None, False)):
        found = (await read(WAITING, asker, id=id_of(order)))["order"]["cashOnDelivery"]
        assert (found is not None) is sees


async def on_its_way(session: AsyncSession) -> str:
    order = await order_of(session, await make_market(session))
    (part,) = await parts_of(session, order)
    await fulfil(session, part.id)
    return to_global_id("VendorOrder", part.id)


async def test_staff_write_down_that_less_was_paid(read: Ask, session: AsyncSession) -> None:
    key = await on_its_way(session)
    asked = {"id": key, "amount": "120.00", "bearer": "SELLER"}
    done = (await read(PARTLY, await manager(session), **asked))["vendorOrderCollectPartly"]
    assert done["errors"] == []
    assert done["vendorOrder"] == {
        "status": "DELIVERED",
        "cash": {"amount": {"amount": 120.0}, "shortfall": {"amount": 30.0}, "shortfallBearer": "SELLER"},
    }


@pytest.mark.parametrize(
    ("amount", "code"), [("150", "AMOUNT_MISMATCH"), ("0", "AMOUNT_MISMATCH"), ("1.001", "INVALID")]
)
async def test_an_amount_that_can_not_be_is_refused(
    read: Ask, session: AsyncSession, amount: str, code: str
) -> None:
    asked = {"id": await on_its_way(session), "amount": amount, "bearer": "MARKETPLACE"}
    (error,) = (await read(PARTLY, staff(MANAGES_ORDERS), **asked))["vendorOrderCollectPartly"]["errors"]
    assert (error["field"], error["code"]) == ("amount", code)


async def test_sellers_do_not_say_what_was_paid(ask: Ask, session: AsyncSession) -> None:
    asked = {"id": await on_its_way(session), "amount": "1", "bearer": "MARKETPLACE"}
    for asker in (None, staff(FINANCE), buyer(await make_user(session))):
        assert await is_denied(ask, PARTLY, asker, **asked)


async def test_a_channel_of_another_group_s_staff_keeps_its_rules(ask: Ask, session: AsyncSession) -> None:
    channel: Channel = (await make_market(session)).channel
    elsewhere = Requester(
        user_id=0, permissions=frozenset({"MANAGE_CHANNELS"}), is_staff=True, channel_ids=(channel.id + 1,)
    )
    answer = await ask(SET_RULES, elsewhere, channel=to_global_id("Channel", channel.id), input={})
    denied = "errors" in answer
    refused = not denied and bool(answer["data"]["cashOnDeliveryRulesUpdate"]["errors"])
    assert denied or refused

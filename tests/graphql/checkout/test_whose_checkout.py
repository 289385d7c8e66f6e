"""A customer's checkout does not exist to anybody else, whatever is asked of it."""

from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.checkout.models import CheckoutLine
from marketplace.kit.ids import to_global_id
from tests.factories.checkout import make_cart, make_market, make_piece, make_ready_cart, promise_cash
from tests.factories.markets import make_channel
from tests.factories.people import make_user
from tests.graphql.conftest import Ask, buyer, staff

ADDRESS = (
    '{country: MA, city: "Rabat", streetAddress1: "1", firstName: "S", lastName: "B", postalCode: "10000"}'
)
MUTATIONS = {
    "checkoutLinesAdd": "lines: []",
    "checkoutLinesUpdate": "lines: []",
    "checkoutLinesDelete": "linesIds: []",
    "checkoutLineDelete": "",
    "checkoutEmailUpdate": 'email: "thief@example.test"',
    "checkoutShippingAddressUpdate": f"shippingAddress: {ADDRESS}",
    "checkoutBillingAddressUpdate": f"billingAddress: {ADDRESS}",
    "checkoutCustomerAttach": "",
    "checkoutCustomerDetach": "",
    "checkoutLanguageCodeUpdate": "languageCode: FR",
    "checkoutCustomerNoteUpdate": 'customerNote: "x"',
    "checkoutDeliveryMethodUpdate": "",
    "checkoutShippingMethodUpdate": "",
    "checkoutComplete": "",
    "deliveryOptionsCalculate": "",
    "checkoutAddPromoCode": 'promoCode: "BIENVENUE"',
    "checkoutRemovePromoCode": 'promoCode: "BIENVENUE"',
    "paymentGatewayInitialize": "",
    "transactionInitialize": 'paymentGateway: {id: "marketplace.cash_on_delivery"}',
    "updateMetadata": 'input: [{key: "gift", value: "yes"}]',
    "deleteMetadata": 'keys: ["gift"]',
}


@pytest.mark.parametrize("name", MUTATIONS)
async def test_anothers_checkout_can_not_be_told_from_none(
    session: AsyncSession, ask: Ask, name: str
) -> None:
    market = await make_market(session)
    customer, stranger = await make_user(session), await make_user(session)
    cart = await make_ready_cart(session, market, await make_piece(session, market.channel), user=customer)
    document = (
        f"mutation M($id: ID!) {{ {name}(id: $id {MUTATIONS[name]}) {{ errors {{ field code message }} }} }}"
    )
    for requester in (None, buyer(stranger)):
        own, none = to_global_id("Checkout", cart.id), to_global_id("Checkout", uuid4())
        theirs = await ask(document, requester, id=own)
        nobodys = await ask(document, requester, id=none)
        assert repr(theirs).replace(own, "") == repr(nobodys).replace(none, "")
        if theirs["data"][name] is not None:  # Else only who has signed in may ask.
            assert theirs["data"][name]["errors"][0]["code"] == "NOT_FOUND"
    await session.refresh(cart)
    assert (cart.email, cart.user_id) == ("salma@example.test", customer.id)


async def test_the_lines_of_anothers_checkout_can_not_be_written_on(session: AsyncSession, ask: Ask) -> None:
    market = await make_market(session)
    customer, stranger = await make_user(session), await make_user(session)
    cart = await make_cart(session, market.channel, await make_piece(session, market.channel), user=customer)
    (line,) = await session.scalars(select(CheckoutLine).where(CheckoutLine.checkout_id == cart.id))
    document = """mutation M($id: ID!) { updateMetadata(id: $id, input: [{key: "gift", value: "yes"}]) {
      errors { code } } }"""
    key = to_global_id("CheckoutLine", line.id)
    for requester, codes in ((None, ["NOT_FOUND"]), (buyer(stranger), ["NOT_FOUND"]), (buyer(customer), [])):
        answer = await ask(document, requester, id=key)
        assert [error["code"] for error in answer["data"]["updateMetadata"]["errors"]] == codes


async def test_its_customer_and_staff_may_change_it(session: AsyncSession, ask: Ask) -> None:
    customer = await make_user(session)
    cart = await make_cart(session, await make_channel(session), user=customer)
    document = """mutation M($id: ID!) {
      checkoutCustomerNoteUpdate(id: $id, customerNote: "x") { errors { code } } }"""
    for requester in (buyer(customer), staff("HANDLE_CHECKOUTS"), staff("IMPERSONATE_USER")):
        answer = await ask(document, requester, id=to_global_id("Checkout", cart.id))
        assert answer["data"]["checkoutCustomerNoteUpdate"]["errors"] == []


async def test_who_acts_for_customers_may_give_and_take_a_checkout(session: AsyncSession, ask: Ask) -> None:
    customer = await make_user(session)
    cart = await make_cart(session, await make_channel(session))
    clerk = staff("IMPERSONATE_USER", "MANAGE_USERS", user=await make_user(session))
    attach = """mutation M($id: ID!, $customer: ID) { checkoutCustomerAttach(id: $id, customerId: $customer) {
      checkout { user { email } } errors { field code } } }"""
    detach = """mutation M($id: ID!) { checkoutCustomerDetach(id: $id) {
      checkout { user { email } } errors { code } } }"""
    keys = {"id": to_global_id("Checkout", cart.id), "customer": to_global_id("User", customer.id)}
    refused = await ask(attach, buyer(await make_user(session)), **keys)
    assert refused["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"
    given = await ask(attach, clerk, **keys)
    assert given["data"]["checkoutCustomerAttach"]["checkout"]["user"] == {"email": customer.email}
    taken = await ask(detach, clerk, id=keys["id"])
    assert taken["data"]["checkoutCustomerDetach"]["checkout"] == {"user": None}
    for wrong, code in ((to_global_id("User", 987654321), "NOT_FOUND"), ("nonsense", "GRAPHQL_ERROR")):
        answer = await ask(attach, clerk, **keys | {"customer": wrong})
        assert answer["data"]["checkoutCustomerAttach"]["errors"] == [{"field": "customerId", "code": code}]


async def test_an_order_that_a_customers_checkout_became_is_not_given_to_a_stranger(
    session: AsyncSession, ask: Ask
) -> None:
    market = await make_market(session)
    customer = await make_user(session)
    cart = await make_ready_cart(session, market, await make_piece(session, market.channel), user=customer)
    await promise_cash(session, cart.id)
    complete = "mutation C($id: ID!) { checkoutComplete(id: $id) { order { number } errors { code } } }"
    key = to_global_id("Checkout", cart.id)
    first = (await ask(complete, buyer(customer), id=key))["data"]["checkoutComplete"]
    assert first["order"]
    assert (await ask(complete, buyer(customer), id=key))["data"]["checkoutComplete"] == first
    stranger = (await ask(complete, id=key))["data"]["checkoutComplete"]
    assert stranger == {"order": None, "errors": [{"code": "NOT_FOUND"}]}

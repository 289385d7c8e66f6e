"""What a bank takes back of a payment is paid no more, and what it keeps for good is lost."""

from datetime import timedelta
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import func, select, text

from marketplace.orders.models import Order
from marketplace.payments.gateways.stripe import books, disputes
from marketplace.payments.gateways.stripe.models import StripeDispute, StripeEvent
from marketplace.payouts.ledger import Account, Posting
from marketplace.people.permissions import Permission
from tests.factories.people import make_staff, make_user
from tests.graphql.conftest import Ask, staff
from tests.graphql.payments.by_stripe.conftest import Shop
from tests.ledger import faults

FEES = 4_65 + 15_00
LIST = """{ it: paymentDisputes(first: 5%s) { totalCount edges { node {
  pspReference status reason amount { amount currency } evidenceDueAt isWithdrawn
  transaction { id } } } } }"""


async def _disputed(shop: Shop, reason: str = "fraudulent", **given: Any) -> tuple[dict[str, Any], str]:
    paid = await shop.paid()
    assert await shop.complete() == []
    dispute = shop.stand_in.dispute(shop.intent(paid)["latest_charge"], reason, **given)
    return paid, dispute["id"]


async def _decided(shop: Shop, *, won: bool) -> tuple[dict[str, Any], str]:
    paid, reference = await _disputed(shop)
    await shop.hear()
    shop.stand_in.decide_dispute(reference, won=won)
    await shop.hear()
    return paid, reference


async def _order(shop: Shop) -> tuple[str, int]:
    await shop.session.commit()
    found = await shop.session.scalars(select(Order), execution_options={"populate_existing": True})
    order = found.one()
    return order.charge_status, order.total_charged_minor


async def _balance(shop: Shop, account: Account) -> int:
    sum_ = select(func.coalesce(func.sum(Posting.amount_minor), 0)).where(Posting.account == account)
    return int((await shop.session.scalars(sum_)).one())


async def _agrees(shop: Shop) -> None:
    """Stripe's books, the payments and the ledger."""
    await shop.session.commit()
    await books.read_on(shop.work.database, shop.work.settings)
    has = shop.stand_in.books()
    at_stripe = has.available.get("mad", 0) + has.pending.get("mad", 0)
    assert await _balance(shop, Account.GATEWAY_RECEIVABLE) == at_stripe
    assert await faults(shop.session) == []


async def test_an_order_of_which_the_bank_took_the_money_back_is_not_paid(shop: Shop) -> None:
    paid, reference = await _disputed(shop)
    assert await _order(shop) == ("FULL", 150_00)
    await shop.hear()
    assert await _order(shop) == ("NONE", 0)
    assert await shop.amounts(paid) == {}
    assert ("CHARGE_BACK", reference) in await shop.events(paid)
    assert await _balance(shop, Account.CHARGEBACKS) == 150_00
    await _agrees(shop)
    assert await _balance(shop, Account.GATEWAY_FEES) == FEES


async def test_of_a_part_that_the_bank_took_back_an_order_is_paid_in_part(shop: Shop) -> None:
    await _disputed(shop, amount=40_00)
    await shop.hear()
    assert await _order(shop) == ("PARTIAL", 110_00)
    await _agrees(shop)


async def test_a_dispute_of_a_payment_that_was_not_known_to_be_paid_is_taken_with_it(shop: Shop) -> None:
    payment = await shop.begin()
    await shop.confirm(payment)
    shop.stand_in.dispute(shop.intent(payment)["latest_charge"])
    await shop.hear(*[one for one in shop.stand_in.webhooks() if "dispute" in one.event["type"]])
    assert await shop.amounts(payment) == {}
    assert await _balance(shop, Account.CHARGEBACKS) == 150_00
    await _agrees(shop)


async def test_an_inquiry_takes_nothing(shop: Shop) -> None:
    await _disputed(shop, "inquiry")
    await shop.hear()
    assert await _order(shop) == ("FULL", 150_00)
    row = (await shop.session.scalars(select(StripeDispute))).one()
    assert (row.status, row.is_withdrawn) == ("WARNING_NEEDS_RESPONSE", False)
    await _agrees(shop)


async def test_what_is_won_is_paid_again(shop: Shop) -> None:
    paid, reference = await _decided(shop, won=True)
    assert await _order(shop) == ("FULL", 150_00)
    assert ("CHARGE_SUCCESS", reference) in await shop.events(paid)
    assert await _balance(shop, Account.CHARGEBACKS) == 0
    assert await _balance(shop, Account.CHARGEBACK_LOSS) == 0
    await _agrees(shop)


async def test_what_is_lost_is_an_expense(shop: Shop) -> None:
    await _decided(shop, won=False)
    assert await _order(shop) == ("NONE", 0)
    assert await _balance(shop, Account.CHARGEBACKS) == 0
    assert await _balance(shop, Account.CHARGEBACK_LOSS) == 150_00
    await _agrees(shop)


@pytest.mark.parametrize("won", [True, False])
async def test_webhooks_of_a_dispute_may_come_in_any_order_and_twice(shop: Shop, won: bool) -> None:
    paid, reference = await _disputed(shop)
    shop.stand_in.decide_dispute(reference, won=won)
    told = shop.stand_in.webhooks()
    await shop.hear(*reversed(told), *told)
    kinds = [kind for kind, told_of in await shop.events(paid) if told_of == reference]
    assert kinds == ["CHARGE_BACK", "CHARGE_SUCCESS"][: 2 if won else 1]
    assert await _balance(shop, Account.CHARGEBACKS) == 0
    assert await _balance(shop, Account.CHARGEBACK_LOSS) == (0 if won else 150_00)
    await _agrees(shop)


async def test_a_dispute_of_which_nothing_was_heard_is_found_in_the_books(shop: Shop) -> None:
    paid, reference = await _disputed(shop)
    shop.stand_in.webhooks()  # Lost.
    await shop.session.commit()
    await books.read_on(shop.work.database, shop.work.settings)
    await disputes.find_unheard(shop.work.database, shop.work.settings)
    assert await _order(shop) == ("NONE", 0)
    assert ("CHARGE_BACK", reference) in await shop.events(paid)
    await _agrees(shop)


async def test_a_decision_of_which_nothing_was_heard_is_asked_for(shop: Shop, clock: ModuleType) -> None:
    _, reference = await _disputed(shop)
    await shop.hear()
    shop.stand_in.decide_dispute(reference, won=False)
    shop.stand_in.webhooks()  # Lost.
    await disputes.find_unheard(shop.work.database, shop.work.settings)
    assert await _balance(shop, Account.CHARGEBACK_LOSS) == 0  # It was looked at today.
    clock.advance(timedelta(hours=25))
    await disputes.find_unheard(shop.work.database, shop.work.settings)
    assert await _balance(shop, Account.CHARGEBACK_LOSS) == 150_00
    await _agrees(shop)


async def test_a_dispute_of_what_was_sold_elsewhere_is_ignored(shop: Shop) -> None:
    row = await shop.transaction((await _disputed(shop))[0])
    row.psp_reference = "pi_other"
    await shop.hear()
    told = select(StripeEvent.status).where(StripeEvent.type.startswith("charge.dispute"))
    assert {str(status) for status in (await shop.session.scalars(told)).all()} == {"IGNORED"}
    assert (await shop.session.scalars(select(StripeDispute))).all() == []


async def test_staff_see_disputes_and_until_when_they_may_answer(shop: Shop) -> None:
    paid, reference = await _disputed(shop)
    await shop.hear()
    cashier = staff("HANDLE_PAYMENTS", user=await make_user(shop.session, is_staff=True))
    it = await shop.read(LIST % "", cashier)
    (edge,) = it["edges"]
    assert edge["node"].pop("evidenceDueAt") is not None
    assert edge["node"] == {
        "pspReference": reference, "status": "NEEDS_RESPONSE", "reason": "fraudulent", "isWithdrawn": True,
        "amount": {"amount": 150.0, "currency": "MAD"}, "transaction": {"id": paid["transaction"]["id"]},
    }  # fmt: skip
    for statuses, count in (("[LOST, WON]", 0), ("[NEEDS_RESPONSE]", 1)):
        it = await shop.read(LIST % f", filter: {{statuses: {statuses}}}", cashier)
        assert it["totalCount"] == count


async def test_nobody_else_sees_disputes(shop: Shop, ask: Ask) -> None:
    for requester in (None, staff("MANAGE_ORDERS")):
        answer = await ask(LIST % "", requester)
        assert answer["data"] == {"it": None}
        assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"


@pytest.mark.parametrize("won", [True, False])
async def test_staff_who_handle_payments_are_written_to_once(shop: Shop, *, won: bool) -> None:
    await make_staff(shop.session, Permission.HANDLE_PAYMENTS)
    _, reference = await _decided(shop, won=won)
    await disputes.look(shop.work.database, shop.work.settings, reference)
    await shop.session.commit()
    jobs = await shop.session.execute(text("SELECT args FROM procrastinate_jobs WHERE task_name ~ 'dispute'"))
    ((args,),) = jobs.all()
    assert args["is_won"] is won

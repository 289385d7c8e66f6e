"""Where Stripe's books and ours say different things, it is said; and no more once that is settled."""

from datetime import timedelta
from types import ModuleType
from typing import Any

from sqlalchemy import update

from marketplace.kit import clock as product_clock
from marketplace.kit.jobs import registry
from marketplace.payments.gateways.stripe.models import StripeMovement
from marketplace.payments.gateways.stripe.reconciling import reconcile
from marketplace.payments.models import TransactionItem
from tests.factories.people import make_user
from tests.graphql.conftest import Ask, staff
from tests.graphql.payments.by_stripe.conftest import Shop

A_DAY = timedelta(days=1)
LIST = """{ it: paymentDifferences(first: 5) { edges { node {
  kind pspReference atGateway { amount } here { amount } } } } }"""


async def _found(shop: Shop) -> list[tuple[str, str, int, int]]:
    await shop.session.commit()
    since = product_clock.now() - A_DAY
    found = await reconcile(shop.work.database, shop.work.settings, since)
    return [(one.what, one.reference, one.at_stripe.minor, one.here.minor) for one in found]


def _name(payment: dict[str, Any]) -> str:
    return str(payment["transaction"]["pspReference"])


async def test_nothing_is_said_where_both_say_the_same(shop: Shop) -> None:
    paid = await shop.paid()
    assert await shop.act(paid, "REFUND", amount=50) == []
    shop.stand_in.dispute(shop.intent(paid)["latest_charge"], amount=20_00)
    await shop.hear()
    assert await _found(shop) == []


async def test_a_charge_that_we_do_not_know_of_is_said_until_we_do(shop: Shop) -> None:
    begun = await shop.begin()
    await shop.confirm(begun)
    assert await _found(shop) == [("charge", _name(begun), 150_00, 0)]
    await shop.hear()
    assert await _found(shop) == []


async def test_staff_see_at_night_what_differs_until_it_is_settled(shop: Shop) -> None:
    begun = await shop.begin()
    await shop.confirm(begun)
    cashier = staff("HANDLE_PAYMENTS", user=await make_user(shop.session, is_staff=True))
    for _ in range(2):  # The second time finds the same.
        await shop.session.commit()
        await registry["payments.reconcile"].run(shop.work, {})
        it = await shop.read(LIST, cashier)
        assert it["edges"] == [
            {"node": {"kind": "charge", "pspReference": _name(begun), "atGateway": {"amount": 150.0},
                      "here": {"amount": 0.0}}}
        ]  # fmt: skip
    await shop.hear()
    await registry["payments.reconcile"].run(shop.work, {})
    assert (await shop.read(LIST, cashier))["edges"] == []


async def test_nobody_else_sees_differences(ask: Ask) -> None:
    for requester in (None, staff("MANAGE_ORDERS")):
        answer = await ask(LIST, requester)
        assert answer["data"] == {"it": None}
        assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"


async def test_a_refund_made_at_stripe_is_said_until_we_know(shop: Shop) -> None:
    paid = await shop.paid()
    await shop.hear()
    await shop.browser.v1.refunds.create_async({"payment_intent": _name(paid), "amount": 7_00})
    assert await _found(shop) == [("refund", _name(paid), 7_00, 0)]
    await shop.hear()
    assert await _found(shop) == []


async def test_a_dispute_is_said_until_we_know(shop: Shop) -> None:
    paid = await shop.paid()
    await shop.hear()
    shop.stand_in.dispute(shop.intent(paid)["latest_charge"])
    assert await _found(shop) == [("dispute", _name(paid), 150_00, 0)]
    await shop.hear()
    assert await _found(shop) == []


async def test_a_payment_that_stripe_has_not_is_missed_after_a_while(shop: Shop, clock: ModuleType) -> None:
    paid = await shop.paid()
    for entry in shop.stand_in.all("balance_transaction"):
        del shop.stand_in.world.objects[entry["id"]]
    assert await _found(shop) == []
    clock.advance(timedelta(hours=3))
    assert await _found(shop) == [("charge", _name(paid), 0, 150_00)]


async def test_another_currency_is_said(shop: Shop) -> None:
    await shop.paid()
    assert await _found(shop) == []
    await shop.session.execute(update(StripeMovement).values(paid_currency="EUR"))
    assert {what for what, *_ in await _found(shop)} == {"charge", "currency"}


async def test_what_is_sold_elsewhere_by_the_account_is_said(shop: Shop) -> None:
    paid = await shop.paid()
    await shop.session.execute(
        update(TransactionItem).values(psp_reference="pi_other", updated_at=product_clock.now() - 2 * A_DAY)
    )
    (entry,) = [one["id"] for one in shop.stand_in.all("balance_transaction")]
    assert ("unknown", entry, 150_00, 0) in await _found(shop), paid

"""What staff ask for, here and at Stripe: charging, paying back, calling off."""

import pytest

from tests.graphql.payments.by_stripe.conftest import Shop


async def test_a_promise_is_charged(promises: Shop) -> None:
    payment = await promises.paid()
    assert await promises.act(payment, "CHARGE") == []
    assert promises.intent(payment)["status"] == "succeeded"
    assert await promises.amounts(payment) == {"charged": 150_00}
    row = await promises.transaction(payment)
    assert row.available_actions == ["REFUND"]
    before = await promises.events(payment)
    await promises.hear()
    assert await promises.events(payment) == before


async def test_a_promise_is_charged_in_part_and_the_rest_is_the_buyers_again(promises: Shop) -> None:
    payment = await promises.paid()
    assert await promises.act(payment, "CHARGE", amount=100) == []
    assert promises.intent(payment)["amount_received"] == 100_00
    assert await promises.amounts(payment) == {"charged": 100_00, "canceled": 50_00}
    assert (await promises.act(payment, "CHARGE"))[0]["field"] == "actionType"
    before = await promises.events(payment)
    await promises.hear()  # Stripe writes what it gave back as a refund: it is none of ours.
    assert await promises.events(payment) == before
    assert await promises.amounts(payment) == {"charged": 100_00, "canceled": 50_00}


async def test_a_promise_is_called_off(promises: Shop) -> None:
    payment = await promises.paid()
    assert await promises.act(payment, "CANCEL") == []
    assert promises.intent(payment)["status"] == "canceled"
    assert await promises.amounts(payment) == {"canceled": 150_00}
    assert await promises.complete() == ["CHECKOUT_NOT_FULLY_PAID"]
    before = await promises.events(payment)
    await promises.hear()
    assert await promises.events(payment) == before
    assert await promises.amounts(payment) == {"canceled": 150_00}


async def test_a_payment_is_paid_back_in_parts(shop: Shop) -> None:
    payment = await shop.paid()
    assert await shop.act(payment, "REFUND", amount=40, reason="Broken") == []
    assert await shop.amounts(payment) == {"charged": 110_00, "refunded": 40_00}
    assert (await shop.transaction(payment)).available_actions == ["REFUND"]
    assert await shop.act(payment, "REFUND") == []
    assert await shop.amounts(payment) == {"refunded": 150_00}
    refunds = shop.stand_in.all("refund")
    assert [refund["amount"] for refund in refunds] == [40_00, 110_00]
    assert (await shop.act(payment, "REFUND"))[0]["field"] == "actionType"
    before = await shop.events(payment)
    await shop.hear()
    assert await shop.events(payment) == before
    assert (await shop.transaction(payment)).available_actions == []


async def test_a_refund_that_takes_its_time_is_pending_until_it_arrives(shop: Shop) -> None:
    payment = await shop.paid("pm_card_pendingRefund")
    await shop.act(payment, "REFUND", amount=40)
    assert await shop.amounts(payment) == {"charged": 110_00, "refund_pending": 40_00}
    shop.stand_in.let_time_pass()
    await shop.hear()
    assert await shop.amounts(payment) == {"charged": 110_00, "refunded": 40_00}


async def test_a_refund_that_comes_back_is_charged_again(shop: Shop) -> None:
    payment = await shop.paid()
    await shop.act(payment, "REFUND", amount=40)
    (refund,) = shop.stand_in.all("refund")
    shop.stand_in.fail_refund(refund["id"])
    await shop.hear()
    assert await shop.amounts(payment) == {"charged": 150_00}
    assert (await shop.events(payment))[-1] == ("REFUND_FAILURE", refund["id"])


@pytest.mark.parametrize("order", [1, -1])
async def test_what_is_paid_back_at_stripe_is_known_here(shop: Shop, order: int) -> None:
    payment = await shop.paid()
    reference = payment["transaction"]["pspReference"]
    for amount in (10_00, 20_00):
        await shop.browser.v1.refunds.create_async({"payment_intent": reference, "amount": amount})
    await shop.hear(*shop.stand_in.webhooks()[::order])
    assert await shop.amounts(payment) == {"charged": 120_00, "refunded": 30_00}


async def test_what_is_charged_or_called_off_at_stripe_is_known_here(promises: Shop) -> None:
    charged = await promises.paid(amount=50)
    called_off = await promises.paid(amount=60)
    intents = promises.browser.v1.payment_intents
    await intents.capture_async(charged["transaction"]["pspReference"])
    await intents.cancel_async(called_off["transaction"]["pspReference"])
    await promises.hear()
    assert await promises.amounts(charged) == {"charged": 50_00}
    assert await promises.amounts(called_off) == {"canceled": 60_00}


async def test_what_was_done_at_stripe_meanwhile_is_taken_as_done(promises: Shop) -> None:
    payment = await promises.paid()
    await promises.browser.v1.payment_intents.capture_async(payment["transaction"]["pspReference"])
    assert await promises.act(payment, "CHARGE") == []
    assert await promises.amounts(payment) == {"charged": 150_00}


async def test_what_stripe_refuses_changes_nothing_and_is_said_in_words(promises: Shop) -> None:
    payment = await promises.paid()
    await promises.browser.v1.payment_intents.cancel_async(payment["transaction"]["pspReference"])
    assert await promises.act(payment, "CHARGE") == []
    assert await promises.amounts(payment) == {"authorized": 150_00}  # Until Stripe tells.
    assert (await promises.events(payment))[-1] == ("CHARGE_FAILURE", "")
    await promises.hear()
    assert await promises.amounts(payment) == {"canceled": 150_00}


async def test_only_who_handles_payments_asks_for_it(shop: Shop) -> None:
    payment = await shop.paid()
    document = (
        "mutation ($id: ID!) { transactionRequestAction(id: $id, actionType: REFUND) { errors { code } } }"
    )
    answer = await shop.ask(document, id=payment["transaction"]["id"])
    assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"
    assert shop.stand_in.all("refund") == []

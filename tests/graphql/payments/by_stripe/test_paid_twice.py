"""A buyer who pays in two windows pays once: the second payment goes back by itself."""

import pytest

from marketplace.payouts.queries import verify
from tests.graphql.payments.by_stripe.conftest import Shop


async def test_of_two_payments_before_the_order_the_later_is_paid_back(shop: Shop) -> None:
    first = await shop.paid(key="one window")
    second = await shop.paid(key="the other", amount=150)
    assert await shop.complete() == []
    await shop.do_jobs()
    await shop.hear()

    assert await shop.amounts(first) == {"charged": 150_00}
    assert await shop.amounts(second) == {"refunded": 150_00}
    assert await verify(shop.session) == []


async def test_of_two_promises_the_later_is_called_off(promises: Shop) -> None:
    first = await promises.paid(key="one window")
    second = await promises.paid(key="the other", amount=150)
    assert await promises.complete() == []
    await promises.do_jobs()
    await promises.hear()

    assert await promises.amounts(first) == {"authorized": 150_00}
    assert await promises.amounts(second) == {"canceled": 150_00}


async def test_one_that_is_confirmed_after_the_order_was_paid_is_paid_back(shop: Shop) -> None:
    late = await shop.begin(key="a forgotten window", amount=150)
    first = await shop.paid(key="the other")
    assert await shop.complete() == []
    await shop.confirm(late)
    await shop.hear()
    await shop.do_jobs()

    assert await shop.amounts(first) == {"charged": 150_00}
    assert await shop.amounts(late) == {"refunded": 150_00}


@pytest.mark.parametrize("amount", [100, 50])
async def test_two_that_pay_an_order_together_are_kept(shop: Shop, amount: int) -> None:
    payments = [await shop.paid(key="a part", amount=amount), await shop.paid(key="the rest")]
    assert await shop.complete() == []
    await shop.do_jobs()

    assert sum([(await shop.amounts(each))["charged"] for each in payments]) == 150_00


async def test_one_payment_of_more_than_the_order_is_kept_for_staff_to_decide(shop: Shop) -> None:
    payment = await shop.paid(key="one", amount=200)
    assert await shop.complete() == []
    await shop.do_jobs()

    assert await shop.amounts(payment) == {"charged": 200_00}

"""What was paid at Stripe is taken back, whole or in part: once, and owed to the seller again."""

from typing import Any

import pytest

from marketplace.kit.ids import to_global_id
from marketplace.payouts.models import PayoutStatus
from tests.graphql.conftest import Ask, seller, staff
from tests.graphql.seller_accounts.till import EARNED, REVERSE, Till, till

__all__ = ["till"]


async def test_a_transfer_taken_back_is_owed_again(till: Till) -> None:
    await till.paid()
    done = await till.reverse()
    assert done["errors"] == []
    assert (done["payout"]["status"], done["payout"]["returned"]["amount"]) == ("RETURNED", 904.0)
    assert await till.payable() == EARNED
    await till.agrees()
    again = await till.reverse()
    assert (again["errors"], again["payout"]["status"]) == ([], "RETURNED")
    assert len(till.stand_in.all("transfer_reversal")) == 1
    assert (await till.paid()).status is PayoutStatus.PAID
    await till.agrees()


async def test_a_part_that_is_taken_back_is_in_the_next_payout(till: Till) -> None:
    await till.paid()
    for amount, returned in ((100, 100.0), (4, 104.0)):
        done = await till.reverse(amount)
        assert (done["payout"]["status"], done["payout"]["returned"]["amount"]) == ("PAID", returned)
        await till.agrees()
    assert await till.payable() == 104_00
    next_one = await till.paid()
    assert (next_one.amount_minor, next_one.status) == (104_00, PayoutStatus.PAID)
    await till.agrees()


async def test_what_is_taken_back_in_parts_is_taken_back_as_a_whole(till: Till) -> None:
    await till.paid()
    await till.reverse(900)
    done = await till.reverse()
    assert (done["payout"]["status"], done["payout"]["returned"]["amount"]) == ("PAID", 904.0)
    assert await till.payable() == EARNED
    await till.agrees()


async def test_asked_for_twice_with_one_key_it_is_taken_back_once(till: Till) -> None:
    await till.paid()
    for _ in range(2):
        assert (await till.reverse(500, key="today"))["errors"] == []
        till.stand_in.world.answers.clear()
    assert [one["amount"] for one in till.stand_in.all("transfer_reversal")] == [500_00]
    [error] = (await till.reverse(500, key="tomorrow"))["errors"]
    assert (error["field"], error["code"]) == ("amount", "INVALID")
    await till.agrees()


@pytest.mark.parametrize("hears_by", ["webhook", "books", "asking again"])
async def test_a_lost_answer_takes_nothing_back_twice(till: Till, hears_by: str) -> None:
    await till.paid()
    await till.desk.hear()
    till.stand_in.faults.add("reset_after", on="POST /v1/transfers/*/reversals")
    assert [error["code"] for error in (await till.reverse(100))["errors"]] == ["GATEWAY_UNAVAILABLE"]
    if hears_by == "webhook":
        told = till.stand_in.webhooks()
        await till.desk.hear(*told, *told)
    elif hears_by == "books":
        await till.read_books()
    else:
        await till.reverse(100)
    assert await till.payable() == 100_00
    await till.agrees()


@pytest.mark.parametrize(
    ("given", "field", "code"),
    [
        ({"amount": 905}, "amount", "INVALID"),
        ({"reason": " "}, "reason", "REQUIRED"),
        ({"reason": "x" * 201}, "reason", "INVALID"),
        ({"id": "UGF5b3V0OjA="}, "id", "INVALID"),
    ],
)
async def test_what_can_not_be_taken_back_is_refused(
    till: Till, given: dict[str, Any], field: str, code: str
) -> None:
    await till.paid()
    [error] = (await till.reverse(**given))["errors"]
    assert (error["field"], error["code"]) == (field, code)
    assert till.stand_in.all("transfer_reversal") == []


async def test_what_the_seller_has_been_paid_out_is_not_there_any_more(till: Till) -> None:
    await till.paid()
    with till.stand_in.world.lock:
        for entry in till.stand_in.world.all("balance_transaction", till.account_id):
            entry["net"] = entry["amount"] = 0
    [error] = (await till.reverse())["errors"]
    assert error["code"] == "GATEWAY_REFUSED"
    assert (await till.payout()).status is PayoutStatus.PAID


async def test_what_was_not_paid_at_stripe_is_not_taken_back_there(till: Till) -> None:
    await till.approved()
    for vendor in till.house.sellers:
        payout = await till.payout(vendor)
        [error] = (await till.reverse(id=to_global_id("Payout", payout.id)))["errors"]
        assert (error["field"], error["code"]) == ("id", "WRONG_STATE")


async def test_only_who_pays_sellers_takes_anything_back(till: Till, ask: Ask) -> None:
    payout = await till.paid()
    own = seller(till.at_stripe.id, till.desk.treasurer)
    for requester in (own, staff("MANAGE_VENDORS")):
        answer = await ask(REVERSE, requester, id=to_global_id("Payout", payout.id), reason="Mine")
        assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"

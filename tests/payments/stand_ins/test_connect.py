"""Connected accounts, transfers, payouts and customers of Stripe's stand-in."""

from pathlib import Path

import httpx
import pytest
import stripe

from marketplace.payments.stand_ins.stripe import keeping
from marketplace.payments.stand_ins.stripe.balance import funds
from marketplace.payments.stand_ins.stripe.serving import StripeStandIn
from marketplace.payments.stand_ins.stripe.world import World
from tests.payments.stand_ins.paying import a_payment, refused

Client = stripe.StripeClient
Invalid = stripe.InvalidRequestError
WISH = {"transfers": {"requested": True}}


async def a_seller(stand_in: StripeStandIn, client: Client, *, onboarded: bool = True) -> str:
    account = await client.v1.accounts.create_async(
        {"type": "express", "country": "FR", "capabilities": WISH}
    )
    if onboarded:
        stand_in.onboard(account.id)
    return account.id


async def a_transfer(client: Client, to: str, amount: int = 2_000, **params: object) -> stripe.Transfer:
    given = {"amount": amount, "currency": "mad", "destination": to} | params
    return await client.v1.transfers.create_async(given)


async def test_a_seller_is_set_up_by_a_link_that_works_once(
    stripe_stand_in: StripeStandIn, stripe_client: Client
) -> None:
    seller = await a_seller(stripe_stand_in, stripe_client, onboarded=False)
    with refused(Invalid, "parameter_missing", "refresh_url"):
        await stripe_client.v1.account_links.create_async({"account": seller, "type": "account_onboarding"})
    link = await stripe_client.v1.account_links.create_async(
        {
            "account": seller,
            "type": "account_onboarding",
            "refresh_url": "https://shop.example/again",
            "return_url": "https://shop.example/back",
        }
    )
    async with httpx.AsyncClient() as browser:
        assert "TEST MODE" in (await browser.get(link.url)).text
        done = await browser.post(link.url, data={"answer": "complete"})
        assert (done.status_code, done.headers["location"]) == (303, "https://shop.example/back")
        for again in (await browser.get(link.url), await browser.post(link.url)):
            assert again.headers["location"] == "https://shop.example/again"
    account = await stripe_client.v1.accounts.retrieve_async(seller)
    assert (account.payouts_enabled, account.capabilities.transfers) == (True, "active")
    (event,) = stripe_stand_in.events("account.updated")
    assert event["account"] == seller


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"country": "MA"}, "country_unsupported"),
        ({"country": "XX"}, "country_unsupported"),
        ({"type": "custom"}, None),
        ({"type": "express", "controller": {"fees": {"payer": "application"}}}, None),
    ],
)
async def test_not_everybody_can_have_an_account(
    stripe_client: Client, params: dict[str, object], code: str
) -> None:
    with refused(Invalid, code):
        await stripe_client.v1.accounts.create_async(params)


async def test_a_moroccan_seller_can_only_be_paid_from_abroad(stripe_client: Client) -> None:
    agreement = {"tos_acceptance": {"service_agreement": "recipient"}}
    account = await stripe_client.v1.accounts.create_async(
        {"country": "MA", "capabilities": WISH} | agreement
    )
    assert (account.country, account.default_currency) == ("MA", "mad")


async def test_a_seller_is_paid_what_is_there_and_no_more(
    stripe_stand_in: StripeStandIn, stripe_client: Client
) -> None:
    seller = await a_seller(stripe_stand_in, stripe_client)
    await a_payment(stripe_client)
    with refused(Invalid, "balance_insufficient"):
        await a_transfer(stripe_client, seller)
    await a_payment(stripe_client, "pm_card_bypassPending")
    transfer = await a_transfer(stripe_client, seller, transfer_group="run-1", expand=["balance_transaction"])
    assert (transfer.balance_transaction.type, transfer.balance_transaction.net) == ("transfer", -2_000)
    assert stripe_stand_in.books(seller).available == {"mad": 2_000}
    assert stripe_stand_in.books().available == {"mad": 12_000 - 378 - 2_000}
    found = await stripe_client.v1.transfers.list_async({"transfer_group": "run-1"})
    assert [one.id for one in found.data] == [transfer.id]
    theirs = await stripe_client.v1.balance.retrieve_async(options={"stripe_account": seller})
    assert theirs.available[0].amount == 2_000


async def test_a_charges_own_money_need_not_wait(
    stripe_stand_in: StripeStandIn, stripe_client: Client
) -> None:
    seller = await a_seller(stripe_stand_in, stripe_client)
    paid = await a_payment(stripe_client)
    source = {"source_transaction": str(paid.latest_charge)}
    await a_transfer(stripe_client, seller, 7_000, **source)
    with refused(Invalid, "amount_too_large", "amount"):
        await a_transfer(stripe_client, seller, 5_001, **source)
    with refused(Invalid, None, "currency"):
        await a_transfer(stripe_client, seller, currency="eur", **source)


async def test_who_is_not_set_up_is_not_paid(stripe_stand_in: StripeStandIn, stripe_client: Client) -> None:
    await a_payment(stripe_client, "pm_card_bypassPending")
    with refused(Invalid, "resource_missing", "destination"):
        await a_transfer(stripe_client, "acct_nobody")
    waiting = await a_seller(stripe_stand_in, stripe_client, onboarded=False)
    with refused(Invalid, "insufficient_capabilities_for_transfer"):
        await a_transfer(stripe_client, waiting)
    restricted = await a_seller(stripe_stand_in, stripe_client)
    stripe_stand_in.restrict_account(restricted)
    with refused(Invalid, "insufficient_capabilities_for_transfer"):
        await a_transfer(stripe_client, restricted)


async def test_a_transfer_is_taken_back_in_parts(
    stripe_stand_in: StripeStandIn, stripe_client: Client
) -> None:
    seller = await a_seller(stripe_stand_in, stripe_client)
    await a_payment(stripe_client, "pm_card_bypassPending")
    transfer = await a_transfer(stripe_client, seller)
    reversals = stripe_client.v1.transfers.reversals
    await reversals.create_async(transfer.id, {"amount": 500})
    with refused(Invalid, None, "amount"):
        await reversals.create_async(transfer.id, {"amount": 1_501})
    await reversals.create_async(transfer.id)
    with refused(Invalid, "transfer_already_reversed"):
        await reversals.create_async(transfer.id)
    again = await stripe_client.v1.transfers.retrieve_async(transfer.id)
    assert (again.reversed, again.amount_reversed, len(again.reversals.data)) == (True, 2_000, 2)
    assert stripe_stand_in.books(seller).available == {"mad": 0}
    assert stripe_stand_in.books().available == {"mad": 12_000 - 378}


async def test_what_a_seller_has_been_paid_out_can_not_be_taken_back(
    stripe_stand_in: StripeStandIn, stripe_client: Client
) -> None:
    seller = await a_seller(stripe_stand_in, stripe_client)
    await a_payment(stripe_client, "pm_card_bypassPending")
    transfer = await a_transfer(stripe_client, seller)
    own = {"stripe_account": seller}
    payout = await stripe_client.v1.payouts.create_async({"amount": 2_000, "currency": "mad"}, own)
    with refused(Invalid, "balance_insufficient"):
        await stripe_client.v1.transfers.reversals.create_async(transfer.id)
    stripe_stand_in.let_time_pass()
    assert (await stripe_client.v1.payouts.retrieve_async(payout.id, options=own)).status == "paid"
    stripe_stand_in.fail_payout(payout.id)
    (event,) = stripe_stand_in.events("payout.failed")
    assert (event["account"], stripe_stand_in.books(seller).available) == (seller, {"mad": 2_000})
    with refused(Invalid, "resource_missing"):
        await stripe_client.v1.payouts.retrieve_async(payout.id)


async def test_a_payout_is_canceled_while_it_waits(
    stripe_stand_in: StripeStandIn, stripe_client: Client
) -> None:
    await a_payment(stripe_client, "pm_card_bypassPending")
    payouts = stripe_client.v1.payouts
    with refused(Invalid, "balance_insufficient"):
        await payouts.create_async({"amount": 12_000, "currency": "mad"})
    payout = await payouts.create_async({"amount": 1_000, "currency": "mad"})
    await payouts.cancel_async(payout.id)
    with refused(Invalid, "payout_not_cancelable"):
        await payouts.cancel_async(payout.id)
    assert stripe_stand_in.books().available == {"mad": 12_000 - 378}


async def test_strangers_accounts_are_nobodys(stripe_client: Client) -> None:
    with refused(stripe.PermissionError, "account_invalid"):
        await stripe_client.v1.balance.retrieve_async(options={"stripe_account": "acct_nobody"})


async def test_a_customers_card_is_kept_and_pays_again(
    stripe_stand_in: StripeStandIn, stripe_client: Client
) -> None:
    customer = await stripe_client.v1.customers.create_async({"email": "amina@example.org"})
    first = await a_payment(stripe_client, customer=customer.id, setup_future_usage="off_session")
    kept = await stripe_client.v1.customers.payment_methods.list_async(customer.id, {"type": "card"})
    assert [method.id for method in kept.data] == [first.payment_method]
    again = await a_payment(stripe_client, str(first.payment_method), customer=customer.id, off_session=True)
    assert again.status == "succeeded"
    with refused(Invalid, None):
        await a_payment(stripe_client, str(first.payment_method))
    await stripe_client.v1.payment_methods.detach_async(str(first.payment_method))
    with refused(Invalid, None, "payment_method"):
        await a_payment(stripe_client, str(first.payment_method), customer=customer.id)


async def test_a_card_that_is_not_kept_pays_once(stripe_client: Client) -> None:
    first = await a_payment(stripe_client)
    with refused(Invalid, None, "payment_method"):
        await a_payment(stripe_client, str(first.payment_method))


async def test_customers_are_found_changed_and_forgotten(stripe_client: Client) -> None:
    customers = stripe_client.v1.customers
    customer = await customers.create_async({"email": "amina@example.org", "payment_method": "pm_card_visa"})
    await customers.update_async(customer.id, {"name": "Amina", "metadata": {"user": "7"}})
    (found,) = (await customers.list_async({"email": "amina@example.org"})).data
    assert (found.id, found.name, found.metadata["user"]) == (customer.id, "Amina", "7")
    assert (await customers.delete_async(customer.id)).deleted
    with refused(Invalid, "resource_missing"):
        await customers.retrieve_async(customer.id)


async def test_its_memory_outlives_it(
    stripe_stand_in: StripeStandIn, stripe_client: Client, tmp_path: Path
) -> None:
    paid = await a_payment(stripe_client, "pm_card_refundFail")
    keeping.save(stripe_stand_in.world, tmp_path / "kept.json")
    another = World()
    keeping.load(another, tmp_path / "kept.json")
    assert another.find("payment_intent", paid.id)["status"] == "succeeded"
    assert funds(another) == stripe_stand_in.books()
    waiting = [delivery.event["type"] for delivery in another.outbox.waiting]
    assert waiting == [delivery.event["type"] for delivery in stripe_stand_in.webhooks()]

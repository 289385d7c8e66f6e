"""How a seller comes to an account at Stripe, who may see to it, and what Stripe tells of it since."""

from datetime import timedelta
from types import ModuleType
from typing import Any

import orjson
import pytest
from sqlalchemy import select, text

from marketplace.payments.answers import AnswerError
from marketplace.payments.gateways.notices import NoticeStatus
from marketplace.payments.gateways.stripe.models import StripeEvent
from marketplace.payments.stand_ins.stripe.outbox import signature
from marketplace.payouts.connect import accounts
from marketplace.people.models import AuditEntry
from marketplace.vendors.models import MemberRole, VendorStatus
from marketplace_graphql.kernel import Requester
from tests.factories.people import make_user
from tests.factories.vendors import make_member, make_vendor
from tests.graphql.conftest import seller, staff
from tests.graphql.seller_accounts.conftest import AGAIN, BACK, DISCONNECT, ONBOARD, READ, REFRESH, Desk

NOBODY = Requester()


async def test_a_seller_is_set_up_on_stripes_own_page(desk: Desk) -> None:
    begun = await desk.onboard()
    assert begun["errors"] == []
    account = begun["vendor"]["stripeAccount"]
    assert (account["country"], account["isReady"], account["transfers"]) == ("FR", False, "INACTIVE")
    assert "external_account" in account["requirements"]
    assert await desk.answer(begun["onboardingUrl"]) == BACK
    assert await desk.answer_again(begun["onboardingUrl"]) == AGAIN
    assert set(await desk.hear()) == {200}
    account = await desk.account()
    assert account is not None
    assert (account["isReady"], account["transfers"], account["requirements"]) == (True, "ACTIVE", [])


async def test_who_did_it_is_in_the_log(desk: Desk) -> None:
    helper = await make_user(desk.session, is_staff=True)
    await desk.onboard(staff("MANAGE_VENDORS", user=helper))
    await desk.do(DISCONNECT)
    found = await desk.session.execute(select(AuditEntry.action, AuditEntry.actor_id).order_by(AuditEntry.id))
    assert found.all() == [
        ("vendor.stripe_onboarding", helper.id),
        ("vendor.stripe_disconnected", desk.treasurer.id),
    ]


async def test_begun_again_it_is_the_same_account(desk: Desk) -> None:
    first = await desk.onboard()
    second = await desk.onboard()
    assert first["onboardingUrl"] != second["onboardingUrl"]
    assert first["vendor"]["stripeAccount"]["accountId"] == second["vendor"]["stripeAccount"]["accountId"]
    assert len(desk.stand_in.all("account")) == 1


@pytest.mark.parametrize("fault", ["reset_after", "error_after"])
async def test_a_lost_answer_makes_no_second_account(desk: Desk, fault: Any) -> None:
    desk.stand_in.faults.add(fault, on="POST /v1/accounts")
    failed = await desk.onboard()
    assert (failed["onboardingUrl"], failed["vendor"]) == (None, None)
    assert [error["code"] for error in failed["errors"]] == ["GATEWAY_UNAVAILABLE"]
    assert (await desk.row()).account_id is None
    if fault == "error_after":  # Stripe says the same to the same key: until it tells of the account itself.
        [account] = desk.stand_in.all("account")
        desk.stand_in.onboard(account["id"])
        await desk.hear()
    begun = await desk.onboard()
    assert begun["errors"] == []
    assert [one["id"] for one in desk.stand_in.all("account")] == [
        begun["vendor"]["stripeAccount"]["accountId"]
    ]


@pytest.mark.parametrize(
    ("fault", "on", "code"),
    [
        ("error", "POST /v1/account_links", "GATEWAY_UNAVAILABLE"),
        ("reset", "POST /v1/account_links", "GATEWAY_UNAVAILABLE"),
        ("rate_limit", "POST /v1/accounts", "GATEWAY_REFUSED"),
    ],
)
async def test_what_stripe_can_not_do_now_is_done_later(desk: Desk, fault: Any, on: str, code: str) -> None:
    desk.stand_in.faults.add(fault, on=on)
    assert [error["code"] for error in (await desk.onboard())["errors"]] == [code]
    assert (await desk.onboard())["errors"] == []
    assert len(desk.stand_in.all("account")) == 1


@pytest.mark.parametrize(
    ("given", "field", "code"),
    [
        ({"back": "https://elsewhere.example/"}, "returnUrl", "INVALID"),
        ({"again": "javascript:alert(1)"}, "refreshUrl", "INVALID"),
        ({"id": "VmVuZG9yOjQwNA=="}, "vendorId", "NOT_FOUND"),
    ],
)
async def test_what_is_asked_wrongly_is_refused(desk: Desk, given: Any, field: str, code: str) -> None:
    [error] = (await desk.onboard(**given))["errors"]
    assert (error["field"], error["code"]) == (field, code)
    assert desk.stand_in.all("account") == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"country_code": "MA"}, "COUNTRY_NOT_SERVED"),
        ({"country_code": "SN"}, "COUNTRY_NOT_SERVED"),
        ({"status": VendorStatus.SUSPENDED}, "WRONG_STATE"),
    ],
)
async def test_not_every_seller_can_have_one(desk: Desk, changes: dict[str, Any], code: str) -> None:
    for name, value in changes.items():
        setattr(desk.vendor, name, value)
    await desk.session.commit()
    [error] = (await desk.onboard())["errors"]
    assert (error["field"], error["code"]) == ("vendorId", code)
    assert desk.stand_in.all("account") == []


async def test_whether_a_seller_can_have_one_is_said_before(desk: Desk) -> None:
    for country, can in (("FR", True), ("MA", False)):
        desk.vendor.country_code = country
        await desk.session.commit()
        found = await desk.ask(READ, desk.requester, id=desk.id)
        assert found["data"]["vendor"]["canHaveStripeAccount"] is can


@pytest.mark.parametrize("document", [ONBOARD, REFRESH, DISCONNECT])
@pytest.mark.parametrize("role", [MemberRole.LISTER, MemberRole.PACKER, None])
async def test_who_does_not_look_after_the_money_may_not(
    desk: Desk, document: str, role: MemberRole | None
) -> None:
    await desk.connected()
    user = await make_user(desk.session)
    other = desk.vendor if role else await make_vendor(desk.session)
    await make_member(desk.session, other, user, role or MemberRole.OWNER)
    stranger = seller(other.id, user, role or MemberRole.OWNER)
    answer = await desk.ask(document, stranger, id=desk.id, back=BACK, again=AGAIN)
    assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"
    assert (await desk.row()).disconnected_at is None


async def test_only_its_members_and_staff_see_it(desk: Desk) -> None:
    await desk.connected()
    for requester in (desk.requester, staff("MANAGE_PAYOUTS"), staff("MANAGE_VENDORS")):
        found = await desk.ask(READ, requester, id=desk.id)
        assert found["data"]["vendor"]["stripeAccount"]["isReady"]
    stranger = seller((await make_vendor(desk.session)).id, await make_user(desk.session))
    for requester in (NOBODY, stranger, staff("MANAGE_PRODUCTS")):
        found = await desk.ask(READ, requester, id=desk.id)
        assert found["data"]["vendor"]["stripeAccount"] is None
        assert found["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"


async def test_what_stripe_looks_at_first_is_pending(desk: Desk) -> None:
    await desk.connected("review")
    account = await desk.account()
    assert account is not None
    assert (account["isReady"], account["transfers"], account["detailsSubmitted"]) == (False, "PENDING", True)
    desk.stand_in.let_time_pass()
    await desk.hear()
    assert (await desk.row()).is_ready


@pytest.mark.parametrize("order", [1, -1])
async def test_the_order_in_which_it_is_told_does_not_matter(desk: Desk, order: int) -> None:
    account_id = await desk.connected()
    desk.stand_in.restrict_account(account_id)
    told = desk.stand_in.webhooks()
    desk.stand_in.onboard(account_id)
    told += desk.stand_in.webhooks()
    await desk.hear(*told[::order], *told)
    assert (await desk.row()).is_ready
    desk.stand_in.restrict_account(account_id)
    await desk.hear(*desk.stand_in.webhooks()[::order], *told)
    row = await desk.row()
    assert (row.is_ready, row.requirements) == (False, ["individual.verification.document"])


async def test_an_older_answer_changes_nothing(desk: Desk, clock: ModuleType) -> None:
    account_id = await desk.connected()
    connect = accounts.connect_in(desk.work.settings)
    before, older = clock.now(), await connect.account(account_id)
    assert older is not None
    clock.advance(timedelta(minutes=1))
    desk.stand_in.restrict_account(account_id)
    await desk.hear()
    async with desk.work.database.transaction() as session:
        await accounts.note(session, older, before)
    assert not (await desk.row()).is_ready


async def test_an_account_that_is_taken_away_is_not_paid_into_any_more(desk: Desk) -> None:
    account_id = await desk.connected()
    desk.stand_in.deauthorize(account_id)
    await desk.hear()
    row = await desk.row()
    assert (row.account_id, row.is_ready) == (None, False)
    assert await desk.account() is None
    again = await desk.onboard()
    assert again["errors"] == []
    assert again["vendor"]["stripeAccount"]["accountId"] != account_id


async def test_that_it_is_gone_may_be_told_of_no_account(desk: Desk) -> None:
    """Of an account that is there, whatever the event says."""
    account_id = await desk.connected()
    desk.stand_in.world.tell(
        "account.application.deauthorized", {"id": "ca_standin", "object": "application"}, account=account_id
    )
    await desk.hear()
    assert (await desk.row()).is_ready


async def test_an_account_given_up_can_be_taken_up_again(desk: Desk, clock: ModuleType) -> None:
    account_id = await desk.connected()
    rested = (await desk.row()).payable_from
    clock.advance(timedelta(days=3))
    for _ in range(2):
        given_up = await desk.do(DISCONNECT)
        assert given_up == {"vendor": {"stripeAccount": None}, "errors": []}
    assert desk.stand_in.object(account_id)["payouts_enabled"]
    assert [error["code"] for error in (await desk.do(REFRESH))["errors"]] == ["NOT_FOUND"]
    again = (await desk.onboard())["vendor"]["stripeAccount"]
    assert (again["accountId"], again["isReady"]) == (account_id, True)
    assert (await desk.row()).payable_from > rested


async def test_a_seller_without_an_account_has_none_to_give_up(desk: Desk) -> None:
    for document in (DISCONNECT, REFRESH):
        assert (await desk.do(document))["errors"] == [{"field": "vendorId", "code": "NOT_FOUND"}]


async def test_a_seller_who_comes_back_before_the_webhook_asks(desk: Desk) -> None:
    begun = await desk.onboard()
    await desk.answer(begun["onboardingUrl"])
    refreshed = await desk.do(REFRESH)
    assert refreshed["vendor"]["stripeAccount"]["isReady"]
    desk.stand_in.faults.add("error", on="GET /v1/accounts/*")
    assert [error["code"] for error in (await desk.do(REFRESH))["errors"]] == ["GATEWAY_UNAVAILABLE"]


async def test_accounts_of_which_nothing_is_heard_are_asked_after(desk: Desk, clock: ModuleType) -> None:
    account_id = await desk.connected()
    desk.stand_in.restrict_account(account_id)
    await desk.session.commit()
    await accounts.look_after(desk.work.database, desk.work.settings)
    assert (await desk.row()).is_ready  # It was asked after today.
    clock.advance(timedelta(days=2))
    desk.stand_in.faults.add("error", on="GET /v1/accounts/*")
    with pytest.raises(AnswerError):
        await accounts.look_after(desk.work.database, desk.work.settings)
    await accounts.look_after(desk.work.database, desk.work.settings)
    assert not (await desk.row()).is_ready


async def test_accounts_of_others_are_ignored(desk: Desk) -> None:
    stranger = desk.stand_in.world.add("account", metadata={"request": "of somebody else"})
    desk.stand_in.world.tell("account.updated", stranger, account=stranger["id"])
    await desk.hear()
    kept = (await desk.session.scalars(select(StripeEvent))).one()
    assert kept.status is NoticeStatus.IGNORED


@pytest.mark.parametrize("kind", ["the other secret", "no account", "old"])
async def test_what_was_not_meant_for_this_address_is_refused(desk: Desk, kind: str) -> None:
    desk.stand_in.world.tell("account.updated", {"id": "acct_1", "object": "account"}, account="acct_1")
    [delivery] = desk.stand_in.webhooks()
    body, headers = delivery.signed()
    if kind == "the other secret":
        delivery.secret = desk.stand_in.settings["stripe_webhook_secret"]
        body, headers = delivery.signed()
    elif kind == "no account":
        body = orjson.dumps({name: value for name, value in delivery.event.items() if name != "account"})
        at = int(headers["Stripe-Signature"].partition(",")[0].removeprefix("t="))
        headers["Stripe-Signature"] = signature(body, delivery.secret, at)
    else:
        delivery.skew_seconds = -600
        body, headers = delivery.signed()
    answer = await desk.client.post("/webhooks/stripe/connect", content=body, headers=headers)
    assert answer.status_code == 400
    assert await desk.session.scalar(text("SELECT count(*) FROM stripe_event")) == 0

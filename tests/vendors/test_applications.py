"""Applications: begun, completed, sent in, answered; and what keeps one from being any of these."""

from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

import marketplace.orders.closing_sellers
import marketplace.payouts.closing_sellers  # noqa: F401 - both keep sellers open
from marketplace.kit.errors import DomainError, Errors
from marketplace.people.models import AuditEntry
from marketplace.vendors import applications, standing
from marketplace.vendors.errors import StillOpenError
from marketplace.vendors.legal_ids import LegalId
from marketplace.vendors.models import Vendor, VendorKind, VendorMember, VendorStatus
from marketplace.vendors.requirements import missing
from marketplace.vendors.standing_models import VendorStanding
from tests.factories.markets import make_channel
from tests.factories.payouts import Piece, deliver, make_rule, place_order
from tests.factories.people import make_user
from tests.factories.sellers import COOPERATIVE, letters_asked_for, make_application, make_document
from tests.factories.vendors import make_member, make_vendor


async def sent_in(session: AsyncSession, **given: Any) -> Vendor:
    vendor, user = await make_application(session, **given)
    await make_document(session, vendor.id)
    return await applications.send_in(session, vendor.id, user.id)


async def test_an_application_is_a_draft_that_its_applicant_owns(session: AsyncSession) -> None:
    vendor, user = await make_application(session)
    assert (vendor.status, vendor.applicant_id, vendor.register_number) == (
        VendorStatus.DRAFT,
        user.id,
        "123/2019",
    )
    assert vendor.slug.startswith("application-")
    assert await session.get(VendorMember, (vendor.id, user.id)) is not None


async def test_a_person_has_one_application_under_way_and_few_in_a_year(session: AsyncSession) -> None:
    vendor, user = await make_application(session)
    for _ in range(applications.MOST_IN_A_YEAR - 1):
        with pytest.raises(DomainError) as refused:
            await make_application(session, user)
        assert refused.value.code == "LIMIT_REACHED"
        await standing.withdraw(session, vendor.id, user.id)
        vendor, _ = await make_application(session, user)
    await standing.withdraw(session, vendor.id, user.id)
    with pytest.raises(DomainError, match="several times"):
        await make_application(session, user)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"name": " "}, "name"),
        ({"craft": "x" * 251}, "craft"),
        ({"email": "nowhere"}, "email"),
        ({"phone": "12"}, "phone"),
        ({"ice": "001561191000065"}, "ice"),
        ({"legal_ids": {LegalId.TAX_ID: "1"}}, "legalIds"),
        ({"region_code": "MA-99"}, "region"),
        ({"province_code": "MA-XXX"}, "province"),
        ({"programme_id": 999_999}, "programme"),
        ({"members_women": 13}, "membersTotal"),
        ({"founded_year": 3000}, "foundedYear"),
    ],
)
async def test_what_can_not_be_is_refused_by_its_field_and_nothing_is_kept(
    session: AsyncSession, given: dict[str, Any], field: str
) -> None:
    with pytest.raises(Errors) as refused:
        await make_application(session, **given)
    assert [error.field for error in refused.value.errors] == [field]
    assert await session.scalar(select(func.count()).select_from(Vendor)) == 0


@pytest.mark.parametrize(
    ("kind", "country", "fields"),
    [
        (
            VendorKind.COOPERATIVE,
            "MA",
            "craft region email membersTotal ice legalIds documents",
        ),
        (
            VendorKind.HERITAGE_COMPANY,
            "MA",
            "craft region email ice legalIds legalIds documents",
        ),
        (VendorKind.ENTREPRENEUR, "MA", "craft region email programme"),
        (VendorKind.COOPERATIVE, "SN", "craft email membersTotal legalIds documents"),
        (VendorKind.HERITAGE_COMPANY, "CI", "craft email legalIds documents"),
    ],
)
def test_what_is_missing_is_told_by_kind_and_country(kind: VendorKind, country: str, fields: str) -> None:
    nothing = dict.fromkeys(("region_code", "programme_id", "craft", "email", "phone", "ice"))
    said = nothing | {
        "kind": kind,
        "country_code": country,
        "legal_ids": {},
        "members_total": 0,
        "documents": [],
    }
    assert [each.field for each in missing(said)] == fields.split()


async def test_only_a_complete_application_is_sent_in_and_then_stays_as_it_is(session: AsyncSession) -> None:
    vendor, user = await make_application(session, craft="")
    with pytest.raises(Errors) as refused:
        await applications.send_in(session, vendor.id, user.id)
    assert {(error.field, error.code) for error in refused.value.errors} == {
        ("craft", "REQUIRED"),
        ("documents", "REQUIRED"),
    }
    await applications.write(session, vendor.id, {"craft": "Tapis"}, actor_id=user.id)
    await make_document(session, vendor.id)
    await applications.send_in(session, vendor.id, user.id)
    assert vendor.status is VendorStatus.APPLIED
    with pytest.raises(DomainError, match="can't be changed now"):
        await applications.write(session, vendor.id, {"craft": "Poterie"}, actor_id=user.id)


async def test_a_review_is_written_down_step_by_step_and_the_applicant_is_told(session: AsyncSession) -> None:
    vendor = await sent_in(session)
    staff = await make_user(session, is_staff=True)
    await standing.begin_review(session, vendor.id, staff.id)
    await standing.ask_for_changes(session, vendor.id, staff.id, "Signez les statuts.")
    await applications.send_in(session, vendor.id, vendor.applicant_id)
    await standing.approve_vendor(session, vendor.id, staff.id)
    steps = await session.scalars(
        select(VendorStanding).filter_by(vendor_id=vendor.id).order_by(VendorStanding.id)
    )
    assert [(step.to_status.value, step.reason) for step in steps] == [
        ("DRAFT", ""),
        ("APPLIED", ""),
        ("IN_REVIEW", ""),
        ("CHANGES_ASKED", "Signez les statuts."),
        ("APPLIED", ""),
        ("APPROVED", ""),
    ]
    assert vendor.slug == "cooperative-tifawin"
    letters = await letters_asked_for(session)
    assert [letter["letter"] for letter in letters] == [
        *("APPLIED", "IN_REVIEW", "CHANGES_ASKED", "APPLIED", "APPROVED")
    ]
    assert letters[2]["said"] == {"words": "Signez les statuts."}


async def test_nobody_approves_the_seller_that_they_work_for(session: AsyncSession) -> None:
    vendor = await sent_in(session)
    with pytest.raises(DomainError, match="Nobody approves"):
        await standing.approve_vendor(session, vendor.id, vendor.applicant_id)


async def test_an_ice_is_one_sellers_and_no_applicant_is_told_whose(session: AsyncSession) -> None:
    await make_vendor(session, ice=COOPERATIVE["ice"])
    vendor = await sent_in(session)
    with pytest.raises(DomainError) as refused:
        await standing.approve_vendor(session, vendor.id, None)
    assert (refused.value.code, refused.value.field) == ("UNIQUE", "ice")


@pytest.mark.parametrize("step", [standing.refuse_vendor, standing.ask_for_changes, standing.close_vendor])
async def test_a_no_has_a_reason(session: AsyncSession, step: Any) -> None:
    vendor = await sent_in(session)
    with pytest.raises(DomainError) as refused:
        await step(session, vendor.id, None, "  ")
    assert refused.value.code == "REQUIRED"


async def test_a_refused_application_is_over(session: AsyncSession) -> None:
    vendor = await sent_in(session)
    await standing.refuse_vendor(session, vendor.id, None, "Pas de production propre.")
    for again in (standing.begin_review, standing.approve_vendor, standing.withdraw):
        with pytest.raises(DomainError) as refused:
            await again(session, vendor.id, None)
        assert refused.value.code == "WRONG_STATUS"


async def test_staff_register_somebody_who_is_asked_by_letter_to_own_the_seller(
    session: AsyncSession,
) -> None:
    staff = await make_user(session, is_staff=True)
    given = {"name": "Dar Tazra", "kind": VendorKind.ENTREPRENEUR}
    vendor = await applications.register_on_behalf(session, staff.id, "aicha@example.test", given)
    assert (vendor.registered_by_id, vendor.applicant_id) == (staff.id, None)
    (letter,) = await letters_asked_for(session)
    assert (letter["letter"], letter["email"]) == ("INVITATION", "aicha@example.test")
    entry = (await session.scalars(select(AuditEntry).filter_by(action="vendor.registered"))).one()
    assert entry.actor_id == staff.id


async def test_a_seller_is_closed_once_nothing_of_it_is_open(session: AsyncSession) -> None:
    vendor = await make_vendor(session)
    await make_rule(session, 800)
    (part,) = await place_order(session, await make_channel(session), [Piece(vendor, 100_00)])
    with pytest.raises(StillOpenError, match="under way: 1"):
        await standing.close_vendor(session, vendor.id, None, "Dissoute.")
    await deliver(session, part)
    with pytest.raises(StillOpenError, match="money left"):
        await standing.close_vendor(session, vendor.id, None, "Dissoute.")
    assert vendor.status is VendorStatus.APPROVED
    other = await make_vendor(session)
    closed = await standing.close_vendor(session, other.id, None, "Dissoute.")
    assert closed.status is VendorStatus.CLOSED


async def test_the_houses_own_seller_is_not_closed(session: AsyncSession) -> None:
    vendor = await make_vendor(session, is_house=True)
    await make_member(session, vendor, await make_user(session))
    with pytest.raises(DomainError, match="stays"):
        await standing.close_vendor(session, vendor.id, None, "Non.")

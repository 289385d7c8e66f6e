"""What people are told of payouts: to whom, in whose language, and once."""

from datetime import date
from email.message import EmailMessage
from types import ModuleType

from sqlalchemy import select

import marketplace.reactions  # noqa: F401 - rooms hear of each other
from marketplace.kit.database import Database
from marketplace.kit.jobs import enqueue
from marketplace.kit.settings import Settings
from marketplace.payouts.cash_models import CashPickup
from marketplace.payouts.counter import renew_code
from marketplace.payouts.drafting import DRAFT_WAITS
from marketplace.payouts.endings import return_payout
from marketplace.payouts.models import Payout
from marketplace.payouts.runs import create_run
from marketplace.people.models import User
from marketplace.people.permissions import Permission
from marketplace.vendors.bank import decrypted
from marketplace.vendors.models import MemberRole, PayoutMethod
from tests.factories.payouts import approve
from tests.factories.people import make_staff, make_user
from tests.factories.vendors import make_member
from tests.payouts.conftest import earn, make_house
from tests.post.conftest import PostOffice, text_of, work


def about_cash(office: PostOffice, user: User) -> list[EmailMessage]:
    return [letter for letter in office.to(user.email) if "90,40" in letter["Subject"]]


async def test_sellers_and_staff_are_told_what_becomes_of_payouts(
    database: Database, mailing: Settings, post_office: PostOffice, clock: ModuleType
) -> None:
    async with database.transaction() as session:
        house = await make_house(session, mailing, sellers=2)
        by_cash, by_bank = house.sellers
        by_cash.payout_method, by_bank.language_code, by_bank.email = (
            PayoutMethod.CASH_PICKUP,
            "ar",
            "b@x.test",
        )
        treasurer = await make_user(session, language_code="fr")
        await make_member(session, by_cash, treasurer, MemberRole.TREASURER)
        packer = await make_user(session)
        await make_member(session, by_cash, packer, MemberRole.PACKER)
        stranger = await make_staff(session, Permission.MANAGE_ORDERS)
        await earn(session, clock, house, 100_00, 200_00)
        run = await create_run(session, "MAD", None, drafted_for=date(2026, 11, 23))
        await enqueue(session, DRAFT_WAITS, run_id=run.id)
    await work(mailing)
    (letter,) = post_office.to(house.first.email)
    assert letter["Subject"] == f"La série de paiements {run.id} attend votre relecture"
    assert "2 vendeurs" in text_of(letter)
    assert post_office.to(house.second.email)
    assert not post_office.to(stranger.email)

    async with database.transaction() as session:
        await approve(session, run.id, house.first, house.second, mailing)
    await work(mailing)
    await work(mailing)  # The letters follow from the sending.
    async with database.transaction() as session:
        pickup = (await session.scalars(select(CashPickup))).one()
        code = decrypted(pickup.code_encrypted, mailing)
    (letter,) = about_cash(post_office, treasurer)
    assert f"{code[:4]} {code[4:]}" in text_of(letter)
    assert not about_cash(post_office, packer)

    async with database.transaction() as session:
        await renew_code(session, mailing, pickup.payout_id, house.first.id)
        transfer = (await session.scalars(select(Payout).where(Payout.vendor_id == by_bank.id))).one()
        await return_payout(session, transfer.id, "Compte clos", house.first.id)
    await work(mailing)
    _, again = about_cash(post_office, treasurer)
    assert f"{code[:4]} {code[4:]}" not in text_of(again)
    (letter,) = post_office.to("b@x.test")
    assert "عادت إلينا دفعتكم" in letter["Subject"]
    assert "Compte clos" in text_of(letter)

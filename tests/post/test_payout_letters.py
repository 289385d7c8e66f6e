"""What people are told of payouts: to whom, in whose language, and once."""

from datetime import date
from email.message import EmailMessage
from types import ModuleType
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

import marketplace.reactions  # noqa: F401 - rooms hear of each other
from marketplace.kit.jobs import Work, registry
from marketplace.kit.settings import Settings
from marketplace.kit.storage import storage_from
from marketplace.payouts.cash_models import CashPickup
from marketplace.payouts.counter import renew_code
from marketplace.payouts.drafting import DRAFT_WAITS
from marketplace.payouts.endings import CAME_BACK_LETTER, return_payout
from marketplace.payouts.models import Payout
from marketplace.payouts.runs import cancel_run, create_run
from marketplace.payouts.sending import send
from marketplace.payouts.ways.cash import CASH_WAITS
from marketplace.people.models import User
from marketplace.people.permissions import Permission
from marketplace.post import payouts as _letters  # noqa: F401 - declares the jobs
from marketplace.vendors.bank import decrypted
from marketplace.vendors.models import MemberRole, PayoutMethod
from tests.factories.payouts import approve
from tests.factories.people import make_staff, make_user
from tests.factories.vendors import make_member
from tests.payouts.conftest import House, earn, make_house
from tests.post.conftest import PostOffice, text_of
from tests.shared_connection import SharedConnection


@pytest.fixture
def work(
    session: AsyncSession, connection: AsyncConnection, settings: Settings, post_office: PostOffice
) -> Work:
    """What a job is given, in the test's own transaction; its letters go to the post office."""
    mailing = settings.model_copy(
        update={
            "smtp_url": SecretStr(post_office.url),
            "mail_sender_name": "Le marché",
            "mail_sender_address": "bonjour@shop.test",
        }
    )
    return Work(session, SharedConnection(mailing, connection), mailing, storage_from(mailing))


@pytest.fixture
async def house(session: AsyncSession, settings: Settings) -> House:
    return await make_house(session, settings, sellers=2)


async def do(work: Work, *names: str) -> None:
    """Do the jobs of these names that wait, one after the other, each twice."""
    for name in names:
        waiting = text("DELETE FROM procrastinate_jobs WHERE task_name = :name RETURNING args")
        for args in list(await work.session.scalars(waiting, {"name": name})):
            for _ in range(2):
                await registry[name].run(work, dict(args))


def told(office: PostOffice, user: User) -> list[EmailMessage]:
    return office.to(user.email)


async def test_staff_of_payouts_are_told_once_that_a_draft_waits(
    session: AsyncSession, work: Work, post_office: PostOffice, house: House, clock: ModuleType
) -> None:
    stranger = await make_staff(session, Permission.MANAGE_ORDERS)
    await earn(session, clock, house, 100_00, 200_00)
    run = await create_run(session, "MAD", None, drafted_for=date(2026, 11, 23))
    await registry[DRAFT_WAITS].run(work, {"run_id": run.id})
    await do(work, "post.payout_draft")
    (letter,) = told(post_office, house.first)
    assert letter["Subject"] == f"La série de paiements {run.id} attend votre relecture"
    assert "2 vendeurs" in text_of(letter)
    assert len(told(post_office, house.second)) == 1
    assert not told(post_office, stranger)


async def test_nobody_is_told_of_a_draft_that_was_called_off_meanwhile(
    session: AsyncSession, work: Work, post_office: PostOffice, house: House, clock: ModuleType
) -> None:
    await earn(session, clock, house, 100_00)
    run = await create_run(session, "MAD", None)
    await registry[DRAFT_WAITS].run(work, {"run_id": run.id})
    await cancel_run(session, run.id, house.first.id)
    await do(work, "post.payout_draft")
    assert post_office.arrived == []


@pytest.fixture
async def sent(session: AsyncSession, work: Work, house: House, clock: ModuleType) -> dict[str, Any]:
    """A payout in cash and a transfer, both sent; the treasurer and a packer of the first seller."""
    by_cash, by_bank = house.sellers
    by_cash.payout_method = PayoutMethod.CASH_PICKUP
    by_bank.language_code = "ar"
    by_bank.email = "b@x.test"
    treasurer, packer = await make_user(session, language_code="fr"), await make_user(session)
    await make_member(session, by_cash, treasurer, MemberRole.TREASURER)
    await make_member(session, by_cash, packer, MemberRole.PACKER)
    await earn(session, clock, house, 100_00, 200_00)
    run = await create_run(session, "MAD", house.first.id)
    await approve(session, run.id, house.first, house.second, work.settings)
    await send(work, run.id)
    session.expire_all()
    return {"treasurer": treasurer, "packer": packer}


async def code_of(work: Work) -> str:
    pickup = (await work.session.scalars(select(CashPickup))).one()
    code = decrypted(pickup.code_encrypted, work.settings)
    return f"{code[:4]} {code[4:]}"


async def test_who_keeps_a_sellers_money_is_told_the_code_and_nobody_else(
    session: AsyncSession, work: Work, post_office: PostOffice, house: House, sent: dict[str, Any]
) -> None:
    await session.refresh(sent["treasurer"])
    await session.refresh(sent["packer"])
    await do(work, CASH_WAITS, "post.cash_code")
    (letter,) = told(post_office, sent["treasurer"])
    lost = await code_of(work)
    assert "90,40" in letter["Subject"]
    assert lost in text_of(letter)
    assert not told(post_office, sent["packer"])

    await session.refresh(house.first)
    pickup = (await session.scalars(select(CashPickup))).one()
    await renew_code(session, work.settings, pickup.payout_id, house.first.id)
    await do(work, CASH_WAITS, "post.cash_code")
    _, again = told(post_office, sent["treasurer"])
    assert await code_of(work) in text_of(again)
    assert lost not in text_of(again)


@pytest.mark.usefixtures("sent")
async def test_a_seller_without_members_is_told_at_its_own_address_that_money_came_back(
    session: AsyncSession, work: Work, post_office: PostOffice, house: House
) -> None:
    await session.refresh(house.first)
    transfer = (
        await session.scalars(select(Payout).where(Payout.method == PayoutMethod.BANK_TRANSFER))
    ).one()
    await return_payout(session, transfer.id, "Compte clos", house.first.id)
    await do(work, CAME_BACK_LETTER, "post.came_back")
    (letter,) = post_office.to("b@x.test")
    assert "عادت إلينا دفعتكم" in letter["Subject"]
    assert "Compte clos" in text_of(letter)

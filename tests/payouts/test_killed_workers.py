"""Workers, staff, the bank and the counter, killed hundreds of times: no payout lost, none sent twice."""

import json
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

from sqlalchemy import func, select

from marketplace.kit.database import Database
from marketplace.kit.money import Money
from marketplace.kit.settings import Settings
from marketplace.payouts.counter import move_cash
from marketplace.payouts.models import Payout, PayoutStatus, VendorEarning
from marketplace.payouts.verifying import verify
from marketplace.vendors.models import MemberRole, PayoutMethod
from tests.factories.people import make_user
from tests.factories.vendors import make_member
from tests.payouts.conftest import deliver, make_house, remit, sell

KILLS = int(os.environ.get("KILLS", "120"))
"""About a third of a second each: `KILLS=1000` for a long night."""
SENT_MEANWHILE = 5
"""Runs that were sent in spite of it: there was something to be killed at, up to the end."""
SELLERS, ROUNDS_OF_SALES = 8, 3
ROOT = Path(__file__).parents[2]


async def test_whoever_is_killed_whenever_each_seller_is_paid_what_it_earned_once(
    database: Database, settings: Settings, tmp_path: Path
) -> None:
    async with database.transaction() as session:
        house = await make_house(session, settings, sellers=SELLERS)
        for vendor in house.sellers[::2]:
            vendor.payout_method = PayoutMethod.CASH_PICKUP
            await make_member(session, vendor, await make_user(session), MemberRole.TREASURER)
        for price in range(ROUNDS_OF_SALES):
            parts = await sell(session, house, *(100_00 * (n + price + 1) for n in range(SELLERS)))
            for part in parts:
                await deliver(session, part)
            await remit(session, parts)
        await move_cash(session, Money(1_000_000_00, "MAD"), "RET-1", house.first.id)
    url = database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    keys = settings.bank_keys.get_secret_value()
    people = [str(house.first.id), str(house.second.id)]
    script = Path(__file__).with_name("killed_workers.py")
    done = subprocess.run(
        [sys.executable, str(script), url, str(tmp_path), keys, *people, str(KILLS), "2026"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={"PYTHONPATH": ".:graphql", "PATH": "/usr/bin:/bin"},
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    did = json.loads(done.stdout.splitlines()[-1])
    assert did["killed"] == KILLS
    assert did["sent"] >= SENT_MEANWHILE, did

    async with database.transaction() as session:
        assert await verify(session) == []
        earning, amount = func.sum(VendorEarning.earning_minor), func.sum(Payout.amount_minor)
        by_seller = select(VendorEarning.vendor_id, earning).group_by(VendorEarning.vendor_id)
        earned = {seller: int(minor) for seller, minor in await session.execute(by_seller)}
        query = select(Payout.vendor_id, amount).where(Payout.status == PayoutStatus.PAID)
        paid = {
            seller: int(minor) for seller, minor in await session.execute(query.group_by(Payout.vendor_id))
        }
        sent = {
            payout.end_to_end_id: f"{payout.amount_minor / 100:.2f}"
            for payout in await session.scalars(
                select(Payout).where(Payout.method == PayoutMethod.BANK_TRANSFER)
            )
        }
    assert paid == earned
    files = list(tmp_path.rglob("*.xml"))
    ordered = [line for file in files for line in _transfers(file.read_text())]
    assert dict(ordered) == sent
    assert max(Counter(reference for reference, _ in ordered).values()) == 1


def _transfers(message: str) -> list[tuple[str, str]]:
    """The references and amounts of a file for the bank."""
    return re.findall(r"<EndToEndId>(.*?)</EndToEndId>.*?<InstdAmt[^>]*>(.*?)</InstdAmt>", message, re.DOTALL)

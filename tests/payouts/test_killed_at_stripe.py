"""Workers that pay sellers at Stripe, killed again and again: no transfer is missing, none is made twice."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType

from sqlalchemy import select

from marketplace.kit.database import Database
from marketplace.kit.settings import Settings
from marketplace.payments.gateways.stripe import books
from marketplace.payments.stand_ins.stripe.serving import StripeStandIn
from marketplace.payouts.models import Payout, PayoutStatus
from marketplace.payouts.runs import create_run
from marketplace.vendors.models import PayoutMethod
from tests.factories.payouts import approve
from tests.factories.stripe import make_connected_account, on_stand_in
from tests.ledger import faults
from tests.payouts.conftest import earn, make_house

KILLS, SELLERS = 30, 10
ROOT = Path(__file__).parents[2]


async def test_a_worker_killed_while_it_pays_at_stripe_pays_each_seller_once(
    database: Database, settings: Settings, clock: ModuleType, tmp_path: Path, stripe_stand_in: StripeStandIn
) -> None:
    here = on_stand_in(settings, stripe_stand_in)
    stripe_stand_in.fund(10_000_00)
    async with database.transaction() as session:
        house = await make_house(session, here, sellers=SELLERS)
        for vendor in house.sellers:
            vendor.payout_method = PayoutMethod.STRIPE_TRANSFER
            await make_connected_account(session, stripe_stand_in, vendor)
    await books.read_on(database, here)
    async with database.transaction() as session:
        await earn(session, clock, house, *(100_00 + number for number in range(SELLERS)))
        run = await create_run(session, "MAD", house.first.id)
        await approve(session, run.id, house.first, house.second, here)
    for fault in ("reset_after", "error_after", "reset", "rate_limit"):
        stripe_stand_in.faults.add(fault, on="POST /v1/transfers")  # type: ignore[arg-type]
    given = {
        "database_url": database.engine.url.set(drivername="postgresql").render_as_string(
            hide_password=False
        ),
        "data_dir": str(tmp_path),
        "bank_keys": here.bank_keys.get_secret_value(),
        "clock_file": str(here.clock_file or ""),
        **stripe_stand_in.settings,
    }
    script = str(Path(__file__).with_name("killed_at_stripe.py"))
    done = subprocess.run(
        [sys.executable, script, json.dumps(given), str(run.id), str(KILLS), "2026"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={"PYTHONPATH": ".:graphql", "PATH": "/usr/bin:/bin"},
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    said = json.loads(done.stdout.splitlines()[-1])
    assert said["sent"], done.stderr[-4000:]
    assert said["killed"] >= KILLS // 2

    async with database.transaction() as session:
        payouts = list(await session.scalars(select(Payout)))
        findings = await faults(session)
    assert findings == []
    assert {payout.status for payout in payouts} == {PayoutStatus.PAID}
    transfers = stripe_stand_in.all("transfer")
    assert Counter(
        (one["transfer_group"], one["destination"], one["amount"]) for one in transfers
    ) == Counter((str(payout.id), payout.stripe_account_id, payout.amount_minor) for payout in payouts)
    assert len(transfers) == SELLERS

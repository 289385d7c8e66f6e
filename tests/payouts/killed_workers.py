"""A program that makes processes and has them killed: what a real installation does with payouts, by turns.

`python killed_workers.py <database url> <data dir> <bank keys> <two members of staff> <kills> <seed>`

It imports everything once, and forks a process for each act: a worker (`run_worker`, as it is), a member of
staff drafting and approving, the bank's file being read, the counter, money becoming payable. Each is sent
SIGKILL: before one of its exchanges with PostgreSQL or with the files, or a moment later, while the answer is
on its way. What is told is told again. In the end nobody is killed, until nothing is left to do.
"""

import asyncio
import json
import os
import random
import signal
import sys
import threading
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import psycopg
import structlog
from sqlalchemy import select, text

import marketplace.reactions  # noqa: F401 - rooms hear of each other
from marketplace.kit import pdf
from marketplace.kit.database import Database
from marketplace.kit.jobs import Work
from marketplace.kit.settings import Settings
from marketplace.kit.storage import FolderStorage
from marketplace.payouts import jobs
from marketplace.payouts.bank_answers import import_bank_answer
from marketplace.payouts.cash_models import CashPickup
from marketplace.payouts.counter import hand_over
from marketplace.payouts.endings import return_payout
from marketplace.payouts.errors import NothingToPayError
from marketplace.payouts.models import Payout, PayoutRun, PayoutRunStatus, PayoutStatus
from marketplace.payouts.release import release_due
from marketplace.payouts.runs import approve_run, create_run, review_run
from marketplace.people.models import User
from marketplace.vendors.bank import decrypted
from marketplace.vendors.models import PayoutMethod, VendorMember
from workers.runner import import_handlers, run_worker

MOST_EXCHANGES = 240
"""Twice as many as sending a run of some payouts has: half of them get through."""
RESTS = 40
"""Rounds without a kill in which all has to come to an end."""
ANSWERED = "UPDATE procrastinate_jobs SET status = 'todo', scheduled_at = NULL WHERE status = 'doing'"
"""What other workers do once a dead one has given no sign of life for a while: here at once."""
OVER = """
    UPDATE vendor_order SET withdrawal_ends_at = now() - interval '1 hour' WHERE id IN (
        SELECT vendor_order_id FROM vendor_earning WHERE released_at IS NULL
        ORDER BY vendor_order_id LIMIT :limit
    )
"""
AGAIN = """
    INSERT INTO procrastinate_jobs (queue_name, task_name, args, status)
    SELECT 'default', task_name, args, 'todo' FROM procrastinate_jobs
    WHERE task_name LIKE 'payouts.%%' AND args <> '{}' ORDER BY random() LIMIT 1
"""


class Installation:
    """One database, and everybody who works on it."""

    def __init__(self, url: str, data_dir: str, keys: str, staff: tuple[int, int]) -> None:
        self.settings = Settings(
            environment="test",
            database_url=url,
            data_dir=Path(data_dir),
            bank_keys=keys,  # type: ignore[arg-type]
            worker_concurrency=2,
        )
        self.staff = staff

    async def work(self) -> None:
        await run_worker(self.settings, until_idle=True, handle_signals=False)

    async def draft(self) -> None:
        """Make a run of whatever is payable, and see every draft through to its approval."""
        async with Database(self.settings).transaction() as session:
            try:
                async with session.begin_nested():
                    await create_run(session, "MAD", self.staff[0])
            except NothingToPayError:
                pass
        async with Database(self.settings).transaction() as session:
            open_ = PayoutRun.status.in_([PayoutRunStatus.DRAFT, PayoutRunStatus.REVIEWED])
            for run_id in list(await session.scalars(select(PayoutRun.id).where(open_))):
                run = await session.get_one(PayoutRun, run_id)
                if run.status is PayoutRunStatus.DRAFT:
                    await review_run(session, run_id, self.staff[0])
                await approve_run(session, run_id, self.staff[1], self.settings)

    async def bank(self) -> None:
        """Read a file that says of all transfers ever sent what became of them: one in four came back."""
        async with Database(self.settings).transaction() as session:
            sent = select(Payout).where(
                Payout.method == PayoutMethod.BANK_TRANSFER, Payout.status != PayoutStatus.PENDING
            )
            payouts = list(await session.scalars(sent.order_by(Payout.number)))
            lines = [f"{each.end_to_end_id};PAID;" for each in payouts]
            lines += [
                f"{each.end_to_end_id};RETURNED;Compte clos" for each in payouts if each.number % 4 == 0
            ]
            if lines:
                sheet = "\n".join(["end_to_end_id;status;reason", *lines])
                await import_bank_answer(session, "reponse.csv", sheet.encode(), None)

    async def counter(self) -> None:
        """Hand over all cash that waits, each in a transaction; one in four is never fetched."""
        database = Database(self.settings)
        async with database.transaction() as session:
            waiting = select(CashPickup.payout_id, CashPickup.code_encrypted, Payout.number, User.email)
            waiting = waiting.join(Payout, Payout.id == CashPickup.payout_id)
            waiting = waiting.join(VendorMember, VendorMember.vendor_id == Payout.vendor_id)
            waiting = waiting.join(User, User.id == VendorMember.user_id)
            found = list(await session.execute(waiting.where(Payout.status == PayoutStatus.SENT)))
        for payout_id, code, number, email in found:
            async with database.transaction() as session:
                if number % 4 == 0:
                    await return_payout(session, payout_id, "Personne n'est venu", self.staff[0])
                    continue
                given = {"code": decrypted(code, self.settings), "received_by": email}
                for _ in range(2):
                    await hand_over(session, self.settings, payout_id, actor_id=self.staff[0], **given)

    async def release(self, limit: int = 1) -> None:
        """Have the buyers' days be over, of one part after the other."""
        async with Database(self.settings).transaction() as session:
            await session.execute(text(OVER), {"limit": limit})
            await release_due(session, limit)

    async def release_all(self) -> None:
        await self.release(1000)


def killed_somewhere(chance: random.Random) -> None:
    """Have this process killed at one of its exchanges with the outside, or a moment later."""
    dies_at, moment = chance.randint(1, MOST_EXCHANGES), chance.choice([0.0, chance.uniform(0, 0.004)])
    count = 0
    counts = chance.random() < 0.4  # Else from where a run begins to be sent: a worker has much else to do.
    sending = jobs.send

    async def send(work: Work, run_id: int) -> None:
        nonlocal counts
        counts = True
        await sending(work, run_id)

    def step() -> None:
        nonlocal count
        count += counts
        if count == dies_at:
            if moment:
                threading.Timer(moment, os.kill, (os.getpid(), signal.SIGKILL)).start()
            else:
                os.kill(os.getpid(), signal.SIGKILL)

    def stepping(work: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def worked(*args: Any, **kwargs: Any) -> Any:
            step()
            return await work(*args, **kwargs)

        return worked

    jobs.send = send
    psycopg.AsyncConnection.wait = stepping(psycopg.AsyncConnection.wait)  # type: ignore[method-assign]
    FolderStorage.put = stepping(FolderStorage.put)  # type: ignore[method-assign]


def act(work: Callable[[], Awaitable[None]], seed: int | None) -> bool:
    """Do it in a process of its own; gives whether that was killed. Raises RuntimeError where it failed."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            if seed is not None:
                killed_somewhere(random.Random(seed))
            asyncio.run(work())  # type: ignore[arg-type]
            status = 0
        finally:
            os._exit(status)
    _, ended = os.waitpid(pid, 0)
    if os.WIFSIGNALED(ended):
        return os.WTERMSIG(ended) == signal.SIGKILL
    if os.WEXITSTATUS(ended):
        raise RuntimeError(f"{work.__qualname__} failed, seed {seed}")
    return False


def main() -> None:
    url, data_dir, keys, first, second, kills, seed = sys.argv[1:]
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    import_handlers()
    pdf.compiled = _cheap_pdf  # Setting hundreds of pages is not what is tried here.
    here = Installation(url, data_dir, keys, (int(first), int(second)))
    chance = random.Random(int(seed))
    acts = [here.work] * 4 + [here.draft, here.bank, here.counter, here.release]
    killed = rounds = 0
    with psycopg.connect(url, autocommit=True) as everybody:
        while killed < int(kills):
            rounds += 1
            everybody.execute(ANSWERED)
            if chance.random() < 0.2:
                everybody.execute(AGAIN)
            killed += act(chance.choice(acts), chance.randrange(2**32))
        sent = _count(everybody, "payout_run WHERE sent_at IS NOT NULL")
        for _ in range(RESTS):
            for work in (here.release_all, here.draft, here.work, here.bank, here.counter):
                everybody.execute(ANSWERED)
                act(work, None)
            if not _open(everybody):
                break
    print(json.dumps({"killed": killed, "rounds": rounds, "sent": sent}))


def _count(everybody: psycopg.Connection, rows: str) -> int:
    found = everybody.execute(f"SELECT count(*) FROM {rows}").fetchone()  # type: ignore[arg-type]  # noqa: S608
    return int(found[0]) if found else 0


def _open(everybody: psycopg.Connection) -> bool:
    """Whether anything is still to be paid."""
    owed = everybody.execute(
        "SELECT 1 FROM posting WHERE account IN ('VENDOR_HELD', 'VENDOR_PAYABLE', 'PAYOUT_IN_TRANSIT')"
        " GROUP BY vendor_id, account HAVING sum(amount_minor) <> 0 LIMIT 1"
    )
    return owed.fetchone() is not None


def _cheap_pdf(_template: Path, data: Mapping[str, object], at: datetime) -> bytes:
    said = json.dumps(data, sort_keys=True, default=str).encode()
    return b"%PDF " + sha256(said + at.isoformat().encode()).hexdigest().encode()


if __name__ == "__main__":
    main()

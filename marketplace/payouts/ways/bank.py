"""By bank transfer: a file for the bank, in ISO 20022 and as CSV, and the bank's answer."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.money import Money
from marketplace.kit.settings import Settings
from marketplace.payouts.bank_files import Batch, Transfer, payer_of
from marketplace.payouts.banks import FORMATS, format_for
from marketplace.payouts.ledger import Account
from marketplace.payouts.models import Payout, PayoutRun, PayoutStatus
from marketplace.payouts.places import folder_of
from marketplace.payouts.ways.way import Endings, Owed, Teller, mark_sent
from marketplace.vendors.bank import decrypted
from marketplace.vendors.models import BankAccount, PayoutMethod, Vendor

if TYPE_CHECKING:
    from marketplace.kit.jobs import Work


class BankTransfer:
    """The default: a Moroccan seller has a RIB, and need not have anything else."""

    method: ClassVar[PayoutMethod] = PayoutMethod.BANK_TRANSFER
    paid_from: ClassVar[Account] = Account.BANK
    endings: ClassVar[Endings] = {
        Teller.BANK: frozenset({PayoutStatus.PAID, PayoutStatus.FAILED, PayoutStatus.RETURNED}),
        Teller.STAFF: frozenset({PayoutStatus.FAILED, PayoutStatus.RETURNED}),
    }

    def may_be_paid(self, owed: Owed) -> ColumnElement[bool]:
        """Who has an account, and has not changed it a moment ago."""
        rested = or_(BankAccount.payable_from.is_(None), BankAccount.payable_from <= owed.now)
        return select(BankAccount.id).where(BankAccount.vendor_id == Vendor.id, rested).exists()

    async def check_choice(self, session: AsyncSession, vendor_id: int) -> None:
        """The account may be told afterwards."""

    async def freeze(self, session: AsyncSession, payouts: Sequence[Payout]) -> None:
        """The account, still encrypted: a later change can't redirect money under way."""
        of = [payout.vendor_id for payout in payouts]
        found = await session.scalars(select(BankAccount).where(BankAccount.vendor_id.in_(of)))
        accounts = {account.vendor_id: account for account in found}
        for payout in payouts:
            account = accounts[payout.vendor_id]
            payout.account_holder = account.holder
            payout.account_number_encrypted = account.number_encrypted
            payout.account_number_ending = account.number_ending

    def check(self, settings: Settings, run: PayoutRun) -> None:
        """There must be an account to pay from, and a file that its bank takes. Raises PayerMissingError."""
        payer_of(settings, run.currency)
        format_for(settings, run.currency)

    async def send(self, work: "Work", run: PayoutRun) -> None:
        """Keep the files under keys and with bytes that follow from the run, then mark: so all of it or none.

        Raises PayerMissingError.
        """
        async with work.database.transaction() as session:
            batch = await _batch(session, work.settings, run)
        files = {}
        wanted = format_for(work.settings, run.currency)
        for each in (wanted,) if wanted.extension == "csv" else (wanted, FORMATS["csv"]):
            column = "csv_path" if each.extension == "csv" else "pain001_path"
            files[column] = f"{folder_of(run.id)}/{each.file_name(batch)}"
            await work.storage.put(files[column], each.write(batch), each.content_type)
        async with work.database.transaction() as session:
            await session.execute(update(PayoutRun).where(PayoutRun.id == run.id).values(**files))
            await mark_sent(session, Payout.run_id == run.id, Payout.method == self.method)


async def _batch(session: AsyncSession, settings: Settings, run: PayoutRun) -> Batch:
    """All of the run's transfers, whatever became of them since: the file is the same each time."""
    if run.approved_at is None or run.message_id is None:
        raise RuntimeError(f"payout run {run.id} is approved, but not by anyone at any time")
    payer = payer_of(settings, run.currency)
    payouts = await session.scalars(
        select(Payout)
        .where(Payout.run_id == run.id, Payout.method == PayoutMethod.BANK_TRANSFER)
        .order_by(Payout.number)
    )
    return Batch(
        message_id=run.message_id,
        made_at=run.approved_at,
        payer=payer,
        transfers=[
            Transfer(
                end_to_end_id=payout.end_to_end_id,
                holder=payout.account_holder,
                account=decrypted(payout.account_number_encrypted or b"", settings),
                amount=Money(payout.amount_minor, payout.currency),
                reference=f"{payer.name} {payout.end_to_end_id}",
            )
            for payout in payouts
        ],
    )

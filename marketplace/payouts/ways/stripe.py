"""By a transfer of our balance at Stripe to the seller's own account there: `payouts/connect/` makes it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.errors import InvalidError
from marketplace.kit.settings import Settings
from marketplace.payments.gateways.stripe.connect import connect_of
from marketplace.payments.gateways.stripe.models import StripeMovement
from marketplace.payouts.connect.models import Capability, ConnectedAccount
from marketplace.payouts.errors import PayerMissingError
from marketplace.payouts.ledger import Account
from marketplace.payouts.models import Payout, PayoutRun, PayoutStatus
from marketplace.payouts.ways.way import Endings, Owed, Teller
from marketplace.vendors.models import PayoutMethod, Vendor

if TYPE_CHECKING:
    from marketplace.kit.jobs import Work


class StripeTransfer:
    """For sellers whose country Stripe serves, in currencies that our balance at Stripe holds."""

    method: ClassVar[PayoutMethod] = PayoutMethod.STRIPE_TRANSFER
    paid_from: ClassVar[Account] = Account.GATEWAY_RECEIVABLE
    endings: ClassVar[Endings] = {
        Teller.GATEWAY: frozenset({PayoutStatus.PAID, PayoutStatus.FAILED, PayoutStatus.RETURNED})
    }

    def may_be_paid(self, owed: Owed) -> ColumnElement[bool]:
        """Who has an account that is ready and was not connected a moment ago, in a currency of which there
        ever was some on our balance.
        """
        ready = select(ConnectedAccount.id).where(
            ConnectedAccount.vendor_id == Vendor.id,
            ConnectedAccount.disconnected_at.is_(None),
            ConnectedAccount.account_id.is_not(None),
            ConnectedAccount.payouts_enabled,
            ConnectedAccount.transfers == Capability.ACTIVE,
            ConnectedAccount.payable_from <= owed.now,
        )
        held = select(StripeMovement.id).where(StripeMovement.currency == owed.currency)
        return ready.exists() & held.exists()

    async def check_choice(self, session: AsyncSession, vendor_id: int) -> None:
        """There must be an account, ready or not: Stripe serves few countries. Raises InvalidError."""
        connected = select(ConnectedAccount.id).where(
            ConnectedAccount.vendor_id == vendor_id, ConnectedAccount.disconnected_at.is_(None)
        )
        if await session.scalar(connected) is None:
            raise InvalidError("This seller has no account at Stripe yet.", field="method")

    async def freeze(self, session: AsyncSession, payouts: Sequence[Payout]) -> None:
        """The account: a seller who connects another one does not redirect money under way."""
        of = [payout.vendor_id for payout in payouts]
        found = await session.execute(
            select(ConnectedAccount.vendor_id, ConnectedAccount.account_id).where(
                ConnectedAccount.vendor_id.in_(of)
            )
        )
        accounts = {row.vendor_id: row.account_id for row in found}
        for payout in payouts:
            account_id = accounts[payout.vendor_id] or ""
            payout.stripe_account_id = account_id
            payout.account_holder, payout.account_number_ending = "Stripe", account_id[-4:]

    def check(self, settings: Settings, run: PayoutRun) -> None:
        """There must be a balance to pay from. Raises PayerMissingError."""
        if connect_of(settings) is None:
            raise PayerMissingError(
                f"Stripe is not set up here, and run {run.id} pays sellers at Stripe.", field="id"
            )

    async def send(self, work: "Work", run: PayoutRun) -> None:
        """Raises AnswerError where Stripe has to be asked again."""
        from marketplace.payouts.connect.paying import pay_run  # noqa: PLC0415 - endings know the ways

        await pay_run(work, run.id)

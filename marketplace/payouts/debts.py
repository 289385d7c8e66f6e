"""What sellers owe: found, decided by staff, and taken off their payouts.

A refund after the payout is a negative line of the seller's next one, so most debts go by themselves. Where
they don't, staff decide: wait, spread it over payouts, write it off, or note that the seller has paid it in.
A debt that is spread leaves the payable balance for an account of its own, `VENDOR_DEBT`, so that the
seller is paid again, less an instalment of each payout.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock
from marketplace.kit.errors import InvalidError, RequiredError, UniqueError
from marketplace.kit.money import MINOR_DIGITS, Money, exact_minor
from marketplace.kit.settings import Settings
from marketplace.payouts.debt_models import DebtDecision, DebtInstalment, VendorDebtDecision
from marketplace.payouts.errors import NoDebtError
from marketplace.payouts.journal import Entry, Line, lock_balances
from marketplace.payouts.kinds import kind
from marketplace.payouts.ledger import Account, JournalEntry, Posting
from marketplace.payouts.queries import is_carried
from marketplace.people import audit

AnyRow = Row[*tuple[Any, ...]]
TEXT_LENGTH = 500
ALL_BP = 10_000
DEBTS_SHOWN = 500
_KINDS = {
    DebtDecision.SPREAD: ("debt_spread", Account.VENDOR_DEBT),
    DebtDecision.WRITE_OFF: ("debt_written_off", Account.DEBT_LOSS),
    DebtDecision.PAID_IN: ("debt_paid_in", Account.BANK),
}
"""What is posted of a decision, and which account takes the debt."""


@kind(
    *(name for name, _ in _KINDS.values()),
    causes=select(VendorDebtDecision).where(VendorDebtDecision.kind != DebtDecision.WAIT),
)
def decisions(row: AnyRow) -> Iterator[Entry]:
    """A debt is spread, borne by the marketplace, or paid."""
    decision: VendorDebtDecision = row[0]
    name, taker = _KINDS[decision.kind]
    vendor_id = decision.vendor_id
    yield Entry(
        key=f"{name}:{decision.id}",
        kind=name,
        at=decision.at,
        description=decision.reference or decision.reason,
        lines=[
            Line(
                taker,
                decision.amount_minor,
                decision.currency,
                vendor_id if taker is Account.VENDOR_DEBT else None,
            ),
            Line(decision.account, -decision.amount_minor, decision.currency, vendor_id),
        ],
    )


@kind("debt_withheld", causes=select(DebtInstalment))
def instalments(row: AnyRow) -> Iterator[Entry]:
    """A share of what a seller would be paid goes into its debt."""
    kept: DebtInstalment = row[0]
    yield Entry(
        key=f"debt_withheld:{kept.id}",
        kind="debt_withheld",
        at=kept.at,
        lines=[
            Line(Account.VENDOR_PAYABLE, kept.amount_minor, kept.currency, kept.vendor_id),
            Line(Account.VENDOR_DEBT, -kept.amount_minor, kept.currency, kept.vendor_id),
        ],
    )


@dataclass(frozen=True, slots=True)
class Debt:
    """What a seller owes in one currency."""

    vendor_id: int
    open: Money
    """Its payable balance is below zero by so much: its next earnings go into it."""
    spread: Money
    """Taken off its payouts share by share."""
    since: datetime | None
    """Since when the payable balance is below zero."""
    needs_decision: bool
    """Whether it is above the limit, or has stood for too long, and nobody has said that it may."""
    review_on: date | None
    """When staff wanted to look at it again."""

    @property
    def total(self) -> Money:
        return self.open + self.spread


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What staff say of a debt. Without an amount: all of it."""

    kind: DebtDecision
    reason: str
    amount: Decimal | None = None
    share_bp: int | None = None
    review_on: date | None = None
    reference: str | None = None


async def debts(
    session: AsyncSession, settings: Settings, currency: str | None = None, vendor_id: int | None = None
) -> list[Debt]:
    """Sellers who owe something, the largest debt first, at most DEBTS_SHOWN."""
    owed = _owed(currency, vendor_id)
    rows = (await session.execute(owed)).all()
    found = []
    for seller_id, code, open_minor, spread_minor in rows:
        since = await _since(session, seller_id, code) if open_minor > 0 else None
        review_on = await _review_on(session, seller_id, code)
        found.append(
            Debt(
                seller_id,
                Money(max(int(open_minor), 0), code),
                Money(int(spread_minor), code),
                since,
                _needs_decision(settings, Money(max(int(open_minor), 0), code), since, review_on),
                review_on,
            )
        )
    return found


def _owed(currency: str | None, vendor_id: int | None) -> Any:
    def on(account: Account) -> Any:
        return func.coalesce(func.sum(Posting.amount_minor).filter(Posting.account == account), 0)

    open_minor, spread_minor = on(Account.VENDOR_PAYABLE), on(Account.VENDOR_DEBT)
    query = (
        select(Posting.vendor_id, Posting.currency, open_minor, spread_minor)
        .where(Posting.account.in_([Account.VENDOR_PAYABLE, Account.VENDOR_DEBT]))
        .group_by(Posting.vendor_id, Posting.currency)
        .having(or_(open_minor > 0, spread_minor > 0))
        .order_by(func.greatest(open_minor, 0).op("+")(spread_minor).desc(), Posting.vendor_id)
        .limit(DEBTS_SHOWN)
    )
    if currency is not None:
        query = query.where(Posting.currency == currency)
    return query if vendor_id is None else query.where(Posting.vendor_id == vendor_id)


async def _since(session: AsyncSession, vendor_id: int, currency: str) -> datetime | None:
    """When the payable balance fell below zero the last time."""
    postings = (
        select(
            JournalEntry.at,
            JournalEntry.id,
            func.sum(Posting.amount_minor)
            .over(order_by=(JournalEntry.at, JournalEntry.id), range_=(None, 0))
            .label("minor"),
        )
        .select_from(Posting)
        .join(JournalEntry, JournalEntry.id == Posting.entry_id)
        .where(
            Posting.vendor_id == vendor_id,
            Posting.currency == currency,
            Posting.account == Account.VENDOR_PAYABLE,
        )
        .subquery()
    )
    good = select(func.max(postings.c.id)).where(postings.c.minor <= 0).scalar_subquery()
    since: datetime | None = await session.scalar(
        select(func.min(postings.c.at)).where(postings.c.minor > 0, postings.c.id > func.coalesce(good, 0))
    )
    return since


async def _review_on(session: AsyncSession, vendor_id: int, currency: str) -> date | None:
    """Of the last decision."""
    query = select(VendorDebtDecision.review_on).where(
        VendorDebtDecision.vendor_id == vendor_id, VendorDebtDecision.currency == currency
    )
    review_on: date | None = await session.scalar(query.order_by(VendorDebtDecision.id.desc()).limit(1))
    return review_on


def _needs_decision(settings: Settings, owed: Money, since: datetime | None, review_on: date | None) -> bool:
    now = clock.now()
    if not owed or (review_on is not None and review_on > now.date()):
        return False
    limit = settings.seller_debt_limits.get(owed.currency, 0) * 10 ** MINOR_DIGITS[owed.currency]
    is_old = since is not None and since < now - timedelta(days=settings.seller_debt_days)
    return owed.minor > limit or is_old


async def decide(
    session: AsyncSession, vendor_id: int, currency: str, said: Decided, actor_id: int | None
) -> VendorDebtDecision:
    """Write a decision down, book it, and log it. Of a debt that was spread only what is left of that can be
    written off or paid in, once nothing else is open.

    Raises InvalidError, RequiredError, UniqueError for a payment that is booked, NoDebtError.
    """
    _check(said, currency)
    await lock_balances(session, [vendor_id])
    row = (await session.execute(_owed(currency, vendor_id))).one_or_none()
    open_minor, spread_minor = (max(int(row[2]), 0), int(row[3])) if row else (0, 0)
    account = Account.VENDOR_PAYABLE if open_minor else Account.VENDOR_DEBT
    owed_minor = open_minor or (0 if said.kind is DebtDecision.SPREAD else spread_minor)
    if not owed_minor:
        raise NoDebtError("This seller owes nothing that could be decided of.", field="vendorId")
    minor = owed_minor if said.amount is None else exact_minor(said.amount, currency, "amount")
    if not 0 < minor <= owed_minor:
        owed = Money(owed_minor, currency)
        raise InvalidError(f"More than nothing, and at most the {owed} that it owes.", field="amount")
    await _check_reference(session, currency, said.reference)
    decision = VendorDebtDecision(
        vendor_id=vendor_id,
        currency=currency,
        kind=said.kind,
        amount_minor=0 if said.kind is DebtDecision.WAIT else minor,
        account=account,
        share_bp=said.share_bp,
        review_on=said.review_on,
        reason=said.reason.strip(),
        reference=said.reference,
        decided_by_id=actor_id,
    )
    session.add(decision)
    await session.flush()
    await decisions.book(session, VendorDebtDecision.id == decision.id)
    await audit.record(
        session,
        actor_id,
        f"vendor_debt.{said.kind.lower()}",
        "Vendor",
        vendor_id,
        amount=str(Money(minor, currency)),
        decision=decision.id,
        reason=decision.reason,
    )
    return decision


def _check(said: Decided, currency: str) -> None:
    if currency not in MINOR_DIGITS:
        raise InvalidError(f"The shop does not trade in {currency}.", field="currency")
    if not said.reason.strip():
        raise RequiredError("Say why: it is kept.", field="reason")
    if max(len(said.reason), len(said.reference or "")) > TEXT_LENGTH:
        raise InvalidError(f"At most {TEXT_LENGTH} letters, please.", field="reason")
    if said.kind is not DebtDecision.SPREAD and said.share_bp is not None:
        raise InvalidError("Only a debt that is spread has a share.", field="shareOfPayouts")
    if said.kind is not DebtDecision.PAID_IN and said.reference:
        raise InvalidError("Only a payment has one.", field="reference")
    if said.kind in _CHECKS:
        _CHECKS[said.kind](said)


def _check_waiting(said: Decided) -> None:
    if said.amount is not None:
        raise InvalidError("All of it waits.", field="amount")
    if said.review_on is None or said.review_on <= clock.now().date():
        raise InvalidError("Say on which day to come it is looked at again.", field="reviewOn")


def _check_share(said: Decided) -> None:
    if said.share_bp is None:
        raise RequiredError("How much of each payout may be kept?", field="shareOfPayouts")
    if not 0 < said.share_bp <= ALL_BP:
        raise InvalidError("A share above 0 and up to 100 %.", field="shareOfPayouts")


def _check_payment(said: Decided) -> None:
    if not said.reference:
        raise RequiredError("By which reference did the bank get it?", field="reference")


_CHECKS: Mapping[DebtDecision, Callable[[Decided], None]] = {
    DebtDecision.WAIT: _check_waiting,
    DebtDecision.SPREAD: _check_share,
    DebtDecision.PAID_IN: _check_payment,
}


async def _check_reference(session: AsyncSession, currency: str, reference: str | None) -> None:
    if reference is None:
        return
    known = select(VendorDebtDecision.id).where(
        VendorDebtDecision.currency == currency, VendorDebtDecision.reference == reference
    )
    if await session.scalar(known) is not None:
        raise UniqueError("A payment with this reference is booked already.", field="reference")


async def withhold(session: AsyncSession, currency: str, vendor_ids: Collection[int]) -> None:
    """Keep instalments of what sellers with spread debts are about to be paid. Their balances are locked.

    Kept is at most the share of all that no payout carries yet: what was kept for a payout that was called
    off, or came back, counts for the next one.
    """
    left = await _spread_debts(session, currency, vendor_ids)
    if not left:
        return
    payable, kept = await _not_carried(session, currency, left)
    made = []
    for vendor_id, (debt_minor, share_bp) in left.items():
        before = kept.get(vendor_id, 0)
        share_minor = max(payable.get(vendor_id, 0) + before, 0) * share_bp // ALL_BP
        minor = min(debt_minor, share_minor - before)
        if minor > 0:
            made.append(DebtInstalment(vendor_id=vendor_id, currency=currency, amount_minor=minor))
    session.add_all(made)
    await session.flush()
    await instalments.book(session, DebtInstalment.id.in_([each.id for each in made]))


async def _spread_debts(
    session: AsyncSession, currency: str, vendor_ids: Collection[int]
) -> Mapping[int, tuple[int, int]]:
    """What is left of debts that are spread, and the share of the last decision, by seller."""
    share = (
        select(VendorDebtDecision.share_bp)
        .where(
            VendorDebtDecision.vendor_id == Posting.vendor_id,
            VendorDebtDecision.currency == currency,
            VendorDebtDecision.kind == DebtDecision.SPREAD,
        )
        .order_by(VendorDebtDecision.id.desc())
        .limit(1)
        .correlate(Posting)
        .scalar_subquery()
    )
    left = func.sum(Posting.amount_minor)
    rows = await session.execute(
        select(Posting.vendor_id, left, share)
        .where(
            Posting.vendor_id.in_(vendor_ids),
            Posting.account == Account.VENDOR_DEBT,
            Posting.currency == currency,
        )
        .group_by(Posting.vendor_id)
        .having(left > 0)
    )
    return {vendor_id: (int(minor), share_bp) for vendor_id, minor, share_bp in rows}


async def _not_carried(
    session: AsyncSession, currency: str, vendor_ids: Collection[int]
) -> tuple[dict[int, int], dict[int, int]]:
    """Payable balances, and what of instalments no standing payout carries, by seller."""
    on_payable = (
        Posting.vendor_id.in_(vendor_ids),
        Posting.account == Account.VENDOR_PAYABLE,
        Posting.currency == currency,
    )
    payable = await session.execute(
        select(Posting.vendor_id, func.sum(-Posting.amount_minor))
        .where(*on_payable)
        .group_by(Posting.vendor_id)
    )
    kept = await session.execute(
        select(Posting.vendor_id, func.sum(Posting.amount_minor))
        .join(JournalEntry, JournalEntry.id == Posting.entry_id)
        .where(*on_payable, JournalEntry.kind == "debt_withheld", ~is_carried(Posting.entry_id))
        .group_by(Posting.vendor_id)
    )
    return _by_seller(payable.all()), _by_seller(kept.all())


def _by_seller(rows: Iterable[AnyRow]) -> dict[int, int]:
    return {vendor_id: int(minor) for vendor_id, minor in rows}

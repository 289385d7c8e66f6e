"""Commission, earnings and the ledger of two years, made of the very entries that live events make."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from marketplace.demo.orders import Part, Placed
from marketplace.demo.payments import Cash, Remittance
from marketplace.demo.sellers import FEMMPACT
from marketplace.demo.world import Seller, World, uuid_from
from marketplace.kit.money import Money, percentage
from marketplace.payouts import entries
from marketplace.payouts.journal import Entry
from marketplace.payouts.ledger import JournalEntry, Posting
from marketplace.payouts.models import (
    CommissionRule,
    LineCommission,
    Payout,
    PayoutLine,
    PayoutRun,
    PayoutRunStatus,
    PayoutStatus,
    VendorEarning,
)
from marketplace.vendors.models import PayoutMethod

GENERAL_BP, FORMER_GENERAL_BP, FEMMPACT_BP, VAT_BP = 800, 1000, 500, 2000
RUN_DAY, RUN_HOUR = 5, 9
RUN_REST_DAYS = 10
"""No run was made in the last days, so that there is something to pay."""
RETURNED_ONE_IN = 70


@dataclass(frozen=True, slots=True)
class Rule:
    rate_bp: int
    programme_id: int | None
    valid_from: date
    valid_until: date | None


@dataclass(slots=True)
class Payable:
    """Money that became payable by an entry, until a payout has carried it."""

    entry_key: str
    at: datetime
    part_id: UUID
    amount_minor: int
    name: str


class Books:
    """Gathers entries, then numbers them in time's order and writes them."""

    def __init__(self, world: World) -> None:
        self._world, self._chance = world, world.chance("books")
        self._rules = self._write_rules()
        tables = world.tables
        self._commissions = tables.of(
            LineCommission,
            "order_line_id vendor_order_id currency rate_bp commission_minor vat_rate_bp vat_minor",
        )
        self._earnings = tables.of(
            VendorEarning,
            """
            vendor_order_id vendor_id currency sales_minor commission_minor vat_minor earning_minor
            released_at
            """,
        )
        self._runs = tables.of(
            PayoutRun,
            """
            id status currency created_by_id reviewed_by_id reviewed_at approved_by_id approved_at sent_at
            message_id is_demo
            created_at updated_at
            """,
        )
        self._payouts = tables.of(
            Payout,
            """
            id number run_id vendor_id currency amount_minor status method end_to_end_id account_holder
            account_number_encrypted account_number_ending sent_at paid_at ended_at reason created_at
            updated_at
            """,
        )
        self._journal = tables.of(JournalEntry, "id key kind at description vendor_order_id payout_id")
        self._postings = tables.of(Posting, "entry_id account vendor_id currency amount_minor")
        self._payout_lines = tables.of(
            PayoutLine, "payout_id entry_id vendor_order_id amount_minor description"
        )
        self._entries: list[Entry] = []
        self._lines: list[tuple[UUID, Payable]] = []

    def keep(self, orders: list[Placed], collected: list[Cash], remittances: list[Remittance]) -> None:
        """Write the books of all orders: what was earned, remitted, released and paid out."""
        cash_of = {cash.part.id: cash for cash in collected}
        payable: dict[tuple[str, int], list[Payable]] = defaultdict(list)
        for order in orders:
            for part in order.parts:
                self._book(order, part, cash_of.get(part.id), payable)
        for remittance in remittances:
            currency = remittance.currency
            self._entries.append(
                entries.remitted(
                    remittance.id,
                    received=Money(remittance.received_minor, currency),
                    owed=Money(remittance.owed_minor, currency),
                    at=remittance.received_at,
                    description=f"{remittance.carrier} {remittance.reference}",
                )
            )
        for at, currency in self._run_days():
            self._pay_out(at, currency, payable)
        self._write_journal()

    def _write_rules(self) -> list[Rule]:
        """Ten per cent until a year ago, eight since; five for the young businesses abroad."""
        start, change = self._world.days_ago(1200).date(), self._world.days_ago(365).date()
        rules = [
            Rule(FORMER_GENERAL_BP, None, start, change),
            Rule(GENERAL_BP, None, change, None),
            Rule(FEMMPACT_BP, self._world.programmes[FEMMPACT], start, None),
        ]
        rows = self._world.tables.of(
            CommissionRule, "programme_id rate_bp vat_rate_bp valid_from valid_until created_at updated_at"
        )
        for rule in rules:
            made = datetime.combine(rule.valid_from, datetime.min.time(), UTC)
            rows.add(rule.programme_id, rule.rate_bp, VAT_BP, rule.valid_from, rule.valid_until, made, made)
        return rules

    def _rate_bp(self, seller: Seller, day: date) -> int:
        """By the rule of `payouts.commission`: the programme's before the general one."""
        in_force = [
            rule
            for rule in self._rules
            if rule.programme_id in (None, seller.programme_id)
            and rule.valid_from <= day
            and (rule.valid_until is None or rule.valid_until > day)
        ]
        return max(in_force, key=lambda rule: (rule.programme_id is not None, rule.valid_from)).rate_bp

    def _book(
        self,
        order: Placed,
        part: Part,
        cash: Cash | None,
        payable: dict[tuple[str, int], list[Payable]],
    ) -> None:
        """Commission and earning of one part, frozen at the sale; its delivery; its release."""
        rate_bp = self._rate_bp(part.seller, order.placed_at.date())
        currency = order.market.currency
        commissions = vats = 0
        for line in part.lines:
            commission = percentage(line.totals.total.gross_minor, rate_bp)
            vat = percentage(commission, VAT_BP)
            commissions, vats = commissions + commission, vats + vat
            self._commissions.add(line.id, part.id, currency, rate_bp, commission, VAT_BP, vat)
        sales = part.subtotal.gross_minor
        earning = VendorEarning(
            vendor_order_id=part.id,
            vendor_id=part.seller.id,
            currency=currency,
            sales_minor=sales,
            commission_minor=commissions,
            vat_minor=vats,
            earning_minor=sales - commissions - vats,
        )
        released_at = self._released_at(part, cash)
        self._earnings.add(
            part.id, part.seller.id, currency, sales, commissions, vats, earning.earning_minor, released_at
        )
        if part.delivered_at:
            total = Money(part.total.gross_minor, currency)
            self._entries.append(entries.delivered(earning, total, total, part.delivered_at))
        if released_at:
            amount = Money(earning.earning_minor, currency)
            entry = entries.released(part.id, part.seller.id, amount, released_at)
            self._entries.append(entry)
            payable[currency, part.seller.id].append(
                Payable(entry.key, released_at, part.id, amount.minor, f"{order.number}-{part.position}")
            )

    def _released_at(self, part: Part, cash: Cash | None) -> datetime | None:
        """When the buyer could no longer withdraw and the cash was in."""
        if part.withdrawal_ends_at is None or cash is None or cash.remitted_at is None:
            return None
        due = max(part.withdrawal_ends_at, cash.remitted_at)
        return due if due <= self._world.now else None

    def _run_days(self) -> Iterator[tuple[datetime, str]]:
        """The fifth of each month, for each currency; not in the last days."""
        first, last = self._world.days_ago(730), self._world.days_ago(RUN_REST_DAYS)
        at = first.replace(day=RUN_DAY, hour=RUN_HOUR, minute=0, second=0, microsecond=0)
        while at <= last:
            yield at, "MAD"
            yield at + timedelta(hours=1), "XOF"
            at = (at + timedelta(days=32)).replace(day=RUN_DAY)

    def _pay_out(self, at: datetime, currency: str, payable: dict[tuple[str, int], list[Payable]]) -> None:
        """One run: every seller whose balance has reached its minimum. Some transfers come back."""
        world = self._world
        sellers = {seller.id: seller for seller in world.sellers}
        due = {
            seller_id: [each for each in waiting if each.at <= at]
            for (its_currency, seller_id), waiting in sorted(payable.items())
            if its_currency == currency
        }
        amounts = {seller_id: sum(each.amount_minor for each in parts) for seller_id, parts in due.items()}
        paid = [
            seller_id
            for seller_id, amount_minor in amounts.items()
            if amount_minor > 0 and amount_minor >= sellers[seller_id].payout_minimum_minor
        ]
        if not paid:
            return
        run_id = world.numbers.next("payout_run")
        approved_at, sent_at = at + timedelta(hours=2), at + timedelta(hours=2, minutes=4)
        answered_at = at + timedelta(days=2, hours=3)
        self._runs.add(
            run_id, PayoutRunStatus.CLOSED, currency, world.staff["finance"], world.staff["finance"], at,
            world.staff["finance2"], approved_at, sent_at, f"SIL-{approved_at:%Y%m%d}-R{run_id}", True, at,
            answered_at,
        )  # fmt: skip
        for seller_id in paid:
            came_back = self._chance.randrange(RETURNED_ONE_IN) == 0
            payout = self._payout(run_id, sellers[seller_id], currency, amounts[seller_id], at, came_back)
            self._entries.append(entries.payout_set_aside(payout, at))
            self._entries.append(
                entries.payout_returned(payout, answered_at, was_paid=False)
                if came_back
                else entries.payout_paid(payout, answered_at)
            )
            self._lines.extend((payout.id, part) for part in due[seller_id])
            if not came_back:
                waiting = payable[currency, seller_id]
                waiting[:] = [each for each in waiting if each.at > at]

    def _payout(
        self, run_id: int, seller: Seller, currency: str, amount_minor: int, at: datetime, came_back: bool
    ) -> Payout:
        number = self._world.numbers.next("payout")
        payout = Payout(
            id=uuid_from(self._chance),
            number=number,
            run_id=run_id,
            vendor_id=seller.id,
            currency=currency,
            amount_minor=amount_minor,
            end_to_end_id=f"SIL-R{run_id}-P{number}",
        )
        answered_at = at + timedelta(days=2, hours=3)
        self._payouts.add(
            payout.id, number, run_id, seller.id, currency, amount_minor,
            PayoutStatus.RETURNED if came_back else PayoutStatus.PAID, PayoutMethod.BANK_TRANSFER,
            payout.end_to_end_id, seller.holder, seller.account_encrypted, seller.account_ending,
            at + timedelta(hours=2, minutes=4), None if came_back else answered_at,
            answered_at if came_back else None, "Coordonnées à vérifier" if came_back else "",
            at, answered_at,
        )  # fmt: skip
        return payout

    def _write_journal(self) -> None:
        """All entries in time's order, so that their numbers tell it too."""
        numbers: dict[str, int] = {}
        for number, entry in enumerate(sorted(self._entries, key=lambda each: each.at), 1):
            numbers[entry.key] = number
            self._journal.add(
                number,
                entry.key,
                entry.kind,
                entry.at,
                entry.description,
                entry.vendor_order_id,
                entry.payout_id,
            )
            for line in entry.lines:
                if line.amount_minor:
                    self._postings.add(number, line.account, line.vendor_id, line.currency, line.amount_minor)
        for payout_id, part in self._lines:
            self._payout_lines.add(
                payout_id, numbers[part.entry_key], part.part_id, part.amount_minor, part.name
            )

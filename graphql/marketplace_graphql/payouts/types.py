"""Payout runs, payouts and the ledger as the API shows them."""

from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, false, func, select, true

from marketplace.kit.settings import Settings
from marketplace.kit.signing import PrivateFile as FileToSign
from marketplace.kit.signing import signed_url
from marketplace.payouts import ledger, models
from marketplace.people.models import User
from marketplace_graphql.kernel import (
    Date,
    DateTime,
    Info,
    Node,
    column,
    computed,
    enum,
    node,
    null_when,
    object_type,
    record,
    related,
    value,
)
from marketplace_graphql.kernel.reader.aliases import aliased
from marketplace_graphql.languages import LanguageCodeEnum
from marketplace_graphql.payouts.fields import STAFF, PayoutMethodEnum, of_own_seller
from marketplace_graphql.seller_accounts.fields import TransferOfPayout
from marketplace_graphql.values import Money, money

if TYPE_CHECKING:
    from marketplace_graphql.orders.vendor_orders import VendorOrder
    from marketplace_graphql.payouts.counter import CashPickup
    from marketplace_graphql.vendors.types import Vendor

PayoutRunStatusEnum = enum(models.PayoutRunStatus, name="PayoutRunStatusEnum")
PayoutStatusEnum = enum(models.PayoutStatus, name="PayoutStatusEnum")
LedgerAccountEnum = enum(ledger.Account, name="LedgerAccountEnum")


def staff_only(row: Any, ctx: Any) -> ColumnElement[bool]:
    """What only staff who work with payouts may see."""
    return true() if ctx.requester.has(STAFF) else false()


@object_type
class PrivateFile:
    """A file that not everybody may read."""

    name: str
    """What it is saved as."""
    content_type: str
    url: str
    """Opens it for ten minutes."""


@object_type
class PayoutStatement:
    """A seller's statement of a payout, as PDF."""

    language_code: LanguageCodeEnum
    file: PrivateFile


@record(models.PayoutLine, order_by=lambda row, ctx: row.id)
class PayoutLine:
    """What a payout consists of: earnings of vendor orders, and refunds that are taken off."""

    amount: Money = value(
        lambda row, ctx: money(row.amount_minor, _payout_of(row, ctx).currency),
    )
    """Negative for what is taken off."""
    description: str
    """The vendor order's number, or what else it is."""
    vendor_order: "VendorOrder | None" = related()


def _payout_of(row: Any, ctx: Any) -> Any:
    return ctx.joined(row, models.Payout, lambda payout: payout.id == row.payout_id, key="its payout")


@node(
    models.Payout,
    visible=lambda row, ctx: of_own_seller(row.vendor_id, ctx),
    order_by=lambda row, ctx: row.number,
)
class Payout(Node, TransferOfPayout):
    """One seller's money on its way."""

    number: int
    vendor: "Vendor" = related()
    amount: Money = value(lambda row, ctx: money(row.amount_minor, row.currency))
    status: PayoutStatusEnum  # type: ignore[valid-type]
    method: PayoutMethodEnum
    end_to_end_id: str
    """What the bank's answer calls it."""
    account_holder: str
    account_ending: str = column("account_number_ending")
    """The account's last four characters."""
    created: DateTime = column("created_at")
    sent_at: DateTime | None
    paid_at: DateTime | None
    ended_at: DateTime | None
    """When it failed or came back."""
    reason: str
    """Why it failed or came back, in the bank's words."""
    run: "PayoutRun | None" = related()
    """For staff."""
    cash_pickup: "CashPickup | None" = related(lambda row, pickup, ctx: pickup.payout_id == row.id)
    """Of one that is fetched in cash, once it is ready."""
    lines: list[PayoutLine] = related(limit=2000)

    @computed(lambda row, ctx: {"keys": row.statements, "name": row.end_to_end_id})
    def statements(selected: Any, info: Info) -> list[PayoutStatement]:
        """The seller's statements, one in each language, once the payout has been sent."""
        return [
            {  # type: ignore[misc]
                "language_code": LanguageCodeEnum(language),
                "file": file_of(info, key, f"{selected['name']}-{language}.pdf", "application/pdf"),
            }
            for language, key in sorted(selected["keys"].items())
        ]


@object_type
class PayoutRunPerson:
    """A member of staff, as the others need to know them."""

    name: str
    email: str


@node(models.PayoutRun, visible=staff_only, order_by=lambda row, ctx: row.id.desc())
class PayoutRun(Node):
    """Payouts that are sent together, each its seller's way."""

    status: PayoutRunStatusEnum  # type: ignore[valid-type]
    currency: str
    created: DateTime = column("created_at")
    drafted_for: Date | None
    """The day of the schedule that it was made for; none where a person made it."""
    reviewed_at: DateTime | None
    approved_at: DateTime | None
    sent_at: DateTime | None
    message_id: str | None
    """What the bank calls the file."""
    is_demo: bool
    payouts: list[Payout] = related(limit=2000, expected=50)

    @value
    def created_by(row: Any, ctx: Any) -> PayoutRunPerson | None:
        """Who made it: somebody else has to approve it."""
        return person(row.created_by_id, ctx, row, "who made it")

    @value
    def reviewed_by(row: Any, ctx: Any) -> PayoutRunPerson | None:
        """Who looked through it: somebody else has to approve it."""
        return person(row.reviewed_by_id, ctx, row, "who reviewed it")

    @value
    def approved_by(row: Any, ctx: Any) -> PayoutRunPerson | None:
        """Who approved it."""
        return person(row.approved_by_id, ctx, row, "who approved it")

    @value
    def total(row: Any, ctx: Any) -> Money:
        """All payouts of it together."""
        payout = aliased(models.Payout)
        minor = select(func.coalesce(func.sum(payout.amount_minor), 0)).where(payout.run_id == row.id)
        return money(minor.correlate_except(payout).scalar_subquery(), row.currency)

    @computed(lambda row, ctx: {"xml": row.pain001_path, "csv": row.csv_path})
    def files(selected: Any, info: Info) -> list[PrivateFile]:
        """What the bank is sent, once it has been made: pain.001 and CSV."""
        kinds = (("xml", "application/xml"), ("csv", "text/csv"))
        return [
            file_of(info, selected[kind], selected[kind].rpartition("/")[2], content_type)
            for kind, content_type in kinds
            if selected[kind]
        ]


def person(user_id: Any, ctx: Any, row: Any, key: str) -> Any:
    person = ctx.joined(row, User, lambda user: user.id == user_id, key=key)
    name = func.btrim(person.first_name + " " + person.last_name)
    return null_when(person.id.is_(None), {"name": name, "email": person.email})


def file_of(info: Info, key: str, name: str, content_type: str) -> Any:
    settings: Settings = info.context["settings"]
    url = signed_url(settings, FileToSign(key, name, content_type))
    return {"name": name, "content_type": content_type, "url": url}


@record(ledger.Posting, order_by=lambda row, ctx: row.id)
class LedgerPosting:
    """One line of a journal entry."""

    account: LedgerAccountEnum  # type: ignore[valid-type]
    vendor: "Vendor | None" = related()
    amount: Money = value(lambda row, ctx: money(row.amount_minor, row.currency))
    """Debits are positive, credits negative: the lines of an entry add up to zero."""


@node(ledger.JournalEntry, visible=staff_only, order_by=lambda row, ctx: row.id.desc(), name="LedgerEntry")
class LedgerEntry(Node):
    """Something that happened to money. It is never changed: a mistake is corrected by another entry."""

    key: str
    """The event that caused it: told twice, it is written once."""
    kind: str
    at: DateTime
    description: str
    vendor_order: "VendorOrder | None" = related(
        lambda row, part, ctx: part.id == row.vendor_order_id,
    )
    payout: Payout | None = related(lambda row, payout, ctx: payout.id == row.payout_id)
    postings: list[LedgerPosting] = related()


def touches(entry: Any, accounts: Any) -> ColumnElement[bool]:
    """Whether an entry has a posting on one of some accounts."""
    posting = aliased(ledger.Posting)
    return select(posting.id).where(posting.entry_id == entry.id, posting.account.in_(accounts)).exists()

"""A seller's account as the API shows it: what it is owed in a currency, and statements of any time."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from typing import Any

from sqlalchemy import literal, select
from strawberry import ID

from marketplace.kit.errors import InvalidError, PermissionDeniedError
from marketplace.kit.ids import to_global_id
from marketplace.kit.money import MINOR_DIGITS
from marketplace.kit.money import Money as Amount
from marketplace.payouts import periods
from marketplace.payouts.journal import Balance
from marketplace.payouts.queries import vendor_balances
from marketplace.vendors.models import MemberRole, Vendor
from marketplace.vendors.queries import works_as
from marketplace_graphql.kernel import DateTime, Info, PageInfo, object_type, resolver
from marketplace_graphql.payouts.fields import STAFF, VendorBalance
from marketplace_graphql.values import Money, exact_money

MAXIMUM_LINES = 100
FINANCE = (MemberRole.OWNER, MemberRole.TREASURER)


@object_type
class OwedToVendor:
    """What the marketplace owes a seller at a moment."""

    held: Money
    """Earned, but the buyer may still withdraw, or the carrier has not handed the cash over."""
    payable: Money
    """Payable by then; negative where more was taken back than was earned since."""
    in_transit: Money
    """In payouts under way."""
    total: Money
    """All of it."""


@object_type
class VendorStatementLine:
    """Something that made what a seller is owed more, or less."""

    cursor: str
    at: DateTime
    kind: str
    """What happened, by the ledger's name for it: delivered, refunded, payout_paid, ..."""
    description: str
    vendor_order_id: ID | None
    """The seller's part of an order that it is about."""
    vendor_order_number: str | None
    payout_id: ID | None
    """The payout that it is about."""
    amount: Money
    """Negative: paid out, or taken back."""
    balance: Money
    """What the seller is owed in all after it."""


@object_type
class VendorStatement:
    """A seller's account in a currency, from one moment until before another: the opening balance and the
    amounts of all lines come to the closing balance.
    """

    currency: str
    """ISO 4217 code."""
    start: DateTime
    end: DateTime
    opening: OwedToVendor
    closing: OwedToVendor
    lines: list[VendorStatementLine]
    """The page that was asked for."""
    page_info: PageInfo


@object_type
class SellerStatementQueries:
    """What sellers are owed, and how it came about."""

    @resolver
    async def vendor_balance(info: Info, vendor_id: ID, currency: str) -> VendorBalance | None:
        """What a seller is owed in a currency, and was paid: for its members, and for staff of payouts."""
        vendor = await info.find(Vendor, vendor_id, field_name="vendorId")
        if STAFF not in info.requester.permissions and vendor.id not in info.requester.vendor_ids:
            raise PermissionDeniedError(STAFF)
        code = _currency(currency)
        owed = vendor_balances(literal(vendor.id))
        row = (await info.session.execute(select(owed).where(owed.c.currency == code))).mappings().first()
        return {
            "currency": code,
            **{
                name: exact_money(Amount(int(row[f"{name}_minor"]) if row else 0, code))
                for name in ("pending", "held", "payable", "in_transit", "paid")
            },
        }

    @resolver
    async def vendor_statement(
        info: Info,
        vendor_id: ID,
        currency: str,
        start: DateTime,
        end: DateTime,
        first: int = MAXIMUM_LINES,
        after: str | None = None,
    ) -> VendorStatement | None:
        """A seller's account between two moments: for its owner, its treasurer, and staff of payouts."""
        vendor = await info.find(Vendor, vendor_id, field_name="vendorId")
        if STAFF not in info.requester.permissions and not await _is_of_finance(info, vendor.id):
            raise PermissionDeniedError(STAFF)
        if not 0 < first <= MAXIMUM_LINES:
            raise InvalidError(f"Between 1 and {MAXIMUM_LINES} lines at a time.", field="first")
        since, until = _with_zone(start, "start"), _with_zone(end, "end")
        if until < since:
            raise InvalidError("It ends before it starts.", field="end")
        made = await periods.statement(
            info.session,
            vendor.id,
            _currency(currency),
            since,
            until,
            first=first,
            after=None if after is None else _place(after),
        )
        return _shown(made, is_continued=after is not None)


async def _is_of_finance(info: Info, vendor_id: int) -> bool:
    requester = info.requester
    return vendor_id in requester.vendor_ids and await works_as(
        info.session, requester.user_id, vendor_id, *FINANCE
    )


def _currency(code: str) -> str:
    if code not in MINOR_DIGITS:
        raise InvalidError(f"The shop does not trade in {code}.", field="currency")
    return code


def _with_zone(moment: datetime, field: str) -> datetime:
    if moment.tzinfo is None:
        raise InvalidError("Say in which time zone: 2026-01-31T00:00:00Z.", field=field)
    return moment


def _shown(made: periods.PeriodStatement, *, is_continued: bool) -> dict[str, Any]:
    cursors = [_cursor(line.place) for line in made.lines]
    return {
        "currency": made.currency,
        "start": made.start,
        "end": made.end,
        "opening": _owed(made.opening),
        "closing": _owed(made.closing),
        "lines": [_line(line, cursor) for line, cursor in zip(made.lines, cursors, strict=True)],
        "page_info": {
            "has_next_page": made.has_more,
            "has_previous_page": is_continued,
            "start_cursor": cursors[0] if cursors else None,
            "end_cursor": cursors[-1] if cursors else None,
        },
    }


def _owed(balance: Balance) -> dict[str, Any]:
    return {
        "held": exact_money(balance.held),
        "payable": exact_money(balance.payable),
        "in_transit": exact_money(balance.in_transit),
        "total": exact_money(balance.owed),
    }


def _line(line: periods.StatementLine, cursor: str) -> dict[str, Any]:
    part, payout = line.vendor_order_id, line.payout_id
    return {
        "cursor": cursor,
        "at": line.at,
        "kind": line.kind,
        "description": line.description,
        "vendor_order_id": None if part is None else to_global_id("VendorOrder", part),
        "vendor_order_number": line.vendor_order_number,
        "payout_id": None if payout is None else to_global_id("Payout", payout),
        "amount": exact_money(line.amount),
        "balance": exact_money(line.balance),
    }


def _cursor(place: periods.Place) -> str:
    return urlsafe_b64encode(f"{place.at.isoformat()} {place.entry_id}".encode()).decode()


def _place(cursor: str) -> periods.Place:
    try:
        at, _, entry_id = urlsafe_b64decode(cursor).decode().partition(" ")
        return periods.Place(_with_zone(datetime.fromisoformat(at), "after"), int(entry_id))
    except (binascii.Error, ValueError):
        raise InvalidError("This is no cursor of a statement.", field="after") from None

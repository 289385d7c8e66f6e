"""Where sellers are paid: asked for, confirmed by a link, undone by another."""

from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, and_, func, or_
from strawberry import ID

from marketplace.vendors import bank_changes, models
from marketplace.vendors.bank_models import BankChange, BankChangeStatus
from marketplace.vendors.models import MemberRole
from marketplace_graphql.kernel import (
    DateTime,
    Info,
    column,
    enum,
    expression,
    input_type,
    mutation,
    never_null,
    object_type,
    record,
    related,
)
from marketplace_graphql.people.requests import settings_of
from marketplace_graphql.vendors.errors import VendorError
from marketplace_graphql.vendors.permits import STAFF, of_role, works_for

if TYPE_CHECKING:
    from marketplace_graphql.vendors.types import BankAccount  # noqa: F401 - named by the payload

PAYEES = (MemberRole.OWNER, MemberRole.TREASURER)
BankAccountKindEnum = enum(models.BankAccountKind, name="BankAccountKindEnum")
enum(BankChangeStatus, name="BankAccountChangeStatusEnum")


@input_type
class BankAccountInput:
    """Where a seller is paid."""

    kind: BankAccountKindEnum  # type: ignore[valid-type]
    holder: str
    """As the bank writes it."""
    bank_name: str | None = None
    number: str
    """A RIB of 24 digits, or an IBAN."""


def _masked(row: Any) -> ColumnElement[str]:
    """`t•••@example.test`, or the end of a telephone number."""
    email = func.left(row.contact_email, 1) + "•••" + func.substring(row.contact_email, "@.*$")
    phone = "•••" + func.right(row.contact_phone, 3)
    return func.coalesce(func.nullif(email, "•••"), phone)


@record(BankChange)
class BankAccountChange:
    """A change of where a seller is paid."""

    status: BankChangeStatus
    holder: str
    bank_name: str
    ending: str = column("number_ending")
    """The new number's last four characters."""
    asked_at: DateTime
    confirm_before: DateTime
    """Until then it may be confirmed, by the link that was sent."""
    undo_before: DateTime | None
    """Until then it can be undone by the link that was sent, and nothing is paid."""
    sent_to: str = expression(lambda row, ctx: never_null(_masked(row)))
    """Whom the link was sent to, as far as the seller needs to be told."""


def payees_or_staff(row: Any, ctx: Any) -> ColumnElement[bool] | None:
    return None if ctx.requester.has(STAFF) else of_role(row.id, ctx, *PAYEES)


@object_type
class BankOfVendor:
    """A part of `Vendor`."""

    bank_account_changes: list[BankAccountChange] | None = related(
        lambda row, change, ctx: and_(
            change.vendor_id == row.id,
            or_(
                and_(change.status == BankChangeStatus.WAITING, change.confirm_before > ctx.now),
                and_(change.status == BankChangeStatus.CONFIRMED, change.undo_before > ctx.now),
            ),
        ),
        order_by=lambda change, ctx: change.asked_at,
        limit=10,
        allowed=payees_or_staff,
    )
    """Those that wait for their confirmation, or can be undone still."""


@object_type
class BankMutations:
    """What is said of where a seller is paid."""

    @mutation(
        returns={"bank_account": "BankAccount | None", "change": BankAccountChange | None},
        errors=VendorError,
    )
    async def bank_account_update(self, info: Info, vendor_id: ID, input: BankAccountInput) -> dict[str, Any]:
        """Asks that a seller be paid into another account. It is confirmed by a link sent to the contact of
        the old account, else of the seller; then nothing is paid for 48 hours, in which it can be undone. Its
        owners and treasurers may, and staff who work with sellers.
        """
        vendor = await info.find(models.Vendor, vendor_id, field_name="vendorId")
        await works_for(info, vendor.id, STAFF, *PAYEES)
        change = await bank_changes.ask_to_change(
            info.session,
            settings_of(info),
            vendor.id,
            bank_changes.NewAccount(
                kind=models.BankAccountKind(input.kind),
                holder=input.holder,
                bank_name=input.bank_name or "",
                number=input.number,
            ),
            actor_id=info.requester.user_id,
        )
        return {"change": change, "bank_account": await bank_changes.account_of(info.session, vendor.id)}

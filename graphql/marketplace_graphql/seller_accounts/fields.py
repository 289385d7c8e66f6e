"""A seller's account at Stripe: a part of `Vendor`."""

from typing import Any

from sqlalchemy import String, and_, any_, case, cast, select

from marketplace.payments.gateways.stripe.connect import connect_of
from marketplace.payments.gateways.stripe.models import StripeTransfer
from marketplace.payouts.connect import models
from marketplace.payouts.connect.models import Capability
from marketplace.payouts.models import PayoutStatus
from marketplace.people.permissions import Permission
from marketplace_graphql.kernel import (
    DateTime,
    Info,
    column,
    computed,
    enum,
    expression,
    never_null,
    object_type,
    record,
    related,
    value,
)
from marketplace_graphql.kernel.reader.aliases import aliased
from marketplace_graphql.people.requests import settings_of
from marketplace_graphql.values import Money, money

StripeCapabilityEnum = enum(Capability, name="StripeCapabilityEnum")
SEE_ALL = (Permission.MANAGE_VENDORS, Permission.MANAGE_PAYOUTS)


def own_or_staff(row: Any, ctx: Any) -> Any:
    """The rule of a seller's account: its members, and staff who work with sellers or pay them."""
    if ctx.requester.has(*SEE_ALL):
        return None
    return row.id == any_(ctx.requester.vendor_ids)


@record(models.ConnectedAccount)
class VendorStripeAccount:
    """A seller's own account at Stripe, as Stripe said last that it stands."""

    account_id: str | None
    """What Stripe calls it; null while it is being opened."""
    country: str = column("country_code")
    """ISO 3166-1."""
    is_ready: bool = expression(
        lambda row, ctx: never_null(
            and_(row.account_id.is_not(None), row.payouts_enabled, row.transfers == Capability.ACTIVE)
        )
    )
    """Whether Stripe lets the seller be paid into it."""
    payable_from: DateTime
    """Before it nothing is paid into it: it has been connected a moment ago."""
    details_submitted: bool
    """Whether the seller has told Stripe all that it asked at first."""
    charges_enabled: bool
    payouts_enabled: bool
    """Whether Stripe pays out to the seller's bank."""
    transfers: StripeCapabilityEnum  # type: ignore[valid-type]
    """Whether money can be transferred into it."""
    requirements: list[str]
    """What Stripe still wants to know, by its own names: the onboarding asks for it."""
    disabled_reason: str
    """Why Stripe does not let it do something, as a code of Stripe's; empty: it does."""
    due_by: DateTime | None
    """Until when Stripe wants to know it."""
    checked_at: DateTime | None
    """When Stripe was asked last."""


@object_type
class TransferOfPayout:
    """What Stripe did for a payout, where it went that way: a part of `Payout`."""

    stripe_account_id: str | None
    """The seller's account at Stripe that it goes to."""
    returned: Money = value(
        lambda row, ctx: money(
            case((row.status == PayoutStatus.RETURNED, row.amount_minor), else_=row.returned_minor),
            row.currency,
        )
    )
    """What came back of it, all or a part: it is owed to the seller again."""

    @expression
    def stripe_transfer_id(row: Any, ctx: Any) -> str | None:
        """What Stripe calls the transfer."""
        transfer = aliased(StripeTransfer)
        made = select(transfer.id).where(transfer.transfer_group == cast(row.id, String), transfer.is_ours)
        return made.correlate_except(transfer).scalar_subquery()  # type: ignore[return-value]


@object_type
class StripeAccountOfVendor:
    """Where a seller is paid, if it has an account at Stripe: a part of `Vendor`."""

    stripe_account: VendorStripeAccount | None = related(
        lambda row, account, ctx: and_(account.vendor_id == row.id, account.disconnected_at.is_(None)),
        allowed=own_or_staff,
    )
    """For the seller's members and staff."""

    @computed(  # type: ignore[untyped-decorator]
        lambda row, ctx: {"country": row.country_code}, allowed=own_or_staff
    )
    def can_have_stripe_account(selected: Any, info: Info) -> bool | None:
        """Whether Stripe can pay sellers in its country. In most, it can't: they have their bank account."""
        settings = settings_of(info)
        return connect_of(settings) is not None and selected["country"] in settings.connect_countries

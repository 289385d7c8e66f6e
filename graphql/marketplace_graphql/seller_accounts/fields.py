"""A seller's account at Stripe: a part of `Vendor`."""

from typing import Any

from sqlalchemy import and_, any_

from marketplace.payments.gateways.stripe.connect import connect_of
from marketplace.payouts.connect import models
from marketplace.payouts.connect.models import Capability
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
)
from marketplace_graphql.people.requests import settings_of

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

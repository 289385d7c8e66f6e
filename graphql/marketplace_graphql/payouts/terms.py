"""When sellers are paid, from how much on and in which way."""

from decimal import Decimal

from sqlalchemy import true
from strawberry import ID

from marketplace.kit.errors import PermissionDeniedError
from marketplace.payouts import models, terms
from marketplace.payouts.models import PayoutRhythm
from marketplace.people.permissions import Permission
from marketplace.vendors import models as vendors
from marketplace.vendors.queries import works_as
from marketplace_graphql.kernel import (
    Info,
    PositiveDecimal,
    changes,
    enum,
    input_type,
    mutation,
    object_type,
    record,
    related,
    value,
)
from marketplace_graphql.payouts.errors import PayoutError, staff_id
from marketplace_graphql.payouts.fields import STAFF, PayoutMethodEnum
from marketplace_graphql.payouts.types import staff_only
from marketplace_graphql.values import Money, money

PayoutRhythmEnum = enum(PayoutRhythm, name="PayoutRhythmEnum")
MAY_CHOOSE = (vendors.MemberRole.OWNER, vendors.MemberRole.TREASURER)


@record(models.PayoutTerms, visible=staff_only, order_by=lambda row, ctx: row.currency)
class PayoutTerms:
    """When sellers are paid in a currency, and from how much on, unless they chose otherwise."""

    currency: str
    """ISO 4217 code."""
    minimum: Money = value(lambda row, ctx: money(row.minimum_minor, row.currency))
    """From how much on sellers are paid who said nothing themselves."""
    rhythm: PayoutRhythmEnum  # type: ignore[valid-type]
    day: int | None
    """Of the week, Monday is 1, or of the month."""


@input_type
class PayoutTermsInput:
    """When sellers are paid in a currency, and from how much on."""

    minimum: PositiveDecimal
    """In the currency."""
    rhythm: PayoutRhythmEnum  # type: ignore[valid-type]
    day: int | None
    """Of the week, Monday is 1, or of the month, up to 28. None for runs that are made by hand."""


@input_type
class VendorPayoutInput:
    """How a seller wants to be paid. What is left out stays."""

    method: PayoutMethodEnum | None
    minimum: PositiveDecimal | None
    """In its country's currency; null: as is usual."""


@object_type
class PayoutTermsQueries:
    """What holds for all runs."""

    payout_terms: list[PayoutTerms] | None = related(lambda root, terms, ctx: true(), needs=STAFF, limit=100)
    """When sellers are paid, by currency: only those of which anything has been said."""


@object_type
class PayoutTermsMutations:
    """Saying how sellers are paid."""

    @mutation(returns="PayoutTerms", errors=PayoutError, needs=STAFF)
    async def payout_terms_update(
        self, info: Info, currency: str, input: PayoutTermsInput
    ) -> models.PayoutTerms:
        """Says when sellers are paid in a currency, and from how much on."""
        return await terms.set_terms(
            info.session,
            currency,
            staff_id(info),
            minimum=Decimal(input.minimum),
            rhythm=PayoutRhythm(changes(input)["rhythm"].value),
            day=changes(input).get("day"),
        )

    @mutation(returns="Vendor", errors=PayoutError)
    async def vendor_payout_update(
        self, info: Info, vendor_id: ID, input: VendorPayoutInput
    ) -> vendors.Vendor:
        """Says how a seller is paid. Its owner and treasurer may, and staff who work with payouts."""
        vendor = await info.find(vendors.Vendor, vendor_id, field_name="vendorId")
        is_staff = Permission.MANAGE_PAYOUTS in info.requester.permissions
        if not is_staff and not await works_as(info.session, info.requester.user_id, vendor.id, *MAY_CHOOSE):
            raise PermissionDeniedError(STAFF)
        given = changes(input)
        method, minimum = given.get("method"), given.get("minimum")
        return await terms.set_sellers_terms(
            info.session,
            vendor.id,
            info.requester.user_id,
            method=None if method is None else vendors.PayoutMethod(method.value),
            minimum=None if minimum is None else Decimal(minimum),
            keeps_minimum="minimum" not in given,
        )

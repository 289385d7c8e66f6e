"""What staff decide of sellers' debts."""

from strawberry import ID

from marketplace.payouts import debt_models, debts
from marketplace.vendors.models import Vendor
from marketplace_graphql.kernel import (
    Date,
    Info,
    PositiveDecimal,
    changes,
    input_type,
    mutation,
    object_type,
)
from marketplace_graphql.payouts.errors import staff_id
from marketplace_graphql.payouts.fields import STAFF
from marketplace_graphql.vendor_debts.types import VendorDebtDecisionEnum, VendorDebtError


@input_type
class VendorDebtDecideInput:
    """What is decided of a seller's debt, and why."""

    decision: VendorDebtDecisionEnum
    reason: str
    amount: PositiveDecimal | None
    """All of it, unless said otherwise."""
    share_of_payouts: PositiveDecimal | None
    """In per cent: at most so much of each payout is kept, of a debt that is spread."""
    review_on: Date | None
    """When it is looked at again: a debt that waits needs such a day."""
    reference: str | None
    """The bank's, of what the seller has paid in."""


@object_type
class VendorDebtMutations:
    """Deciding of what sellers owe."""

    @mutation(returns="VendorDebtDecision", errors=VendorDebtError, needs=STAFF)
    async def vendor_debt_decide(
        self, info: Info, vendor_id: ID, currency: str, input: VendorDebtDecideInput
    ) -> debt_models.VendorDebtDecision:
        """Decides of what a seller owes: it waits, is spread over payouts, is borne by us, or was paid in."""
        vendor = await info.find(Vendor, vendor_id, field_name="vendorId")
        given = changes(input)
        share = given.get("share_of_payouts")
        said = debts.Decided(
            kind=debt_models.DebtDecision(given["decision"].value),
            reason=given["reason"],
            amount=given.get("amount"),
            share_bp=None if share is None else int(share * 100),
            review_on=given.get("review_on"),
            reference=given.get("reference"),
        )
        return await debts.decide(info.session, vendor.id, currency, said, staff_id(info))

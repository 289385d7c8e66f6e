"""Lost disputes that sellers bear."""

from strawberry import ID

from marketplace.payments.gateways.stripe.models import StripeDispute
from marketplace.payouts import dispute_charges
from marketplace.people.permissions import Permission
from marketplace_graphql.kernel import Info, PositiveDecimal, mutation, object_type
from marketplace_graphql.payments.recording import minor_of
from marketplace_graphql.payouts.errors import PayoutError


@object_type
class DisputeMutations:
    """What staff do once a dispute is lost."""

    @mutation(returns="PaymentDispute", errors=PayoutError, needs=Permission.HANDLE_PAYMENTS)
    async def payment_dispute_charge(
        self, info: Info, id: ID, amount: PositiveDecimal | None = None, reason: str | None = None
    ) -> StripeDispute:
        """Charges an order's sellers with what a bank has taken back for good, or with so much of it, in
        proportion to what their delivered parts brought. Their next payouts take it.
        """
        dispute = await info.find(StripeDispute, id)
        minor = None if amount is None else minor_of(amount, dispute.currency, "amount")
        return await dispute_charges.charge(
            info.session, dispute.id, minor, (reason or "").strip(), info.requester.user_id
        )

"""Where a gateway's books and ours say different things, for staff who handle payments."""

from typing import Any

from sqlalchemy import false, true

from marketplace.payments.gateways.stripe import models
from marketplace.people.permissions import Permission
from marketplace_graphql.kernel import DateTime, Node, column, node, value
from marketplace_graphql.values import Money, money


def _for_staff(row: Any, ctx: Any) -> Any:
    return true() if ctx.requester.has(Permission.HANDLE_PAYMENTS) else false()


@node(models.PaymentDifference, visible=_for_staff, order_by=lambda row, ctx: row.id)
class PaymentDifference(Node):
    """Something of which a gateway's books and ours said different things when they were last compared."""

    kind: str = column("what")
    """charge, refund, dispute, payout, currency, or unknown."""
    psp_reference: str = column("reference")
    """What the gateway calls it."""
    at_gateway: Money = value(lambda row, ctx: money(row.at_gateway_minor, row.currency))
    """What the gateway's books say."""
    here: Money = value(lambda row, ctx: money(row.here_minor, row.currency))
    """What ours say."""
    found_at: DateTime
    """When it was found first."""

"""Amounts and payments as clients say them."""

from marketplace.payments.models import TransactionAction
from marketplace_graphql.inputs import MetadataInput
from marketplace_graphql.kernel import PositiveDecimal, input_type


@input_type
class MoneyInput:
    """An amount of money."""

    currency: str
    """ISO 4217 code."""
    amount: PositiveDecimal


@input_type
class TransactionCreateInput:
    """A payment that somebody else has taken."""

    name: str | None
    """The way of paying, as people call it."""
    message: str | None
    psp_reference: str | None
    """The provider's own name for it."""
    available_actions: list[TransactionAction] | None
    """What can be asked of the provider."""
    amount_authorized: MoneyInput | None
    """Promised and not paid yet."""
    amount_charged: MoneyInput | None
    """Paid."""
    amount_refunded: MoneyInput | None
    """Paid back."""
    amount_canceled: MoneyInput | None
    """Promised once, and called off."""
    metadata: list[MetadataInput] | None
    private_metadata: list[MetadataInput] | None
    external_url: str | None
    """Where staff can look it up."""

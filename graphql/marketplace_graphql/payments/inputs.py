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
    payment_method_details: "PaymentMethodDetailsInput | None"
    """What it is made with."""


@input_type
class TransactionUpdateInput:
    """What to change of a payment that somebody else has taken."""

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
    payment_method_details: "PaymentMethodDetailsInput | None"
    """What it is made with."""


@input_type
class TransactionEventInput:
    """Something about a payment that is only said."""

    psp_reference: str | None
    """The provider's own name for it."""
    message: str | None


@input_type
class CardPaymentMethodDetailsInput:
    """A card, as far as it may be shown."""

    name: str
    """As people call it."""
    brand: str | None
    first_digits: str | None
    """At most four."""
    last_digits: str | None
    """At most four."""
    exp_month: int | None
    exp_year: int | None


@input_type
class OtherPaymentMethodDetailsInput:
    """Something that is neither a card nor a gift card."""

    name: str
    """As people call it."""


@input_type
class GiftCardPaymentMethodDetailsInput:
    """A gift card of somebody else's."""

    name: str
    """As people call it."""
    brand: str | None
    last_chars: str | None
    """At most four."""


@input_type
class PaymentMethodDetailsInput:
    """What a payment is made with: one of these."""

    card: CardPaymentMethodDetailsInput | None
    other: OtherPaymentMethodDetailsInput | None
    gift_card: GiftCardPaymentMethodDetailsInput | None

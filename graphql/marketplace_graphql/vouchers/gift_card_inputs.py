"""Inputs of gift cards."""

from strawberry import ID

from marketplace_graphql.inputs import MetadataInput
from marketplace_graphql.kernel import Date, PositiveDecimal, input_type


@input_type
class PriceInput:
    """An amount of money."""

    currency: str
    """ISO 4217 code."""
    amount: PositiveDecimal


@input_type
class GiftCardCreateInput:
    """A new gift card."""

    add_tags: list[str] | None
    expiry_date: Date | None
    """The last day on which it shall be good."""
    metadata: list[MetadataInput] | None
    private_metadata: list[MetadataInput] | None
    start_date: Date | None
    """Cards are good at once."""
    end_date: Date | None
    """Use `expiryDate`."""
    balance: PriceInput
    user_email: str | None
    """To whom it shall be sent."""
    channel: str | None
    """In whose name it is sent: needed with `userEmail`."""
    is_active: bool
    code: str | None
    """One of your own. Leave it out: one that can't be guessed is made."""
    note: str | None
    assigned_to: ID | None
    """The only customer who shall be able to spend it."""


@input_type(outdated={"start_date": "Cards are good at once.", "end_date": "Use `expiryDate`."})
class GiftCardUpdateInput:
    """What changes of a gift card."""

    add_tags: list[str] | None
    expiry_date: Date | None
    """The last day on which it shall be good; null: it doesn't expire."""
    metadata: list[MetadataInput] | None
    private_metadata: list[MetadataInput] | None
    start_date: Date | None
    end_date: Date | None
    remove_tags: list[str] | None
    balance_amount: PositiveDecimal | None
    """What shall be on it, whatever was."""


@input_type
class GiftCardBulkCreateInput:
    """New gift cards."""

    count: int
    balance: PriceInput
    """What each of them is worth."""
    tags: list[str] | None
    expiry_date: Date | None
    """The last day on which they shall be good."""
    is_active: bool


@input_type
class GiftCardResendInput:
    """Where a gift card is sent once more."""

    id: ID
    email: str | None
    """Left out: to whose it is, or else to who made it."""
    channel: str
    """In whose name it is sent."""


@input_type
class GiftCardAddNoteInput:
    """A note."""

    message: str

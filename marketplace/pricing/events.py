"""What the other rooms are told about prices and gift cards, in the transaction in which it happens."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GiftCardIssued:
    """There is a new gift card, which the marketplace will have to honour."""

    gift_card_id: int

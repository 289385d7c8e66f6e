"""What the other rooms are told about prices and gift cards, in the transaction in which it happens."""

from dataclasses import dataclass

from marketplace.kit.money import Money


@dataclass(frozen=True, slots=True)
class GiftCardsIssued:
    """There are new gift cards, which the marketplace will have to honour."""

    gift_card_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class DebtChange:
    """How much more (or less) the marketplace owes to whoever has a card."""

    key: str
    """Names what staff did, once: nothing is booked twice."""
    difference: Money


@dataclass(frozen=True, slots=True)
class GiftCardDebtsChanged:
    """Staff changed what is on gift cards, or took cards away."""

    changes: tuple[DebtChange, ...]

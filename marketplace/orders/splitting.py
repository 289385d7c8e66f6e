"""A cart is split: one part for each seller, with its goods, its parcel and its share of what gift cards pay.

Every amount of the whole is a sum over lines and parcels, each of which belongs to one seller. So the parts
add up to the whole, and nothing has to be rounded a second time.
"""

from dataclasses import dataclass, replace
from uuid import UUID, uuid4

from marketplace.checkout.carts import Cart
from marketplace.checkout.closing import Settled
from marketplace.checkout.models import CheckoutLine
from marketplace.checkout.offered_deliveries import Parcel
from marketplace.checkout.totals import NOTHING, Taxed, total_of
from marketplace.kit.money import share


@dataclass(frozen=True, slots=True)
class Part:
    """One seller's share of the cart."""

    id: UUID
    vendor_id: int
    position: int
    subtotal: Taxed
    parcel: Parcel | None
    lead_time_days: int
    """Of what takes longest to make; 0 where all is there."""
    gift_card_minor: int = 0

    @property
    def shipping(self) -> Taxed:
        return self.parcel.price if self.parcel else NOTHING

    @property
    def total(self) -> Taxed:
        return self.subtotal + self.shipping


def split(cart: Cart, settled: Settled) -> list[Part]:
    """The cart's parts, in the order in which their sellers appear in it. What gift cards pay is shared by
    what each part comes to.
    """
    delivery = settled.delivery
    by_vendor: dict[int, list[CheckoutLine]] = {}
    for line in cart.lines:
        by_vendor.setdefault(cart.offer(line).vendor_id, []).append(line)
    parcels = {parcel.vendor_id: parcel for parcel in delivery.parcels} if delivery else {}
    parts = [
        Part(
            uuid4(),
            vendor_id,
            position,
            total_of(Taxed(line.total_gross_minor, line.total_net_minor) for line in lines),
            parcels.get(vendor_id),
            max(cart.offer(line).lead_time_days or 0 for line in lines),
        )
        for position, (vendor_id, lines) in enumerate(by_vendor.items(), 1)
    ]
    if not settled.gift_card_minor:
        return parts
    shares = share(settled.gift_card_minor, [part.total.gross_minor for part in parts])
    return [replace(part, gift_card_minor=paid_minor) for part, paid_minor in zip(parts, shares, strict=True)]

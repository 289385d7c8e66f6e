"""What an app is told that works out taxes: what a cart comes to before any tax is added or taken out."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import orjson

from marketplace.checkout.models import CheckoutLine
from marketplace.checkout.totals import unit_of

if TYPE_CHECKING:
    from marketplace.checkout.carts import Cart

SUBTOTAL, SHIPPING = "SUBTOTAL", "SHIPPING"


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a cart is taxed: where it goes, before that is known where it is billed."""

    address_id: int | None = None
    written: str = ""
    """The whole of it: an address is changed in place."""


@dataclass(frozen=True, slots=True)
class BaseLine:
    """Amounts are as entered, after what is taken off this line, and before what is taken off the whole."""

    key: str
    variant_id: int
    vendor_id: int
    quantity: int
    product_name: str
    variant_name: str
    sku: str | None
    unit_minor: int
    total_minor: int


@dataclass(frozen=True, slots=True)
class BaseDiscount:
    """What is taken off all goods, or off the delivery."""

    name: str | None
    amount_minor: int
    type: str


@dataclass(frozen=True, slots=True)
class TaxBase:
    """What is taxed. Two that say the same are taxed the same."""

    channel_id: int
    country_code: str
    currency: str
    with_tax: bool
    shipping_minor: int
    """After a voucher of the delivery."""
    method: str | None
    """What carries it, as its key says."""
    destination: Destination
    discounts: tuple[BaseDiscount, ...]
    lines: tuple[BaseLine, ...]

    @property
    def fingerprint(self) -> str:
        """The same for the same base, in whatever order its lines stand."""
        said = asdict(self)
        said["lines"] = sorted(said["lines"], key=lambda line: str(line["key"]))
        return hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()

    def details(self) -> Mapping[str, Any]:
        """The same as details of an event."""
        return {**asdict(self), "address_id": self.destination.address_id}


def tax_base(cart: "Cart", shipping_minor: int, destination: Destination) -> TaxBase:
    """What a cart that has been priced comes to. `shipping_minor` is what its delivery costs, as entered,
    after all that is taken off it.
    """
    discounts = []
    for reduction in cart.discounts_of_whole():
        off_goods = sum(reduction.by_line.values())
        off_delivery = reduction.amount_minor - off_goods
        shipping_minor += off_delivery
        if off_goods:
            discounts.append(BaseDiscount(reduction.name, off_goods, SUBTOTAL))
        if off_delivery:
            discounts.append(BaseDiscount(reduction.name, off_delivery, SHIPPING))
    return TaxBase(
        cart.channel.id,
        cart.checkout.country_code,
        cart.channel.currency_code,
        cart.channel.prices_entered_with_tax,
        shipping_minor,
        None if cart.chosen_method_id is None else str(cart.chosen_method_id),
        destination,
        tuple(discounts),
        tuple(_line(cart, line) for line in cart.lines),
    )


def _line(cart: "Cart", line: CheckoutLine) -> BaseLine:
    offer = cart.offer(line)
    total_minor = _total(cart, line)
    return BaseLine(
        str(line.id),
        line.variant_id,
        offer.vendor_id,
        line.quantity,
        offer.product_name,
        offer.variant_name,
        offer.sku,
        unit_of(total_minor, line.quantity),
        total_minor,
    )


def _total(cart: "Cart", line: CheckoutLine) -> int:
    if line.is_gift:
        return 0
    price_minor, reduction = cart.price(line), cart.reduction
    if price_minor is None:  # Not sold any more: it keeps what it has cost.
        return line.total_gross_minor if cart.channel.prices_entered_with_tax else line.total_net_minor
    of_line = reduction is not None and reduction.is_per_line
    off_minor = reduction.by_line.get(line.id, 0) if reduction is not None and of_line else 0
    return price_minor * line.quantity - off_minor

"""What a seller's parcel is taxed, and what of its price is charged at all."""

from marketplace.checkout.carts import Cart
from marketplace.checkout.totals import Taxed, total_of
from marketplace.kit.money import BASIS_POINTS, net_of_gross


def price_and_rate(
    cart: Cart, vendor_id: int, price_minor: int, rate_bp: int, is_charged: bool, is_weighted: bool
) -> tuple[int, int]:
    """A parcel's price, as entered, and its rate: where no tax is charged what is left without it.

    `rate_bp` is that of the method's class; with `is_weighted` the parcel is taxed as its goods are. What an
    app works out is not known yet.
    """
    if cart.taxes is not None:
        return price_minor, 0
    if cart.checkout.is_tax_exempt or not is_charged:
        with_tax = cart.channel.prices_entered_with_tax
        return (net_of_gross(price_minor, rate_bp) if with_tax else price_minor), 0
    return price_minor, _average_rate_bp(cart, vendor_id) if is_weighted else rate_bp


def _average_rate_bp(cart: Cart, vendor_id: int) -> int:
    """What the tax of a seller's goods comes to on the whole."""
    goods = [line for line in cart.lines if cart.offer(line).vendor_id == vendor_id]
    total = total_of(Taxed(line.total_gross_minor, line.total_net_minor) for line in goods)
    if not total.net_minor:
        return 0
    tax_minor = total.gross_minor - total.net_minor
    return (2 * tax_minor * BASIS_POINTS + total.net_minor) // (2 * total.net_minor)

"""What a cart costs, exactly. Pure arithmetic on whole minor units.

A price is entered with tax or without, as its channel says. Tax is worked out once for each line and each
parcel, on its whole amount; everything above is a sum of these, so sums always add up.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from marketplace.kit.money import net_of_gross, percentage


@dataclass(frozen=True, slots=True)
class Taxed:
    """An amount with tax and without, in minor units."""

    gross_minor: int
    net_minor: int

    def __add__(self, other: "Taxed") -> "Taxed":
        return Taxed(self.gross_minor + other.gross_minor, self.net_minor + other.net_minor)


NOTHING = Taxed(0, 0)


@dataclass(frozen=True, slots=True)
class LineTotals:
    unit: Taxed
    undiscounted_unit: Taxed
    total: Taxed


def taxed(entered_minor: int, rate_bp: int, entered_with_tax: bool) -> Taxed:
    """Both sides of an amount of which one was entered."""
    if entered_with_tax:
        return Taxed(entered_minor, net_of_gross(entered_minor, rate_bp))
    return Taxed(entered_minor + percentage(entered_minor, rate_bp), entered_minor)


def line_totals(
    price_minor: int, undiscounted_minor: int, quantity: int, rate_bp: int, entered_with_tax: bool
) -> LineTotals:
    """What so many pieces at a price come to. The tax of the line is that of its whole amount, which may
    differ by a rounding from the piece's tax times the pieces.
    """
    return LineTotals(
        taxed(price_minor, rate_bp, entered_with_tax),
        taxed(undiscounted_minor, rate_bp, entered_with_tax),
        taxed(price_minor * quantity, rate_bp, entered_with_tax),
    )


def total_of(parts: Iterable[Taxed]) -> Taxed:
    return sum(parts, NOTHING)


def share_of(whole: Taxed, gross_minor: int) -> Taxed:
    """A part of an amount, by its gross, taxed in the same proportion: what gift cards leave to pay."""
    if not whole.gross_minor:
        return NOTHING
    net_minor = (2 * gross_minor * whole.net_minor + whole.gross_minor) // (2 * whole.gross_minor)
    return Taxed(gross_minor, net_minor)


def unit_of(total_minor: int, quantity: int) -> int:
    """One piece's share of a line's total, rounded half up: what Saleor shows as the unit's price."""
    return (2 * total_minor + quantity) // (2 * quantity)

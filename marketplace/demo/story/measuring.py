"""Act six: the staff's figures of the cooperative have moved by exactly what was sold."""

from datetime import date, timedelta
from decimal import Decimal

from marketplace.demo.story.cast import CHANNEL, Cast, Seller
from marketplace.demo.story.client import Data, dirhams, minor


def measure(cast: Cast, before: Data) -> None:
    """Act six: the staff's figures of the cooperative have moved by exactly what was sold."""
    story = cast.story
    story.act("6. What staff see of the cooperative")
    seller = cast.sellers[0]
    after = figures_of(cast, seller)
    sold = seller.subtotal_minor
    story.check(
        "Sales", dirhams(minor(after["sales"]["amount"])), dirhams(minor(before["sales"]["amount"]) + sold)
    )
    story.check("Orders", after["orders"], before["orders"] + 1)
    story.check("Pieces", after["pieces"], before["pieces"] + 2)
    sales, previous = minor(after["sales"]["amount"]), minor(after["previousSales"]["amount"])
    story.check(
        "Growth on the 30 days before",
        after["growth"] if after["growth"] is None else round(after["growth"], 4),
        round(Decimal(sales - previous) / previous, 4) if previous else None,
    )
    share = Decimal(sales) / minor(after["categorySales"]["amount"])
    story.check("Share of its category", round(Decimal(after["categoryShare"]), 4), round(share, 4))
    story.check_that(
        "The category's sales grew by at least what was sold",
        minor(after["categorySales"]["amount"]) - minor(before["categorySales"]["amount"]) >= sold,
    )


def figures_of(cast: Cast, seller: Seller) -> Data:
    """Staff's figures of one seller over thirty days that hold the story's day."""
    first_day = date.fromisoformat(cast.first_day)
    period = {"gte": str(first_day - timedelta(days=29)), "lte": str(first_day)}
    figures: Data = cast.staff("finance").run("figures", id=seller.id, period=period, channel=CHANNEL)[
        "vendor"
    ]["figures"]
    return figures

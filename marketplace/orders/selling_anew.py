"""Pieces of an order that staff have changed: taken back from its lines, and to be had for them anew."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.checkout.models import CheckoutLine
from marketplace.inventory.allocations import release
from marketplace.inventory.errors import InsufficientStockError
from marketplace.inventory.reservations import Wanted, check_available
from marketplace.kit.errors import Errors
from marketplace.kit.ids import to_global_id
from marketplace.orders.baskets import Basket


async def free_pieces(session: AsyncSession, basket: Basket) -> list[Wanted]:
    """Take back what was sold to lines that have changed; gives what is to be sold to them instead. The
    stocks are locked.
    """
    changed = [line for line in basket.lines if _has_changed(basket, line)]
    gone = [row_id for row_id in basket.rows if row_id not in {line.id for line in basket.lines}]
    sold = {row.id for row in basket.rows.values() if row.vendor_order_id is not None}
    given_back = sold.intersection([*gone, *(line.id for line in changed)])
    if given_back:
        await release(session, given_back)
    wanted = [
        Wanted(line.id, line.variant_id, line.quantity) for line in changed if basket.offer(line).is_tracked
    ]
    if wanted:
        try:
            await check_available(session, wanted, basket.now, channel_id=basket.channel.id)
        except InsufficientStockError as refused:
            raise _in_words(basket, wanted, refused) from refused
    return wanted


def _has_changed(basket: Basket, line: CheckoutLine) -> bool:
    """Whether a line has other pieces than were sold to it: none were to a line without a part."""
    row = basket.rows.get(line.id)
    return row is None or row.vendor_order_id is None or row.quantity != line.quantity


def _in_words(basket: Basket, wanted: Sequence[Wanted], refused: InsufficientStockError) -> Errors:
    """One error for each variant that falls short, which names its lines."""
    names = {line.variant_id: basket.offer(line).product_name for line in basket.lines}
    errors = []
    for shortage in refused.shortages:
        error = InsufficientStockError([shortage])
        name = names[shortage.variant_id]
        error.message = f"Only {shortage.available} of {name} can be had just now."
        error.field = "lines"
        error.details = {
            "variants": [to_global_id("ProductVariant", shortage.variant_id)],
            "order_lines": [
                to_global_id("OrderLine", line.line_id)
                for line in wanted
                if line.variant_id == shortage.variant_id and line.line_id in basket.rows
            ],
        }
        errors.append(error)
    return Errors(list(errors))

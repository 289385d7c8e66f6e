"""A checkout is completed: paid for, an order, and gone. All in one transaction, and once."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.checkout.closing import Settled, discard, settle
from marketplace.checkout.errors import CheckoutGoneError
from marketplace.kit.events import publish
from marketplace.kit.money import Money
from marketplace.orders.events import OrderPlaced
from marketplace.orders.models import Order
from marketplace.orders.placing import order_of_checkout, place
from marketplace.payments import cash
from marketplace.payments.errors import NotFullyPaidError
from marketplace.payments.gateways import Payable
from marketplace.payments.gateways.cash_on_delivery import GATEWAY_ID as CASH_ON_DELIVERY
from marketplace.payments.models import TransactionEventType, TransactionItem
from marketplace.payments.transactions import covered_minor, tell, transactions_of, write_payment


async def complete(
    session: AsyncSession, checkout_id: UUID, metadata: Mapping[str, str] | None = None
) -> Order:
    """Make the order of a checkout that is promised or paid in full. Completed twice, it is the same order.

    Raises what `closing.settle` raises, and NotFullyPaidError.
    """
    try:
        settled = await settle(session, checkout_id)
    except CheckoutGoneError:
        order = await order_of_checkout(session, checkout_id)
        if order is None:
            raise
        return order
    transactions = await _paid_with(session, settled)
    order = await place(session, settled, metadata)
    await _take_over(session, order, transactions)
    await discard(session, settled.cart)
    await publish(session, OrderPlaced(order.id))
    return order


async def _paid_with(session: AsyncSession, settled: Settled) -> list[TransactionItem]:
    """The checkout's transactions, which cover all of it. Raises NotFullyPaidError."""
    checkout, channel = settled.cart.checkout, settled.cart.channel
    total = Money(checkout.total_gross_minor, checkout.currency)
    transactions = list(await transactions_of(session, Payable(channel, total, checkout=checkout)))
    covered = sum(covered_minor(transaction) for transaction in transactions)
    if covered < total.minor:
        missing = Money(total.minor - covered, total.currency)
        raise NotFullyPaidError(f"{missing} of {total} are neither promised nor paid yet.")
    return transactions


async def _take_over(session: AsyncSession, order: Order, transactions: list[TransactionItem]) -> None:
    for transaction in transactions:
        transaction.checkout_id, transaction.order_id = None, order.id
    await session.flush()
    promise = next((one for one in transactions if one.gateway == CASH_ON_DELIVERY), None)
    if promise is not None:
        await _promise_exactly(session, order, promise, transactions)
        await cash.expect(session, order, promise)
    write_payment(order, transactions, order.total_gross_minor)
    await session.flush()


async def _promise_exactly(
    session: AsyncSession, order: Order, promise: TransactionItem, transactions: list[TransactionItem]
) -> None:
    """Where prices fell after the promise, the carrier shall not ask for more than the order costs."""
    others = sum(covered_minor(transaction) for transaction in transactions if transaction is not promise)
    exact = order.total_gross_minor - others
    if promise.authorized_minor != exact:
        await tell(
            session,
            promise,
            TransactionEventType.AUTHORIZATION_ADJUSTMENT,
            Money(exact, order.currency),
            f"order:{order.id}",
            message="The order costs less than was promised.",
        )

"""A checkout is completed: paid for, an order, and gone. All in one transaction, and once."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.checkout.address_book import remember_addresses
from marketplace.checkout.closing import Settled, discard, settle
from marketplace.checkout.errors import CheckoutGoneError
from marketplace.inventory.reservations import give_up
from marketplace.kit.money import Money
from marketplace.orders.models import AuthorizeStatus, Order
from marketplace.orders.placing import Paid, order_of_checkout, place
from marketplace.orders.placing import tell as tell_of_order
from marketplace.payments import cash
from marketplace.payments.amounts import authorize_status, charge_status
from marketplace.payments.at_the_door import confirming
from marketplace.payments.at_the_door.errors import CashNotOfferedError
from marketplace.payments.at_the_door.rules import Decision, decide
from marketplace.payments.covering import release_second_payments
from marketplace.payments.errors import NotFullyPaidError
from marketplace.payments.gateways import Payable
from marketplace.payments.gateways.cash_on_delivery import GATEWAY_ID as CASH_ON_DELIVERY
from marketplace.payments.lost import call_off_soon
from marketplace.payments.models import TransactionEventType, TransactionItem
from marketplace.payments.transactions import covered_minor, tell, transactions_of


async def complete(
    session: AsyncSession,
    checkout_id: UUID,
    metadata: Mapping[str, str] | None = None,
    *,
    redirect_url: str | None = None,
    private_metadata: Mapping[str, str] | None = None,
    may_be_unpaid: bool = False,
    keeps_checkout: bool = False,
) -> Order:
    """Make the order of a checkout that is promised or paid in full, or that its channel lets be paid later.
    Completed twice, it is the same order.

    An app may make one that is paid later (`may_be_unpaid`), and leave the checkout as it is: it can then
    become another order. Raises what `closing.settle` raises, NotFullyPaidError, and
    CashNotOfferedError.
    """
    try:
        settled = await settle(session, checkout_id)
    except CheckoutGoneError:
        order = await order_of_checkout(session, checkout_id)
        if order is None:
            raise
        return order
    transactions = await _transactions(session, settled, may_be_unpaid=may_be_unpaid)
    promise = next((one for one in transactions if one.gateway == CASH_ON_DELIVERY and one.is_active), None)
    if promise is not None:
        await _promise_exactly(session, settled, promise, transactions)
    decision = await _decide(session, settled, promise)
    paid = _paid(settled, transactions)
    order = await place(
        session,
        settled,
        paid,
        metadata,
        private_metadata,
        waits=decision is not None and decision.needs_confirmation,
    )
    order.redirect_url = redirect_url
    for transaction in transactions:
        transaction.checkout_id, transaction.order_id = None, order.id
    if promise is not None:
        await cash.expect(session, order, promise)
    if paid.authorize_status is AuthorizeStatus.FULL:
        await call_off_soon(session, transactions)
        await release_second_payments(session, settled.total.gross_minor, transactions)
    if decision is not None:
        await confirming.begin(session, order, decision)
    await session.flush()
    await remember_addresses(session, settled.cart.checkout)
    if keeps_checkout:
        order.checkout_id = None
        await give_up(session, [line.id for line in settled.cart.lines])
    else:
        await discard(session, settled.cart)
    await tell_of_order(session, order)
    return order


async def _transactions(
    session: AsyncSession, settled: Settled, *, may_be_unpaid: bool
) -> list[TransactionItem]:
    """The checkout's transactions, which cover all of it unless it may be paid later.

    Raises NotFullyPaidError.
    """
    checkout = settled.cart.checkout
    total = Money(settled.total.gross_minor, checkout.currency)
    payable = Payable(settled.cart.channel, total, checkout=checkout)
    transactions = list(await transactions_of(session, payable))
    covered = sum(covered_minor(transaction) for transaction in transactions)
    unpaid_too = may_be_unpaid or settled.cart.channel.allow_unpaid_orders
    if covered < total.minor and not unpaid_too:
        missing = Money(total.minor - covered, total.currency)
        raise NotFullyPaidError(f"{missing} of {total} are neither promised nor paid yet.")
    return transactions


def _paid(settled: Settled, transactions: list[TransactionItem]) -> Paid:
    total = settled.total.gross_minor
    authorized = sum(one.authorized_minor for one in transactions)
    charged = sum(one.charged_minor for one in transactions)
    return Paid(
        authorized,
        charged,
        authorize_status(total, authorized + charged),
        charge_status(total, total, charged),
    )


async def _decide(
    session: AsyncSession, settled: Settled, promise: TransactionItem | None
) -> Decision | None:
    """Whether what was promised at the door may still be. Raises CashNotOfferedError."""
    if promise is None or not promise.authorized_minor:
        return None
    promised = Money(promise.authorized_minor, promise.currency)
    try:
        return await decide(session, settled.cart.channel, settled.cart.checkout, promised, finally_=True)
    except CashNotOfferedError as refused:
        refused.code = "PAYMENT_ERROR"
        raise


async def _promise_exactly(
    session: AsyncSession, settled: Settled, promise: TransactionItem, transactions: list[TransactionItem]
) -> None:
    """Where prices fell after the promise, the carrier shall not ask for more than the order costs."""
    others = sum(covered_minor(transaction) for transaction in transactions if transaction is not promise)
    exact = settled.total.gross_minor - others
    if promise.authorized_minor != exact:
        await tell(
            session,
            promise,
            TransactionEventType.AUTHORIZATION_ADJUSTMENT,
            Money(exact, promise.currency),
            f"completed:{settled.cart.checkout.id}",
            message="The order costs less than was promised.",
        )

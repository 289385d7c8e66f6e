"""What gateways hold of buyers' money: whoever keeps the ledger is told when it has become more, or less.

It follows from a transaction's amounts, so it is right whichever way these came about: said by the gateway,
put right by hand, a success that turned out to be none.
"""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.events import publish
from marketplace.kit.money import Money
from marketplace.payments.amounts import Told
from marketplace.payments.events import GatewayMoneyMoved
from marketplace.payments.gateways.by_hand import HELD_BY_NO_GATEWAY
from marketplace.payments.models import TransactionEvent, TransactionEventType, TransactionItem


async def tell_of_money(
    session: AsyncSession, transaction: TransactionItem, told: Sequence[TransactionEvent]
) -> None:
    """Tell what a transaction's gateway has come to hold by all that was told of it, the last of it just now.
    Nothing to tell of cash and of what is paid by hand: these are booked when they change hands.
    """
    if transaction.gateway in HELD_BY_NO_GATEWAY:
        return
    now = Money(transaction.charged_minor + transaction.refund_pending_minor, transaction.currency)
    moved = now - Money(transaction.booked_minor, now.currency)
    if not moved:
        return
    transaction.booked_minor = now.minor
    last = told[-1]
    await publish(session, GatewayMoneyMoved(last.id, moved, now, is_disputed(last, told)))


def is_disputed(last: Told, told: Sequence[Told]) -> bool:
    """Whether the buyer's bank moved it: a chargeback, or what came back under a chargeback's reference."""
    charged_back = {event.psp_reference for event in told if event.type is TransactionEventType.CHARGE_BACK}
    return last.type is TransactionEventType.CHARGE_BACK or bool(
        last.psp_reference and last.psp_reference in charged_back
    )

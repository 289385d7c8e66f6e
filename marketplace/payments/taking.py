"""Several payments of one order: how much of an action falls to each, and who can be asked for it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.settings import Settings
from marketplace.payments.actions import KINDS
from marketplace.payments.errors import NobodyToAskError
from marketplace.payments.gateways.by_hand import PAID_BACK_BY_HAND
from marketplace.payments.models import TransactionAction, TransactionItem
from marketplace.payments.providers import provider_of_actions
from marketplace.payments.refund_shares import Take


@dataclass(slots=True)
class Takes:
    """What falls to each payment, and what is left for which nobody can be asked."""

    outside: list[Take] = field(default_factory=list)
    by_hand: list[Take] = field(default_factory=list)
    left_minor: int = 0
    passed_over: TransactionItem | None = None
    """A payment of which nobody can be asked."""


async def takes_of(
    session: AsyncSession,
    settings: Settings,
    transactions: Sequence[TransactionItem],
    action: TransactionAction,
    amount_minor: int,
) -> Takes:
    """The latest payment first, each as far as it goes. What nobody can be asked for is passed over."""
    takes = Takes(left_minor=amount_minor)
    for transaction in sorted(transactions, key=lambda one: one.id, reverse=True):
        minor = min(takes.left_minor, possible_minor(transaction, action))
        if minor <= 0:
            continue
        if action is TransactionAction.REFUND and transaction.gateway in PAID_BACK_BY_HAND:
            takes.by_hand.append((transaction, minor))
        elif await _can_be_asked(session, settings, transaction, action):
            takes.outside.append((transaction, minor))
        else:
            takes.passed_over = transaction
            continue
        takes.left_minor -= minor
    return takes


def possible_minor(transaction: TransactionItem, action: TransactionAction) -> int:
    """How much of a payment can be paid back, or else charged or called off."""
    is_refund = action is TransactionAction.REFUND
    return transaction.charged_minor if is_refund else transaction.authorized_minor


async def _can_be_asked(
    session: AsyncSession, settings: Settings, transaction: TransactionItem, action: TransactionAction
) -> bool:
    try:
        provider = await provider_of_actions(session, settings, transaction)
        await provider.check_action(session, KINDS[action])
    except NobodyToAskError:
        return False
    return True

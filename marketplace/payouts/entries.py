"""What each event posts to the ledger: one function per event. `docs/ledger.md` shows them with figures.

Debits are positive, credits negative; `_debit` and `_credit` say which is meant.
"""

from datetime import datetime
from uuid import UUID

from marketplace.kit.money import Money
from marketplace.orders.refunds import PartRefund
from marketplace.payments.events import GatewayMoneyMoved
from marketplace.payments.models import TransactionEvent
from marketplace.payouts.cash_models import CashBoxMovement
from marketplace.payouts.journal import SELLERS_ACCOUNTS, Entry, Line
from marketplace.payouts.ledger import Account
from marketplace.payouts.models import EarningReversal, Payout, VendorEarning


def _debit(account: Account, amount: Money, vendor_id: int | None = None) -> Line:
    return Line(account, amount.minor, amount.currency, vendor_id)


def _credit(account: Account, amount: Money, vendor_id: int | None = None) -> Line:
    return Line(account, -amount.minor, amount.currency, vendor_id)


def gift_card_issued(gift_card_id: int, balance: Money, at: datetime) -> Entry:
    """Staff gave a card away: the marketplace has promised to honour it."""
    return Entry(
        key=f"gift_card_issued:{gift_card_id}",
        kind="gift_card_issued",
        at=at,
        lines=[_debit(Account.GIFT_CARD_EXPENSE, balance), _credit(Account.GIFT_CARDS, balance)],
    )


def gift_card_adjusted(key: str, difference: Money) -> Entry:
    """Staff changed what is on a card, or took the card away: the promise grew, or shrank."""
    return Entry(
        key=key,
        kind="gift_card_adjusted",
        lines=[_debit(Account.GIFT_CARD_EXPENSE, difference), _credit(Account.GIFT_CARDS, difference)],
    )


def delivered(
    earning: VendorEarning, total: Money, cash: Money, at: datetime, gift_cards: Money | None = None
) -> Entry:
    """The buyer has the parcel: the seller has earned, whoever paid for it. The carrier owes the cash, what
    gift cards paid is owed to nobody any more, and the rest the buyer has paid, or owes, by other ways.
    """
    gift_cards = gift_cards or Money.zero(total.currency)
    currency = earning.currency
    delivery = Money(total.minor - earning.sales_minor, currency)
    return Entry(
        key=f"delivered:{earning.vendor_order_id}",
        kind="delivered",
        at=at,
        vendor_order_id=earning.vendor_order_id,
        lines=[
            _debit(Account.CARRIER_RECEIVABLE, cash),
            _debit(Account.GIFT_CARDS, gift_cards),
            _debit(Account.CUSTOMER_ADVANCES, total - cash - gift_cards),
            _credit(Account.VENDOR_HELD, Money(earning.earning_minor, currency), earning.vendor_id),
            _credit(Account.COMMISSION_REVENUE, Money(earning.commission_minor, currency)),
            _credit(Account.VAT_PAYABLE, Money(earning.vat_minor, currency)),
            _credit(Account.DELIVERY_PAYABLE, delivery),
        ],
    )


def remitted(remittance_id: int, received: Money, owed: Money, at: datetime, description: str) -> Entry:
    """A carrier handed over cash for parcels of which it owed `owed`; a shortfall is our expense."""
    return Entry(
        key=f"remitted:{remittance_id}",
        kind="remitted",
        at=at,
        description=description,
        lines=[
            _debit(Account.BANK, received),
            _debit(Account.CASH_DIFFERENCE, owed - received),
            _credit(Account.CARRIER_RECEIVABLE, owed),
        ],
    )


def released(vendor_order_id: UUID, vendor_id: int, earning: Money, at: datetime) -> Entry:
    """The buyer can no longer withdraw and the cash is in: what was held is payable."""
    return Entry(
        key=f"released:{vendor_order_id}",
        kind="released",
        at=at,
        vendor_order_id=vendor_order_id,
        lines=[
            _debit(Account.VENDOR_HELD, earning, vendor_id),
            _credit(Account.VENDOR_PAYABLE, earning, vendor_id),
        ],
    )


def refunded(reversal: EarningReversal, vendor_id: int, at: datetime, *, was_released: bool) -> Entry:
    """The buyer gets something back of what was delivered: the seller gives up its earning of it, the
    marketplace its commission. After the payout, the seller's next one carries it as a negative line.
    """
    currency = reversal.currency
    account = Account.VENDOR_PAYABLE if was_released else Account.VENDOR_HELD
    back = Money(reversal.goods_minor + reversal.shipping_minor, currency)
    return Entry(
        key=f"refunded:{reversal.part_refund_id}",
        kind="refunded",
        at=at,
        vendor_order_id=reversal.vendor_order_id,
        lines=[
            _debit(account, Money(reversal.earning_minor, currency), vendor_id),
            _debit(Account.COMMISSION_REVENUE, Money(reversal.commission_minor, currency)),
            _debit(Account.VAT_PAYABLE, Money(reversal.vat_minor, currency)),
            _debit(Account.DELIVERY_PAYABLE, Money(reversal.shipping_minor, currency)),
            _credit(Account.CUSTOMER_ADVANCES, back),
        ],
    )


def spared(refund: PartRefund) -> Entry:
    """A buyer paid less at the door, and the marketplace bears it: nobody else owes it."""
    missing = Money(refund.goods_minor + refund.shipping_minor, refund.currency)
    return Entry(
        key=f"spared:{refund.id}",
        kind="spared",
        at=refund.at,
        vendor_order_id=refund.vendor_order_id,
        lines=[_debit(Account.CASH_DIFFERENCE, missing), _credit(Account.CUSTOMER_ADVANCES, missing)],
    )


def paid_by_hand(transaction_event_id: int, amount: Money, at: datetime) -> Entry:
    """A buyer paid into the bank: a delivery takes it out of what buyers have paid in advance."""
    return Entry(
        key=f"paid_by_hand:{transaction_event_id}",
        kind="paid_by_hand",
        at=at,
        lines=[_debit(Account.BANK, amount), _credit(Account.CUSTOMER_ADVANCES, amount)],
    )


def paid_back_by_hand(transaction_event_id: int, amount: Money, at: datetime) -> Entry:
    """A buyer was paid back out of the bank; who bears it is another entry."""
    return Entry(
        key=f"paid_back_by_hand:{transaction_event_id}",
        kind="paid_back_by_hand",
        at=at,
        lines=[_debit(Account.CUSTOMER_ADVANCES, amount), _credit(Account.BANK, amount)],
    )


def gateway_moved(told: TransactionEvent, event: GatewayMoneyMoved) -> Entry:
    """A gateway has taken a buyer's money, or paid it back. What the buyer's bank
    has taken back is disputed: the buyer has had the goods.
    """
    other = Account.CHARGEBACKS if event.is_disputed else Account.CUSTOMER_ADVANCES
    return Entry(
        key=f"gateway_moved:{told.id}:{event.now.minor}",
        kind="gateway_moved",
        at=told.created_at,
        description=told.psp_reference,
        lines=[_debit(Account.GATEWAY_RECEIVABLE, event.moved), _credit(other, event.moved)],
    )


def payout_set_aside(payout: Payout, at: datetime) -> Entry:
    """A run was made: the money can't be paid out a second time."""
    return _of_payout(payout, "payout_set_aside", Account.VENDOR_PAYABLE, Account.PAYOUT_IN_TRANSIT, at)


def payout_paid(payout: Payout, at: datetime, paid_from: Account = Account.BANK) -> Entry:
    """The seller has the money, out of the account that its way to be paid is paid from."""
    return _of_payout(payout, "payout_paid", Account.PAYOUT_IN_TRANSIT, paid_from, at)


def cash_box_moved(movement: CashBoxMovement) -> Entry:
    """Cash was fetched from the bank into the box, or (negative) brought back."""
    amount = Money(movement.amount_minor, movement.currency)
    return Entry(
        key=f"cash_box_moved:{movement.id}",
        kind="cash_box_moved",
        at=movement.at,
        description=movement.reference,
        lines=[_debit(Account.CASH_BOX, amount), _credit(Account.BANK, amount)],
    )


def payout_canceled(payout: Payout, at: datetime) -> Entry:
    """The run was called off before it was sent: payable again."""
    return _of_payout(payout, "payout_canceled", Account.PAYOUT_IN_TRANSIT, Account.VENDOR_PAYABLE, at)


def payout_failed(payout: Payout, at: datetime) -> Entry:
    """It was not carried out: payable again."""
    return _of_payout(payout, "payout_failed", Account.PAYOUT_IN_TRANSIT, Account.VENDOR_PAYABLE, at)


def payout_returned(
    payout: Payout, at: datetime, *, was_paid: bool, paid_from: Account = Account.BANK
) -> Entry:
    """The money came back, to where it was paid from if it had left it: payable again."""
    source = paid_from if was_paid else Account.PAYOUT_IN_TRANSIT
    return _of_payout(payout, "payout_returned", source, Account.VENDOR_PAYABLE, at)


def payout_returned_in_part(payout: Payout, back: Money, returned_minor: int, at: datetime) -> Entry:
    """A part of what a seller was paid at Stripe came back: it is owed for itself, as if it was earned anew,
    and the next payout carries it. `returned_minor`: all that has come back of that payout by now.
    """
    return Entry(
        key=f"payout_returned_in_part:{payout.id}:{returned_minor}",
        kind="payout_returned_in_part",
        at=at,
        description=payout.end_to_end_id,
        lines=[
            _debit(Account.GATEWAY_RECEIVABLE, back),
            _credit(Account.VENDOR_PAYABLE, back, payout.vendor_id),
        ],
    )


def _of_payout(payout: Payout, kind: str, debit: Account, credit: Account, at: datetime) -> Entry:
    amount = Money(payout.amount_minor, payout.currency)
    return Entry(
        key=f"{kind}:{payout.id}",
        kind=kind,
        at=at,
        description=payout.end_to_end_id,
        payout_id=payout.id,
        lines=[
            _debit(debit, amount, payout.vendor_id if debit in SELLERS_ACCOUNTS else None),
            _credit(credit, amount, payout.vendor_id if credit in SELLERS_ACCOUNTS else None),
        ],
    )

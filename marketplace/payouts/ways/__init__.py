"""The ways in which sellers are paid. A new one is a module here, and a line below."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, or_

from marketplace.payouts.ways.bank import BankTransfer
from marketplace.payouts.ways.cash import CashPickupWay
from marketplace.payouts.ways.stripe import StripeTransfer
from marketplace.payouts.ways.way import Owed, Teller, Way, mark_sent
from marketplace.vendors.models import PayoutMethod, Vendor

__all__ = ["WAYS", "Owed", "Teller", "Way", "mark_sent", "payable_their_way"]

_ALL: Sequence[Way] = (BankTransfer(), CashPickupWay(), StripeTransfer())
WAYS: dict[PayoutMethod, Way] = {way.method: way for way in _ALL}


def payable_their_way(owed: Owed) -> ColumnElement[bool]:
    """Which sellers can be paid now in the way that they chose: a predicate on `Vendor`."""
    return or_(
        *(and_(Vendor.payout_method == way.method, way.may_be_paid(owed)) for way in WAYS.values()),
    )

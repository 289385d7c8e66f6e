"""Payments that no gateway takes: by these names they are told from others."""

from marketplace.payments.gateways.cash_on_delivery import GATEWAY_ID as CASH_ON_DELIVERY

BY_HAND = "marketplace.by_hand"
"""Staff say that it was paid: the money is in the bank."""
IMPORTED = "imported"
"""It came with an order that was placed elsewhere, and is booked there."""

PAID_BACK_BY_HAND = frozenset({BY_HAND, CASH_ON_DELIVERY})
"""No gateway can be asked to pay it back."""
HELD_BY_NO_GATEWAY = PAID_BACK_BY_HAND | {IMPORTED}
"""What is paid of these is booked when it changes hands."""

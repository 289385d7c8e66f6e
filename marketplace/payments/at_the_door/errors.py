"""What paying at the door can refuse."""

from enum import StrEnum

from marketplace.kit.errors import DomainError
from marketplace.payments.errors import GatewayRefusedError, RemittanceError


class NotOffered(StrEnum):
    """Why nothing can be paid at the door here. Pages have words of their own for each."""

    CHANNEL = "CHANNEL"
    NO_DELIVERY = "NO_DELIVERY"
    CARRIER = "CARRIER"
    COUNTRY = "COUNTRY"
    TOO_LITTLE = "TOO_LITTLE"
    TOO_MUCH = "TOO_MUCH"
    REFUSALS = "REFUSALS"
    OPEN_ORDERS = "OPEN_ORDERS"


class CashNotOfferedError(GatewayRefusedError):
    """This checkout can't be paid at the door. Its message says why, `reason` says it to programs."""

    def __init__(self, reason: NotOffered, message: str, *, field: str = "paymentGateway") -> None:
        super().__init__(message, field=field)
        self.reason = reason


class CashRulesError(DomainError):
    """Rules that contradict each other, or say nothing that can be followed."""


class ConfirmationError(DomainError):
    """The order does not wait to be confirmed."""

    code = "INVALID_STATUS"


class LinkError(DomainError):
    """The link is not one of ours, or its time is over."""

    code = "INVALID_TOKEN"


class SheetError(RemittanceError):
    """A file that says nothing of cash that was handed over."""

    code = "SHEET_INVALID"


class SheetDifferencesError(RemittanceError):
    """Some lines are not what carriers owe, and nobody has said what becomes of them."""

    code = "DIFFERENCES"


class SheetChangedError(RemittanceError):
    """Since the sheet was looked at, something of it has become another. It is written down anew."""

    code = "CHANGED"
    keeps_changes = True


class SheetBookedError(RemittanceError):
    """This file, or this reference, was booked before: with another reference, or another file."""

    code = "UNIQUE"


class PartialAmountError(DomainError):
    """More than was to be paid, or nothing."""

    code = "AMOUNT_MISMATCH"

"""What payments can refuse."""

from marketplace.kit.errors import DomainError


class NotFullyPaidError(DomainError):
    code = "CHECKOUT_NOT_FULLY_PAID"


class UnknownGatewayError(DomainError):
    code = "NOT_FOUND"


class GatewayRefusedError(DomainError):
    """This way of paying is not open for this checkout or order."""


class IdempotencyKeyError(DomainError):
    """The key was used for something else."""

    code = "UNIQUE"


class NotBegunError(DomainError):
    """The payment can't go on, because nothing was asked of its gateway."""


class TooManyTransactionsError(DomainError):
    """So many payments of one checkout or order are no payments any more."""


class RemittanceError(DomainError):
    """A remittance that does not fit what the carrier collected."""


class RemittanceAmountError(RemittanceError):
    """The amount is not what the parcels come to."""

    code = "AMOUNT_MISMATCH"


class RemittanceReferenceError(RemittanceError):
    """The carrier's reference was booked already, for something else."""

    code = "UNIQUE"


class CashCarrierError(DomainError):
    """An order that is to be paid at the door can't travel by a carrier that takes no cash."""

    code = "SHIPPING_METHOD_NOT_APPLICABLE"

    def __init__(self, message: str) -> None:
        super().__init__(message, field="shippingMethod")


class AlreadyPaidError(DomainError):
    """There are payments of it already. That it was tried stays in the order's history."""

    code = "TRANSACTION_ERROR"
    keeps_changes = True


class GrantError(DomainError):
    """Something about a refund that staff grant. `lines`, `add_lines` or `remove_lines` tell of its lines."""

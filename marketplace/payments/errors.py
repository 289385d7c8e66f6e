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


class NoPaymentAppError(DomainError):
    """The app of a payment is gone, or it never had one."""

    code = "MISSING_PAYMENT_APP"


class NobodyToAskError(DomainError):
    """There is no app that carries out what is asked of a payment."""

    code = "MISSING_TRANSACTION_ACTION_REQUEST_WEBHOOK"


class ToldOtherwiseError(DomainError):
    """The same was told before, with another amount. That it was told stays as a failure."""

    code = "INCORRECT_DETAILS"
    keeps_changes = True
    text = "This `pspReference` and `type` were told before with another amount."


class AuthorizedBeforeError(DomainError):
    """A payment is authorised once. That it was told again stays as a failure."""

    code = "ALREADY_EXISTS"
    keeps_changes = True
    text = "AUTHORIZATION_SUCCESS was told before. AUTHORIZATION_ADJUSTMENT changes the amount."


class WrongCurrencyError(DomainError):
    code = "INCORRECT_CURRENCY"


class MetadataKeyError(DomainError):
    code = "METADATA_KEY_REQUIRED"


class TooManyTransactionsError(DomainError):
    """So many payments of one checkout or order are no payments any more."""


class OlderPaymentError(DomainError):
    """What Saleor's older payments refuse that transactions don't know."""

    code = "PAYMENT_ERROR"


class NotPaidBackError(DomainError):
    """A gateway has not paid back what was asked for, or not all of it. What it said is kept."""

    code = "PAYMENT_ERROR"
    keeps_changes = True

    def __init__(self, message: str) -> None:
        super().__init__(message, field="payment")


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


class GrantRequestError(DomainError):
    """A granted refund that its payment's app can't be asked for."""

"""What orders can refuse."""

from marketplace.kit.errors import DomainError


class VendorOrderStatusError(DomainError):
    """Not now: the vendor order stands where this makes no sense."""

    code = "INVALID_STATUS"


class NothingToFulfillError(DomainError):
    """More pieces than are left to hand over. Saleor's code."""

    code = "FULFILL_ORDER_LINE"


class FulfillQuantityError(DomainError):
    code = "ZERO_QUANTITY"


class CannotCancelOrderError(DomainError):
    code = "CANNOT_CANCEL_ORDER"


class NoInvoiceForOrderError(DomainError):
    code = "NOT_READY"


class InvoiceRequiredError(DomainError):
    """What an invoice can't do without."""

    code = "REQUIRED"


class NotEditableError(DomainError):
    """Only drafts and orders that wait to be confirmed can be changed."""

    code = "NOT_EDITABLE"

    def __init__(self, message: str, *, field: str = "id", code: str | None = None) -> None:
        super().__init__(message, field=field, code=code)


class DeliveryNotOfferedError(DomainError):
    code = "SHIPPING_METHOD_NOT_APPLICABLE"


class CannotDiscountError(DomainError):
    code = "CANNOT_DISCOUNT"


class UnpaidOrderError(DomainError):
    code = "CANNOT_FULFILL_UNPAID_ORDER"


class CannotCancelFulfillmentError(DomainError):
    code = "CANNOT_CANCEL_FULFILLMENT"


class FulfillmentStatusError(DomainError):
    """The parcel stands where this makes no sense."""


class InvalidQuantityError(DomainError):
    code = "INVALID_QUANTITY"


class CannotRefundError(DomainError):
    """More than was paid, or nothing was."""

    code = "CANNOT_REFUND"

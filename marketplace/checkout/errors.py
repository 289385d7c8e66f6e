"""What a checkout can refuse. Codes are Saleor's, messages are for the buyer."""

from marketplace.kit.errors import DomainError


class CheckoutGoneError(DomainError):
    code = "NOT_FOUND"

    def __init__(self, field: str = "id") -> None:
        super().__init__("There is no such checkout, or it has become an order already.", field=field)


class UnknownVariantError(DomainError):
    """An id that names no variant. Saleor's code for ids that lead nowhere."""

    code = "GRAPHQL_ERROR"


class UnknownLineError(DomainError):
    code = "NOT_FOUND"


class ZeroQuantityError(DomainError):
    code = "ZERO_QUANTITY"


class GiftLineError(DomainError):
    code = "NON_EDITABLE_GIFT_LINE"

    def __init__(self, *, field: str, lines: list[str]) -> None:
        super().__init__("A gift can't be changed.", field=field, lines=lines)


class GiftRemovalError(DomainError):
    code = "NON_REMOVABLE_GIFT_LINE"

    def __init__(self, *, field: str, lines: list[str]) -> None:
        super().__init__("A gift can't be taken out.", field=field, lines=lines)


class QuantityLimitError(DomainError):
    code = "QUANTITY_GREATER_THAN_LIMIT"


class VariantNotInChannelError(DomainError):
    """No price in the checkout's channel, hence none in its currency."""

    code = "UNAVAILABLE_VARIANT_IN_CHANNEL"


class NotPublishedError(DomainError):
    code = "PRODUCT_NOT_PUBLISHED"


class NotForSaleError(DomainError):
    code = "PRODUCT_UNAVAILABLE_FOR_PURCHASE"


class NoLinesError(DomainError):
    code = "NO_LINES"


class EmailNotSetError(DomainError):
    code = "EMAIL_NOT_SET"


class ShippingAddressNotSetError(DomainError):
    code = "SHIPPING_ADDRESS_NOT_SET"


class BillingAddressNotSetError(DomainError):
    code = "BILLING_ADDRESS_NOT_SET"


class MissingAddressError(DomainError):
    """An address is to be saved that isn't there."""

    code = "MISSING_ADDRESS_DATA"


class PriceReasonError(DomainError):
    """A reason for a price that is not given."""

    code = "PRICE_OVERRIDE_REASON_WITHOUT_OVERRIDE"


class ShippingNotRequiredError(DomainError):
    code = "SHIPPING_NOT_REQUIRED"


class DeliveryNotSetError(DomainError):
    code = "SHIPPING_METHOD_NOT_SET"


class DeliveryNotOfferedError(DomainError):
    """Chosen earlier, but not offered any more for what is in the cart or where it goes."""

    code = "INVALID_SHIPPING_METHOD"


class DeliveryNotApplicableError(DomainError):
    """Not among the delivery options of this checkout."""

    code = "DELIVERY_METHOD_NOT_APPLICABLE"


class TaxesUnknownError(DomainError):
    """The app that works out taxes has not said what they are."""

    code = "TAX_ERROR"

    def __init__(self) -> None:
        super().__init__("Configured Tax App returned invalid response.")

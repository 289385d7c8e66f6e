"""What mutations of vouchers and gift cards can refuse."""

from dataclasses import replace
from enum import Enum

from strawberry import ID

from marketplace_graphql.kernel import enum, error_type


@enum
class DiscountErrorCode(Enum):
    """What can be wrong with what is said of a discount."""

    ALREADY_EXISTS = "ALREADY_EXISTS"
    GRAPHQL_ERROR = "GRAPHQL_ERROR"
    INVALID = "INVALID"
    NOT_FOUND = "NOT_FOUND"
    REQUIRED = "REQUIRED"
    UNIQUE = "UNIQUE"
    CANNOT_MANAGE_PRODUCT_WITHOUT_VARIANT = "CANNOT_MANAGE_PRODUCT_WITHOUT_VARIANT"
    DUPLICATED_INPUT_ITEM = "DUPLICATED_INPUT_ITEM"
    VOUCHER_ALREADY_USED = "VOUCHER_ALREADY_USED"


DiscountError = error_type(
    "DiscountError",
    DiscountErrorCode,
    twin="discountErrors",
    products=list[ID] | None,
    channels=list[ID] | None,
    voucher_codes=list[str] | None,
)


@enum
class VoucherCodeBulkDeleteErrorCode(Enum):
    """What can be wrong when codes are deleted."""

    GRAPHQL_ERROR = "GRAPHQL_ERROR"
    NOT_FOUND = "NOT_FOUND"
    INVALID = "INVALID"


@enum
class GiftCardErrorCode(Enum):
    """What can be wrong with what is asked of a gift card."""

    ALREADY_EXISTS = "ALREADY_EXISTS"
    GRAPHQL_ERROR = "GRAPHQL_ERROR"
    INVALID = "INVALID"
    NOT_FOUND = "NOT_FOUND"
    REQUIRED = "REQUIRED"
    UNIQUE = "UNIQUE"
    EXPIRED_GIFT_CARD = "EXPIRED_GIFT_CARD"
    DUPLICATED_INPUT_ITEM = "DUPLICATED_INPUT_ITEM"
    CANNOT_ASSIGN = "CANNOT_ASSIGN"


GiftCardError = error_type("GiftCardError", GiftCardErrorCode, twin="giftCardErrors", tags=list[str] | None)
BulkGiftCardError = replace(GiftCardError, twin=None)
"""For mutations of which the payload never had the older `giftCardErrors`."""

"""Words that promotions and vouchers share: what a discount is a share of, and where it comes from."""

from enum import StrEnum


class DiscountValueType(StrEnum):
    """How a discount is said."""

    FIXED = "FIXED"
    """An amount of the channel's currency."""
    PERCENTAGE = "PERCENTAGE"


class DiscountType(StrEnum):
    """Where a discount of an order or a line comes from."""

    SALE = "SALE"
    VOUCHER = "VOUCHER"
    MANUAL = "MANUAL"
    PROMOTION = "PROMOTION"
    ORDER_PROMOTION = "ORDER_PROMOTION"

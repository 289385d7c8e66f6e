"""Words that promotions, vouchers and orders share."""

from marketplace.pricing.discounts import DiscountType, DiscountValueType
from marketplace_graphql.kernel import enum

DiscountValueTypeEnum = enum(DiscountValueType, name="DiscountValueTypeEnum")
OrderDiscountType = enum(DiscountType, name="OrderDiscountType")

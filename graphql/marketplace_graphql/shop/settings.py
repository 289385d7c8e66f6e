"""What the shop has chosen about gift cards, refunds and returns."""

from typing import TYPE_CHECKING

from marketplace.markets.shop_settings import GiftCardExpiry, PeriodUnit
from marketplace.people.permissions import Permission
from marketplace_graphql.kernel import (
    AUTHENTICATED_APP,
    AUTHENTICATED_STAFF,
    enum,
    expression,
    never_null,
    null_when,
    object_type,
    record,
    related,
    value,
)
from marketplace_graphql.shop.types import ShopRow

if TYPE_CHECKING:
    from marketplace_graphql.content.page_types import PageType

GiftCardSettingsExpiryTypeEnum = enum(GiftCardExpiry, name="GiftCardSettingsExpiryTypeEnum")
TimePeriodTypeEnum = enum(PeriodUnit, name="TimePeriodTypeEnum")


@object_type
class TimePeriod:
    """So many days, weeks, months or years."""

    amount: int
    type: TimePeriodTypeEnum  # type: ignore[valid-type]


@record(ShopRow)
class GiftCardSettings:
    """For how long bought gift cards are good."""

    expiry_type: GiftCardSettingsExpiryTypeEnum = expression(  # type: ignore[valid-type]
        lambda row, ctx: never_null(row.gift_card_expiry_type)
    )
    expiry_period: TimePeriod | None = value(
        lambda row, ctx: null_when(
            row.gift_card_expiry_amount.is_(None),
            {"amount": row.gift_card_expiry_amount, "type": row.gift_card_expiry_unit},
        )
    )
    """From the sale on; null: for ever."""


@record(ShopRow)
class RefundSettings:
    """How reasons for refunds are given."""

    reason_reference_type: "PageType | None" = related(
        lambda row, page_type, ctx: page_type.id == row.refund_reason_reference_type_id
    )
    """Pages of this type are such reasons."""


@record(ShopRow)
class ReturnSettings:
    """How reasons for returns are given."""

    reason_reference_type: "PageType | None" = related(
        lambda row, page_type, ctx: page_type.id == row.return_reason_reference_type_id
    )
    """Pages of this type are such reasons."""


STAFF = (AUTHENTICATED_STAFF, AUTHENTICATED_APP)
GIFT_CARDS = Permission.MANAGE_GIFT_CARD

"""All that can be translated, in one list for each kind of thing."""

from enum import Enum
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, and_, select, true

from marketplace.catalog.attributes import WITH_CHOICES, Attribute, AttributeType
from marketplace_graphql.catalog.attributes import KEEPS_CUSTOMERS
from marketplace_graphql.kernel import PageInfo, QueryError, enum, object_type, union_of_declared
from marketplace_graphql.kernel.reader.aliases import aliased
from marketplace_graphql.kernel.registry import registry


@enum
class TranslatableKinds(Enum):
    """Kinds of things whose texts can be translated. The value is the type that their ids name."""

    ATTRIBUTE = "Attribute"
    ATTRIBUTE_VALUE = "AttributeValue"
    CATEGORY = "Category"
    COLLECTION = "Collection"
    MENU_ITEM = "MenuItem"
    PAGE = "Page"
    PRODUCT = "Product"
    PROMOTION = "Promotion"
    PROMOTION_RULE = "PromotionRule"
    SALE = "Sale"
    SHIPPING_METHOD = "ShippingMethodType"
    VARIANT = "ProductVariant"
    VOUCHER = "Voucher"


CONTENTS = {kind: f"{kind.value}TranslatableContent" for kind in TranslatableKinds} | {
    TranslatableKinds.SHIPPING_METHOD: "ShippingMethodTranslatableContent"
}
"""The types of their texts. Those that the program declares are members of the union."""

if TYPE_CHECKING:
    TranslatableItem = Any
else:
    union_of_declared("TranslatableItem", CONTENTS.values(), description="Texts that can be translated.")


@object_type
class TranslatableItemEdge:
    """One thing of a page."""

    node: "TranslatableItem"
    cursor: str
    """The thing's place in the list."""


@object_type
class TranslatableItemConnection:
    """A page of things whose texts can be translated."""

    page_info: PageInfo
    edges: list[TranslatableItemEdge]
    total_count: int | None


def content_of(kind: TranslatableKinds) -> str:
    """The type of a kind's texts. Raises QueryError where this shop has nothing of the kind."""
    if CONTENTS[kind] not in registry.types:
        raise QueryError(f"There is nothing of the kind {kind.name} in this shop.")
    return CONTENTS[kind]


def may_be_read(content: Any, ctx: Any, kind: TranslatableKinds) -> ColumnElement[bool]:
    """Whether a translator may read a thing's texts. What was noted of one customer is not for them."""
    if kind is TranslatableKinds.SALE:
        sales: ColumnElement[bool] = content.is_sale
        return sales  # They are promotions of a kind.
    if kind is not TranslatableKinds.ATTRIBUTE_VALUE or ctx.requester.has(*KEEPS_CUSTOMERS):
        return true()
    return not_of_customers(content)


def not_of_customers(value: Any) -> ColumnElement[bool]:
    """Whether a value is not what was noted of one customer in words."""
    attribute = aliased(Attribute)
    of_people = and_(attribute.type == AttributeType.CUSTOMER_TYPE, attribute.input_type.not_in(WITH_CHOICES))
    found: ColumnElement[bool] = value.attribute_id.not_in(
        select(attribute.id).where(of_people).correlate_except(attribute)
    )
    return found

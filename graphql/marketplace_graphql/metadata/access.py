"""Who may read and change the metadata of which type: one line a type.

Private entries are read and changed with a permission. Public ones are read by whoever sees the row, and
changed with the same permission, by everyone who sees the row, or by the one whom it belongs to.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select

from marketplace.catalog.attributes import AttributeType
from marketplace.kit.ids import uuid_pk
from marketplace.payments.models import TransactionItem
from marketplace.people.permissions import Permission
from marketplace_graphql.kernel import private_metadata_needs


@dataclass(frozen=True)
class Access:
    """The rule of one type."""

    needs: tuple[str, ...]
    """Permissions of which one is needed."""
    public: bool = False
    """Whether everybody who sees a row may change its public entries."""
    owner: Callable[[Any], Any] | None = None
    """The key of the user who may change a row's public entries without any permission."""
    app: Callable[[Any], Any] | None = None
    """The key of the app that may change a row's entries, private ones too, without any permission."""
    needs_of: Callable[[Any], str] | None = None
    """Which of the permissions it takes for a row, where that differs from row to row."""
    written_as: str | None = None
    """The type whose rows are written, where this one only shows them."""
    find: Callable[[str], Select[Any]] | None = None
    """How a row is found by its global id, where that is not made of its key."""


def _over_user(user: Any) -> str:
    return Permission.MANAGE_STAFF if user.is_staff else Permission.MANAGE_USERS


def _over_attribute(attribute: Any) -> str:
    return OVER_ATTRIBUTES[attribute.type]


def _payment(global_id: str) -> Select[Any]:
    return select(TransactionItem).where(TransactionItem.token == uuid_pk(global_id, "TransactionItem"))


OVER_ATTRIBUTES: dict[AttributeType, str] = {
    AttributeType.PRODUCT_TYPE: Permission.MANAGE_PRODUCT_TYPES_AND_ATTRIBUTES,
    AttributeType.PAGE_TYPE: Permission.MANAGE_PAGE_TYPES_AND_ATTRIBUTES,
    AttributeType.CUSTOMER_TYPE: Permission.MANAGE_CUSTOMER_TYPES_AND_ATTRIBUTES,
}
PEOPLE = (Permission.MANAGE_USERS, Permission.MANAGE_STAFF)
PRODUCTS = Access((Permission.MANAGE_PRODUCTS,))
PRODUCT_TYPES = Access((Permission.MANAGE_PRODUCT_TYPES_AND_ATTRIBUTES,))
ORDERS = Access((Permission.MANAGE_ORDERS,))
DISCOUNTS = Access((Permission.MANAGE_DISCOUNTS,))
SHIPPING = Access((Permission.MANAGE_SHIPPING,))
TAXES = Access((Permission.MANAGE_TAXES,))
MENUS = Access((Permission.MANAGE_MENUS,))

ACCESS: dict[str, Access] = {
    "App": Access((Permission.MANAGE_APPS,), app=lambda app: app.id),
    "Address": Access((Permission.MANAGE_USERS,), owner=lambda address: address.user_id),
    "Attribute": Access(tuple(OVER_ATTRIBUTES.values()), needs_of=_over_attribute),
    "Category": PRODUCTS,
    "Channel": Access((Permission.MANAGE_CHANNELS,)),
    "Checkout": Access((Permission.MANAGE_CHECKOUTS,), public=True),
    "CheckoutLine": Access((Permission.MANAGE_CHECKOUTS,), public=True),
    "Collection": PRODUCTS,
    "CustomerType": Access((Permission.MANAGE_CUSTOMER_TYPES_AND_ATTRIBUTES,)),
    "Fulfillment": ORDERS,
    "GiftCard": Access((Permission.MANAGE_GIFT_CARD,)),
    "Invoice": ORDERS,
    "Menu": MENUS,
    "MenuItem": MENUS,
    "Order": Access((Permission.MANAGE_ORDERS,), public=True),
    "OrderLine": Access((Permission.MANAGE_ORDERS,), public=True),
    "Page": Access((Permission.MANAGE_PAGES,)),
    "PageType": Access((Permission.MANAGE_PAGE_TYPES_AND_ATTRIBUTES,)),
    "Payment": Access((Permission.HANDLE_PAYMENTS,)),
    "Product": PRODUCTS,
    "ProductMedia": PRODUCTS,
    "ProductType": PRODUCT_TYPES,
    "ProductVariant": PRODUCTS,
    "Promotion": DISCOUNTS,
    "Sale": DISCOUNTS,
    "ShippingMethod": Access((Permission.MANAGE_SHIPPING,), written_as="ShippingMethodType"),
    "ShippingMethodType": SHIPPING,
    "ShippingZone": SHIPPING,
    "Shop": Access((Permission.MANAGE_SETTINGS,)),
    "TaxClass": TAXES,
    "TaxConfiguration": TAXES,
    "TransactionItem": Access((Permission.HANDLE_PAYMENTS,), find=_payment),
    "User": Access(PEOPLE, owner=lambda user: user.id, needs_of=_over_user),
    "Vendor": Access((Permission.MANAGE_VENDORS,)),
    "Voucher": DISCOUNTS,
    "Warehouse": PRODUCTS,
}

for type_name, access in ACCESS.items():
    private_metadata_needs(type_name, *access.needs)

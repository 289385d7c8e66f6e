"""People as the API shows them: to themselves, and to staff who work with customers or orders."""

from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, func, select

from marketplace.people import models
from marketplace.people.permissions import Permission as PermissionCode
from marketplace.vendors.models import VendorMember
from marketplace_graphql.catalog.pictures import picture_url
from marketplace_graphql.catalog.selected_attributes import ObjectWithAttributes
from marketplace_graphql.checkout.of_user import CheckoutsOfUser
from marketplace_graphql.kernel import (
    DateTime,
    Node,
    ObjectWithMetadata,
    column,
    expression,
    named,
    node,
    null_when,
    related,
    union,
    value,
)
from marketplace_graphql.kernel.reader.aliases import aliased
from marketplace_graphql.languages import CountryDisplay, LanguageCodeEnum, country
from marketplace_graphql.orders.queries import OrdersOfUser
from marketplace_graphql.payments.stored_methods import StoredMethodsOfUser
from marketplace_graphql.people.history import HistoryOfUser
from marketplace_graphql.people.rights import RightsOfUser
from marketplace_graphql.values import Image, ThumbnailFormatEnum
from marketplace_graphql.vouchers.gift_cards import GiftCardsOfUser

if TYPE_CHECKING:
    from marketplace_graphql.people.customer_types import CustomerType
    from marketplace_graphql.vendors.types import Vendor

SEES_PEOPLE = (PermissionCode.MANAGE_USERS, PermissionCode.MANAGE_STAFF, PermissionCode.MANAGE_ORDERS)


def user_visible(row: Any, ctx: Any) -> ColumnElement[bool] | None:
    """Oneself; and everybody to staff who work with people."""
    return None if ctx.requester.has(*SEES_PEOPLE) else row.id == ctx.requester.user_id


def _is_default(address: Any, attribute: str) -> ColumnElement[bool]:
    owner = aliased(models.User)
    return select(owner.id).where(getattr(owner, attribute) == address.id).exists()


@node(models.Address, order_by=lambda row, ctx: row.id)
class Address(Node, ObjectWithMetadata):
    """A postal address: of a person's book, or an order's own copy."""

    first_name: str
    last_name: str
    company_name: str
    street_address_1: str
    street_address_2: str
    city: str
    city_area: str
    postal_code: str
    country: CountryDisplay = value(lambda row, ctx: country(row.country_code))
    country_area: str
    phone: str | None
    """E.164."""
    is_default_shipping_address: bool | None = expression(
        lambda row, ctx: _is_default(row, "default_shipping_address_id")
    )
    is_default_billing_address: bool | None = expression(
        lambda row, ctx: _is_default(row, "default_billing_address_id")
    )


@node(models.User, visible=user_visible, order_by=lambda row, ctx: row.email)
class User(
    Node,
    ObjectWithMetadata,
    ObjectWithAttributes,
    OrdersOfUser,
    CheckoutsOfUser,
    RightsOfUser,
    StoredMethodsOfUser,
    HistoryOfUser,
    GiftCardsOfUser,
):
    """A person with an account."""

    private_metadata_needs = PermissionCode.MANAGE_USERS

    email: str
    first_name: str
    last_name: str
    is_staff: bool
    is_active: bool
    is_confirmed: bool
    language_code: LanguageCodeEnum = expression(
        lambda row, ctx: named(func.translate(func.upper(row.language_code), "-", "_"))
    )
    addresses: list[Address] = related(lambda row, address, ctx: address.user_id == row.id, limit=100)
    default_shipping_address: Address | None = related(
        lambda row, address, ctx: address.id == row.default_shipping_address_id
    )
    default_billing_address: Address | None = related(
        lambda row, address, ctx: address.id == row.default_billing_address_id
    )
    vendors: "list[Vendor]" = related(lambda row, vendor, ctx: vendor.id.in_(_sellers_of(row.id)), limit=100)
    """The sellers that the person works for."""
    note: str | None = column(needs=(PermissionCode.MANAGE_USERS, PermissionCode.MANAGE_STAFF))
    """What staff keep in mind about the person."""
    external_reference: str | None
    """What another system calls the person."""
    customer_type: "CustomerType | None" = related()
    """What kind of customer this is."""
    last_login: DateTime | None
    date_joined: DateTime = column("created_at")
    updated_at: DateTime

    @value
    def avatar(
        row: Any,
        ctx: Any,
        size: int | None = None,
        format: ThumbnailFormatEnum | None = ThumbnailFormatEnum.ORIGINAL,
    ) -> Image | None:
        """Their picture."""
        address = picture_url(row.avatar_path, ctx, size, format, owner=None)
        picture = {"url": address, "alt": row.first_name}
        return null_when(row.avatar_path.is_(None), picture)


def _sellers_of(user_id: Any) -> Any:
    member = aliased(VendorMember)
    return select(member.vendor_id).where(member.user_id == user_id)


UserOrApp = union("UserOrApp", User, "App", description="Who did something.")

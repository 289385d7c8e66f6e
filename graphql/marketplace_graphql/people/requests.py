"""What mutations about accounts share: who asks, and people and addresses that no row stands for any more."""

from typing import Any

from marketplace.kit.errors import (
    DomainError,
    InvalidError,
    NotFoundError,
    PermissionDeniedError,
    RequiredError,
)
from marketplace.kit.ids import to_global_id
from marketplace.kit.settings import Settings
from marketplace.markets.shop_settings import settings_in_force
from marketplace.people import models
from marketplace.people.permissions import Permission
from marketplace_graphql.kernel import Info
from marketplace_graphql.languages import ENGLISH_COUNTRY_NAMES, LanguageCodeEnum


def settings_of(info: Info) -> Settings:
    settings: Settings = info.context["settings"]
    return settings


async def account_settings(info: Info) -> Settings:
    """The same, with what the shop's staff have chosen instead."""
    return await settings_in_force(info.session, settings_of(info))


async def requester_account(info: Info, customer_id: str | None = None) -> models.User:
    """The account of whoever asks, kept from other changes meanwhile.

    `customer_id` names somebody for whom they act: for those who may. Raises PermissionDeniedError,
    NotFoundError, InvalidError, RequiredError (for an app that names nobody).
    """
    key = info.requester.user_id
    if key is None and customer_id is None:
        raise RequiredError("An app says for whom it acts.", field="customerId")
    if customer_id is not None:
        if Permission.IMPERSONATE_USER not in info.requester.permissions:
            raise PermissionDeniedError(Permission.IMPERSONATE_USER)
        key = own_key(info, customer_id, "User", "customerId")
    user = await info.session.get(models.User, key, with_for_update={"key_share": True})
    if user is None:
        raise NotFoundError("There is no such account.", field="customerId")
    return user


async def own_address(info: Info, global_id: str, field: str = "id") -> models.Address:
    """An address of the requester's book, or of anybody's for staff who work with customers.

    A stranger's reads like one that isn't there. Raises NotFoundError; DomainError for what is no such id.
    """
    key = own_key(info, global_id, "Address", field)
    address = await info.session.get(models.Address, key, with_for_update={"key_share": True})
    may_all = Permission.MANAGE_USERS in info.requester.permissions
    if (
        address is None
        or address.user_id is None
        or not (may_all or address.user_id == info.requester.user_id)
    ):
        raise NotFoundError(f"Couldn't resolve to a node: {global_id}", field=field)
    return address


def own_key(info: Info, global_id: str, type_name: str, field: str) -> Any:
    """The key of a global id. Raises DomainError, with Saleor's code, for one of another type."""
    try:
        return info.key(global_id, type_name)
    except InvalidError as error:
        raise DomainError(error.message, field=field, code="GRAPHQL_ERROR") from error


def as_it_was(user: models.User, *, with_id: bool = True) -> dict[str, object]:
    """A `User` of which there is no row: deleted, or, without id, one that may exist already."""
    return _no_metadata(user.public_metadata) | {
        "id": to_global_id("User", user.id) if with_id else "",
        "email": user.email,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "is_staff": False,
        "is_active": True,
        "is_confirmed": bool(user.is_confirmed) and with_id,
        "language_code": LanguageCodeEnum(user.language_code),
        "addresses": [],
        "vendors": [],
        "assigned_attributes": [],
        "restricted_access_to_channels": True,
        "date_joined": user.created_at,
        "updated_at": user.updated_at,
    }


def address_as_it_was(address: models.Address) -> dict[str, object]:
    """An `Address` that has just been deleted."""
    texts = ("first_name", "last_name", "company_name", "street_address_1", "street_address_2", "city")
    more = ("city_area", "postal_code", "country_area", "phone")
    code = address.country_code
    return (
        _no_metadata(address.public_metadata)
        | {name: getattr(address, name) for name in (*texts, *more)}
        | {
            "id": to_global_id("Address", address.id),
            "country": {"code": code, "country": ENGLISH_COUNTRY_NAMES.get(code, code)},
            "is_default_shipping_address": False,
            "is_default_billing_address": False,
        }
    )


def _no_metadata(public: dict[str, str]) -> dict[str, object]:
    entries = [{"key": key, "value": value} for key, value in public.items()]
    return {"metadata": entries, "metafields": public, "private_metadata": []}

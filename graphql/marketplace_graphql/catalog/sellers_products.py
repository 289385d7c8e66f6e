"""Whose a new product is, and what of products the shop's staff keep to themselves."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement
from strawberry.utils.str_converters import to_camel_case

from marketplace.kit.errors import InvalidError, RequiredError
from marketplace.kit.settings import Settings
from marketplace.markets.models import Channel
from marketplace.vendors.house import house_seller
from marketplace.vendors.models import Vendor
from marketplace_graphql.kernel import Info, owned, shared

STAFFS_OWN = ("collections", "rating", "tax_class", "tax_code", "private_metadata")
"""What sellers don't say of their products: what the shop gathers and thinks, and how it taxes."""

shared(Channel)


@owned(Vendor)
def own_seller(row: Any, vendor_ids: tuple[int, ...]) -> ColumnElement[bool]:
    own: ColumnElement[bool] = row.id.in_(vendor_ids)
    return own


async def seller_of(info: Info, vendor_id: str | None) -> Vendor:
    """Whose a new product is: the seller that is named; else the requester's own; else the house's.

    Raises NotFoundError, RequiredError, on the field `vendor`.
    """
    if vendor_id is not None:
        return await info.find(Vendor, vendor_id, field_name="vendor")
    if info.within is not None:
        if len(info.within) > 1:
            raise RequiredError("For which of your sellers?", field="vendor")
        return await info.session.get_one(Vendor, info.within[0])
    settings: Settings = info.context["settings"]
    if not settings.house_seller:
        raise RequiredError("Whose product is it?", field="vendor")
    return await house_seller(info.session, settings.house_seller)


def check_who_says(info: Info, said: Mapping[str, Any]) -> None:
    """Raises InvalidError where a seller says what only the shop's staff say."""
    if info.within is None:
        return
    for name in STAFFS_OWN:
        if said.get(name) is not None:
            raise InvalidError("Only the shop's staff say this.", field=to_camel_case(name))

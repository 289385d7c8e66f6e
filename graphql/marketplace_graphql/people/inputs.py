"""What people type about themselves."""

from typing import TYPE_CHECKING

from marketplace_graphql.inputs import MetadataInput
from marketplace_graphql.kernel import input_type

if TYPE_CHECKING:
    from marketplace_graphql.languages import CountryCode


@input_type
class AddressInput:
    """A postal address. What it must have depends on its country."""

    first_name: str | None
    last_name: str | None
    company_name: str | None
    street_address_1: str | None
    street_address_2: str | None
    city: str | None
    city_area: str | None
    postal_code: str | None
    country: "CountryCode | None"
    country_area: str | None
    phone: str | None
    """With the country's prefix, or as it is dialled in the country."""
    metadata: list[MetadataInput] | None
    """Entries that everybody sees who sees the address."""
    skip_validation: bool | None = False
    """Take it as it is. Only for staff who may."""

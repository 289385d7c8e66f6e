"""An address follows the rules of its country."""

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.errors import Errors, InvalidError
from marketplace.people.addresses import (
    PostalAddress,
    checked_address,
    create_address,
    postal_address,
    validation_rules,
)
from marketplace.people.phones import checked_phone

RABAT = PostalAddress(
    country_code="ma",
    first_name="Fatima",
    last_name="El Amrani",
    street_address_1="12, rue  des Consuls ",
    city="Rabat",
    postal_code="10030",
    phone="06 12 34 56 78",
)


def test_a_good_address_is_kept_tidy() -> None:
    kept = checked_address(RABAT)
    assert (kept.country_code, kept.street_address_1) == ("MA", "12, rue des Consuls")
    assert (kept.city, kept.phone) == ("RABAT", "+212612345678")


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"city": ""}, "city", "REQUIRED"),
        ({"street_address_1": "  "}, "streetAddress1", "REQUIRED"),
        ({"postal_code": "1003"}, "postalCode", "INVALID"),
        ({"phone": "0612"}, "phone", "INVALID"),
        ({"phone": "phone"}, "phone", "INVALID"),
        ({"country_code": "ZZ", "phone": ""}, "country", "INVALID"),
        ({"company_name": "x" * 300}, "companyName", "INVALID"),
        ({"country_code": "US", "postal_code": "95014", "phone": ""}, "countryArea", "REQUIRED"),
    ],
)
def test_a_bad_address_is_told_which_field_is_wrong(change: dict[str, str], field: str, code: str) -> None:
    given = {name: getattr(RABAT, name) for name in PostalAddress.__dataclass_fields__} | change
    with pytest.raises(Errors) as refused:
        checked_address(PostalAddress(**given), "SHIPPING")
    (error,) = refused.value.errors
    assert (error.field, error.code, error.details) == (field, code, {"address_type": "SHIPPING"})


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(Errors) as refused:
        checked_address(PostalAddress(country_code="MA", phone="06"))
    assert {error.field for error in refused.value.errors} == {"city", "streetAddress1", "phone"}


async def test_an_address_is_kept_and_read_back(session: AsyncSession) -> None:
    address = checked_address(RABAT)
    row = await create_address(session, address, public_metadata={"door": "blue"})
    assert postal_address(row) == address
    assert row.public_metadata == {"door": "blue"}


def test_a_country_says_what_it_asks_for() -> None:
    assert validation_rules("MA").required_fields == {"city", "street_address"}
    assert ("AL", "Alabama") in validation_rules("US").country_area_choices


def test_numbers_of_any_country_are_kept_in_one_form() -> None:
    assert checked_phone("+221 77 123 45 67", "MA") == "+221771234567"
    assert checked_phone(" ", "MA") == ""
    with pytest.raises(InvalidError):
        checked_phone("12", "MA")

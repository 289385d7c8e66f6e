"""Addresses of ten countries, as people there write them: in one's book, and at a checkout."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.ids import to_global_id
from marketplace.people.address_book import MAXIMUM_ADDRESSES
from marketplace.people.models import Address, User
from tests.factories.checkout import make_cart, make_market, make_piece
from tests.factories.people import make_staff, make_user
from tests.graphql.people.conftest import Post

Given = dict[str, Any]


@dataclass(frozen=True)
class Country:
    """An address that is right, how it is kept, and what is wrong with others."""

    code: str
    right: Given
    kept: Given
    wrong: list[tuple[Given, str, str]] = field(default_factory=list)
    """What is changed of the right one, the field that is named, and the code."""


def country(code: str, right: Given, kept: Given, *wrong: tuple[Given, str, str]) -> Any:
    person = {"firstName": "Salma", "lastName": "Bennani", "country": code}
    return pytest.param(Country(code, person | right, kept, list(wrong)), id=code)


COUNTRIES = [
    country(
        "MA",
        {
            "streetAddress1": "12, rue Ibn Batouta",
            "city": "Rabat",
            "postalCode": "10000",
            "phone": "0661234567",
        },
        {"city": "RABAT", "postalCode": "10000", "phone": "+212661234567"},
        ({"city": ""}, "city", "REQUIRED"),
        ({"streetAddress1": ""}, "streetAddress1", "REQUIRED"),
        ({"postalCode": "1000"}, "postalCode", "INVALID"),
        ({"phone": "12"}, "phone", "INVALID"),
    ),
    country(
        "FR",
        {
            "streetAddress1": "3 rue des Écoles",
            "city": "Paris",
            "postalCode": "75005",
            "phone": "+33142345678",
        },
        {"city": "PARIS", "postalCode": "75005"},
        ({"postalCode": ""}, "postalCode", "REQUIRED"),
        ({"postalCode": "7500"}, "postalCode", "INVALID"),
        ({"city": " "}, "city", "REQUIRED"),
    ),
    country(
        "CI",
        {"streetAddress1": "Rue des Jardins, Deux Plateaux", "city": "Abidjan", "phone": "+2250708091011"},
        {"city": "ABIDJAN", "postalCode": ""},
        ({"city": ""}, "city", "REQUIRED"),
        ({"streetAddress1": ""}, "streetAddress1", "REQUIRED"),
    ),
    country(
        "SN",
        {"streetAddress1": "Avenue Cheikh Anta Diop", "city": "Dakar", "postalCode": "12500"},
        {"city": "DAKAR", "postalCode": "12500"},
        ({"postalCode": "125"}, "postalCode", "INVALID"),
        ({"city": ""}, "city", "REQUIRED"),
    ),
    country(
        "US",
        {
            "streetAddress1": "1600 Amphitheatre Pkwy",
            "city": "Mountain View",
            "countryArea": "California",
            "postalCode": "94043",
            "phone": "650-253-0000",
        },
        {"city": "MOUNTAIN VIEW", "countryArea": "CA", "postalCode": "94043", "phone": "+16502530000"},
        ({"countryArea": ""}, "countryArea", "REQUIRED"),
        ({"countryArea": "Ontario"}, "countryArea", "INVALID"),
        ({"postalCode": "75005"}, "postalCode", "INVALID"),
        ({"postalCode": ""}, "postalCode", "REQUIRED"),
    ),
    country(
        "DE",
        {"streetAddress1": "Invalidenstraße 116", "city": "Berlin", "postalCode": "10115"},
        {"city": "BERLIN", "postalCode": "10115"},
        ({"postalCode": "1011"}, "postalCode", "INVALID"),
        ({"postalCode": ""}, "postalCode", "REQUIRED"),
        ({"city": ""}, "city", "REQUIRED"),
    ),
    country(
        "GB",
        {"streetAddress1": "10 Downing Street", "city": "London", "postalCode": "sw1a 2aa"},
        {"city": "LONDON", "postalCode": "SW1A 2AA"},
        ({"postalCode": "12345"}, "postalCode", "INVALID"),
        ({"postalCode": ""}, "postalCode", "REQUIRED"),
        ({"city": ""}, "city", "REQUIRED"),
    ),
    country(
        "JP",
        {
            "streetAddress1": "千代田1-1",
            "countryArea": "東京都",
            "postalCode": "100-0001",
            "city": "千代田区",
        },
        {"countryArea": "東京都", "postalCode": "100-0001"},
        ({"countryArea": ""}, "countryArea", "REQUIRED"),
        ({"countryArea": "火星"}, "countryArea", "INVALID"),
        ({"postalCode": "1"}, "postalCode", "INVALID"),
    ),
    country(
        "AE",
        {"streetAddress1": "Sheikh Zayed Road 1", "countryArea": "دبي", "phone": "+971501234567"},
        {"countryArea": "إمارة دبيّ", "postalCode": ""},
        ({"countryArea": ""}, "countryArea", "REQUIRED"),
        ({"countryArea": "Atlantis"}, "countryArea", "INVALID"),
        ({"streetAddress1": ""}, "streetAddress1", "REQUIRED"),
    ),
    country(
        "BR",
        {
            "streetAddress1": "Avenida Paulista, 1578",
            "cityArea": "Bela Vista",
            "city": "São Paulo",
            "countryArea": "SP",
            "postalCode": "01310-200",
        },
        {"city": "São Paulo", "countryArea": "SP", "postalCode": "01310-200"},
        ({"countryArea": ""}, "countryArea", "REQUIRED"),
        ({"countryArea": "XX"}, "countryArea", "INVALID"),
        ({"postalCode": "99"}, "postalCode", "INVALID"),
    ),
]
PARTS = "id firstName city cityArea postalCode countryArea phone country { code } streetAddress1"
CREATE = f"""
mutation ($input: AddressInput!, $type: AddressTypeEnum) {{
  accountAddressCreate(input: $input, type: $type) {{
    address {{ {PARTS} isDefaultShippingAddress metadata {{ key value }} }}
    user {{ addresses {{ id }} }} errors {{ field code addressType }}
  }}
}}
"""
UPDATE = f"""
mutation ($id: ID!, $input: AddressInput!) {{
  accountAddressUpdate(id: $id, input: $input) {{
    address {{ {PARTS} }} user {{ email }} errors {{ field code }}
  }}
}}
"""
REMOVE = """
mutation ($id: ID!) {
  accountAddressDelete(id: $id) {
    address { id city country { code country } } user { addresses { id } } errors { field code }
  }
}
"""
DEFAULT = """
mutation ($id: ID!, $type: AddressTypeEnum!) {
  accountSetDefaultAddress(id: $id, type: $type) {
    user { defaultBillingAddress { id } defaultShippingAddress { id } } errors { field code }
  }
}
"""
AT_CHECKOUT = f"""
mutation ($id: ID!, $address: AddressInput!) {{
  checkoutShippingAddressUpdate(id: $id, shippingAddress: $address) {{
    checkout {{ shippingAddress {{ {PARTS} }} }} errors {{ field code }}
  }}
}}
"""
RABAT = COUNTRIES[0].values[0].right


@pytest.mark.parametrize("case", COUNTRIES)
async def test_an_address_is_kept_as_its_country_writes_it(post: Post, fatima: User, case: Country) -> None:
    data = (await post(CREATE, fatima, input=case.right, type="SHIPPING"))["accountAddressCreate"]
    assert data["errors"] == []
    assert data["address"]["isDefaultShippingAddress"]
    assert {name: data["address"][name] for name in case.kept} == case.kept
    assert data["address"]["country"] == {"code": case.code}
    assert data["user"]["addresses"] == [{"id": data["address"]["id"]}]


@pytest.mark.parametrize("case", COUNTRIES)
async def test_an_address_that_its_country_does_not_know_is_refused_by_its_field(
    post: Post, fatima: User, case: Country
) -> None:
    for wrong, named, code in case.wrong:
        data = (await post(CREATE, fatima, input=case.right | wrong, type="BILLING"))["accountAddressCreate"]
        assert {"field": named, "code": code, "addressType": "BILLING"} in data["errors"], (wrong, data)
        assert data["address"] is None


@pytest.mark.parametrize("case", COUNTRIES)
async def test_a_checkout_holds_addresses_to_the_same_rules(
    session: AsyncSession, post: Post, case: Country
) -> None:
    market = await make_market(session)
    cart = await make_cart(session, market.channel, await make_piece(session, market.channel))
    cart_id = to_global_id("Checkout", cart.id)
    for wrong, named, code in case.wrong:
        data = (await post(AT_CHECKOUT, id=cart_id, address=case.right | wrong))[
            "checkoutShippingAddressUpdate"
        ]
        assert {"field": named, "code": code} in data["errors"], (wrong, data)
    data = (await post(AT_CHECKOUT, id=cart_id, address=case.right))["checkoutShippingAddressUpdate"]
    assert data["errors"] == []
    kept = data["checkout"]["shippingAddress"]
    assert {name: kept[name] for name in case.kept} == case.kept


async def test_an_address_needs_a_country_and_fits_its_columns(post: Post, fatima: User) -> None:
    for wrong, named, code in (
        ({"country": None}, "country", "REQUIRED"),
        ({"streetAddress1": "x" * 100_000}, "streetAddress1", "INVALID"),
        ({"companyName": "x" * 300}, "companyName", "INVALID"),
    ):
        data = (await post(CREATE, fatima, input=RABAT | wrong))["accountAddressCreate"]
        assert (named, code) in [(error["field"], error["code"]) for error in data["errors"]]


async def test_an_address_is_changed_meant_and_taken_out(
    session: AsyncSession, post: Post, fatima: User
) -> None:
    made = await post(CREATE, fatima, input=RABAT | {"metadata": [{"key": "door", "value": "blue"}]})
    address = made["accountAddressCreate"]["address"]
    assert address["metadata"] == [{"key": "door", "value": "blue"}]
    changed = (await post(UPDATE, fatima, id=address["id"], input={"city": "Salé"}))["accountAddressUpdate"]
    assert (changed["address"]["city"], changed["address"]["firstName"]) == ("SALÉ", "Salma")
    wrong = (await post(UPDATE, fatima, id=address["id"], input={"city": ""}))["accountAddressUpdate"]
    assert wrong["errors"] == [{"field": "city", "code": "REQUIRED"}]
    meant = (await post(DEFAULT, fatima, id=address["id"], type="BILLING"))["accountSetDefaultAddress"]
    assert meant["user"] == {
        "defaultBillingAddress": {"id": address["id"]},
        "defaultShippingAddress": None,
    }
    gone = (await post(REMOVE, fatima, id=address["id"]))["accountAddressDelete"]
    assert gone == {
        "address": {"id": address["id"], "city": "SALÉ", "country": {"code": "MA", "country": "Morocco"}},
        "user": {"addresses": []},
        "errors": [],
    }
    assert await session.scalar(select(Address.id).where(Address.user_id == fatima.id)) is None


async def test_a_strangers_address_an_unknown_one_and_no_address_are_told_alike(
    session: AsyncSession, post: Post, fatima: User
) -> None:
    stranger = await make_user(session)
    theirs = Address(user_id=stranger.id, country_code="MA", city="RABAT", street_address_1="1")
    of_an_order = Address(country_code="MA", city="RABAT", street_address_1="1")
    session.add_all([theirs, of_an_order])
    await session.flush()
    for key, code in (
        (to_global_id("Address", theirs.id), "NOT_FOUND"),
        (to_global_id("Address", of_an_order.id), "NOT_FOUND"),
        (to_global_id("Address", 10**9), "NOT_FOUND"),
        (to_global_id("User", fatima.id), "GRAPHQL_ERROR"),
        ("junk", "GRAPHQL_ERROR"),
        ("x" * 10_000, "GRAPHQL_ERROR"),
    ):
        expected = [{"field": "id", "code": code}]
        assert (await post(UPDATE, fatima, id=key, input=RABAT))["accountAddressUpdate"]["errors"] == expected
        assert (await post(REMOVE, fatima, id=key))["accountAddressDelete"]["errors"] == expected
        data = await post(DEFAULT, fatima, id=key, type="SHIPPING")
        assert data["accountSetDefaultAddress"]["errors"] == expected
    await session.refresh(theirs)
    assert theirs.city == "RABAT"


async def test_staff_who_work_with_customers_change_their_addresses_even_as_they_are_typed(
    session: AsyncSession, post: Post, fatima: User
) -> None:
    address = Address(user_id=fatima.id, country_code="MA", city="RABAT", street_address_1="1")
    session.add(address)
    staff = await make_staff(session, "MANAGE_USERS")
    given = {"city": "", "skipValidation": True}
    data = await post(UPDATE, staff, id=to_global_id("Address", address.id), input=given)
    assert data["accountAddressUpdate"]["address"]["city"] == ""
    assert data["accountAddressUpdate"]["user"] == {"email": fatima.email}


async def test_a_full_book_gives_up_its_oldest_address_but_not_the_one_that_is_meant(
    session: AsyncSession, post: Post, fatima: User
) -> None:
    rows = [
        Address(user_id=fatima.id, country_code="MA", city=f"CITY {number}", street_address_1="1")
        for number in range(MAXIMUM_ADDRESSES)
    ]
    session.add_all(rows)
    await session.flush()
    fatima.default_billing_address_id = rows[0].id
    kept, oldest = rows[0].id, rows[1].id
    await post(CREATE, fatima, input=RABAT)
    left = set(await session.scalars(select(Address.id).where(Address.user_id == fatima.id)))
    assert len(left) == MAXIMUM_ADDRESSES
    assert kept in left
    assert oldest not in left

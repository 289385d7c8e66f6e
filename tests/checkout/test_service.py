"""Whose a checkout is and where it goes."""

from dataclasses import replace

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.checkout import service
from marketplace.checkout.service import AddressChecks
from marketplace.kit.errors import DomainError, Errors, PermissionDeniedError
from marketplace.people.models import Address
from tests.factories.checkout import PARIS, RABAT, make_cart
from tests.factories.markets import make_channel
from tests.factories.people import make_user


async def test_a_new_checkout_is_taxed_where_it_goes_or_else_in_its_channels_country(
    session: AsyncSession,
) -> None:
    channel = await make_channel(session)
    assert (await make_cart(session, channel)).country_code == "MA"
    assert (await make_cart(session, channel, shipping_address=PARIS)).country_code == "FR"


async def test_an_address_that_its_country_refuses_changes_nothing(session: AsyncSession) -> None:
    cart = await make_cart(session, await make_channel(session), shipping_address=RABAT)
    with pytest.raises(Errors) as refused:
        await service.set_shipping_address(session, cart.id, replace(PARIS, city="", postal_code="ABC"))
    assert {(error.field, error.code) for error in refused.value.errors} == {
        ("city", "REQUIRED"),
        ("postalCode", "INVALID"),
    }
    assert all(error.details["address_type"] == "SHIPPING" for error in refused.value.errors)
    assert cart.country_code == "MA"


async def test_checks_can_be_put_off_while_an_address_is_being_typed(session: AsyncSession) -> None:
    cart = await make_cart(session, await make_channel(session))
    unfinished = replace(PARIS, city="", postal_code="ABC")
    lenient = AddressChecks(required=False, form=False, normalise=False)
    await service.set_billing_address(session, cart.id, unfinished, lenient)
    kept = await session.get_one(Address, cart.billing_address_id)
    assert (kept.city, kept.postal_code) == ("", "ABC")
    with pytest.raises(Errors) as refused:
        await service.set_billing_address(session, cart.id, unfinished, AddressChecks(form=False))
    assert {error.code for error in refused.value.errors} == {"REQUIRED"}


async def test_the_second_address_is_written_over_the_first(session: AsyncSession) -> None:
    cart = await make_cart(session, await make_channel(session))
    await service.set_billing_address(session, cart.id, RABAT)
    first = cart.billing_address_id
    await service.set_billing_address(session, cart.id, replace(RABAT, first_name="Amina"))
    assert cart.billing_address_id == first
    assert (await session.get_one(Address, first)).first_name == "Amina"


async def test_no_email_address_is_refused(session: AsyncSession) -> None:
    cart = await make_cart(session, await make_channel(session))
    with pytest.raises(DomainError):
        await service.set_email(session, cart.id, "salma at example")
    await service.set_email(session, cart.id, " new@example.test ")
    assert cart.email == "new@example.test"


async def test_a_checkout_becomes_a_buyers_and_nobody_elses(session: AsyncSession) -> None:
    cart = await make_cart(session, await make_channel(session), email=None)
    buyer, other = await make_user(session), await make_user(session)
    await service.attach_customer(session, cart.id, buyer)
    assert (cart.user_id, cart.email) == (buyer.id, buyer.email)
    with pytest.raises(PermissionDeniedError):
        await service.attach_customer(session, cart.id, other)
    with pytest.raises(PermissionDeniedError):
        await service.detach_customer(session, cart.id, other.id)
    await service.detach_customer(session, cart.id, buyer.id)
    assert cart.user_id is None


async def test_language_and_note_are_kept(session: AsyncSession) -> None:
    cart = await make_cart(session, await make_channel(session))
    await service.set_language(session, cart.id, "ar")
    await service.set_note(session, cart.id, " Sonnez deux fois. ")
    assert (cart.language_code, cart.note) == ("ar", "Sonnez deux fois.")
    with pytest.raises(DomainError):
        await service.set_note(session, cart.id, "x" * 10_001)

"""What a client asks first."""

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.checkout.errors import QuantityLimitError
from marketplace.kit.ids import to_global_id
from marketplace.markets.models import PostalCodeInclusion, PostalCodeRule
from marketplace.markets.shop_settings import ShopTranslation, shop_settings
from marketplace.people.addresses import create_address
from tests.factories.checkout import RABAT, make_cart, make_market, make_piece
from tests.factories.markets import make_channel, make_method
from tests.factories.people import make_user
from tests.graphql.conftest import Ask, buyer, staff


async def test_a_guest_learns_what_kind_of_shop_this_is(read: Ask) -> None:
    query = """{ shop {
      id name domain { host sslEnabled url } languages { code language } defaultCountry { code country }
      countries { code } phonePrefixes schemaVersion version defaultWeightUnit limitQuantityPerCheckout
      announcements { title } availableExternalAuthentications { id } passwordLoginMode
    } }"""
    shop = (await read(query))["shop"]
    assert shop["id"] == to_global_id("Shop", 1)
    assert shop["name"] == "SIL Marketplace"
    assert shop["domain"] == {"host": "testserver", "sslEnabled": False, "url": "http://testserver"}
    assert shop["languages"] == [
        {"code": "AR", "language": "Arabic"},
        {"code": "EN", "language": "English"},
        {"code": "FR", "language": "French"},
    ]
    assert shop["defaultCountry"] == {"code": "MA", "country": "Morocco"}
    assert {"code": "SN"} in shop["countries"]
    assert "212" in shop["phonePrefixes"]
    assert (shop["schemaVersion"], shop["defaultWeightUnit"], shop["limitQuantityPerCheckout"]) == (
        "3.23",
        "KG",
        50,
    )
    assert (shop["announcements"], shop["availableExternalAuthentications"]) == ([], [])


async def test_what_the_shop_has_chosen_is_told(session: AsyncSession, read: Ask) -> None:
    settings = await shop_settings(session)
    settings.name, settings.description, settings.header_text = "Souk", "Des artisans", "Bienvenue"
    settings.public_metadata = {"since": "2019"}
    settings.company_address_id = (await create_address(session, RABAT)).id
    session.add(ShopTranslation(shop_id=settings.id, language_code="ar", header_text="مرحبا"))
    question = """{ shop { name description headerText metadata { key value } companyAddress { city }
      arabic: translation(languageCode: AR) { headerText description language { code } }
      english: translation(languageCode: EN) { headerText } } }"""
    assert (await read(question))["shop"] == {
        "name": "Souk",
        "description": "Des artisans",
        "headerText": "Bienvenue",
        "metadata": [{"key": "since", "value": "2019"}],
        "companyAddress": {"city": "Rabat"},
        "arabic": {"headerText": "مرحبا", "description": "", "language": {"code": "AR"}},
        "english": None,
    }


async def test_settings_that_staff_alone_may_know_are_refused_to_others(
    session: AsyncSession, ask: Ask
) -> None:
    await make_channel(session, reserve_stock_minutes=45)
    for name, permission in (
        ("reserveStockDurationAnonymousUser", "MANAGE_SETTINGS"),
        ("staffNotificationRecipients { email }", "MANAGE_SETTINGS"),
        ("defaultMailSenderName", "MANAGE_SETTINGS"),
        ("defaultMailSenderAddress", "MANAGE_SETTINGS"),
        ("enableAccountConfirmationByEmail", "MANAGE_SETTINGS"),
        ("allowLoginWithoutConfirmation", "MANAGE_SETTINGS"),
        ("channelCurrencies", "MANAGE_ORDERS"),
        ("limits { allowedUsage { channels } }", "MANAGE_ORDERS"),
        ('privateMetafield(key: "x")', "MANAGE_SETTINGS"),
    ):
        question = f"{{ shop {{ {name} }} }}"
        assert "errors" not in await ask(question, staff(permission)), name
        refused = await ask(question, buyer(await make_user(session)))
        assert refused["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"


async def test_staff_read_how_accounts_and_letters_are_set_up(read: Ask) -> None:
    question = """{ shop { enableAccountConfirmationByEmail allowLoginWithoutConfirmation
      defaultMailSenderName defaultMailSenderAddress accountConfirmMergeMode } }"""
    assert (await read(question, staff("MANAGE_SETTINGS")))["shop"] == {
        "enableAccountConfirmationByEmail": True,
        "allowLoginWithoutConfirmation": False,
        "defaultMailSenderName": "SIL Marketplace",
        "defaultMailSenderAddress": "no-reply@localhost",
        "accountConfirmMergeMode": "MERGE_DISABLED",
    }


async def test_staff_read_how_long_pieces_are_kept_and_which_currencies_there_are(
    session: AsyncSession, read: Ask
) -> None:
    question = """{ shop { reserveStockDurationAnonymousUser reserveStockDurationAuthenticatedUser
      channelCurrencies limits { currentUsage { orders } } } }"""
    who = staff("MANAGE_SETTINGS")
    await make_channel(session, reserve_stock_minutes=45)
    found = (await read(question, who))["shop"]
    assert found == {
        "reserveStockDurationAnonymousUser": 45,
        "reserveStockDurationAuthenticatedUser": 45,
        "channelCurrencies": ["MAD"],
        "limits": {"currentUsage": {"orders": None}},
    }
    await make_channel(session, reserve_stock_minutes=30, currency_code="EUR")
    found = (await read(question, who))["shop"]
    assert (found["reserveStockDurationAnonymousUser"], found["channelCurrencies"]) == (None, ["EUR", "MAD"])


async def test_countries_are_narrowed_to_where_parcels_go_and_named_in_a_language(
    session: AsyncSession, read: Ask
) -> None:
    await make_method(session, await make_channel(session), countries=("MA", "FR"))
    question = """query C($served: Boolean) { shop {
      countries(languageCode: FR, filter: {attachedToShippingZones: $served}) {
        code country vat { standardRate } } } }"""
    assert (await read(question, served=True))["shop"]["countries"] == [
        {"code": "FR", "country": "France", "vat": None},
        {"code": "MA", "country": "Maroc", "vat": None},
    ]
    others = [each["code"] for each in (await read(question, served=False))["shop"]["countries"]]
    assert "MA" not in others
    assert "DE" in others
    everywhere = [each["code"] for each in (await read(question, served=None))["shop"]["countries"]]
    assert {"MA", "DE"} <= set(everywhere)


async def test_ways_to_ship_and_to_pay_are_told_before_there_is_a_cart(
    session: AsyncSession, read: Ask
) -> None:
    channel = await make_channel(session)
    at_home = await make_method(session, channel, 35_00)
    abroad = await make_method(session, channel, 90_00, countries=("FR",))
    south = await make_method(session, channel, 20_00)
    session.add(
        PostalCodeRule(method_id=south.id, start="80000", end=None, inclusion=PostalCodeInclusion.INCLUDE)
    )
    await make_channel(session, currency_code="EUR", cash_on_delivery=False)
    question = """query S($channel: String!, $address: AddressInput) { shop {
      availableShippingMethods(channel: $channel, address: $address) { id price { amount } } } }"""
    for address, expected in (
        (None, [(south, 20), (at_home, 35), (abroad, 90)]),
        ({"country": "FR"}, [(abroad, 90)]),
        ({"country": "MA", "postalCode": "10000"}, [(at_home, 35)]),
        ({"country": "MA", "postalCode": "80350"}, [(south, 20), (at_home, 35)]),
    ):
        found = (await read(question, channel=channel.slug, address=address))["shop"]
        assert found["availableShippingMethods"] == [
            {"id": to_global_id("ShippingMethod", method.id), "price": {"amount": price}}
            for method, price in expected
        ]
    assert (await read(question, channel="nowhere"))["shop"]["availableShippingMethods"] == []
    gateways = """query G($channel: String, $currency: String) { shop {
      availablePaymentGateways(channel: $channel, currency: $currency) { name currencies } } }"""
    cash = [{"name": "Cash on delivery", "currencies": ["MAD"]}]
    for given, expected_ways in (({}, cash), ({"channel": channel.slug}, cash), ({"currency": "EUR"}, [])):
        found = (await read(gateways, **given))["shop"]
        assert found["availablePaymentGateways"] == expected_ways


async def test_a_checkout_holds_as_many_pieces_of_a_kind_as_the_shop_allows(
    session: AsyncSession, read: Ask
) -> None:
    market = await make_market(session)
    rug = await make_piece(session, market.channel, stock=10)
    (await shop_settings(session)).limit_quantity_per_checkout = 3
    await session.flush()
    with pytest.raises(QuantityLimitError):
        await make_cart(session, market.channel, rug, quantity=4)
    await make_cart(session, market.channel, rug, quantity=3)
    question = """query V($id: ID!, $channel: String) { shop { limitQuantityPerCheckout }
      productVariant(id: $id, channel: $channel) { quantityAvailable } }"""
    found = await read(question, id=to_global_id("ProductVariant", rug.id), channel=market.channel.slug)
    assert found == {
        "shop": {"limitQuantityPerCheckout": 3},
        "productVariant": {"quantityAvailable": 3},
    }

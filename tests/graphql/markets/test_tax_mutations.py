"""Staff set tax rates, say what channels do about taxes, and exempt carts."""

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.listings import VariantChannelListing
from marketplace.kit.ids import to_global_id
from marketplace.markets.models import TaxClass, TaxRate
from marketplace.people.permissions import Permission
from marketplace.pricing.service import reprice
from tests.factories.apps import make_app
from tests.factories.checkout import RABAT, make_cart, make_market, make_piece, make_ready_cart
from tests.factories.drafts import make_draft
from tests.factories.markets import make_channel, make_method, make_tax_class, make_tax_rate
from tests.factories.orders import make_order
from tests.factories.people import make_user
from tests.factories.webhooks import make_webhook
from tests.graphql.checkout.test_problems import problems
from tests.graphql.conftest import Ask, app_itself, buyer, staff

COLLECTOR = staff("MANAGE_TAXES")
CLASS = "taxClass { id name countries { country { code country } rate } }"
CREATE = f"""mutation ($input: TaxClassCreateInput!) {{ taxClassCreate(input: $input) {{
  {CLASS} errors {{ field code countryCodes }} }} }}"""
UPDATE = f"""mutation ($id: ID!, $input: TaxClassUpdateInput!) {{ taxClassUpdate(id: $id, input: $input) {{
  {CLASS} errors {{ field code countryCodes }} }} }}"""
DELETE = f"mutation ($id: ID!) {{ taxClassDelete(id: $id) {{ {CLASS} errors {{ field code }} }} }}"
COUNTRY = "taxCountryConfiguration { country { code country } taxClassCountryRates { rate taxClass { id } } }"
SET = f"""mutation ($code: CountryCode!, $rates: [TaxClassRateInput!]!) {{
  taxCountryConfigurationUpdate(countryCode: $code, updateTaxClassRates: $rates) {{
    {COUNTRY} errors {{ field code taxClassIds }} }} }}"""
END = f"""mutation ($code: CountryCode!) {{ taxCountryConfigurationDelete(countryCode: $code) {{
  {COUNTRY} errors {{ field code }} }} }}"""
CONFIGURE = """mutation ($id: ID!, $input: TaxConfigurationUpdateInput!) {
  taxConfigurationUpdate(id: $id, input: $input) {
    taxConfiguration { chargeTaxes displayGrossPrices pricesEnteredWithTax taxCalculationStrategy taxAppId
      useWeightedTaxForShipping countries { country { code } chargeTaxes displayGrossPrices
        taxCalculationStrategy taxAppId useWeightedTaxForShipping } }
    errors { field code countryCodes } } }"""
EXEMPT = """mutation ($id: ID!, $exempt: Boolean!) { taxExemptionManage(id: $id, taxExemption: $exempt) {
  taxableObject { __typename ... on Checkout { id taxExemption totalPrice { gross { amount } } }
    ... on Order { id taxExemption } } errors { field code } } }"""


def gid(row: Any) -> str:
    return to_global_id(type(row).__name__, row.id)


async def test_a_class_is_made_with_its_rates(session: AsyncSession, read: Ask) -> None:
    rates = [{"countryCode": "MA", "rate": 20}, {"countryCode": "FR", "rate": 5.5}]
    given = {"name": " Artisanat ", "createCountryRates": rates}
    made = (await read(CREATE, COLLECTOR, input=given))["taxClassCreate"]
    assert made["errors"] == []
    assert made["taxClass"]["name"] == "Artisanat"
    assert made["taxClass"]["countries"] == [
        {"country": {"code": "FR", "country": "France"}, "rate": 5.5},
        {"country": {"code": "MA", "country": "Morocco"}, "rate": 20},
    ]


@pytest.mark.parametrize(
    ("given", "field", "code", "countries"),
    [
        ({"name": ""}, "name", "INVALID", []),
        ({"name": "n" * 256}, "name", "INVALID", []),
        ({"name": "Livraison"}, "name", "INVALID", []),
        (
            {"createCountryRates": [{"countryCode": "MA", "rate": -1}]},
            "createCountryRates",
            "INVALID",
            ["MA"],
        ),
        (
            {"createCountryRates": [{"countryCode": "MA", "rate": 101}]},
            "createCountryRates",
            "INVALID",
            ["MA"],
        ),
        ({"createCountryRates": [{"countryCode": "MA", "rate": 1}] * 2}, None, "INVALID", ["MA"]),
    ],
)
async def test_a_class_that_can_not_be_is_refused(
    session: AsyncSession,
    read: Ask,
    given: dict[str, Any],
    field: str | None,
    code: str,
    countries: list[str],
) -> None:
    session.add(TaxClass(name="Livraison"))
    refused = (await read(CREATE, COLLECTOR, input={"name": "Neuve"} | given))["taxClassCreate"]
    assert refused["errors"] == [{"field": field, "code": code, "countryCodes": countries}]
    assert await session.scalar(select(func.count()).select_from(TaxClass)) == 1


async def test_a_class_changes_and_keeps_its_history(session: AsyncSession, read: Ask) -> None:
    tax_class = await make_tax_class(session, 2000)
    await make_tax_rate(session, tax_class_id=tax_class.id, country_code="FR", rate_bp=550)
    other = await make_tax_class(session, 700, "FR")
    given = {
        "name": "Taux réduit",
        "updateCountryRates": [{"countryCode": "MA", "rate": 10}, {"countryCode": "BE", "rate": None}],
        "removeCountryRates": ["FR"],
    }
    changed = (await read(UPDATE, COLLECTOR, id=gid(tax_class), input=given))["taxClassUpdate"]
    assert changed["errors"] == []
    assert changed["taxClass"]["name"] == "Taux réduit"
    assert [(each["country"]["code"], each["rate"]) for each in changed["taxClass"]["countries"]] == [
        ("MA", 10)
    ]
    kept = await session.scalars(select(TaxRate.rate_bp).where(TaxRate.valid_until.is_not(None)))
    assert sorted(kept) == [550, 2000]
    standing = select(TaxRate.rate_bp).where(TaxRate.tax_class_id == other.id, TaxRate.valid_until.is_(None))
    assert (await session.scalars(standing)).one() == 700
    both = {"updateCountryRates": [{"countryCode": "MA", "rate": 1}], "removeCountryRates": ["MA"]}
    refused = (await read(UPDATE, COLLECTOR, id=gid(tax_class), input=both))["taxClassUpdate"]["errors"]
    assert refused == [{"field": None, "code": "DUPLICATED_INPUT_ITEM", "countryCodes": ["MA"]}]


async def test_a_class_is_deleted_and_lists_follow(session: AsyncSession, read: Ask) -> None:
    tax_class = await make_tax_class(session, 2000)
    channel = await make_channel(session)
    rug = await make_piece(session, channel, 120_00, tax_class_id=tax_class.id)
    done = (await read(DELETE, COLLECTOR, id=gid(tax_class)))["taxClassDelete"]
    assert (done["errors"], done["taxClass"]["name"]) == ([], tax_class.name)
    question = """query ($id: ID!, $channel: String) { productVariant(id: $id, channel: $channel) {
      pricing { price { net { amount } } } } }"""
    shown = await read(question, id=to_global_id("ProductVariant", rug.id), channel=channel.slug)
    assert shown["productVariant"]["pricing"]["price"] == {"net": {"amount": 120}}
    missing = (await read(DELETE, COLLECTOR, id=gid(tax_class)))["taxClassDelete"]["errors"]
    assert missing == [{"field": "id", "code": "NOT_FOUND"}]


async def test_a_countrys_rates_are_set_and_ended(session: AsyncSession, read: Ask) -> None:
    tax_class = await make_tax_class(session, 2000)
    rates = [{"rate": 20}, {"taxClassId": gid(tax_class), "rate": 10}]
    done = (await read(SET, COLLECTOR, code="MA", rates=rates))["taxCountryConfigurationUpdate"]
    assert done["errors"] == []
    configuration = done["taxCountryConfiguration"]
    assert configuration["country"] == {"code": "MA", "country": "Morocco"}
    found = sorted((each["rate"], each["taxClass"]) for each in configuration["taxClassCountryRates"])
    assert found == [(10, {"id": gid(tax_class)}), (20, None)]
    question = f"{{ taxCountryConfiguration(countryCode: MA) {{ {COUNTRY[26:]} "
    question += "taxCountryConfigurations { country { code } taxClassCountryRates { rate } } }"
    read_again = await read(question, staff())
    assert read_again["taxCountryConfiguration"]["country"]["code"] == "MA"
    assert len(read_again["taxCountryConfiguration"]["taxClassCountryRates"]) == 2
    assert [each["country"]["code"] for each in read_again["taxCountryConfigurations"]] == ["MA"]
    gone = [{"taxClassId": gid(tax_class), "rate": None}]
    done = (await read(SET, COLLECTOR, code="MA", rates=gone))["taxCountryConfigurationUpdate"]
    assert done["taxCountryConfiguration"]["taxClassCountryRates"] == [{"rate": 20, "taxClass": None}]
    ended = (await read(END, COLLECTOR, code="MA"))["taxCountryConfigurationDelete"]
    assert (ended["errors"], ended["taxCountryConfiguration"]["taxClassCountryRates"]) == ([], [])
    assert (await read(question, staff()))["taxCountryConfigurations"] == []


async def test_a_countrys_rates_that_can_not_be_are_refused(session: AsyncSession, read: Ask) -> None:
    key = gid(await make_tax_class(session, 2000))
    unknown = to_global_id("TaxClass", 999_999)
    for rates, code, classes in (
        ([{"taxClassId": key, "rate": -1}], "CANNOT_CREATE_NEGATIVE_RATE", [key]),
        ([{"rate": 1}, {"rate": 2}], "ONLY_ONE_DEFAULT_COUNTRY_RATE_ALLOWED", []),
        ([{"taxClassId": unknown, "rate": 1}], "NOT_FOUND", [unknown]),
        ([{"taxClassId": key, "rate": 100.5}], "INVALID", [key]),
    ):
        refused = (await read(SET, COLLECTOR, code="MA", rates=rates))["taxCountryConfigurationUpdate"]
        assert refused["errors"] == [
            {"field": "updateTaxClassRates", "code": code, "taxClassIds": classes}
        ], code
    assert (await session.scalars(select(TaxRate.rate_bp))).all() == [2000]


async def test_classes_are_found_by_name_key_country_and_metadata(session: AsyncSession, read: Ask) -> None:
    first, second = await make_tax_class(session, 2000), await make_tax_class(session, 550, "FR")
    first.name, second.name, second.public_metadata = "A", "B", {"code": "R"}
    question = """query ($filter: TaxClassFilterInput, $sort: TaxClassSortingInput) {
      taxClasses(first: 5, filter: $filter, sortBy: $sort) { edges { node { name } } } }"""

    async def found(**given: Any) -> list[str]:
        edges = (await read(question, staff(), **given))["taxClasses"]["edges"]
        return [edge["node"]["name"] for edge in edges]

    assert await found(sort={"field": "NAME", "direction": "DESC"}) == ["B", "A"]
    for given in ({"ids": [gid(second)]}, {"countries": ["FR", "BE"]}, {"metadata": [{"key": "code"}]}):
        assert await found(filter=given) == ["B"], given


async def test_a_channels_taxes_are_configured(session: AsyncSession, read: Ask) -> None:
    channel = await make_channel(session)
    key = to_global_id("TaxConfiguration", channel.id)
    country = {"countryCode": "FR", "chargeTaxes": False, "displayGrossPrices": False}
    given = {
        "chargeTaxes": False,
        "displayGrossPrices": False,
        "pricesEnteredWithTax": False,
        "useWeightedTaxForShipping": True,
        "taxCalculationStrategy": "FLAT_RATES",
        "taxAppId": None,
        "updateCountriesConfiguration": [country, {**country, "countryCode": "BE"}],
    }
    done = (await read(CONFIGURE, COLLECTOR, id=key, input=given))["taxConfigurationUpdate"]
    assert done["errors"] == []
    found = done["taxConfiguration"]
    for name in ("chargeTaxes", "displayGrossPrices", "pricesEnteredWithTax"):
        assert found[name] is False
    assert found["useWeightedTaxForShipping"] is True
    assert [each["country"]["code"] for each in found["countries"]] == ["BE", "FR"]
    assert found["countries"][1] == {
        "country": {"code": "FR"},
        "chargeTaxes": False,
        "displayGrossPrices": False,
        "taxCalculationStrategy": None,
        "taxAppId": None,
        "useWeightedTaxForShipping": None,
    }
    given = {
        "updateCountriesConfiguration": [{**country, "chargeTaxes": True, "useWeightedTaxForShipping": True}],
        "removeCountriesConfiguration": ["BE"],
    }
    found = (await read(CONFIGURE, COLLECTOR, id=key, input=given))["taxConfigurationUpdate"]
    (only,) = found["taxConfiguration"]["countries"]
    assert (only["chargeTaxes"], only["useWeightedTaxForShipping"]) == (True, True)
    assert found["taxConfiguration"]["chargeTaxes"] is False


async def test_taxes_are_left_to_an_app(session: AsyncSession, read: Ask) -> None:
    key = to_global_id("TaxConfiguration", (await make_channel(session)).id)
    apps = [await make_app(session, Permission.HANDLE_TAXES) for _ in range(3)]
    events = ("CHECKOUT_CALCULATE_TAXES", "ORDER_CALCULATE_TAXES", "ORDER_PAID")
    for app, event in zip(apps, events, strict=True):
        await make_webhook(session, event, app=app)
    shop = (await read("{ shop { availableTaxApps { identifier } } }", staff()))["shop"]
    names = [app.identifier for app in apps]
    assert sorted(app["identifier"] for app in shop["availableTaxApps"]) == sorted(names[:2])
    country = {"countryCode": "FR", "chargeTaxes": True, "displayGrossPrices": True}
    given = {
        "taxCalculationStrategy": "TAX_APP",
        "taxAppId": names[0],
        "updateCountriesConfiguration": [
            {**country, "taxCalculationStrategy": "TAX_APP", "taxAppId": names[1]},
            {**country, "countryCode": "BE", "taxCalculationStrategy": "FLAT_RATES"},
        ],
    }
    found = (await read(CONFIGURE, COLLECTOR, id=key, input=given))["taxConfigurationUpdate"]
    configuration = found["taxConfiguration"]
    assert (configuration["taxCalculationStrategy"], configuration["taxAppId"]) == ("TAX_APP", names[0])
    told = [(each["taxCalculationStrategy"], each["taxAppId"]) for each in configuration["countries"]]
    assert told == [("FLAT_RATES", None), ("TAX_APP", names[1])]
    found = (await read(CONFIGURE, COLLECTOR, id=key, input={"taxAppId": ""}))["taxConfigurationUpdate"]
    assert found["taxConfiguration"]["taxAppId"] is None


async def test_only_staff_and_apps_may_know_which_apps_work_out_taxes(
    session: AsyncSession, ask: Ask
) -> None:
    document = "{ shop { availableTaxApps { identifier } } }"
    assert (await ask(document, buyer(await make_user(session))))["errors"]
    assert "errors" not in await ask(document, app_itself(await make_app(session)))


async def test_lists_show_prices_without_the_taxes_that_an_app_works_out(
    session: AsyncSession, read: Ask
) -> None:
    channel = await make_channel(session, prices_entered_with_tax=False)
    await make_tax_rate(session, rate_bp=2000)
    rug = await make_piece(session, channel, 100_00)
    await reprice(session)
    key = to_global_id("TaxConfiguration", channel.id)

    async def shown() -> tuple[int, int]:
        query = select(VariantChannelListing.gross_minor, VariantChannelListing.net_minor)
        row = (await session.execute(query.where(VariantChannelListing.variant_id == rug.id))).one()
        return row[0], row[1]

    assert await shown() == (120_00, 100_00)
    await read(CONFIGURE, COLLECTOR, id=key, input={"taxCalculationStrategy": "TAX_APP"})
    await reprice(session)
    assert await shown() == (100_00, 100_00)


async def test_a_configuration_that_can_not_be_is_refused(session: AsyncSession, read: Ask) -> None:
    key = to_global_id("TaxConfiguration", (await make_channel(session)).id)
    country = {"countryCode": "FR", "chargeTaxes": True, "displayGrossPrices": True}
    deaf = await make_app(session, Permission.HANDLE_TAXES)  # Has no webhook to be asked along.
    for given, field, code, countries in (
        ({"taxAppId": "app"}, "taxAppId", "NOT_FOUND", []),
        ({"taxAppId": deaf.identifier}, "taxAppId", "NOT_FOUND", []),
        ({"updateCountriesConfiguration": [{**country, "taxAppId": "app"}]}, "taxAppId", "NOT_FOUND", ["FR"]),
        (
            {"updateCountriesConfiguration": [country], "removeCountriesConfiguration": ["FR"]},
            None,
            "DUPLICATED_INPUT_ITEM",
            ["FR"],
        ),
    ):
        refused = (await read(CONFIGURE, COLLECTOR, id=key, input=given))["taxConfigurationUpdate"]
        assert refused["errors"] == [{"field": field, "code": code, "countryCodes": countries}]


async def test_buyers_of_a_country_see_prices_as_the_channel_shows_them_there(
    session: AsyncSession, read: Ask
) -> None:
    market = await make_market(session)
    rug = await make_piece(session, market.channel)
    key = to_global_id("TaxConfiguration", market.channel.id)
    country = {"countryCode": "MA", "chargeTaxes": True, "displayGrossPrices": False}
    await read(CONFIGURE, COLLECTOR, id=key, input={"updateCountriesConfiguration": [country]})
    cart = await make_cart(session, market.channel, rug, shipping_address=RABAT)
    question = """query ($cart: ID!, $id: ID!, $channel: String) {
      checkout(id: $cart) { displayGrossPrices }
      product(id: $id, channel: $channel) { pricing { displayGrossPrices } } }"""
    named = {"cart": gid(cart), "id": to_global_id("Product", rug.product_id)}
    found = await read(question, **named, channel=market.channel.slug)
    assert found["checkout"] == {"displayGrossPrices": False}
    assert found["product"]["pricing"] == {"displayGrossPrices": False}


async def test_staff_exempt_a_cart_from_tax(session: AsyncSession, read: Ask) -> None:
    tax_class = await make_tax_class(session, 2000)
    market = await make_market(session)
    method = await make_method(session, market.channel, 24_00, tax_class_id=tax_class.id)
    market.method = method
    rug = await make_piece(session, market.channel, 120_00, tax_class_id=tax_class.id)
    cart = await make_ready_cart(session, market, rug)
    done = (await read(EXEMPT, COLLECTOR, id=gid(cart), exempt=True))["taxExemptionManage"]
    assert done["errors"] == []
    assert done["taxableObject"] == {
        "__typename": "Checkout",
        "id": gid(cart),
        "taxExemption": True,
        "totalPrice": {"gross": {"amount": 120}},
    }
    assert await problems(read, cart) == []  # Its delivery costs what is offered.
    question = "query ($id: ID!) { checkout(id: $id) { shippingMethods { id price { amount } } } }"
    offered = (await read(question, id=gid(cart)))["checkout"]["shippingMethods"]
    assert {"id": to_global_id("ShippingMethod", method.id), "price": {"amount": 20}} in offered


async def test_orders_are_exempt_only_before_they_are_confirmed(session: AsyncSession, read: Ask) -> None:
    market = await make_market(session)
    order = await make_order(session, market, await make_piece(session, market.channel))
    refused = (await read(EXEMPT, COLLECTOR, id=gid(order), exempt=True))["taxExemptionManage"]
    assert refused["errors"] == [{"field": None, "code": "NOT_EDITABLE_ORDER"}]
    draft = await make_draft(session, market.channel, await make_piece(session, market.channel))
    done = (await read(EXEMPT, COLLECTOR, id=gid(draft), exempt=True))["taxExemptionManage"]
    assert done["taxableObject"] == {"__typename": "Order", "id": gid(draft), "taxExemption": True}


@pytest.mark.parametrize("kind", ["Checkout", "Order", "Product"])
async def test_only_what_is_there_is_exempt(session: AsyncSession, read: Ask, kind: str) -> None:
    key = to_global_id(kind, 1 if kind == "Product" else uuid4())
    refused = (await read(EXEMPT, COLLECTOR, id=key, exempt=True))["taxExemptionManage"]
    assert refused["errors"] == [{"field": "id", "code": "NOT_FOUND"}]


async def test_taxes_are_the_business_of_those_who_manage_them(session: AsyncSession, ask: Ask) -> None:
    user = await make_user(session)
    key = gid(await make_tax_class(session))
    for document, given in (
        (CREATE, {"input": {"name": "x"}}),
        (UPDATE, {"id": key, "input": {}}),
        (DELETE, {"id": key}),
        (SET, {"code": "MA", "rates": []}),
        (END, {"code": "MA"}),
        (CONFIGURE, {"id": to_global_id("TaxConfiguration", 1), "input": {}}),
        (EXEMPT, {"id": to_global_id("Checkout", uuid4()), "exempt": True}),
    ):
        for who in (None, buyer(user), staff("MANAGE_CHANNELS")):
            refused = await ask(document, who, **given)
            assert refused["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"
    question = "{ taxCountryConfigurations { country { code } } }"
    refused = await ask(question, buyer(user))
    assert refused["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"

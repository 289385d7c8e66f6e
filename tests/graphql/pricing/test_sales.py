"""Clients that still speak of sales make, change and end promotions by that name."""

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import events
from marketplace.kit.announcements import Announcement
from marketplace.kit.ids import to_global_id
from marketplace.pricing import beginnings
from marketplace.pricing.promotions import Promotion, PromotionRule
from tests.factories.catalog import make_category, make_collection, make_listed_product
from tests.factories.markets import make_channel
from tests.factories.promotions import make_promotion
from tests.graphql.conftest import Ask, staff

DISCOUNTS = staff("MANAGE_DISCOUNTS")
SALE = """sale { id name type startDate endDate discountValue currency
  categories(first: 5) { edges { node { id } } } collections(first: 5) { edges { node { id } } }
  products(first: 5) { edges { node { id } } } variants(first: 5) { edges { node { id } } }
  channelListings { channel { slug } discountValue currency } }"""
ERRORS = "errors { field code channels }"
CREATE = f"mutation ($input: SaleInput!) {{ saleCreate(input: $input) {{ {SALE} {ERRORS} }} }}"
ON_ONE = {
    "saleUpdate": ("$input: SaleInput!", "input: $input", SALE),
    "saleCataloguesAdd": ("$input: CatalogueInput!", "input: $input", SALE),
    "saleCataloguesRemove": ("$input: CatalogueInput!", "input: $input", SALE),
    "saleChannelListingUpdate": ("$input: SaleChannelListingInput!", "input: $input", SALE),
    "saleDelete": ("", "", SALE),
}
END = "2001-01-02T00:00:00Z"
PRICE = """query ($id: ID!, $channel: String!) { product(id: $id, channel: $channel) { pricing {
  onSale priceRange { start { gross { amount } } } } } }"""


def gid(row: Any) -> str:
    return to_global_id(type(row).__name__, row.id)


def document(name: str) -> str:
    declared, given, shown = ON_ONE[name]
    return f"""mutation ($id: ID!{declared and f", {declared}"}) {{
      {name}(id: $id{given and f", {given}"}) {{ {shown} {ERRORS} }} }}"""


async def change(ask: Ask, name: str, sale: str, **given: Any) -> dict[str, Any]:
    answer = await ask(document(name), DISCOUNTS, id=sale, **given)
    assert "errors" not in answer, answer["errors"]
    payload: dict[str, Any] = answer["data"][name]
    return payload


async def make(ask: Ask, **given: Any) -> dict[str, Any]:
    answer = await ask(CREATE, DISCOUNTS, input={"name": "Soldes", "type": "PERCENTAGE"} | given)
    assert "errors" not in answer, answer["errors"]
    payload: dict[str, Any] = answer["data"]["saleCreate"]
    return payload


def ids(connection: dict[str, Any]) -> list[str]:
    return [edge["node"]["id"] for edge in connection["edges"]]


async def listings(session: AsyncSession) -> int:
    return await session.scalar(select(func.count()).select_from(PromotionRule)) or 0


async def test_a_sale_lowers_prices_where_it_is_listed(session: AsyncSession, ask: Ask, read: Ask) -> None:
    here, there = await make_channel(session), await make_channel(session)
    product, _ = await make_listed_product(session, here, 200_00)

    async def price() -> float:
        seen = await read(PRICE, id=gid(product), channel=here.slug)
        amount: float = seen["product"]["pricing"]["priceRange"]["start"]["gross"]["amount"]
        return amount

    sale = (await make(ask, products=[gid(product)]))["sale"]
    assert (sale["name"], sale["type"], ids(sale["products"])) == ("Soldes", "PERCENTAGE", [gid(product)])
    assert sale["channelListings"] == []
    assert await price() == 200
    for channel, value in ((here, 25), (there, 10)):
        listed = await change(
            ask,
            "saleChannelListingUpdate",
            sale["id"],
            input={"addChannels": [{"channelId": gid(channel), "discountValue": value}]},
        )
    assert [each["discountValue"] for each in listed["sale"]["channelListings"]] == [25, 10]
    assert await price() == 150
    again = {"addChannels": [{"channelId": gid(here), "discountValue": 50}]}
    await change(ask, "saleChannelListingUpdate", sale["id"], input=again)
    assert (await price(), await listings(session)) == (100, 2)
    # The same number of dirhams instead of per cent.
    fixed = (await change(ask, "saleUpdate", sale["id"], input={"type": "FIXED"}))["sale"]
    assert (fixed["type"], ids(fixed["products"])) == ("FIXED", [gid(product)])
    assert fixed["channelListings"][0] == {
        "channel": {"slug": here.slug},
        "discountValue": 50,
        "currency": here.currency_code,
    }
    assert await price() == 150
    nowhere = {"removeChannels": [gid(there), gid(here)]}
    gone = await change(ask, "saleChannelListingUpdate", sale["id"], input=nowhere)
    assert (gone["sale"]["channelListings"], gone["sale"]["type"]) == ([], "FIXED")
    assert ids(gone["sale"]["products"]) == [gid(product)]
    assert await price() == 200
    await change(ask, "saleChannelListingUpdate", sale["id"], input=again)
    assert (await price(), await listings(session)) == (150, 1)
    await change(ask, "saleDelete", sale["id"])
    assert (await price(), await listings(session)) == (200, 0)


async def test_a_sale_is_for_more_and_for_less(session: AsyncSession, ask: Ask) -> None:
    channel = await make_channel(session)
    product, _ = await make_listed_product(session, channel, 100_00)
    shelf, collection = await make_category(session), await make_collection(session)
    sale = (await make(ask, categories=[gid(shelf)]))["sale"]["id"]
    more = {"products": [gid(product)], "collections": [gid(collection)]}
    wider = (await change(ask, "saleCataloguesAdd", sale, input=more))["sale"]
    assert ids(wider["categories"]) == [gid(shelf)]
    assert (ids(wider["products"]), ids(wider["collections"])) == ([gid(product)], [gid(collection)])
    less = {"categories": [gid(shelf)], "products": [gid(product)]}
    narrower = (await change(ask, "saleCataloguesRemove", sale, input=less))["sale"]
    assert (ids(narrower["categories"]), ids(narrower["products"])) == ([], [])
    assert ids(narrower["collections"]) == [gid(collection)]
    # What is said of some of the catalogue stands for all of it, as in Saleor.
    said = (await change(ask, "saleUpdate", sale, input={"products": [gid(product)]}))["sale"]
    assert (ids(said["products"]), ids(said["collections"])) == ([gid(product)], [])


@pytest.mark.parametrize(
    ("given", "field", "code"),
    [
        ({"name": ""}, "name", "REQUIRED"),
        ({"name": "x" * 300}, "name", "INVALID"),
        ({"startDate": "2030-01-02T00:00:00Z", "endDate": "2030-01-01T00:00:00Z"}, "endDate", "INVALID"),
        ({"products": [to_global_id("Product", 0)]}, "products", "NOT_FOUND"),
        ({"categories": [to_global_id("Product", 1)]}, "categories", "INVALID"),
    ],
)
async def test_what_can_not_be_of_a_sale(
    session: AsyncSession, ask: Ask, given: dict[str, Any], field: str, code: str
) -> None:
    refused = await make(ask, **given)
    assert refused == {"sale": None, "errors": [{"field": field, "code": code, "channels": None}]}
    assert await session.scalar(select(Promotion.id)) is None


@pytest.mark.parametrize(
    ("type_", "value", "code"),
    [("PERCENTAGE", 100.5, "INVALID"), ("FIXED", 0.001, "INVALID"), ("FIXED", 1e12, "INVALID")],
)
async def test_what_can_not_be_taken_off(
    session: AsyncSession, ask: Ask, type_: str, value: float, code: str
) -> None:
    channel = await make_channel(session)
    sale = (await make(ask, type=type_))["sale"]["id"]
    given = {"addChannels": [{"channelId": gid(channel), "discountValue": value}]}
    refused = await change(ask, "saleChannelListingUpdate", sale, input=given)
    assert refused["errors"] == [{"field": "input", "code": code, "channels": [gid(channel)]}]
    twice = given | {"removeChannels": [gid(channel)]}
    refused = await change(ask, "saleChannelListingUpdate", sale, input=twice)
    assert refused["errors"][0]["code"] == "DUPLICATED_INPUT_ITEM"
    lost = {"addChannels": [{"channelId": to_global_id("Channel", 0), "discountValue": 1}]}
    refused = await change(ask, "saleChannelListingUpdate", sale, input=lost)
    assert refused["errors"] == [{"field": "addChannels", "code": "NOT_FOUND", "channels": None}]
    assert await session.scalar(select(PromotionRule.reward_value)) is None


@pytest.mark.parametrize("name", ON_ONE)
async def test_a_promotion_is_no_sale_and_only_staff_touch_sales(
    session: AsyncSession, ask: Ask, name: str
) -> None:
    promotion = await make_promotion(session)
    given = {"input": {}} if ON_ONE[name][0] else {}
    for sale_id, code in (
        (gid(promotion), "INVALID"),
        (to_global_id("Sale", promotion.id), "NOT_FOUND"),
        (to_global_id("Sale", uuid4()), "NOT_FOUND"),
        ("rubbish", "NOT_FOUND"),
    ):
        refused = await change(ask, name, sale_id, **given)
        assert refused == {"sale": None, "errors": [{"field": "id", "code": code, "channels": None}]}
    answer = await ask(document(name), staff("MANAGE_ORDERS"), id=gid(promotion), **given)
    assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"


async def test_sales_are_found_and_promotions_are_not_among_them(
    session: AsyncSession, ask: Ask, read: Ask
) -> None:
    channel = await make_channel(session)
    await make_promotion(session)
    for name, more in (
        ("Argan", {}),
        ("Berbère", {"type": "FIXED", "startDate": "2001-01-01T00:00:00Z", "endDate": END}),
        ("Cèdre", {"startDate": "2100-01-01T00:00:00Z"}),
    ):
        made = (await make(ask, name=name, **more))["sale"]
    await change(
        ask,
        "saleChannelListingUpdate",
        made["id"],
        input={"addChannels": [{"channelId": gid(channel), "discountValue": 5}]},
    )
    document_ = """query (
      $filter: SaleFilterInput, $sort: SaleSortingInput, $query: String, $channel: String
    ) { sales(first: 9, filter: $filter, sortBy: $sort, query: $query, channel: $channel) {
        edges { node { name discountValue currency } } } }"""

    async def names(**given: Any) -> list[str]:
        found = await read(document_, DISCOUNTS, **given)
        return [edge["node"]["name"] for edge in found["sales"]["edges"]]

    assert await names(sort={"field": "NAME", "direction": "ASC"}) == ["Argan", "Berbère", "Cèdre"]
    assert await names(filter={"status": ["ACTIVE"]}) == ["Argan"]
    assert await names(filter={"saleType": "FIXED"}) == ["Berbère"]
    assert await names(filter={"search": "ced"}) == await names(query="ced") == ["Cèdre"]
    assert await names(channel=channel.slug) == ["Cèdre"]
    (edge,) = (await read(document_, DISCOUNTS, channel=channel.slug))["sales"]["edges"]
    assert (edge["node"]["discountValue"], edge["node"]["currency"]) == (5, channel.currency_code)
    old = await read("{ promotions(first: 9, where: {isOldSale: true}) { totalCount } }", DISCOUNTS)
    assert old["promotions"]["totalCount"] == 3
    one = "query ($id: ID!) { sale(id: $id) { name } }"
    assert (await read(one, DISCOUNTS, id=made["id"]))["sale"] == {"name": "Cèdre"}
    promotion = await session.scalar(select(Promotion.id).where(~Promotion.is_sale))
    assert (await read(one, DISCOUNTS, id=to_global_id("Sale", promotion)))["sale"] is None


async def test_a_sale_is_said_in_another_language(session: AsyncSession, ask: Ask, read: Ask) -> None:
    sale = (await make(ask))["sale"]["id"]
    await make_promotion(session)
    translator = staff("MANAGE_TRANSLATIONS", "MANAGE_DISCOUNTS")
    said = await read(
        """mutation ($id: ID!) { saleTranslate(id: $id, languageCode: AR, input: {name: "تخفيضات"}) {
          sale { translation(languageCode: AR) { name } } errors { code } translationErrors { code } } }""",
        translator,
        id=sale,
    )
    assert said["saleTranslate"]["sale"] == {"translation": {"name": "تخفيضات"}}
    listed = await read(
        """{ translations(kind: SALE, first: 5) { edges { node { ... on SaleTranslatableContent {
          saleId name sale { id } } } } } }""",
        translator,
    )
    assert [edge["node"] for edge in listed["translations"]["edges"]] == [
        {"saleId": sale, "name": "Soldes", "sale": {"id": sale}}
    ]


async def test_who_listens_hears_of_sales_by_their_name(
    session: AsyncSession, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[str] = []

    async def listen(_session: AsyncSession, told: Announcement) -> None:
        heard.append(told.event)

    monkeypatch.setitem(events._subscribers, Announcement, [listen])
    first, second = [(await make(ask))["sale"]["id"] for _ in range(2)]
    await change(ask, "saleUpdate", first, input={"name": "Soldes d’hiver"})
    await beginnings.tell(session)
    assert heard == ["SALE_CREATED", "SALE_CREATED", "SALE_UPDATED", "SALE_TOGGLE"]
    bulk = "mutation ($ids: [ID!]!) { saleBulkDelete(ids: $ids) { count errors { field code } } }"
    lost = await ask(bulk, DISCOUNTS, ids=[first, to_global_id("Sale", uuid4())])
    assert lost["data"]["saleBulkDelete"] == {"count": 0, "errors": [{"field": "ids", "code": "NOT_FOUND"}]}
    gone = await ask(bulk, DISCOUNTS, ids=[first, second])
    assert gone["data"]["saleBulkDelete"] == {"count": 2, "errors": []}
    assert heard[4:] == ["SALE_DELETED"]

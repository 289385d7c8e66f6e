"""Staff find vouchers, say them in other languages, and take many away at once."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock
from marketplace.kit.ids import to_global_id
from marketplace.markets.models import Channel
from marketplace.pricing.vouchers import Voucher, VoucherTranslation, VoucherType
from tests.factories.markets import make_channel
from tests.factories.pricing import FIXED, make_voucher
from tests.factories.promotions import make_promotion, make_rule
from tests.graphql.conftest import Ask, staff

DISCOUNTS = staff("MANAGE_DISCOUNTS")
TRANSLATOR = staff("MANAGE_TRANSLATIONS")
LIST = """query ($filter: VoucherFilterInput, $sort: VoucherSortingInput, $query: String, $channel: String) {
  vouchers(first: 10, filter: $filter, sortBy: $sort, query: $query, channel: $channel) {
    edges { node { name } } } }"""
AWAY = """mutation ($ids: [ID!]!) { voucherBulkDelete(ids: $ids) { count errors { field code } } }"""


async def names(read: Ask, **given: Any) -> list[str]:
    found = await read(LIST, DISCOUNTS, **given)
    return [edge["node"]["name"] for edge in found["vouchers"]["edges"]]


@pytest.fixture
async def three(session: AsyncSession) -> None:
    """One in force that was used, one that is over, one to come."""
    channel, day = await make_channel(session), timedelta(days=1)
    now = clock.now()
    await make_voucher(session, channel, 30, name="Argan", used=3, usage_limit=5, code="OIL")
    await make_voucher(
        session,
        channel,
        10,
        FIXED,
        name="Berbère",
        starts_at=now - 2 * day,
        ends_at=now - day,
        public_metadata={"season": "winter"},
    )
    await make_voucher(session, channel, 20, name="Cèdre", type=VoucherType.SHIPPING, starts_at=now + day)


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize(
    ("filter_", "found"),
    [
        ({"status": ["ACTIVE"]}, ["Argan"]),
        ({"status": ["EXPIRED", "SCHEDULED"]}, ["Cèdre", "Berbère"]),
        ({"timesUsed": {"gte": 1}}, ["Argan"]),
        ({"discountType": ["FIXED"]}, ["Berbère"]),
        ({"discountType": ["SHIPPING", "FIXED"]}, ["Cèdre", "Berbère"]),
        ({"search": "berb"}, ["Berbère"]),
        ({"search": "OIL"}, ["Argan"]),
        ({"metadata": [{"key": "season", "value": "winter"}]}, ["Berbère"]),
        ({"started": {"gte": "2100-01-01T00:00:00Z"}}, []),
        ({"ids": []}, []),
    ],
)
async def test_vouchers_are_found(read: Ask, filter_: dict[str, Any], found: list[str]) -> None:
    assert await names(read, filter=filter_) == found


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize(
    ("field", "last"),
    [("NAME", "Cèdre"), ("START_DATE", "Cèdre"), ("VALUE", "Argan"), ("CODE", "Argan"), ("TYPE", "Cèdre")],
)
async def test_vouchers_are_sorted(session: AsyncSession, read: Ask, field: str, last: str) -> None:
    slug = await session.scalar(select(Channel.slug))
    sort = {"field": field, "direction": "DESC"}
    assert (await names(read, sort=sort, channel=slug))[0] == last


@pytest.mark.usefixtures("three")
async def test_the_older_argument_searches_too(read: Ask) -> None:
    assert await names(read, query="cèd") == ["Cèdre"]


async def test_many_vouchers_go_at_once(session: AsyncSession, ask: Ask) -> None:
    channel = await make_channel(session)
    for name in "AB":
        await make_voucher(session, channel, name=name)
    keys = list(await session.scalars(select(Voucher.id)))
    ids = [to_global_id("Voucher", key) for key in keys]
    unknown = await ask(AWAY, DISCOUNTS, ids=[*ids, to_global_id("Voucher", 99999)])
    assert unknown["data"]["voucherBulkDelete"] == {
        "count": 0,
        "errors": [{"field": "ids", "code": "NOT_FOUND"}],
    }
    refused = await ask(AWAY, staff("MANAGE_ORDERS"), ids=ids)
    assert refused["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"
    gone = await ask(AWAY, DISCOUNTS, ids=ids)
    assert gone["data"]["voucherBulkDelete"] == {"count": 2, "errors": []}
    assert list(await session.scalars(select(Voucher.id))) == []


async def test_a_voucher_is_said_in_another_language(session: AsyncSession, ask: Ask) -> None:
    await make_voucher(session, await make_channel(session), name="Bienvenue")
    voucher_id = to_global_id("Voucher", await session.scalar(select(Voucher.id)))
    document = """mutation ($id: ID!, $name: String) {
      voucherTranslate(id: $id, languageCode: AR, input: {name: $name}) {
        voucher { translation(languageCode: AR) { name } } errors { field code } } }"""
    said = await ask(document, TRANSLATOR, id=voucher_id, name="مرحبا")
    assert said["data"]["voucherTranslate"] == {
        "voucher": {"translation": {"name": "مرحبا"}},
        "errors": [],
    }
    long = await ask(document, TRANSLATOR, id=voucher_id, name="x" * 300)
    assert long["data"]["voucherTranslate"]["errors"] == [{"field": "name", "code": "INVALID"}]
    assert await session.scalar(select(VoucherTranslation.name)) == "مرحبا"
    assert "errors" in await ask(document, DISCOUNTS, id=voucher_id, name="x")


async def test_promotions_and_rules_are_said_in_other_languages(session: AsyncSession, read: Ask) -> None:
    promotion = await make_promotion(session)
    rule = await make_rule(session, [await make_channel(session)], {}, percent=10, promotion=promotion)
    document = """mutation ($promotion: ID!, $rule: ID!, $text: JSON) {
      promotionTranslate(id: $promotion, languageCode: AR, input: {name: "عيد", description: $text}) {
        promotion { translation(languageCode: AR) { name description } } errors { code } }
      promotionRuleTranslate(id: $rule, languageCode: AR, input: {name: "زرابي"}) {
        promotionRule { translation(languageCode: AR) { name } } errors { code } } }"""
    text = {"blocks": [{"type": "paragraph", "data": {"text": "مرحبا"}}]}
    said = await read(
        document,
        staff("MANAGE_TRANSLATIONS", "MANAGE_DISCOUNTS"),
        promotion=to_global_id("Promotion", promotion.id),
        rule=to_global_id("PromotionRule", rule.id),
        text=text,
    )
    translated = said["promotionTranslate"]["promotion"]["translation"]
    assert translated["name"] == "عيد"
    assert "مرحبا" in translated["description"]
    assert said["promotionRuleTranslate"]["promotionRule"]["translation"] == {"name": "زرابي"}

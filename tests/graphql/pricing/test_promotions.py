"""Staff make promotions; buyers see lower prices."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.ids import to_global_id
from marketplace.pricing import beginnings, promoting, rules
from marketplace.pricing.promotions import Promotion, PromotionRule
from tests.factories.catalog import make_category, make_listed_product
from tests.factories.checkout import make_piece
from tests.factories.markets import make_channel
from tests.factories.people import make_staff
from tests.factories.promotions import make_order_rule, make_promotion, make_rule, of
from tests.graphql.conftest import Ask, staff

DISCOUNTS = staff("MANAGE_DISCOUNTS")
CREATE = """
mutation ($input: PromotionCreateInput!) { promotionCreate(input: $input) {
  promotion { id name type startDate endDate rules {
    id name rewardValue rewardValueType cataloguePredicate orderPredicate predicateType rewardType giftIds
    giftsLimit channels { slug }
  } }
  errors { field code message index rulesLimit rulesLimitExceedBy giftsLimit giftsLimitExceedBy }
} }
"""
ADD = """
mutation ($input: PromotionRuleCreateInput!) { promotionRuleCreate(input: $input) {
  promotionRule { id } errors { field code rulesLimit rulesLimitExceedBy giftsLimit giftsLimitExceedBy }
} }
"""
CHANGE = """
mutation ($id: ID!, $input: PromotionRuleUpdateInput!) { promotionRuleUpdate(id: $id, input: $input) {
  promotionRule { rewardValue rewardValueType channels { slug } giftIds }
  errors { field code channels giftsLimit giftsLimitExceedBy }
} }
"""
PRICE = """
query ($id: ID!, $channel: String!) { product(id: $id, channel: $channel) { pricing {
  onSale discount { gross { amount } } priceRange { start { gross { amount } } }
  priceRangeUndiscounted { start { gross { amount } } }
} variants { pricing { onSale price { gross { amount } } priceUndiscounted { gross { amount } } } } } }
"""


def gid(row: Any) -> str:
    return to_global_id(type(row).__name__, row.id)


def percent(predicate: dict[str, Any] | None, value: float, *channels: Any, **given: Any) -> dict[str, Any]:
    rule: dict[str, Any] = {"rewardValueType": "PERCENTAGE", "rewardValue": value}
    return (
        rule | {"cataloguePredicate": predicate, "channels": [gid(channel) for channel in channels]} | given
    )


def gift(*variants: Any, **given: Any) -> dict[str, Any]:
    anything = {"discountedObjectPredicate": {"baseSubtotalPrice": {"range": {"gte": 100}}}}
    gifts = [gid(variant) for variant in variants]
    return {"orderPredicate": anything, "rewardType": "GIFT", "gifts": gifts} | given


async def create(ask: Ask, *rules: dict[str, Any], type: str = "CATALOGUE", **given: Any) -> dict[str, Any]:
    said = {"name": "Aïd", "type": type, "rules": list(rules)} | given
    answer = await ask(CREATE, DISCOUNTS, input=said)
    assert "errors" not in answer, answer["errors"]
    payload: dict[str, Any] = answer["data"]["promotionCreate"]
    return payload


def only_error(payload: dict[str, Any]) -> tuple[str, str]:
    (error,) = payload["errors"]
    return (error["field"], error["code"])


async def test_a_promotion_lowers_what_buyers_see(ask: Ask, read: Ask, session: AsyncSession) -> None:
    channel = await make_channel(session)
    shelf = await make_category(session)
    product, _ = await make_listed_product(session, channel, 200_00, category_id=shelf.id)
    payload = await create(ask, percent(of(shelf), 15, channel))
    assert payload["errors"] == []
    (rule,) = payload["promotion"]["rules"]
    assert (rule["rewardValue"], rule["rewardValueType"], rule["predicateType"]) == (
        15.0,
        "PERCENTAGE",
        "CATALOGUE",
    )
    assert rule["cataloguePredicate"] == of(shelf)
    assert (rule["orderPredicate"], rule["rewardType"], rule["giftIds"]) == (None, None, None)
    assert rule["channels"] == [{"slug": channel.slug}]
    shown = (await read(PRICE, id=gid(product), channel=channel.slug))["product"]
    assert shown["pricing"] == {
        "onSale": True,
        "discount": {"gross": {"amount": 30.0}},
        "priceRange": {"start": {"gross": {"amount": 170.0}}},
        "priceRangeUndiscounted": {"start": {"gross": {"amount": 200.0}}},
    }
    assert shown["variants"][0]["pricing"] == {
        "onSale": True,
        "price": {"gross": {"amount": 170.0}},
        "priceUndiscounted": {"gross": {"amount": 200.0}},
    }


async def test_a_promotion_taken_back_leaves_prices_as_they_were(
    ask: Ask, read: Ask, session: AsyncSession
) -> None:
    channel = await make_channel(session)
    product, _ = await make_listed_product(session, channel, 200_00)
    made = await create(ask, percent(of(product), 15, channel))
    gone = await read(
        "mutation ($id: ID!) { promotionDelete(id: $id) { promotion { id rules { id } } errors { code } } }",
        DISCOUNTS,
        id=made["promotion"]["id"],
    )
    rule_id = made["promotion"]["rules"][0]["id"]
    assert gone["promotionDelete"] == {
        "promotion": {"id": made["promotion"]["id"], "rules": [{"id": rule_id}]},
        "errors": [],
    }
    assert not list(await session.scalars(select(Promotion.id)))
    assert not list(await session.scalars(select(PromotionRule.id)))
    shown = (await read(PRICE, id=gid(product), channel=channel.slug))["product"]
    assert shown["pricing"]["onSale"] is False


async def test_a_promotion_that_is_ended_leaves_prices_as_they_were(
    ask: Ask, read: Ask, session: AsyncSession
) -> None:
    channel = await make_channel(session)
    product, _ = await make_listed_product(session, channel, 200_00)
    made = await create(ask, percent(of(product), 15, channel), startDate="2020-01-01T00:00:00Z")
    update = """mutation ($id: ID!, $input: PromotionUpdateInput!) { promotionUpdate(id: $id, input: $input) {
      promotion { name endDate } errors { field code } } }"""
    said = {"name": "Aïd passé", "endDate": "2020-02-01T00:00:00+00:00"}
    changed = await read(update, DISCOUNTS, id=made["promotion"]["id"], input=said)
    assert changed["promotionUpdate"] == {"promotion": said, "errors": []}
    shown = (await read(PRICE, id=gid(product), channel=channel.slug))["product"]
    assert shown["pricing"]["onSale"] is False


async def test_a_rule_is_added_changed_and_taken_back(ask: Ask, read: Ask, session: AsyncSession) -> None:
    channel, other = await make_channel(session), await make_channel(session)
    product, _ = await make_listed_product(session, channel, 200_00)
    promotion_id = (await create(ask))["promotion"]["id"]

    async def price() -> float:
        shown = (await read(PRICE, id=gid(product), channel=channel.slug))["product"]
        amount: float = shown["pricing"]["priceRange"]["start"]["gross"]["amount"]
        return amount

    said = {"promotion": promotion_id, "rewardValueType": "FIXED", "rewardValue": 20.5}
    said |= {"cataloguePredicate": of(product), "channels": [gid(channel)]}
    added = (await read(ADD, DISCOUNTS, input=said))["promotionRuleCreate"]
    assert added["errors"] == []
    assert await price() == 179.5
    rule_id = added["promotionRule"]["id"]
    changed = await read(
        CHANGE, DISCOUNTS, id=rule_id, input={"rewardValue": 50, "addChannels": [gid(other)]}
    )
    assert changed["promotionRuleUpdate"] == {
        "promotionRule": {
            "rewardValue": 50.0,
            "rewardValueType": "FIXED",
            "channels": [{"slug": channel.slug}, {"slug": other.slug}],
            "giftIds": None,
        },
        "errors": [],
    }
    assert await price() == 150.0
    await read(CHANGE, DISCOUNTS, id=rule_id, input={"removeChannels": [gid(channel)]})
    assert await price() == 200.0
    delete = """mutation ($id: ID!) { promotionRuleDelete(id: $id) {
      promotionRule { id promotion { id } } errors { code } } }"""
    gone = await read(delete, DISCOUNTS, id=rule_id)
    assert gone["promotionRuleDelete"]["promotionRule"] == {"id": rule_id, "promotion": {"id": promotion_id}}
    assert not list(await session.scalars(select(PromotionRule.id)))


async def test_a_gift_is_promised(ask: Ask, session: AsyncSession) -> None:
    channel = await make_channel(session)
    bowl = await make_piece(session, channel)
    payload = await create(ask, gift(bowl, channels=[gid(channel)]), type="ORDER")
    (rule,) = payload["promotion"]["rules"]
    assert (rule["rewardType"], rule["giftIds"], rule["giftsLimit"]) == ("GIFT", [gid(bowl)], 1)
    assert rule["orderPredicate"] == {
        "discountedObjectPredicate": {"baseSubtotalPrice": {"range": {"gte": "100"}}}
    }


async def test_staff_list_promotions(read: Ask, session: AsyncSession) -> None:
    winter = await make_promotion(session, name="Hiver", public_metadata={"season": "winter"})
    spring = await make_promotion(session, name="Printemps", type="ORDER")
    query = """query ($where: PromotionWhereInput, $sort: PromotionSortingInput) {
      promotions(first: 5, where: $where, sortBy: $sort) { totalCount edges { node { name } } } }"""

    async def names(where: dict[str, Any] | None = None, sort: dict[str, Any] | None = None) -> list[str]:
        found = await read(query, DISCOUNTS, where=where, sort=sort)
        return [edge["node"]["name"] for edge in found["promotions"]["edges"]]

    assert await names(sort={"field": "NAME", "direction": "DESC"}) == ["Printemps", "Hiver"]
    assert await names({"type": {"eq": "ORDER"}}) == ["Printemps"]
    assert await names({"name": {"oneOf": ["Hiver", "Été"]}}) == ["Hiver"]
    assert await names({"metadata": [{"key": "season"}]}) == ["Hiver"]
    assert await names({"isOldSale": True}) == []
    assert await names({"OR": [{"ids": [gid(winter)]}, {"ids": [gid(spring)]}]}) == ["Hiver", "Printemps"]
    one = await read("query ($id: ID!) { promotion(id: $id) { name } }", DISCOUNTS, id=gid(winter))
    assert one == {"promotion": {"name": "Hiver"}}


@pytest.mark.parametrize(
    "query", ['{ promotion(id: "x") { name } }', "{ promotions(first: 1) { totalCount } }"]
)
async def test_buyers_see_no_promotions(ask: Ask, query: str) -> None:
    answer = await ask(query)
    assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"


async def test_buyers_make_no_promotions(ask: Ask) -> None:
    answer = await ask(CREATE, input={"name": "Aïd", "type": "CATALOGUE"})
    assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"


async def test_every_mistake_of_a_new_promotion_is_told_with_its_rule(
    ask: Ask, session: AsyncSession
) -> None:
    channel = await make_channel(session)
    product, _ = await make_listed_product(session, channel)
    payload = await create(
        ask,
        percent(of(product), 10, channel),
        percent(of(product), 101, channel),
        {"channels": [gid(channel)]},
        name=" ",
        endDate="2020-01-01T00:00:00Z",
    )
    told = [(error["index"], error["field"], error["code"]) for error in payload["errors"]]
    assert told == [
        (None, "name", "REQUIRED"),
        (None, "endDate", "INVALID"),
        (1, "rewardValue", "INVALID"),
        (2, "cataloguePredicate", "REQUIRED"),
        (2, "rewardValueType", "REQUIRED"),
        (2, "rewardValue", "REQUIRED"),
    ]
    assert payload["promotion"] is None


async def test_wrong_rules_are_refused(ask: Ask, session: AsyncSession) -> None:
    dirhams, euros = await make_channel(session), await make_channel(session, currency_code="EUR")
    product, variant = await make_listed_product(session, dirhams)
    fixed = percent(of(product), 10, rewardValueType="FIXED")
    both = [gid(dirhams), gid(euros)]
    deep: dict[str, Any] = of(product)
    for _ in range(6):
        deep = {"AND": [deep]}
    wrong: list[tuple[dict[str, Any], tuple[str, str]]] = [
        (fixed, ("channels", "MISSING_CHANNELS")),
        (fixed | {"channels": both}, ("rewardValueType", "MULTIPLE_CURRENCIES_NOT_ALLOWED")),
        (fixed | {"channels": both[:1], "rewardValue": 1.005}, ("rewardValue", "INVALID_PRECISION")),
        (percent(of(product), 10) | {"channels": ["x"]}, ("channels", "GRAPHQL_ERROR")),
        (percent(of(product), 10) | {"channels": ["Q2hhbm5lbDow"]}, ("channels", "NOT_FOUND")),
        (percent(of(product), 10, rewardType="GIFT"), ("rewardType", "INVALID")),
        (percent(deep, 10), ("cataloguePredicate", "INVALID")),
        (percent({"productPredicate": {"ids": [gid(dirhams)]}}, 10), ("cataloguePredicate", "INVALID")),
        (percent({"productPredicate": {"name": {"eq": "Tapis"}}}, 10), ("cataloguePredicate", "INVALID")),
        (percent({"OR": [of(product)], **of(variant)}, 10), ("cataloguePredicate", "INVALID")),
        (percent(of(product), 10, description={"blocks": 7}), ("description", "INVALID")),
        (percent(of(product), 10, name="x" * 300), ("name", "INVALID")),
    ]
    for rule, expected in wrong:
        payload = await create(ask, rule)
        errors = [(error["field"], error["code"]) for error in payload["errors"]]
        assert expected in errors, (rule, errors)


async def test_wrong_order_rules_are_refused(
    ask: Ask, session: AsyncSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "GIFTS_LIMIT", 1)
    dirhams, euros = await make_channel(session), await make_channel(session, currency_code="EUR")
    bowl, cup = await make_piece(session, dirhams), await make_piece(session, dirhams)
    both = [gid(dirhams), gid(euros)]
    wrong: list[tuple[dict[str, Any], tuple[str, str]]] = [
        (
            gift(bowl, rewardType=None, rewardValueType="PERCENTAGE", rewardValue=5),
            ("rewardType", "REQUIRED"),
        ),
        (gift(bowl, orderPredicate=None), ("orderPredicate", "REQUIRED")),
        (gift(bowl, cataloguePredicate=of(bowl)), ("cataloguePredicate", "INVALID")),
        (gift(bowl, channels=both), ("channels", "MULTIPLE_CURRENCIES_NOT_ALLOWED")),
        (gift(bowl, rewardValue=5), ("rewardValue", "INVALID")),
        (gift(bowl, rewardValueType="FIXED"), ("rewardValueType", "INVALID")),
        (gift(), ("gifts", "REQUIRED")),
        (gift(dirhams), ("gifts", "INVALID_GIFT_TYPE")),
        (gift() | {"gifts": ["UHJvZHVjdFZhcmlhbnQ6MA=="]}, ("gifts", "NOT_FOUND")),
        (gift(bowl, cup), ("gifts", "GIFTS_NUMBER_LIMIT")),
    ]
    for rule, expected in wrong:
        payload = await create(ask, rule, type="ORDER")
        errors = [(error["field"], error["code"]) for error in payload["errors"]]
        assert expected in errors, (rule, errors)
    too_many = (await create(ask, gift(bowl, cup), type="ORDER"))["errors"][0]
    assert (too_many["giftsLimit"], too_many["giftsLimitExceedBy"]) == (1, 1)


async def test_there_is_an_end_to_the_number_of_rules(
    ask: Ask, session: AsyncSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(promoting, "RULES_LIMIT", dict.fromkeys(promoting.RULES_LIMIT, 1))
    channel = await make_channel(session)
    product, bowl = await make_listed_product(session, channel)
    rule = percent(of(product), 10, channel)
    error = (await create(ask, rule, rule))["errors"][0]
    assert (error["field"], error["code"]) == ("rules", "RULES_NUMBER_LIMIT")
    assert (error["rulesLimit"], error["rulesLimitExceedBy"]) == (1, 1)
    made = await make_order_rule(session, [channel], gifts=[bowl])
    said = gift(bowl) | {"promotion": to_global_id("Promotion", made.promotion_id)}
    refused = (await ask(ADD, DISCOUNTS, input=said))["data"]["promotionRuleCreate"]
    assert only_error(refused) == ("orderPredicate", "RULES_NUMBER_LIMIT")


async def test_wrong_changes_of_a_rule_are_refused(ask: Ask, session: AsyncSession) -> None:
    dirhams, euros = await make_channel(session), await make_channel(session, currency_code="EUR")
    product, bowl = await make_listed_product(session, dirhams)
    rule = await make_rule(session, [dirhams], of(product), fixed_minor=5_00)
    gifts = await make_order_rule(session, [dirhams], gifts=[bowl])
    here = [gid(dirhams)]
    wrong: list[tuple[PromotionRule, dict[str, Any], tuple[str, str]]] = [
        (rule, {"addChannels": here, "removeChannels": here}, ("addChannels", "DUPLICATED_INPUT_ITEM")),
        (rule, {"addChannels": [gid(euros)]}, ("addChannels", "MULTIPLE_CURRENCIES_NOT_ALLOWED")),
        (rule, {"removeChannels": here, "rewardValue": 3}, ("removeChannels", "MISSING_CHANNELS")),
        (rule, {"rewardValue": 0.001}, ("rewardValue", "INVALID_PRECISION")),
        (rule, {"rewardValue": None}, ("rewardValue", "REQUIRED")),
        (rule, {"rewardValueType": "PERCENTAGE", "rewardValue": 200}, ("rewardValue", "INVALID")),
        (rule, {"addChannels": ["Q2hhbm5lbDow"]}, ("addChannels", "NOT_FOUND")),
        (rule, {"removeChannels": ["x"]}, ("removeChannels", "GRAPHQL_ERROR")),
        (gifts, {"removeGifts": [gid(bowl)]}, ("gifts", "REQUIRED")),
        (gifts, {"addGifts": [gid(product)]}, ("addGifts", "INVALID_GIFT_TYPE")),
    ]
    for changed, said, expected in wrong:
        answer = await ask(CHANGE, DISCOUNTS, id=gid(changed), input=said)
        assert only_error(answer["data"]["promotionRuleUpdate"]) == expected, said


@pytest.mark.parametrize(
    "unknown", ["x", to_global_id("Promotion", "not-a-uuid"), to_global_id("Product", 1)]
)
async def test_an_unknown_promotion_is_not_found(ask: Ask, unknown: str) -> None:
    mutations = [
        ("promotionUpdate", "input: {}", "promotion { id }"),
        ("promotionDelete", "", "promotion { id }"),
        ("promotionRuleUpdate", "input: {}", "promotionRule { id }"),
        ("promotionRuleDelete", "", "promotionRule { id }"),
    ]
    for name, more, payload in mutations:
        document = f"mutation ($id: ID!) {{ {name}(id: $id {more}) {{ {payload} errors {{ field code }} }} }}"
        answer = await ask(document, DISCOUNTS, id=unknown)
        assert only_error(answer["data"][name]) == ("id", "NOT_FOUND"), answer
    said = {"promotion": unknown, "cataloguePredicate": {}}
    answer = await ask(ADD, DISCOUNTS, input=said)
    assert only_error(answer["data"]["promotionRuleCreate"]) == ("promotion", "NOT_FOUND")


BULK_DELETE = """mutation ($ids: [ID!]!) { promotionBulkDelete(ids: $ids) {
  count errors { field code message } } }"""


async def test_many_promotions_are_taken_back_at_once(ask: Ask, session: AsyncSession) -> None:
    first, second, third = [await make_promotion(session) for _ in range(3)]
    answer = await ask(BULK_DELETE, DISCOUNTS, ids=[gid(first), gid(second)])
    assert answer["data"]["promotionBulkDelete"] == {"count": 2, "errors": []}
    assert list(await session.scalars(select(Promotion.id))) == [third.id]


@pytest.mark.parametrize("wrong", [to_global_id("Promotion", UUID(int=7)), to_global_id("Product", 1), "x"])
async def test_all_promotions_are_taken_back_or_none(ask: Ask, session: AsyncSession, wrong: str) -> None:
    promotion = await make_promotion(session)
    answer = await ask(BULK_DELETE, DISCOUNTS, ids=[gid(promotion), wrong])
    payload = answer["data"]["promotionBulkDelete"]
    assert (payload["count"], only_error(payload)) == (0, ("ids", "NOT_FOUND"))
    assert list(await session.scalars(select(Promotion.id))) == [promotion.id]


async def test_a_promotion_keeps_its_history(ask: Ask, session: AsyncSession) -> None:
    channel = await make_channel(session)
    maker = await make_staff(session, email="nadia@sil.ma")
    author = staff("MANAGE_DISCOUNTS", user=maker)
    made = (await create(ask, percent(of(await make_category(session)), 10, channel)))["promotion"]
    rule = made["rules"][0]["id"]
    rename = """mutation ($id: ID!) { promotionUpdate(id: $id, input: {name: "Noël"}) { errors { code } } }"""
    await ask(rename, author, id=made["id"])
    await ask(CHANGE, author, id=rule, input={"rewardValue": 20})
    delete = "mutation ($id: ID!) { promotionRuleDelete(id: $id) { errors { code } } }"
    await ask(delete, author, id=rule)
    await beginnings.tell(session)
    history = """query ($id: ID!) { promotion(id: $id) { events {
      ... on PromotionEventInterface { type date createdBy { ... on User { email } } }
      ... on PromotionRuleEventInterface { ruleId } } } }"""
    reader = staff("MANAGE_DISCOUNTS", "MANAGE_USERS", "MANAGE_STAFF")
    events = (await ask(history, reader, id=made["id"]))["data"]["promotion"]["events"]
    by_nadia = {"email": "nadia@sil.ma"}
    assert [(event["type"], event["createdBy"]) for event in events] == [
        ("PROMOTION_CREATED", None),
        ("RULE_CREATED", None),
        ("PROMOTION_UPDATED", by_nadia),
        ("RULE_UPDATED", by_nadia),
        ("RULE_DELETED", by_nadia),
        ("PROMOTION_STARTED", None),
    ]
    assert all(to_global_id("PromotionRule", events[place]["ruleId"]) == rule for place in (1, 3, 4))

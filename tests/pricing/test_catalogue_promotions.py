"""The statement that finds the best reduction says what the definition in Python says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from marketplace.catalog.listings import VariantChannelListing
from marketplace.catalog.models import Collection, CollectionProduct
from marketplace.kit import clock
from marketplace.kit.ids import split_global_id, to_global_id
from marketplace.kit.money import percentage
from marketplace.pricing.catalogue_promotions import WHOLE, prices_now
from marketplace.pricing.discounts import DiscountValueType
from marketplace.pricing.predicates import checked_catalogue_predicate
from marketplace.pricing.promotions import RewardValueType, said_reward
from marketplace.pricing.reductions import reduction_minor
from marketplace.pricing.service import reprice
from tests.factories.catalog import make_category, make_listed_product, make_variant, put_on_sale
from tests.factories.markets import make_channel
from tests.factories.promotions import make_promotion, make_rule
from tests.factories.vendors import make_vendor

HOUR = timedelta(hours=1)
amounts = st.integers(0, 10**9)
values = st.one_of(
    st.tuples(st.just(RewardValueType.FIXED), amounts),
    st.tuples(st.just(RewardValueType.PERCENTAGE), st.integers(0, WHOLE)),
)


def off(price: int, value_type: RewardValueType, value: int) -> int:
    """What a rule takes off a price, by the definition."""
    said = said_reward(value_type, value, "MAD")
    return reduction_minor(price, DiscountValueType(value_type.value), said, "MAD")


@given(amounts, values)
def test_a_reduction_is_never_below_zero_nor_above_the_price(
    price: int, value: tuple[RewardValueType, int]
) -> None:
    assert 0 <= off(price, *value) <= price


@given(amounts, st.integers(0, 10_000))
def test_a_percentage_is_rounded_as_money_is(price: int, rate_bp: int) -> None:
    assert off(price, RewardValueType.PERCENTAGE, rate_bp * 10) == percentage(price, rate_bp)


@dataclass(frozen=True)
class Thing:
    """A variant as the definition sees it."""

    variant: int
    product: int
    category: int | None
    collections: frozenset[int]

    def is_among(self, leaf: str, ids: Sequence[str]) -> bool:
        keys = {int(split_global_id(each)[1]) for each in ids}
        match leaf:
            case "variantPredicate":
                return self.variant in keys
            case "productPredicate":
                return self.product in keys
            case "categoryPredicate":
                return self.category in keys
        return bool(self.collections & keys)


def chooses(predicate: Mapping[str, Any], thing: Thing) -> bool:
    """The grammar of predicates once more, for one variant."""
    if not predicate:
        return False
    if "AND" in predicate:
        return all(_one(part, thing, all) for part in predicate["AND"])
    if "OR" in predicate:
        return any(_one(part, thing, any) for part in predicate["OR"])
    return bool(_one(predicate, thing, all))


def _one(predicate: Mapping[str, Any], thing: Thing, together: Any) -> bool:
    if {"AND", "OR"} & predicate.keys():
        return chooses(predicate, thing)
    return bool(together([thing.is_among(leaf, where["ids"]) for leaf, where in predicate.items()]))


@dataclass(frozen=True)
class Rule:
    predicate: dict[str, Any]
    value: tuple[RewardValueType, int]
    begins: timedelta
    lasts: timedelta | None
    here: bool
    """In the first channel, or else in the second."""

    def is_in_force(self) -> bool:
        return self.begins <= timedelta() and (self.lasts is None or self.begins + self.lasts > timedelta())


NAMES = ("v0", "v1", "v2", "p0", "p1", "shelf", "other shelf", "feast")
LEAVES = {"v": "variantPredicate", "p": "productPredicate", "f": "collectionPredicate"}


def _leaf(names: list[str]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name in names:
        made.setdefault(LEAVES.get(name[0], "categoryPredicate"), {"ids": []})["ids"].append(name)
    return made


leaves = st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True).map(_leaf)
predicates = st.recursive(
    leaves,
    lambda inner: st.tuples(st.sampled_from(["AND", "OR"]), st.lists(inner, min_size=1, max_size=3)).map(
        lambda pair: {pair[0]: pair[1]}
    ),
    max_leaves=4,
)
rules = st.builds(
    Rule,
    predicates,
    st.one_of(
        st.tuples(st.just(RewardValueType.FIXED), st.integers(0, 200_00)),
        st.tuples(st.just(RewardValueType.PERCENTAGE), st.integers(0, WHOLE)),
    ),
    st.sampled_from([-5 * HOUR, -3 * HOUR, 2 * HOUR]),
    st.sampled_from([None, HOUR, 4 * HOUR]),
    st.booleans(),
)


def _with_ids(predicate: Any, ids: Mapping[str, str]) -> Any:
    match predicate:
        case dict():
            return {name: _with_ids(value, ids) for name, value in predicate.items()}
        case list():
            return [_with_ids(value, ids) for value in predicate]
        case _:
            return ids[predicate]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(rules, min_size=1, max_size=5), st.lists(st.integers(0, 150_00), min_size=3, max_size=3))
async def test_the_best_price_is_that_of_the_definition(
    connection: AsyncConnection, rules: list[Rule], prices: list[int]
) -> None:
    savepoint = await connection.begin_nested()
    async with AsyncSession(bind=connection, join_transaction_mode="create_savepoint") as session:
        here, there = await make_channel(session), await make_channel(session)
        vendor = await make_vendor(session)
        shelf, other = await make_category(session), await make_category(session)
        first, v0 = await make_listed_product(
            session, here, prices[0], category_id=shelf.id, vendor_id=vendor.id
        )
        second, v1 = await make_listed_product(
            session, here, prices[1], category_id=other.id, vendor_id=vendor.id
        )
        v2 = await make_variant(session, second)
        await put_on_sale(session, v2, here, prices[2])
        feast = Collection(name="Fête", slug="fete-de-tous")
        session.add(feast)
        await session.flush()
        members = [{"collection_id": feast.id, "product_id": first.id}]
        await session.execute(insert(CollectionProduct), members)
        rows = {"v0": v0, "v1": v1, "v2": v2, "p0": first, "p1": second}
        rows |= {"shelf": shelf, "other shelf": other, "feast": feast}
        ids = {name: to_global_id(type(row).__name__, row.id) for name, row in rows.items()}
        things = [
            Thing(v0.id, first.id, shelf.id, frozenset({feast.id})),
            Thing(v1.id, second.id, other.id, frozenset()),
            Thing(v2.id, second.id, other.id, frozenset()),
        ]
        told = [(rule, checked_catalogue_predicate(_with_ids(rule.predicate, ids))) for rule in rules]
        now = clock.now()
        for rule, predicate in told:
            starts = now + rule.begins
            ends = None if rule.lasts is None else starts + rule.lasts
            promotion = await make_promotion(session, start_date=starts, end_date=ends)
            given = {"reward_value_type": rule.value[0], "reward_value": rule.value[1]}
            given["currency"] = "MAD" if rule.value[0] is RewardValueType.FIXED else None
            channel = here if rule.here else there
            await make_rule(session, [channel], predicate, percent=0, promotion=promotion, **given)
        await reprice(session)
        expected = {}
        for thing, entered in zip(things, prices, strict=True):
            reductions = [
                off(entered, *rule.value)
                for rule, predicate in told
                if rule.here and rule.is_in_force() and chooses(predicate, thing)
            ]
            expected[thing.variant] = entered - max(reductions, default=0)
        stored = await session.execute(
            select(VariantChannelListing).execution_options(populate_existing=True)
        )
        listings = list(stored.scalars())
        assert {listing.variant_id: listing.price_minor for listing in listings} == expected
        for listing in listings:
            assert 0 <= listing.price_minor <= listing.entered_price_minor
            assert (listing.promotion_rule_id is not None) == (
                listing.price_minor < listing.entered_price_minor
            )
            assert listing.price_valid_until is None or listing.price_valid_until > now
        live = await prices_now(session, list(expected), here.id, datetime.now(UTC))
        assert {variant: price.price_minor for variant, price in live.items()} == expected
    await savepoint.rollback()

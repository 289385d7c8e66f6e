"""A promotion that runs just now: a shelf of which everything costs a little less."""

from datetime import timedelta

from marketplace.catalog.descriptions import description_of_text
from marketplace.demo.crafts import roots
from marketplace.demo.shelves import Shop
from marketplace.demo.world import World, uuid_from
from marketplace.kit.ids import to_global_id
from marketplace.pricing.promotions import (
    Promotion,
    PromotionRule,
    PromotionTranslation,
    PromotionType,
    RewardValueType,
    rule_channel,
)

SHELF = "poterie-et-ceramique"
THOUSANDTHS_OF_A_PERCENT = 15_000
RUNNING_DAYS, REMAINING_DAYS = 3, 11
NAMES = {"fr": "Quinzaine de la céramique", "ar": "أسبوعا الخزف", "en": "A fortnight of ceramics"}
TELLS = {
    "fr": "Quinze pour cent de moins sur toute la poterie et la céramique.",
    "ar": "خصم خمسة عشر بالمئة على كل الفخار والخزف.",
    "en": "Fifteen per cent off all pottery and ceramics.",
}


def promote(world: World, shop: Shop) -> None:
    """Write the promotion. Prices follow with the load's repricing."""
    chance, begins = world.chance("promotions"), world.days_ago(RUNNING_DAYS)
    promotion_id, rule_id = uuid_from(chance), uuid_from(chance)
    ends = world.now + timedelta(days=REMAINING_DAYS)
    world.tables.of(
        Promotion, "id type name description start_date end_date metadata created_at updated_at"
    ).add(
        promotion_id, PromotionType.CATALOGUE, NAMES["fr"], description_of_text(TELLS["fr"]), begins, ends,
        {"demo": "true"}, begins, begins,
    )  # fmt: skip
    translations = world.tables.of(PromotionTranslation, "promotion_id language_code name description")
    for language in ("ar", "en"):
        translations.add(promotion_id, language, NAMES[language], description_of_text(TELLS[language]))
    world.tables.of(
        PromotionRule,
        "id promotion_id catalogue_predicate order_predicate reward_value_type reward_value"
        " created_at updated_at",
    ).add(
        rule_id, promotion_id, _of_the_shelf(shop), {}, RewardValueType.PERCENTAGE,
        THOUSANDTHS_OF_A_PERCENT, begins, begins,
    )  # fmt: skip
    channels = world.tables.of(rule_channel, "rule_id channel_id")
    for market in world.markets.values():
        channels.add(rule_id, market.id)


def _of_the_shelf(shop: Shop) -> dict[str, object]:
    """The shelf and those below it, each by name: a category alone is meant without those."""
    (root,) = [root for root in roots() if root.slug == SHELF]
    slugs = [root.slug, *(shelf.slug for shelf in root.shelves)]
    ids = [to_global_id("Category", shop.categories[slug]) for slug in slugs]
    return {"categoryPredicate": {"ids": ids}}

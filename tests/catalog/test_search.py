"""Listings are found by the words of all their languages, also where one letter is wrong."""

import pytest
from sqlalchemy import Text, literal, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog import search
from marketplace.catalog.descriptions import description_of_text
from marketplace.catalog.models import CategoryTranslation, Product, ProductTranslation, SearchWord
from marketplace.catalog.words import query_words
from tests.factories.catalog import make_category, make_product
from tests.factories.vendors import make_region, make_vendor


@pytest.fixture
async def shop(session: AsyncSession) -> dict[str, Product]:
    region = await make_region(session, "MA-05", "Béni Mellal-Khénifra")
    vendor = await make_vendor(session, name="Coopérative Tifawin", region_code=region.code)
    rugs = await make_category(session, name="Tapis et tissage")
    food = await make_category(session, name="Épicerie")
    session.add(CategoryTranslation(category_id=rugs.id, language_code="en", name="Rugs and weaving"))
    products = {
        "rug": await make_product(
            session,
            name="Tapis noué d'Azilal",
            vendor_id=vendor.id,
            category_id=rugs.id,
            description_text="Laine du Haut Atlas, comme un champ de safran.",
        ),
        "saffron": await make_product(session, name="Safran de Taliouine", category_id=food.id),
        "oil": await make_product(session, name="Huile d'argan", category_id=food.id),
    }
    session.add_all(
        [
            ProductTranslation(
                product_id=products["rug"].id,
                language_code="ar",
                name="زربية أزيلال",
                description=description_of_text("صوف طبيعي & <b>"),
            ),
            ProductTranslation(product_id=products["oil"].id, language_code="en", name=None),
        ]
    )
    await session.flush()
    await search.reindex(session, [product.id for product in products.values()])
    return products


async def find(session: AsyncSession, shop: dict[str, Product], term: str) -> list[str]:
    words = literal(query_words(term), Text())
    statement = (
        select(Product.id)
        .where(search.found(Product, words))
        .order_by(search.rank(Product, words).desc(), Product.id)
    )
    names = {product.id: name for name, product in shop.items()}
    return [names[id_] for id_ in await session.scalars(statement)]


@pytest.mark.parametrize(
    ("term", "expected"),
    [
        ("tapis", ["rug"]),
        ("TAPIS azilal", ["rug"]),
        ("tap", ["rug"]),
        ("rugs", ["rug"]),
        ("زربية", ["rug"]),
        ("الصوف", ["rug"]),
        ("tifawin", ["rug"]),
        ("khenifra", ["rug"]),
        ("safran", ["saffron", "rug"]),
        ("épicerie", ["saffron", "oil"]),
        ("huile safran", []),
        ("zzzzzz", []),
        ("", ["rug", "saffron", "oil"]),
    ],
)
async def test_a_query_finds_what_a_person_means_best_first(
    session: AsyncSession, shop: dict[str, Product], term: str, expected: list[str]
) -> None:
    assert await find(session, shop, term) == expected


@pytest.mark.parametrize(
    "term", ["taliouin", "talouine", "taliiouine", "tailouine", "tapliouine", "safrna taliouine", "taliouime"]
)
async def test_one_wrong_letter_is_forgiven(
    session: AsyncSession, shop: dict[str, Product], term: str
) -> None:
    assert await find(session, shop, term) == ["saffron"]


@pytest.mark.parametrize(
    "term", ["زربيه ازيلل", "زرابي أزيلال", "ازيلال", "طبيعيي", "أزيالل", "ⴰⵣⵉⵍⴰⵍ", "azilall"]
)
async def test_arabic_and_tifinagh_are_forgiven_as_latin_is(
    session: AsyncSession, shop: dict[str, Product], term: str
) -> None:
    assert await find(session, shop, term) == ["rug"]


async def test_a_name_in_tifinagh_is_found_by_its_latin_spellings(
    session: AsyncSession, shop: dict[str, Product]
) -> None:
    shop["soap"] = await make_product(session, name="ⵙⴰⴱⵓⵏ ⵏ ⵜⵉⴼⴰⵡⵉⵏ")
    await search.reindex(session, [shop["soap"].id])
    for term in ("sabun", "saboun", "sabo", "tifaouine sabun", "ⵙⴰⴱⵓⵏ", "saboune"):
        assert await find(session, shop, term) == ["soap"], term
    assert await find(session, shop, "tifawine") == ["soap", "rug"]


@pytest.mark.parametrize("term", ["t", "ta", "tapi", "tapis nou", "noue", "no", "azi"])
async def test_the_last_word_may_be_unfinished(
    session: AsyncSession, shop: dict[str, Product], term: str
) -> None:
    assert "rug" in await find(session, shop, term)


async def test_a_word_that_some_listing_has_is_never_bent(
    session: AsyncSession, shop: dict[str, Product]
) -> None:
    shop["saffrons"] = await make_product(session, name="Safrane")
    shop["near"] = await make_product(session, name="Safrani")
    await search.reindex(session, [shop["near"].id])
    assert await find(session, shop, "safrani") == ["near"]


async def test_the_lexicon_forgets_words_that_no_listing_has_any_more(
    session: AsyncSession, shop: dict[str, Product]
) -> None:
    shop["saffron"].name = "Pistils"
    await session.flush()
    await search.reindex(session, [shop["saffron"].id])
    before = set(await session.scalars(select(SearchWord.word)))
    assert await search.refresh_lexicon(session) == len(before - {"taliuin"})
    after = {
        row.word: row.listings
        for row in await session.scalars(select(SearchWord).execution_options(populate_existing=True))
    }
    assert "taliuin" not in after
    assert (after["pistil"], after["epiceri"]) == (1, 2)
    kept = await session.scalar(text("SELECT count(*) FROM search_spelling WHERE word = 'taliuin'"))
    assert kept == 0


async def test_looking_anew_at_what_has_not_changed_writes_nothing(
    session: AsyncSession, shop: dict[str, Product]
) -> None:
    states = []
    for _ in range(2):
        states.append((await session.execute(text("SELECT id, ctid::text FROM product ORDER BY id"))).all())
        await search.reindex(session, [product.id for product in shop.values()])
    assert states[0] == states[1]

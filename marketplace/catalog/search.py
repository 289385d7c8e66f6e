"""Finding listings by words: what is kept of each listing, and what a query becomes."""

from collections.abc import Collection as Several
from collections.abc import Iterable

from sqlalchemy import (
    BigInteger,
    Text,
    all_,
    bindparam,
    case,
    delete,
    func,
    insert,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as insert_or
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlalchemy.sql.elements import ColumnElement, SQLColumnExpression

from marketplace.catalog.descriptions import text_of_description
from marketplace.catalog.models import (
    Category,
    CategoryTranslation,
    Collection,
    CollectionTranslation,
    Product,
    SearchSpelling,
    SearchWord,
)
from marketplace.catalog.words import index_text, one_letter_off

REINDEX_BATCH = 500
IN_NAME = 10.0
"""More than any rating."""
SHORTEST_CORRECTED = 4
"""Shorter words have too many neighbours to guess among. `catalog_search_query` knows it too."""

_TEXTS = text(
    """
    SELECT p.id,
        ARRAY[p.name]
        || ARRAY(SELECT t.name FROM product_translation t WHERE t.product_id = p.id) AS names,
        ARRAY[v.name, v.craft, r.name_fr, r.name_ar, p.description_text]
        || ARRAY(SELECT t.name FROM vendor_translation t WHERE t.vendor_id = v.id)
        || ARRAY(SELECT c.name FROM category c WHERE c.id = ANY (shelf.path))
        || ARRAY(SELECT t.name FROM category_translation t WHERE t.category_id = ANY (shelf.path))
        || ARRAY(SELECT x.name FROM product_variant x WHERE x.product_id = p.id LIMIT 50)
        || ARRAY(SELECT a.name FROM product_attribute_value y JOIN attribute_value a ON a.id = y.value_id
                 JOIN attribute q ON q.id = a.attribute_id
                     AND q.input_type IN ('DROPDOWN', 'MULTISELECT', 'SWATCH')
                 WHERE y.product_id = p.id LIMIT 50)
        || ARRAY(SELECT t.name FROM product_attribute_value y
                 JOIN attribute_value a ON a.id = y.value_id
                 JOIN attribute q ON q.id = a.attribute_id
                     AND q.input_type IN ('DROPDOWN', 'MULTISELECT', 'SWATCH')
                 JOIN attribute_value_translation t ON t.attribute_value_id = y.value_id
                 WHERE y.product_id = p.id LIMIT 100) AS texts,
        ARRAY(SELECT t.description FROM product_translation t
              WHERE t.product_id = p.id AND t.description IS NOT NULL) AS descriptions
    FROM product p
    JOIN vendor v ON v.id = p.vendor_id
    LEFT JOIN region r ON r.code = v.region_code
    LEFT JOIN category shelf ON shelf.id = p.category_id
    WHERE p.id = ANY (:ids)
    ORDER BY p.id
    FOR NO KEY UPDATE OF p
    """
)


def search_query(words: SQLColumnExpression[str]) -> ColumnElement[object]:
    """The `tsquery` of folded words (`catalog.words.query_words`), worked out once in a statement.

    Where no listing has a word, the likeliest that is one letter off stands for it.
    """
    return select(func.catalog_search_query(words)).scalar_subquery()


def found(product: type[Product], words: SQLColumnExpression[str]) -> ColumnElement[bool]:
    """Whether a listing has all the words, the last of them as a beginning. No words: every listing has."""
    return product.search_vector.bool_op("@@")(search_query(words))


def rank(product: type[Product], words: SQLColumnExpression[str]) -> ColumnElement[float]:
    """How well a listing fits: all words in its name first, then what buyers thought of it.

    Nothing finer: it is worked out for every listing that is found, and must not read its text.
    """
    in_name = product.name_vector.bool_op("@@")(search_query(words))
    return case((in_name, IN_NAME), else_=0.0) + func.coalesce(product.rating, 0.0)


def reads_like(text_: SQLColumnExpression[str | None], term: SQLColumnExpression[str]) -> ColumnElement[bool]:
    """Whether a short text has the term in it, accents, capitals and Arabic letter forms aside.

    For shelves, collections, types: there are hundreds of them at most, so no index is worth its keep.
    """
    return func.strpos(func.catalog_plain_text(text_), func.catalog_plain_text(term)) > 0


def named_like(
    row: type[Category | Collection],
    translation: type[CategoryTranslation | CollectionTranslation],
    term: SQLColumnExpression[str],
) -> ColumnElement[bool]:
    """Whether something is called like the term, in any language, or has it in its address."""
    said = aliased(translation)
    (key,) = translation.__table__.foreign_keys
    of_row = getattr(said, key.parent.name) == row.id
    elsewhere = select(said.id).where(of_row, reads_like(said.name, term)).correlate_except(said).exists()
    return or_(reads_like(row.name, term), reads_like(row.slug, term), elsewhere)


async def reindex(session: AsyncSession, product_ids: Several[int]) -> None:
    """Gather the words of some listings anew, and remember them for mistyped queries."""
    ids = sorted(product_ids)
    for start in range(0, len(ids), REINDEX_BATCH):
        await _reindex(session, ids[start : start + REINDEX_BATCH])


async def _reindex(session: AsyncSession, product_ids: list[int]) -> None:
    gathered = await session.execute(_TEXTS, {"ids": product_ids})
    rows = [
        (
            row.id,
            index_text(*row.names),
            index_text(*row.texts, *(text_of_description(each) for each in row.descriptions)),
        )
        for row in gathered
    ]
    new = (
        func.unnest(
            bindparam("ids", [row[0] for row in rows], ARRAY(BigInteger)),
            bindparam("names", [row[1] for row in rows], ARRAY(Text)),
            bindparam("texts", [row[2] for row in rows], ARRAY(Text)),
        )
        .table_valued("id", "name", "text")
        .render_derived("new")
    )
    await session.execute(
        update(Product)
        .values(search_name=new.c.name, search_text=new.c.text, updated_at=Product.updated_at)
        .where(
            Product.id == new.c.id,
            (Product.search_name != new.c.name) | (Product.search_text != new.c.text),
        ),
        execution_options={"synchronize_session": False},
    )
    await learn_words(session, {word for row in rows for kept in row[1:] for word in kept.split()})


async def learn_words(session: AsyncSession, words: Iterable[str]) -> None:
    """Remember folded words that listings now have. In their order, so that nobody waits in a ring."""
    candidates = sorted(word for word in words if len(word) >= SHORTEST_CORRECTED and not word.isdecimal())
    if not candidates:
        return
    given = func.unnest(bindparam("words", candidates, ARRAY(Text))).column_valued("word")
    learnt = await session.scalars(
        insert_or(SearchWord)
        .from_select(["word"], select(given).order_by(given))
        .on_conflict_do_nothing()
        .returning(SearchWord.word)
    )
    spellings = [
        {"spelling": spelling, "word": word} for word in learnt for spelling in sorted(one_letter_off(word))
    ]
    if spellings:
        await session.execute(insert(SearchSpelling), spellings)


async def refresh_lexicon(session: AsyncSession) -> int:
    """Count again how many listings have each word, forget words that none has; gives how many remain.

    Looks through all listings (seconds for 100,000 of them): for a nightly job, and after bulk loads.
    """
    counted = await session.execute(
        text("SELECT word, ndoc FROM ts_stat('SELECT search_vector FROM product')")
    )
    listings: dict[str, int] = {row.word: row.ndoc for row in counted}
    words = bindparam("words", list(listings), ARRAY(Text))
    counts = bindparam("counts", list(listings.values()), ARRAY(BigInteger))
    options = {"synchronize_session": False}
    await session.execute(delete(SearchWord).where(SearchWord.word != all_(words)), execution_options=options)
    await learn_words(session, listings)
    now = func.unnest(words, counts).table_valued("word", "listings").render_derived("now")
    await session.execute(
        update(SearchWord)
        .values(listings=now.c.listings)
        .where(SearchWord.word == now.c.word, SearchWord.listings != now.c.listings),
        execution_options=options,
    )
    return await session.scalar(select(func.count()).select_from(SearchWord)) or 0

"""Finding sellers by words, folded as those of listings are. Listings' lexicon corrects a mistyped one."""

from collections.abc import Collection

from sqlalchemy import BigInteger, Text, bindparam, func, literal_column, text, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.elements import ColumnElement, SQLColumnExpression

from marketplace.catalog.search import REINDEX_BATCH, search_query
from marketplace.catalog.words import index_text
from marketplace.vendors.models import Vendor

_TEXTS = text(
    """
    SELECT v.id,
        ARRAY[v.name, v.craft, r.name_fr, r.name_ar, p.name_fr, v.story]
        || ARRAY(SELECT unnest(ARRAY[t.name, t.craft, t.story]) FROM vendor_translation t
                 WHERE t.vendor_id = v.id) AS texts
    FROM vendor v
    LEFT JOIN region r ON r.code = v.region_code
    LEFT JOIN province p ON p.code = v.province_code
    WHERE v.id = ANY (:ids)
    ORDER BY v.id
    FOR NO KEY UPDATE OF v
    """
)


def found(vendor: type[Vendor], words: SQLColumnExpression[str]) -> ColumnElement[bool]:
    """Whether a seller has all the words, the last as a beginning, or corrected where no listing has one.

    A word that only sellers have is no mistake: it is looked for as it is, too.
    """
    as_typed = func.plainto_tsquery(literal_column("'simple'::regconfig"), words)
    return vendor.search_vector.bool_op("@@")(search_query(words).bool_op("||")(as_typed))


async def reindex_vendors(session: AsyncSession, vendor_ids: Collection[int]) -> None:
    """Gather the words of some sellers anew."""
    ids = sorted(vendor_ids)
    for start in range(0, len(ids), REINDEX_BATCH):
        gathered = await session.execute(_TEXTS, {"ids": ids[start : start + REINDEX_BATCH]})
        rows = [(row.id, index_text(*row.texts)) for row in gathered]
        new = (
            func.unnest(
                bindparam("ids", [row[0] for row in rows], ARRAY(BigInteger)),
                bindparam("texts", [row[1] for row in rows], ARRAY(Text)),
            )
            .table_valued("id", "text")
            .render_derived("new")
        )
        await session.execute(
            update(Vendor)
            .values(search_text=new.c.text, updated_at=Vendor.updated_at)
            .where(Vendor.id == new.c.id, Vendor.search_text != new.c.text),
            execution_options={"synchronize_session": False},
        )

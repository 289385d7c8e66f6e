"""Making a file: batch by batch onto the disk, then into the private storage."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

from sqlalchemy import Select, any_, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.models import Product
from marketplace.exports.models import ExportFile, ExportKind
from marketplace.exports.product_columns import product_columns
from marketplace.exports.product_rows import product_rows
from marketplace.exports.service import CONTENT_TYPES
from marketplace.exports.writing import Cell, TableWriter, table_writer
from marketplace.kit.jobs import Work
from marketplace.pricing.gift_cards import GiftCard
from marketplace.pricing.vouchers import VoucherCode

BATCH = 500
"""Rows of a statement: a batch of products takes some milliseconds, and a worker has other things to do."""
MODELS: dict[ExportKind, type[Any]] = {
    ExportKind.PRODUCTS: Product,
    ExportKind.GIFT_CARDS: GiftCard,
    ExportKind.VOUCHER_CODES: VoucherCode,
}

Find = Callable[[ExportFile], AsyncIterator[list[int]]]
"""The keys of what an export's `filter` chooses, some at a time: only the API knows what filters mean."""


async def make_file(work: Work, export: ExportFile, find: Find) -> None:
    """Write a locked export's file and keep it. Raises InvalidError for more than the file can hold."""
    with TemporaryDirectory(prefix="export-") as directory:
        path = Path(directory) / "table"
        writer = table_writer(path, export.file_type)
        if export.kind is ExportKind.PRODUCTS:
            await _write_products(work, export, find, writer)
        else:
            await _write_codes(work.session, export, find, writer)
        await asyncio.to_thread(writer.close)
        content = await asyncio.to_thread(path.read_bytes)
    await work.storage.put(export.storage_key, content, CONTENT_TYPES[export.file_type])


async def _write_products(work: Work, export: ExportFile, find: Find, writer: TableWriter) -> None:
    columns = await product_columns(work.session, export.wanted)
    writer.rows([columns.heads])
    async for keys in _keys(work.session, export, find):
        rows = await product_rows(work.session, work.storage, keys, columns)
        await asyncio.to_thread(partial(writer.rows, rows))


async def _write_codes(session: AsyncSession, export: ExportFile, find: Find, writer: TableWriter) -> None:
    model = MODELS[export.kind]
    writer.rows([["code"]])
    async for keys in _keys(session, export, find):
        codes = await session.scalars(select(model.code).where(model.id.in_(keys)).order_by(model.id))
        rows: list[Sequence[Cell]] = [[code] for code in codes]
        await asyncio.to_thread(partial(writer.rows, rows))


async def _keys(session: AsyncSession, export: ExportFile, find: Find) -> AsyncIterator[list[Any]]:
    """The keys of all that goes into the file, in batches."""
    if "filter" in export.wanted:
        async for found in find(export):
            rows = _chosen(export).where(MODELS[export.kind].id.in_(found))
            yield list(await session.scalars(rows))
        return
    model, after = MODELS[export.kind], None
    rows = _chosen(export).order_by(model.id).limit(BATCH)
    while True:
        page = rows if after is None else rows.where(model.id > after)
        keys = list(await session.scalars(page))
        if keys:
            yield keys
        if len(keys) < BATCH:
            return
        after = keys[-1]


def _chosen(export: ExportFile) -> Select[Any]:
    """The keys of rows that an export is about, whatever its filter."""
    model, wanted = MODELS[export.kind], export.wanted
    rows: Select[Any] = select(model.id)
    if "keys" in wanted:
        keys = [UUID(key) if model is VoucherCode else key for key in wanted["keys"]]
        rows = rows.where(model.id == any_(bindparam("keys", keys, ARRAY(model.__table__.c.id.type))))
    if model is Product and export.vendor_ids is not None:
        rows = rows.where(Product.vendor_id.in_(export.vendor_ids))
    if model is VoucherCode and "voucher_id" in wanted:
        rows = rows.where(VoucherCode.voucher_id == wanted["voucher_id"])
    if model is GiftCard:  # As in Saleor: the codes of cards that were used are nobody's to give away.
        rows = rows.where(GiftCard.last_used_at.is_(None))
    return rows

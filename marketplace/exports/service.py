"""Exports asked for, done, failed, and forgotten after a while."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.exports.models import ExportEvent, ExportEventType, ExportFile, ExportKind, FileType
from marketplace.kit import clock
from marketplace.kit.announcements import announce
from marketplace.kit.jobs import JobStatus, enqueue
from marketplace.kit.storage import PRIVATE, Storage

MAKE = "post.make_export"
"""The job that makes a file."""
TELL = "post.export_letter"
"""The job that writes to who asked for it."""
KEPT_FOR = timedelta(days=30)
"""As long as Saleor keeps them."""
FORGOTTEN_AT_ONCE = 500
COMPLETED = {
    ExportKind.PRODUCTS: "PRODUCT_EXPORT_COMPLETED",
    ExportKind.GIFT_CARDS: "GIFT_CARD_EXPORT_COMPLETED",
    ExportKind.VOUCHER_CODES: "VOUCHER_CODE_EXPORT_COMPLETED",
}
NAMES = {
    ExportKind.PRODUCTS: "products",
    ExportKind.GIFT_CARDS: "gift_cards",
    ExportKind.VOUCHER_CODES: "voucher_codes",
}
CONTENT_TYPES = {
    FileType.CSV: "text/csv",
    FileType.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


async def ask_for(
    session: AsyncSession,
    kind: ExportKind,
    file_type: FileType,
    wanted: dict[str, Any],
    user_id: int | None,
    *,
    vendor_ids: Sequence[int] | None = None,
) -> ExportFile:
    """Have a file made after the commit: of products, only of these sellers', where some are named."""
    export = ExportFile(
        kind=kind,
        file_type=file_type,
        wanted=wanted,
        user_id=user_id,
        vendor_ids=None if vendor_ids is None else list(vendor_ids),
        storage_key=f"{PRIVATE}exports/{uuid4().hex}.{file_type.lower()}",
    )
    session.add(export)
    await session.flush()
    note(session, export, ExportEventType.EXPORT_PENDING, user_id)
    await session.flush()
    await enqueue(session, MAKE, export_id=export.id)
    return export


async def succeed(session: AsyncSession, export: ExportFile) -> None:
    """The file lies there: whoever asked is told."""
    export.status = JobStatus.SUCCESS
    note(session, export, ExportEventType.EXPORT_SUCCESS)
    await session.flush()
    await announce(session, COMPLETED[export.kind], export)
    await _have_told(session, export)


async def fail(session: AsyncSession, export_id: int, message: str) -> None:
    """There will be no file; whoever asked is told. One that is there stays."""
    export = await locked(session, export_id)
    if export is None or export.status is not JobStatus.PENDING:
        return
    export.status, export.message = JobStatus.FAILED, message
    note(session, export, ExportEventType.EXPORT_FAILED, message=message)
    await session.flush()
    await announce(session, COMPLETED[export.kind], export)
    await _have_told(session, export)


async def locked(session: AsyncSession, export_id: int) -> ExportFile | None:
    return await session.get(ExportFile, export_id, with_for_update=True, populate_existing=True)


async def forget_old(session: AsyncSession, storage: Storage) -> None:
    """Delete files that were made long ago. That they were asked for stays known."""
    found = await session.scalars(
        select(ExportFile)
        .where(ExportFile.updated_at < clock.now() - KEPT_FOR, ExportFile.status == JobStatus.SUCCESS)
        .order_by(ExportFile.id)
        .limit(FORGOTTEN_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    for export in found:
        await storage.delete(export.storage_key)
        export.status = JobStatus.DELETED
        note(session, export, ExportEventType.EXPORT_DELETED)
    await session.flush()


def file_name(kind: ExportKind, asked_at: str, file_type: FileType) -> str:
    """What a file is saved as; `asked_at` is a moment in letters and digits."""
    return f"{NAMES[kind]}_{asked_at}.{file_type.lower()}"


def note(
    session: AsyncSession,
    export: ExportFile,
    kind: ExportEventType,
    user_id: int | None = None,
    message: str = "",
) -> None:
    """Write into an export's history."""
    session.add(ExportEvent(export_file_id=export.id, type=kind, user_id=user_id, message=message))


async def _have_told(session: AsyncSession, export: ExportFile) -> None:
    if export.user_id is not None:  # Apps hear of it by the announcement.
        await enqueue(session, TELL, export_id=export.id)

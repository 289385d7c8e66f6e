"""Files that staff asked for: made by a job, and a letter when they are there, or when they can't be made."""

from collections.abc import AsyncIterator
from datetime import timedelta

from marketplace.exports import service
from marketplace.exports.making import BATCH, make_file
from marketplace.exports.models import ExportEventType, ExportFile, ExportKind
from marketplace.kit.errors import DomainError
from marketplace.kit.ids import int_pk
from marketplace.kit.jobs import JobStatus, Retry, Work, job
from marketplace.kit.signing import PrivateFile, signed_url
from marketplace.pages import letters
from marketplace.people.models import User
from marketplace.people.permissions import Permission
from marketplace.post.reading import read
from marketplace.post.sending import language_of, send_once, templates_for
from marketplace_graphql.kernel import Requester

ADDRESS_VALID_FOR = timedelta(days=1)
"""Of the address in the letter: people don't read their mail at once."""
FAILED = "The file could not be made. Please try again."
FINDERS = {
    ExportKind.PRODUCTS: ("export_products", "products", "Product", Permission.MANAGE_PRODUCTS),
    ExportKind.GIFT_CARDS: ("export_gift_cards", "giftCards", "GiftCard", Permission.MANAGE_GIFT_CARD),
}
"""The document that lists what a filter chooses, its field, its type, and what one needs for it."""


@job(service.MAKE, retry=Retry(times=3, first_wait_seconds=10))
async def make_export(work: Work, export_id: int) -> None:
    """Make a file, unless it is there already. When it can't be made, whoever asked for it is told."""
    export = await service.locked(work.session, export_id)
    if export is None or export.status is not JobStatus.PENDING:
        return
    try:
        await make_file(work, export, lambda each: _found(work, each))
        await service.succeed(work.session, export)
    except DomainError as refused:
        await _give_up(work, export_id, refused.message)
    except Exception:
        if work.is_last_attempt:
            await _give_up(work, export_id, FAILED)
        raise


async def _give_up(work: Work, export_id: int, message: str) -> None:
    """In a transaction of its own: what was begun is undone, that it failed stays."""
    await work.session.rollback()
    async with work.database.transaction() as session:
        await service.fail(session, export_id, message)


async def _found(work: Work, export: ExportFile) -> AsyncIterator[list[int]]:
    """The keys of what an export's filter chooses, page by page, as the API finds them."""
    name, field, type_name, needed = FINDERS[export.kind]
    requester = Requester(user_id=export.user_id, is_staff=True, permissions=frozenset({needed}))
    keys: list[int] = []
    after: str | None = None
    while True:
        data = await read(work, name, requester, filter=export.wanted["filter"], after=after)
        page = data[field]
        keys += [int_pk(edge["node"]["id"], type_name) for edge in page["edges"]]
        if len(keys) >= BATCH or not page["pageInfo"]["hasNextPage"]:
            yield keys
            keys = []
        if not page["pageInfo"]["hasNextPage"]:
            return
        after = page["pageInfo"]["endCursor"]


@job(service.TELL, retry=Retry(times=10, first_wait_seconds=10))
async def export_letter(work: Work, export_id: int) -> None:
    """Write to who asked for a file: where it is, or that there is none."""
    export = await service.locked(work.session, export_id)
    user = await work.session.get(User, export.user_id) if export and export.user_id else None
    if export is None or user is None or not user.is_active:
        return
    is_there = export.status is JobStatus.SUCCESS
    if not is_there and export.status is not JobStatus.FAILED:
        return
    name = service.file_name(export.kind, f"{export.created_at:%Y-%m-%d_%H%M}", export.file_type)
    file = PrivateFile(export.storage_key, name, service.CONTENT_TYPES[export.file_type])
    url = signed_url(work.settings, file, ADDRESS_VALID_FOR) if is_there else None
    language = language_of(user.language_code)
    letter = letters.export(templates_for(work.settings.public_url), language, {"name": name, "url": url})
    sent = ExportEventType.EXPORTED_FILE_SENT if is_there else ExportEventType.EXPORT_FAILED_INFO_SENT
    service.note(work.session, export, sent, message=user.email)
    await send_once(work, f"export:{export.id}", user.email, language, letter)

"""Reading a seller's sheet: a dry run that tells what is wrong, then the real thing, whole or not at all."""

import asyncio
from collections.abc import Mapping, Sequence
from hashlib import sha256

from babel.numbers import get_territory_currencies
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.errors import PictureError, SheetError
from marketplace.catalog.media import Picture, keep_picture, read_picture
from marketplace.catalog.models import SheetImport, SheetImportStatus
from marketplace.catalog.service import NewListing, create_listings, taken_names
from marketplace.catalog.sheets.checking import Checked, Draft, check_sheet, photos_of
from marketplace.catalog.sheets.columns import Column
from marketplace.catalog.sheets.messages import message
from marketplace.catalog.sheets.photos import Photo
from marketplace.catalog.sheets.problems import Problem, Problems
from marketplace.catalog.sheets.reading import MAXIMUM_PRODUCTS, Sheet, read_sheet
from marketplace.catalog.sheets.shelves import load_shelves
from marketplace.kit.errors import NotFoundError
from marketplace.kit.storage import Storage
from marketplace.markets.models import Channel
from marketplace.people import audit
from marketplace.vendors.models import Vendor

PICTURES_AT_ONCE = 2

Pictures = Mapping[str, Picture]
"""Pictures that were found good, by the hash of what was sent."""


async def import_sheet(
    session: AsyncSession,
    storage: Storage,
    vendor_id: int,
    file_name: str,
    content: bytes,
    *,
    dry_run: bool,
    user_id: int | None = None,
    channel_slug: str | None = None,
    language: str | None = None,
) -> SheetImport:
    """Look through a sheet; unless it is a dry run or anything is wrong, put all of it on the shelves.

    Prices are in the channel's currency; without one, in that of the market where the seller is at home.
    What is wrong with rows stands in the import's `errors`, in the language (by default the seller's).
    Raises SheetError for a file that can't be read as a sheet at all, NotFoundError for an unknown channel.
    """
    vendor = await session.get(Vendor, vendor_id)
    if vendor is None:
        raise NotFoundError("There is no such seller.", field="vendorId")
    problems = Problems(language or vendor.language_code)
    channel = await _market(session, vendor, channel_slug)
    shelves = await load_shelves(session, problems.language)
    sheet = await asyncio.to_thread(read_sheet, content, problems.language)
    checked = await asyncio.to_thread(check_sheet, sheet, shelves, channel.currency_code, problems)
    _refuse_empty_or_endless(sheet, checked, problems)
    await _note_taken_names(session, vendor_id, checked, problems)
    pictures = await _looked_at(checked, problems)
    product_ids: list[int] = []
    if not problems and not dry_run:
        for picture in pictures.values():
            await keep_picture(storage, picture)
        listings = [_listing(draft, channel, pictures) for draft in checked.drafts]
        product_ids = await create_listings(session, vendor_id, listings)
    done = SheetImport(
        vendor_id=vendor_id,
        user_id=user_id,
        file_name=file_name[:250],
        dry_run=dry_run,
        status=_status(dry_run=dry_run, problems=problems),
        rows_total=len(checked.drafts),
        products_created=len(product_ids),
        product_ids=product_ids,
        errors=problems.as_rows(),
    )
    session.add(done)
    await session.flush()
    if product_ids:
        await audit.record(
            session, user_id, "sheet.imported", "Vendor", vendor_id, products=len(product_ids), sheet=done.id
        )
    return done


def _status(*, dry_run: bool, problems: Problems) -> SheetImportStatus:
    if problems:
        return SheetImportStatus.REFUSED
    return SheetImportStatus.CHECKED if dry_run else SheetImportStatus.DONE


async def _market(session: AsyncSession, vendor: Vendor, slug: str | None) -> Channel:
    """The channel of a slug, else the active one of the seller's country, or of its currency."""
    if slug is not None:
        channel = await session.scalar(select(Channel).where(Channel.slug == slug))
        if channel is None:
            raise NotFoundError("There is no such channel.", field="channel")
        return channel
    currencies = get_territory_currencies(vendor.country_code)
    at_home = Channel.default_country_code == vendor.country_code
    channel = await session.scalar(
        select(Channel)
        .where(Channel.is_active, at_home | Channel.currency_code.in_(currencies))
        .order_by(at_home.desc(), Channel.id)
        .limit(1)
    )
    if channel is None:
        raise NotFoundError("Which market is it for? Name a channel.", field="channel")
    return channel


def _refuse_empty_or_endless(sheet: Sheet, checked: Checked, problems: Problems) -> None:
    if len(checked.drafts) > MAXIMUM_PRODUCTS:
        text = message("TOO_MANY_ROWS", problems.language, limit=MAXIMUM_PRODUCTS)
        raise SheetError(text, field="file", code="TOO_MANY_ROWS")
    if not sheet.rows or (not checked.drafts and not problems):
        raise SheetError(message("NO_ROWS", problems.language), field="file", code="NO_ROWS")


async def _note_taken_names(
    session: AsyncSession, vendor_id: int, checked: Checked, problems: Problems
) -> None:
    names = [draft.name for draft in checked.drafts if draft.name]
    taken = await taken_names(session, vendor_id, names)
    for draft in checked.drafts:
        if draft.name.lower() in taken:
            problems.add(Problem(draft.row, checked.layout.title(Column.NAME), "NAME_TAKEN"))


async def _looked_at(checked: Checked, problems: Problems) -> Pictures:
    """Decode every photo once; what is none is a problem of each row that names it."""
    wanted = {_mark(photo): photo for _, photo in photos_of(checked.drafts)}
    gate = asyncio.Semaphore(PICTURES_AT_ONCE)

    async def look(photo: Photo) -> Picture | PictureError:
        async with gate:
            try:
                return await read_picture(photo.content)
            except PictureError as error:
                return error

    seen = dict(zip(wanted, await asyncio.gather(*map(look, wanted.values())), strict=True))
    title = checked.layout.title(Column.PHOTO, problems.language_place)
    for draft, photo in photos_of(checked.drafts):
        found = seen[_mark(photo)]
        if isinstance(found, PictureError):
            code = "NOT_AN_IMAGE" if found.code == "NOT_AN_IMAGE" else "IMAGE_TOO_LARGE"
            problems.add(Problem(draft.row, title, code, {"value": photo.name}))
    return {mark: found for mark, found in seen.items() if isinstance(found, Picture)}


def _mark(photo: Photo) -> str:
    return sha256(photo.content).hexdigest()


def _listing(draft: Draft, channel: Channel, pictures: Pictures) -> NewListing:
    return NewListing(
        name=draft.name,
        category_id=draft.category_id,
        prices_minor={channel.id: draft.price_minor},
        pieces=draft.pieces,
        weight_grams=draft.weight_grams,
        description_text=draft.description,
        pictures=_distinct([pictures[_mark(photo)] for photo in draft.photos]),
    )


def _distinct(pictures: Sequence[Picture]) -> list[Picture]:
    return list({picture.key: picture for picture in pictures}.values())

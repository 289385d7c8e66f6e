"""Store rooms as they are opened, changed and closed: by staff, or by their seller's members."""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import delete, exists, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.inventory.models import Allocation, CollectionOption, Stock, Warehouse
from marketplace.inventory.serving import begin_outside
from marketplace.kit.errors import DomainError, InvalidError, RequiredError, UniqueError
from marketplace.kit.text import slug_of
from marketplace.people.addresses import PostalAddress, change_address, checked_address, create_address
from marketplace.people.models import Address
from marketplace.people.service import checked_email

NAME_LENGTH = 250
REFERENCE_LENGTH = 250
NUMBERED = 20
"""So many store rooms may share a name's spelling before their slugs are drawn by lot."""


async def open_warehouse(
    session: AsyncSession, said: Mapping[str, Any], address: PostalAddress, vendor_id: int | None
) -> Warehouse:
    """Make a store room, of a seller's or of the shop's own, which serves nothing yet.

    Raises RequiredError, InvalidError, UniqueError, Errors (the address).
    """
    columns = _checked(said)
    if not columns.get("slug"):
        columns["slug"] = await _free_slug(session, columns["name"])
    where = await create_address(session, checked_address(address))
    warehouse = Warehouse(**columns, vendor_id=vendor_id, address_id=where.id)
    await _written(session, warehouse)
    if vendor_id is None:
        await begin_outside(session, warehouse.id)
    return warehouse


async def change_warehouse(
    session: AsyncSession, warehouse: Warehouse, said: Mapping[str, Any], address: PostalAddress | None
) -> Warehouse:
    """Change what is said of a locked store room. Raises the same."""
    columns = _checked(said)
    collected = columns.get("click_and_collect_option", warehouse.click_and_collect_option)
    if columns.get("is_private", warehouse.is_private) and collected is CollectionOption.LOCAL:
        raise InvalidError(
            "What lies in a private store room can't be fetched there.", field="clickAndCollectOption"
        )
    for name, value in columns.items():
        setattr(warehouse, name, value)
    if address is not None:
        change_address(await session.get_one(Address, warehouse.address_id), checked_address(address))
    await _written(session, warehouse)
    return warehouse


async def delete_warehouses(session: AsyncSession, warehouses: Sequence[Warehouse]) -> None:
    """Close store rooms for good; what lies in them is not counted any more.

    Raises DomainError where pieces lie there that are sold and have not left.
    """
    keys = [warehouse.id for warehouse in warehouses]
    stocks = select(Stock.id).where(Stock.warehouse_id.in_(keys))
    await session.execute(stocks.order_by(Stock.id).with_for_update())
    sold = exists().where(Allocation.stock_id.in_(stocks), Allocation.quantity > 0)
    if await session.scalar(select(sold)):
        raise DomainError("Pieces lie there that are sold: they must leave first.", field="id")
    addresses = [warehouse.address_id for warehouse in warehouses]
    for gone in (
        delete(Allocation).where(Allocation.stock_id.in_(stocks)),
        delete(Warehouse).where(Warehouse.id.in_(keys)),
        delete(Address).where(Address.id.in_(addresses)),
    ):
        await session.execute(gone, execution_options={"synchronize_session": False})


def _checked(said: Mapping[str, Any]) -> dict[str, Any]:
    columns = dict(said)
    if "name" in columns:
        columns["name"] = (columns["name"] or "").strip()
        if not columns["name"]:
            raise RequiredError("What is it called?", field="name")
        if len(columns["name"]) > NAME_LENGTH:
            raise InvalidError(f"A name has at most {NAME_LENGTH} letters.", field="name")
    if "slug" in columns:
        columns["slug"] = slug_of(columns["slug"] or "", "")
        if not columns["slug"]:
            raise RequiredError("A store room has a slug.", field="slug")
    if "email" in columns:
        columns["email"] = checked_email(columns["email"]) if columns["email"] else ""
    if len(columns.get("external_reference") or "") > REFERENCE_LENGTH:
        raise InvalidError(f"At most {REFERENCE_LENGTH} characters.", field="externalReference")
    return columns


async def _free_slug(session: AsyncSession, name: str) -> str:
    base = slug_of(name, "warehouse")
    wishes = [base, *(f"{base}-{number}" for number in range(2, NUMBERED + 1))]
    taken = set(await session.scalars(select(Warehouse.slug).where(Warehouse.slug.in_(wishes))))
    return next((wish for wish in wishes if wish not in taken), f"{base}-{secrets.token_hex(4)}")


async def _written(session: AsyncSession, warehouse: Warehouse) -> None:
    """Raises UniqueError for a slug or reference that another store room has."""
    try:
        async with session.begin_nested():
            session.add(warehouse)
            await session.flush()
    except IntegrityError as error:
        for name, field in (("slug", "slug"), ("external_reference", "externalReference")):
            if f"uq_warehouse_{name}" in str(error.orig):
                raise UniqueError("Another store room has it.", field=field) from error
        raise

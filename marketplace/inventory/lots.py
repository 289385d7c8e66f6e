"""Lots: pieces that were harvested or made together come into a store room."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.inventory.errors import LotCodeTakenError
from marketplace.inventory.models import Lot, Stock
from marketplace.kit.errors import InvalidError, RequiredError

LONGEST_CODE = 60
MOST_PIECES = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLot:
    """What a seller says of a lot."""

    code: str
    pieces: int
    harvested_on: date | None = None
    produced_on: date | None = None
    best_before: date | None = None
    maker_name: str = ""
    shows_maker: bool = False


async def lay_in(session: AsyncSession, variant_id: int, warehouse_id: UUID, given: NewLot) -> Lot:
    """Lay a lot of a variant on a shelf of its own: its pieces are for sale until its best-before day ends.

    Raises RequiredError, InvalidError, LotCodeTakenError.
    """
    code = given.code.strip()
    if not code:
        raise RequiredError("What is printed on the pieces?", field="code")
    if len(code) > LONGEST_CODE:
        raise InvalidError(f"At most {LONGEST_CODE} letters, please.", field="code")
    if not 1 <= given.pieces <= MOST_PIECES:
        raise InvalidError(f"Between one piece and {MOST_PIECES}, please.", field="pieces")
    made_on = given.harvested_on or given.produced_on
    if given.best_before and made_on and given.best_before < made_on:
        raise InvalidError("It can't be past its best before it was made.", field="bestBefore")
    if await session.scalar(select(Lot.id).where(Lot.variant_id == variant_id, Lot.code == code)):
        raise LotCodeTakenError("This variant has a lot of this name already.", field="code")
    lot = Lot(
        variant_id=variant_id,
        code=code,
        harvested_on=given.harvested_on,
        produced_on=given.produced_on,
        best_before=given.best_before,
        pieces_made=given.pieces,
        maker_name=given.maker_name.strip(),
        shows_maker=given.shows_maker,
    )
    session.add(lot)
    await session.flush()
    session.add(Stock(variant_id=variant_id, warehouse_id=warehouse_id, lot_id=lot.id, quantity=given.pieces))
    await session.flush()
    return lot

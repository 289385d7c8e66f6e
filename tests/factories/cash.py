"""Paying at the door for tests: channels with rules, orders that wait, carriers' sheets."""

import io
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import xlsxwriter
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.markets.models import Channel
from marketplace.orders.fulfilment import deliver, fulfil
from marketplace.orders.models import Order
from marketplace.payments.at_the_door.models import CashOrder, CashRules
from marketplace.payments.at_the_door.rules import change_rules
from tests.factories.checkout import Market, make_market, make_piece
from tests.factories.orders import make_order, parts_of


async def make_rules(session: AsyncSession, channel: Channel, **columns: Any) -> CashRules:
    """What a channel demands, by the columns of its row."""
    return await change_rules(session, channel, columns)


async def make_strict_market(session: AsyncSession, **columns: Any) -> Market:
    """A market with rules."""
    market = await make_market(session)
    await make_rules(session, market.channel, **columns)
    return market


async def order_of(
    session: AsyncSession, market: Market, price_minor: int = 120_00, **given: object
) -> Order:
    """An order of one piece, to be paid at the door; delivery is 30 dirhams."""
    piece = await make_piece(session, market.channel, price_minor)
    return await make_order(session, market, piece, **given)


async def deliver_all(session: AsyncSession, order: Order, tracking: str = "") -> list[UUID]:
    """Every parcel of an order has arrived and was paid; gives its parts' keys."""
    part_ids = [part.id for part in await parts_of(session, order)]
    for place, part_id in enumerate(part_ids):
        await fulfil(session, part_id, tracking_number=f"{tracking}{place}" if tracking else "")
        await deliver(session, part_id)
    return part_ids


async def cash_order_of(session: AsyncSession, order: Order) -> CashOrder:
    found = await session.scalars(
        select(CashOrder).where(CashOrder.order_id == order.id), execution_options={"populate_existing": True}
    )
    return found.one()


def csv_of(heads: Sequence[str], *lines: Sequence[object], delimiter: str = ";") -> bytes:
    rows = [heads, *lines]
    return "\n".join(delimiter.join(map(str, row)) for row in rows).encode()


def xlsx_of(heads: Sequence[str], *lines: Sequence[object]) -> bytes:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as workbook:
        page = workbook.add_worksheet()
        for place, row in enumerate([heads, *lines]):
            page.write_row(place, 0, row)
    return content.getvalue()


def said_of(lines: Sequence[Mapping[str, Any]]) -> list[tuple[int, str]]:
    """Rows of a sheet and what they were found to be."""
    return [(line["row"], line["outcome"]) for line in lines]

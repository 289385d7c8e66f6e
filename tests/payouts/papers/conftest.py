"""What tests of papers share: a seller whose sales, refund and month are over."""

import io
import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta
from types import ModuleType

import pytest
from pypdf import PdfReader
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.settings import Settings
from marketplace.orders.models import VendorOrder
from marketplace.orders.refunds import PartRefund
from marketplace.payouts.papers.commission_invoices import first_of
from marketplace.payouts.papers.document import Document, Format, written
from marketplace.payouts.papers.numbers import MOROCCO
from marketplace.payouts.reversals import reverse
from tests.payouts.conftest import House, earn, make_house


@dataclass
class Sold:
    """A house of which the first seller sold for 1,000.00 and 500.00, and gave 250.00 of the second back."""

    house: House
    parts: list[VendorOrder]
    month: date

    @property
    def vendor_id(self) -> int:
        return self.house.sellers[0].id


@pytest.fixture
async def sold(session: AsyncSession, settings: Settings, clock: ModuleType) -> Sold:
    house = await make_house(session, settings, sellers=1)
    start = clock.now().astimezone(MOROCCO).date()
    begin = (first_of(start) + timedelta(days=32)).replace(day=1) - start  # All of it falls into one month.
    clock.advance(begin + timedelta(hours=12))
    parts = [*await earn(session, clock, house, 1_000_00), *await earn(session, clock, house, 500_00)]
    await give_back(session, parts[1], 250_00)
    month = first_of(clock.now().date())
    clock.advance(timedelta(days=31))
    return Sold(house, parts, month)


async def give_back(session: AsyncSession, part: VendorOrder, goods_minor: int) -> None:
    refund = PartRefund(vendor_order_id=part.id, currency=part.currency, goods_minor=goods_minor)
    session.add(refund)
    await session.flush()
    await reverse(session, refund)


def words_of(document: Document) -> str:
    """What the PDF says, with plain spaces and letters by themselves, whatever their shape."""
    pages = PdfReader(io.BytesIO(written(document, Format.PDF))).pages
    text = " ".join(page.extract_text() for page in pages)
    return " ".join(unicodedata.normalize("NFKC", text).split())

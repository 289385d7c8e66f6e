"""Reasons for refunds and returns: in words, and by a page of the type that the shop has chosen for them."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum

from sqlalchemy import ForeignKey, Index, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.content.pages import Page
from marketplace.kit.models import index_where_known
from marketplace.markets.shop_settings import ShopSettings


class For(Enum):
    """What a reason is for. The value names the column of the shop's settings that says which pages do."""

    REFUND = "refund_reason_reference_type_id"
    RETURN = "return_reason_reference_type_id"


@dataclass(frozen=True, slots=True)
class Why:
    """A reason as it was given: in words, by a page, or both."""

    text: str = ""
    page_id: int | None = None


UNSAID = Why()


class WithReasonPage:
    """What has happened for a reason that a page may name."""

    reason_page_id: Mapped[int | None] = mapped_column(ForeignKey("page.id", ondelete="SET NULL"))


class WithReason(WithReasonPage):
    """What has happened for a reason, if that was said."""

    reason: Mapped[str] = mapped_column(default="", server_default=text("''"))


def by_reason_index() -> Index:
    """For when a page is deleted."""
    return index_where_known("reason_page_id")


async def page_type_for(session: AsyncSession, what: For) -> int | None:
    """The type of the pages that are such reasons; None, where the shop has chosen none."""
    found: int | None = await session.scalar(select(getattr(ShopSettings, what.value)))
    return found


async def those_of_type(session: AsyncSession, page_type_id: int, keys: Collection[int]) -> set[int]:
    """Those of some pages that are of a type."""
    found = await session.scalars(select(Page.id).where(Page.id.in_(keys), Page.page_type_id == page_type_id))
    return set(found)

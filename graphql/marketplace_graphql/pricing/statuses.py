"""Whether a voucher or a sale is in force, in the lists of them."""

from enum import Enum
from typing import Any

from sqlalchemy import ColumnElement, and_, or_

from marketplace_graphql.kernel import enum


@enum
class DiscountStatusEnum(Enum):
    """Where a reduction stands in time."""

    ACTIVE = "ACTIVE"
    EXPIRED = "EXPIRED"
    SCHEDULED = "SCHEDULED"


def stands_in_time(
    statuses: list[DiscountStatusEnum], starts_at: Any, ends_at: Any, ctx: Any
) -> ColumnElement[bool]:
    """Whether what begins and ends then stands in one of some ways now. None named: whichever."""
    holds = {
        DiscountStatusEnum.ACTIVE: and_(starts_at <= ctx.now, or_(ends_at.is_(None), ends_at >= ctx.now)),
        DiscountStatusEnum.EXPIRED: ends_at < ctx.now,
        DiscountStatusEnum.SCHEDULED: starts_at > ctx.now,
    }
    return or_(*(holds[each] for each in statuses or DiscountStatusEnum))

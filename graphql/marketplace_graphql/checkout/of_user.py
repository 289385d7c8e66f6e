"""What a user means to buy: a part of `User`."""

from typing import TYPE_CHECKING, Any

from sqlalchemy import ARRAY, ColumnElement, and_, func, select
from strawberry import ID

from marketplace.checkout import models
from marketplace.markets.models import Channel as ChannelRow
from marketplace_graphql.kernel import UUID, CountableConnection, connection, expression, object_type, related
from marketplace_graphql.kernel.reader.aliases import aliased
from marketplace_graphql.kernel.reader.sql import global_id

if TYPE_CHECKING:
    from marketplace_graphql.checkout.types import Checkout

AT_MOST = 100
"""Of a user's checkouts in a list without pages: the latest."""


@object_type
class CheckoutsOfUser:
    """A user's checkouts, which are not orders yet."""

    @connection(order_by=lambda row, ctx: row.created_at.desc())
    def checkouts(
        user: Any, checkout: Any, ctx: Any, channel: str | None = None
    ) -> "CountableConnection[Checkout] | None":
        """What the user means to buy, the latest first."""
        return _of_user(checkout, user, channel)

    @related(deprecated="Use `checkoutIds` to fetch checkouts.")
    def checkout(user: Any, checkout: Any, ctx: Any) -> "Checkout | None":
        """The user's latest checkout."""
        other = aliased(models.Checkout)
        latest = select(other.id).where(other.user_id == user.id).order_by(other.updated_at.desc(), other.id)
        return checkout.id == latest.limit(1).correlate_except(other).scalar_subquery()

    @expression
    def checkout_ids(user: Any, ctx: Any, channel: str | None = None) -> list[ID] | None:
        """Ids of the user's checkouts."""
        return _listed(user, channel, lambda checkout: global_id("Checkout", checkout.id))

    @expression(deprecated="Use `checkoutIds`.")
    def checkout_tokens(user: Any, ctx: Any, channel: str | None = None) -> list[UUID] | None:
        """Keys of the user's checkouts."""
        return _listed(user, channel, lambda checkout: checkout.id)


def _of_user(checkout: Any, user: Any, channel: Any) -> ColumnElement[bool]:
    own: ColumnElement[bool] = checkout.user_id == user.id
    if channel is None:
        return own
    named = aliased(ChannelRow)
    channel_id = select(named.id).where(named.slug == channel).scalar_subquery()
    return and_(own, checkout.channel_id == channel_id)


def _listed(user: Any, channel: Any, said: Any) -> ColumnElement[Any]:
    checkout = aliased(models.Checkout)
    told = said(checkout)
    query = select(told).where(_of_user(checkout, user, channel))
    latest = query.order_by(checkout.created_at.desc(), checkout.id).limit(AT_MOST)
    return func.array(latest.correlate_except(checkout).scalar_subquery(), type_=ARRAY(told.type))

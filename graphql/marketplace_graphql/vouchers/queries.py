"""Root fields of vouchers and gift cards."""

from typing import Any

from sqlalchemy import and_, select, true
from strawberry import ID

from marketplace.people.permissions import Permission
from marketplace.pricing.vouchers import VoucherChannelListing
from marketplace_graphql.kernel import CountableConnection, connection, object_type, related
from marketplace_graphql.vouchers.gift_cards import GiftCard
from marketplace_graphql.vouchers.lists import voucher_filter, voucher_found, voucher_order
from marketplace_graphql.vouchers.types import Voucher


@object_type
class VouchersQueries:
    """What makes things cheaper, and what pays for them."""

    gift_cards: "CountableConnection[GiftCard] | None" = connection(
        order_by=lambda row, ctx: row.created_at.desc(), needs=Permission.MANAGE_GIFT_CARD
    )
    """All gift cards, the latest first."""

    @related(needs=Permission.MANAGE_GIFT_CARD)
    def gift_card(root: Any, card: Any, ctx: Any, id: ID) -> GiftCard | None:
        """One gift card."""
        return card.id == ctx.key(id, "GiftCard")

    @related(needs=Permission.MANAGE_DISCOUNTS)
    def voucher(root: Any, voucher: Any, ctx: Any, id: ID, channel: str | None = None) -> Voucher | None:
        """One voucher, with its value in a channel if one is named."""
        return voucher.id == ctx.key(id, "Voucher")

    @connection(
        filter=voucher_filter,
        sort_by=voucher_order,
        order_by=lambda row, ctx: row.id.desc(),
        channel=True,
        needs=Permission.MANAGE_DISCOUNTS,
        outdated={"query": "Use `filter.search`."},
    )
    def vouchers(
        root: Any, voucher: Any, ctx: Any, query: str | None = None
    ) -> CountableConnection[Voucher] | None:
        """All vouchers, the latest first; with a channel, those that are worth something there."""
        found = true() if query is None else voucher_found(voucher, query, ctx)
        if not ctx.channel.given:
            return found
        listed = select(VoucherChannelListing.voucher_id).where(
            VoucherChannelListing.channel_id == ctx.channel.id
        )
        return and_(found, voucher.id.in_(listed))

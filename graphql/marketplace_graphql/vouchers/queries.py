"""Root fields of vouchers and gift cards."""

from typing import Any

from sqlalchemy import and_, select, true
from strawberry import ID

from marketplace.people.permissions import Permission
from marketplace.pricing.gift_card_editing import currencies
from marketplace.pricing.vouchers import VoucherChannelListing
from marketplace_graphql.kernel import (
    CountableConnection,
    Info,
    connection,
    object_type,
    related,
    resolver,
)
from marketplace_graphql.vouchers.gift_card_lists import (
    card_filter,
    card_found,
    card_order,
    card_rank,
    tag_filter,
)
from marketplace_graphql.vouchers.gift_cards import GiftCard, GiftCardTag
from marketplace_graphql.vouchers.lists import voucher_filter, voucher_found, voucher_order
from marketplace_graphql.vouchers.types import Voucher


@object_type
class VouchersQueries:
    """What makes things cheaper, and what pays for them."""

    gift_cards: "CountableConnection[GiftCard] | None" = connection(
        filter=card_filter,
        sort_by=card_order,
        search=card_found,
        rank=card_rank,
        order_by=lambda row, ctx: row.created_at.desc(),
        needs=Permission.MANAGE_GIFT_CARD,
    )
    """All gift cards, the latest first."""
    gift_card_tags: "CountableConnection[GiftCardTag] | None" = connection(
        filter=tag_filter, needs=Permission.MANAGE_GIFT_CARD
    )
    """What gift cards are tagged with, in the order of the alphabet."""

    @resolver(needs=Permission.MANAGE_GIFT_CARD)
    async def gift_card_currencies(info: Info) -> list[str]:
        """The currencies of all gift cards."""
        return await currencies(info.session)

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

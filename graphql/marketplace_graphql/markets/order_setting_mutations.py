"""How staff set what happens to orders, for all channels at once: the older way."""

from typing import Any

from marketplace.kit.errors import PermissionDeniedError
from marketplace.markets import channels
from marketplace.people.permissions import Permission
from marketplace_graphql.kernel import Info, changes, error_type, input_type, mutation, object_type
from marketplace_graphql.markets.settings import order_settings

OrderSettingsError = error_type("OrderSettingsError", ("INVALID",), twin="orderSettingsErrors")


@input_type
class OrderSettingsUpdateInput:
    """What happens to orders by itself, in all channels."""

    automatically_confirm_all_new_orders: bool | None
    """Otherwise staff confirm each, and nobody sends anything before."""
    automatically_fulfill_non_shippable_gift_card: bool | None
    """Kept; no gift card is sold here."""


@object_type
class OrderSettingChanges:
    """What happens to orders."""

    @mutation(
        returns={"order_settings": "OrderSettings | None"},
        errors=OrderSettingsError,
        needs=Permission.MANAGE_ORDERS,
        deprecated="Use `channelUpdate`.",
    )
    async def order_settings_update(self, info: Info, input: OrderSettingsUpdateInput) -> dict[str, Any]:
        """Says for all channels what happens to orders. Only for staff who work in all of them."""
        if info.requester.channel_ids is not None:
            raise PermissionDeniedError(Permission.MANAGE_ORDERS)
        said = {name: value for name, value in changes(input).items() if value is not None}
        channel = await channels.change_order_settings(info.session, said)
        return {"order_settings": order_settings(channel)}

"""How staff open, change and close channels."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from strawberry import ID

from marketplace.inventory import serving
from marketplace.inventory.models import Warehouse
from marketplace.kit.announcements import announce
from marketplace.kit.errors import DomainError, Errors, PermissionDeniedError
from marketplace.markets import channels, linking, models
from marketplace.payments.closing_channels import delete_channel, empty_channel
from marketplace.people.permissions import Permission
from marketplace_graphql.inputs import ReorderInput
from marketplace_graphql.kernel import Info, changes, error_type, mutation, object_type
from marketplace_graphql.markets.channel_inputs import (
    ChannelCreateInput,
    ChannelDeleteInput,
    ChannelUpdateInput,
    channel_columns,
)

CHANNEL = "Channel"
MANAGE_CHANNELS = Permission.MANAGE_CHANNELS
AT_ONCE = 1000
"""Zones, store rooms or moves in one mutation."""

ChannelError = error_type(
    "ChannelError",
    (
        "ALREADY_EXISTS",
        "GRAPHQL_ERROR",
        "INVALID",
        "NOT_FOUND",
        "REQUIRED",
        "UNIQUE",
        "CHANNELS_CURRENCY_MUST_BE_THE_SAME",
        "CHANNEL_WITH_ORDERS",
        "DUPLICATED_INPUT_ITEM",
    ),
    twin="channelErrors",
    shipping_zones=list[ID] | None,
    warehouses=list[ID] | None,
)
CHANNEL_ERROR_ALONE = replace(ChannelError, twin=None)


@object_type
class ChannelChanges:
    """Channels."""

    @mutation(returns=CHANNEL, errors=ChannelError, needs=MANAGE_CHANNELS, tells="CHANNEL_CREATED")
    async def channel_create(self, info: Info, input: ChannelCreateInput) -> models.Channel:
        """Opens a channel. Sellers' store rooms serve it at once, the shop's own once they are put in."""
        sent = changes(input)
        zones, rooms = await _linked(info, sent, "add_shipping_zones", "add_warehouses")
        channel = await channels.open_channel(info.session, channel_columns(input))
        await linking.deliver_to(info.session, [channel.id], zones)
        await serving.put_into_channel(info.session, channel.id, rooms)
        return channel

    @mutation(
        returns=CHANNEL,
        errors=ChannelError,
        needs=(MANAGE_CHANNELS, Permission.MANAGE_ORDERS),
        tells="CHANNEL_UPDATED",
    )
    async def channel_update(self, info: Info, id: ID, input: ChannelUpdateInput) -> models.Channel:
        """Changes a channel. Who manages orders may change what happens to orders, and nothing else."""
        sent = changes(input)
        if set(sent) != {"order_settings"} and not info.requester.has_any([MANAGE_CHANNELS]):
            raise PermissionDeniedError(MANAGE_CHANNELS)
        _check_unlike(sent)
        channel = await info.find(models.Channel, id, lock=True)
        zones, rooms = await _linked(info, sent, "add_shipping_zones", "add_warehouses")
        without, closed = await _linked(info, sent, "remove_shipping_zones", "remove_warehouses")
        columns = channel_columns(input)
        for store in ("public_metadata", "private_metadata"):
            if store in columns:
                columns[store] = {**getattr(channel, store), **columns[store]}
        await channels.change_channel(info.session, channel, columns)
        await linking.deliver_to(info.session, [channel.id], zones)
        await linking.stop_delivering_to(info.session, [channel.id], without)
        await serving.put_into_channel(info.session, channel.id, rooms)
        await serving.take_out_of_channel(info.session, channel.id, closed)
        return channel

    @mutation(returns=CHANNEL, errors=ChannelError, needs=MANAGE_CHANNELS)
    async def channel_delete(
        self, info: Info, id: ID, input: ChannelDeleteInput | None = None
    ) -> models.Channel:
        """Deletes a channel with its prices and carts. Its orders go to the channel that is named."""
        ids = {"id": id} | ({"channelId": input.channel_id} if input else {})
        found = {name: await info.find(models.Channel, each, field_name=name) for name, each in ids.items()}
        channel, heir = found["id"], found.get("channelId")
        await info.find_many(models.Channel, dict.fromkeys(ids.values()), lock=True)
        await empty_channel(info.session, channel, heir)
        await announce(info.session, "CHANNEL_DELETED", channel)
        info.afterwards(lambda: delete_channel(info.session, channel))
        return channel

    @mutation(returns=CHANNEL, errors=ChannelError, needs=MANAGE_CHANNELS, tells="CHANNEL_STATUS_CHANGED")
    async def channel_activate(self, info: Info, id: ID) -> models.Channel:
        """Opens a channel to buyers."""
        channel = await info.find(models.Channel, id, lock=True)
        return await channels.set_active(info.session, channel, active=True)

    @mutation(returns=CHANNEL, errors=ChannelError, needs=MANAGE_CHANNELS, tells="CHANNEL_STATUS_CHANGED")
    async def channel_deactivate(self, info: Info, id: ID) -> models.Channel:
        """Closes a channel to buyers. Its orders are carried out."""
        channel = await info.find(models.Channel, id, lock=True)
        return await channels.set_active(info.session, channel, active=False)

    @mutation(returns=CHANNEL, errors=CHANNEL_ERROR_ALONE, needs=MANAGE_CHANNELS)
    async def channel_reorder_warehouses(
        self, info: Info, channel_id: ID, moves: list[ReorderInput]
    ) -> models.Channel:
        """Says from which store rooms a channel takes first."""
        info.at_most(AT_ONCE, moves, "moves")
        channel = await info.find(models.Channel, channel_id, field_name="channelId")
        steps = [(info.key(move.id, "Warehouse"), changes(move).get("sort_order") or 0) for move in moves]
        await serving.reorder(info.session, channel.id, steps)
        return channel


async def _linked(info: Info, sent: dict[str, Any], zones: str, rooms: str) -> tuple[list[Any], list[Any]]:
    """The keys of zones and of store rooms that an input names. Raises NotFoundError, InvalidError."""
    return (
        await _keys(info, models.ShippingZone, sent.get(zones) or [], zones),
        await _keys(info, Warehouse, sent.get(rooms) or [], rooms),
    )


async def _keys(info: Info, model: type[Any], ids: Sequence[str], name: str) -> list[Any]:
    first, *rest = name.split("_")
    field = first + "".join(word.capitalize() for word in rest)
    info.at_most(AT_ONCE, ids, field)
    rows = await info.find_many(model, dict.fromkeys(ids), field_name=field)
    return [row.id for row in rows]


def _check_unlike(sent: dict[str, Any]) -> None:
    """Nothing may be put in and taken out at once. Raises Errors."""
    errors: list[DomainError] = []
    for name, field in (("shipping_zones", "shippingZones"), ("warehouses", "warehouses")):
        both = set(sent.get(f"add_{name}") or ()) & set(sent.get(f"remove_{name}") or ())
        if both:
            errors.append(
                DomainError(
                    "The same can't be put in and taken out.",
                    field=field,
                    code="DUPLICATED_INPUT_ITEM",
                    **{name: sorted(both)},
                )
            )
    if errors:
        raise Errors(errors)

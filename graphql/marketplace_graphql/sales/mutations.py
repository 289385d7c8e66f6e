"""How staff make, change and end sales."""

from typing import Any
from uuid import UUID

from strawberry import ID

from marketplace.kit.errors import InvalidError, NotFoundError
from marketplace.kit.ids import split_global_id
from marketplace.markets.models import Channel
from marketplace.people.permissions import Permission
from marketplace.pricing import promoting, translating_prices
from marketplace.pricing import promotions as models
from marketplace.pricing import sales as service
from marketplace.pricing.promotions import RewardValueType
from marketplace_graphql.kernel import (
    DateTime,
    Info,
    PositiveDecimal,
    changes,
    input_type,
    mutation,
    object_type,
)
from marketplace_graphql.pricing.discounts import DiscountValueTypeEnum
from marketplace_graphql.pricing.promotion_inputs import key_of
from marketplace_graphql.rules import codes_of
from marketplace_graphql.translating.declaring import translating
from marketplace_graphql.translating.inputs import NameTranslationInput
from marketplace_graphql.vouchers.errors import DiscountError
from marketplace_graphql.vouchers.inputs import CatalogueInput, catalogue_keys

SALE, NEEDS = "Sale", Permission.MANAGE_DISCOUNTS
UPDATED = "SALE_UPDATED"
AT_ONCE = 1000
CATALOGUE = ("products", "variants", "categories", "collections")
FIELDS = ("name", "start_date", "end_date")


@input_type
class SaleInput:
    """What a sale shall be."""

    name: str | None
    type: DiscountValueTypeEnum | None
    value: PositiveDecimal | None
    """Of no effect: each channel has its own."""
    products: list[ID] | None
    variants: list[ID] | None
    categories: list[ID] | None
    """What stands directly in them."""
    collections: list[ID] | None
    start_date: DateTime | None
    end_date: DateTime | None


@input_type
class SaleChannelListingAddInput:
    """What a sale shall take off in a channel."""

    channel_id: ID
    discount_value: PositiveDecimal
    """Per cent, or an amount of the channel's currency."""


@input_type
class SaleChannelListingInput:
    """Where a sale takes something off, and where it is none any more."""

    add_channels: list[SaleChannelListingAddInput] | None
    remove_channels: list[ID] | None


def outdated(instead: str) -> dict[str, Any]:
    """What all mutations of sales have in common."""
    return {"returns": SALE, "errors": DiscountError, "needs": NEEDS, "deprecated": f"Use `{instead}`."}


@object_type
class SalesMutations:
    """Promotions that are made as sales."""

    @mutation(**outdated("promotionCreate"), tells="SALE_CREATED")
    async def sale_create(self, info: Info, input: SaleInput) -> models.Promotion:
        """Makes a sale. It reduces something once it is listed in a channel."""
        with codes_of(DiscountError):
            return await service.create_sale(info.session, await _said(info, input))

    @mutation(**outdated("promotionUpdate"), tells=UPDATED)
    async def sale_update(self, info: Info, id: ID, input: SaleInput) -> models.Promotion:
        """Changes a sale."""
        with codes_of(DiscountError):
            return await service.update_sale(info.session, _key(info, id), await _said(info, input))

    @mutation(**outdated("promotionDelete"))
    async def sale_delete(self, info: Info, id: ID) -> models.Promotion:
        """Takes a sale back."""
        sale = await _sale(info, _key(info, id))
        info.afterwards(lambda: promoting.delete_promotions(info.session, [sale.id]))
        return sale

    @mutation(returns={"count": int}, failed={"count": 0}, errors=DiscountError, needs=NEEDS)
    async def sale_bulk_delete(self, info: Info, ids: list[ID]) -> dict[str, int]:
        """Takes sales back, all of them or none."""
        info.at_most(AT_ONCE, ids, "ids")
        try:
            keys = [(await _sale(info, _key(info, each))).id for each in dict.fromkeys(ids)]
        except (InvalidError, NotFoundError) as error:
            error.field = "ids"
            raise
        return {"count": len(await promoting.delete_promotions(info.session, keys))}

    @mutation(**outdated("promotionRuleCreate"), payload_name="SaleAddCatalogues", tells=UPDATED)
    async def sale_catalogues_add(self, info: Info, id: ID, input: CatalogueInput) -> models.Promotion:
        """Makes a sale good for more of the catalogue."""
        return await _change_catalogue(info, id, input, adds=True)

    @mutation(**outdated("promotionRuleUpdate"), payload_name="SaleRemoveCatalogues", tells=UPDATED)
    async def sale_catalogues_remove(self, info: Info, id: ID, input: CatalogueInput) -> models.Promotion:
        """Makes a sale good for less of the catalogue."""
        return await _change_catalogue(info, id, input, adds=False)

    sale_translate = translating(
        models.Promotion,
        NameTranslationInput,
        translating_prices.translate,
        doc="Says a sale's name in another language.",
        returns=SALE,
        rule=lambda promotion: promotion.is_sale,
        deprecated="Use `promotionTranslate`.",
    )

    @mutation(**outdated("promotionRuleUpdate"), tells=UPDATED)
    async def sale_channel_listing_update(
        self, info: Info, id: ID, input: SaleChannelListingInput
    ) -> models.Promotion:
        """Says what a sale takes off in channels."""
        added = list(input.add_channels or ())
        removed = list(input.remove_channels or ())
        named = [each.channel_id for each in added]
        twice = sorted({each for each in named if named.count(each) > 1} | (set(named) & set(removed)))
        if twice:
            message = "A channel is named twice."
            raise InvalidError(message, field="input", code="DUPLICATED_INPUT_ITEM", channels=twice)
        channels = await info.find_many(Channel, named, field_name="addChannels")
        values = [(channel, each.discount_value) for channel, each in zip(channels, added, strict=True)]
        keys = [info.key(each, "Channel") for each in removed]
        with codes_of(DiscountError):
            return await service.set_listings(info.session, _key(info, id), values, keys)


async def _change_catalogue(info: Info, id: ID, input: CatalogueInput, *, adds: bool) -> models.Promotion:
    keys = await catalogue_keys(info, changes(input))
    with codes_of(DiscountError):
        return await service.change_catalogue(info.session, _key(info, id), keys, adds=adds)


async def _said(info: Info, input: SaleInput) -> service.SaleSaid:
    """What was said of a sale. Raises InvalidError, NotFoundError."""
    sent = changes(input)
    catalogue = None
    if any(name in sent for name in CATALOGUE):  # As in Saleor: what is said of some stands for all of them.
        catalogue = await catalogue_keys(info, sent)
    kind = sent.get("type")
    return service.SaleSaid(
        fields={name: sent[name] for name in FIELDS if name in sent},
        type=None if kind is None else RewardValueType(kind.value),
        catalogue=catalogue,
    )


def _key(info: Info, global_id: str) -> UUID:
    """The key of a sale. Raises InvalidError for a promotion's id, NotFoundError for what is none at all."""
    try:
        type_name = split_global_id(global_id)[0]
    except InvalidError:
        type_name = ""
    if type_name == "Promotion":
        raise InvalidError("This is a promotion's id: use `promotionUpdate` and its like.", field="id")
    key: UUID = key_of(info, global_id, SALE)
    return key


async def _sale(info: Info, key: UUID) -> models.Promotion:
    """Raises NotFoundError."""
    found = await info.session.get(models.Promotion, key)
    if found is None or not found.is_sale:
        raise NotFoundError("There is no such sale.", field="id")
    return found

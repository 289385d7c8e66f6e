"""How staff ask for files."""

from dataclasses import replace
from typing import Any

from marketplace.exports import models, service
from marketplace.kit.errors import DomainError
from marketplace.people.permissions import Permission
from marketplace.pricing.vouchers import Voucher
from marketplace_graphql.exports.inputs import (
    ExportGiftCardsInput,
    ExportProductsInput,
    ExportVoucherCodesInput,
    columns_of,
    keys_of,
    scope_of,
)
from marketplace_graphql.kernel import Info, error_type, mutation, object_type

ExportError = error_type("ExportError", ("GRAPHQL_ERROR", "INVALID", "NOT_FOUND", "REQUIRED"))
FILE = {"export_file": "ExportFile | None"}


@object_type
class ExportsMutations:
    """Files that are asked for."""

    @mutation(
        returns=FILE,
        errors=replace(ExportError, twin="exportErrors"),
        needs=Permission.MANAGE_PRODUCTS,
        sellers=True,
    )
    async def export_products(self, info: Info, input: ExportProductsInput) -> dict[str, Any]:
        """Has a file of products and their variants made; whoever works for a seller, of its own."""
        wanted = scope_of(info, input, "Product") | await columns_of(info, input.export_info)
        return await _ask(info, models.ExportKind.PRODUCTS, input.file_type, wanted)

    @mutation(returns=FILE, errors=ExportError, needs=Permission.MANAGE_GIFT_CARD)
    async def export_gift_cards(self, info: Info, input: ExportGiftCardsInput) -> dict[str, Any]:
        """Has a file of the codes of gift cards made that nothing was paid with yet."""
        wanted = scope_of(info, input, "GiftCard")
        return await _ask(info, models.ExportKind.GIFT_CARDS, input.file_type, wanted)

    @mutation(returns=FILE, errors=ExportError, needs=Permission.MANAGE_DISCOUNTS)
    async def export_voucher_codes(self, info: Info, input: ExportVoucherCodesInput) -> dict[str, Any]:
        """Has a file of vouchers' codes made: all of one voucher, or some."""
        if bool(input.voucher_id) == bool(input.ids):
            raise DomainError("Give one of 'voucherId' and 'ids'.", field="voucherId", code="GRAPHQL_ERROR")
        wanted: dict[str, Any]
        if input.voucher_id:
            voucher = await info.find(Voucher, input.voucher_id, field_name="voucherId")
            wanted = {"voucher_id": voucher.id}
        else:
            wanted = {"keys": keys_of(info, input.ids, "VoucherCode", "ids")}
        return await _ask(info, models.ExportKind.VOUCHER_CODES, input.file_type, wanted)


async def _ask(
    info: Info, kind: models.ExportKind, file_type: models.FileType, wanted: dict[str, Any]
) -> dict[str, Any]:
    export = await service.ask_for(
        info.session, kind, file_type, wanted, info.requester.user_id, vendor_ids=info.within
    )
    return {"export_file": export}

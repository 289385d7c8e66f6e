"""What is done about cash: rules set, orders confirmed, parcels paid in part, carriers' sheets booked."""

from typing import Any

from strawberry import ID

from marketplace.kit.errors import InvalidError
from marketplace.markets.models import Channel
from marketplace.orders.models import Order as OrderRow
from marketplace.orders.models import VendorOrder as PartRow
from marketplace.payments.at_the_door import booking, confirming, models, partly, rules
from marketplace.payments.at_the_door.booking import Differences
from marketplace.payments.at_the_door.confirming import LinkState
from marketplace.payments.models import ShortfallBearer
from marketplace_graphql.cash.seen import order_of_link
from marketplace_graphql.cash.types import FINANCE, ORDERS, SETTINGS
from marketplace_graphql.kernel import (
    DateTime,
    Info,
    PositiveDecimal,
    Upload,
    UploadedFile,
    changes,
    enum,
    error_type,
    input_type,
    mutation,
    object_type,
)
from marketplace_graphql.kernel.scalars import Hour
from marketplace_graphql.languages import CountryCode
from marketplace_graphql.payments.exact import exact
from marketplace_graphql.people.requests import settings_of
from marketplace_graphql.rules import codes_of

enum(Differences, name="CashSheetDifferencesEnum")

CashRulesError = error_type("CashRulesError", ("GRAPHQL_ERROR", "INVALID", "NOT_FOUND"))
CashConfirmationError = error_type(
    "CashConfirmationError", ("GRAPHQL_ERROR", "INVALID", "INVALID_STATUS", "INVALID_TOKEN", "NOT_FOUND")
)
CashCollectionError = error_type(
    "CashCollectionError", ("AMOUNT_MISMATCH", "GRAPHQL_ERROR", "INVALID", "INVALID_STATUS", "NOT_FOUND")
)
CashSheetError = error_type(
    "CashSheetError",
    (
        *("AMOUNT_MISMATCH", "CHANGED", "DIFFERENCES", "GRAPHQL_ERROR", "INVALID", "NOT_FOUND", "REQUIRED"),
        *("SHEET_INVALID", "UNIQUE"),
    ),
)


@input_type
class CashOnDeliveryRulesInput:
    """What changes of a channel's rules; what is left out stays. Amounts are in the channel's currency."""

    countries: list[CountryCode] | None
    """Where parcels are paid at the door; none: wherever a carrier takes cash."""
    minimum: PositiveDecimal | None
    maximum: PositiveDecimal | None
    refusals_allowed: int | None
    """Who has refused more orders at the door lately pays otherwise; null: nobody counts."""
    refusal_months: int | None
    """For how long a refusal is remembered."""
    open_orders_allowed: int | None
    """Who has so many orders that are still to be paid at the door pays the next one otherwise."""
    confirm_every_order: bool | None
    confirm_first_order: bool | None
    """As long as a buyer has not paid at the door once."""
    confirm_above: PositiveDecimal | None
    remind_after: Hour | None
    cancel_after: Hour | None


_AMOUNTS = {
    "minimum": "minimum_minor",
    "maximum": "maximum_minor",
    "confirm_above": "confirms_above_minor",
}
_NULLABLE = {"refusals_allowed": "most_refusals", "open_orders_allowed": "most_open_orders"}
_KEPT = {
    "refusal_months": "refusal_months",
    "confirm_every_order": "confirms_every_order",
    "confirm_first_order": "confirms_first_order",
    "remind_after": "remind_after_hours",
    "cancel_after": "cancel_after_hours",
}
"""What null leaves as it is."""


@object_type
class CashMutations:
    """Paying at the door."""

    @mutation(returns="CashOnDeliveryRules", errors=CashRulesError, needs=SETTINGS)
    async def cash_on_delivery_rules_update(
        self, info: Info, channel: ID, input: CashOnDeliveryRulesInput
    ) -> models.CashRules:
        """Says which checkouts of a channel may be paid at the door, and which orders are confirmed first."""
        found = await info.find(Channel, channel, field_name="channel")
        columns = _columns(input, found.currency_code)
        return await rules.change_rules(info.session, found, columns)

    @mutation(returns={"order": "Order | None"}, errors=CashConfirmationError, needs=ORDERS)
    async def cash_on_delivery_confirm(self, info: Info, id: ID, note: str | None = None) -> Any:
        """Confirms an order for its buyer, who has been spoken to: it may be packed."""
        key = await info.key_in_reach(OrderRow, id)
        with codes_of(CashConfirmationError):
            order = await confirming.confirm_by_staff(
                info.session, key, text=note or "", user_id=info.requester.user_id
            )
        return {"order": order}

    @mutation(returns={"order": "Order | None"}, errors=CashConfirmationError, needs=ORDERS)
    async def cash_on_delivery_decline(self, info: Info, id: ID, note: str | None = None) -> Any:
        """Calls an order off whose buyer has been spoken to, and does not want it."""
        key = await info.key_in_reach(OrderRow, id)
        with codes_of(CashConfirmationError):
            order = await confirming.decline_by_staff(
                info.session, key, text=note or "", user_id=info.requester.user_id
            )
        return {"order": order}

    @mutation(
        returns={"order": "Order | None", "state": LinkState | None},
        errors=CashConfirmationError,
    )
    async def cash_confirmation_answer(self, info: Info, token: str, confirm: bool) -> Any:
        """The buyer confirms an order by the link of a message, or calls it off. A link is answered once."""
        with codes_of(CashConfirmationError):
            order = await confirming.answer_by_link(info.session, settings_of(info), token, confirms=confirm)
        return {
            "order": order_of_link(info, order),
            "state": LinkState.CONFIRMED if confirm else LinkState.DECLINED,
        }

    @mutation(returns="VendorOrder", errors=CashCollectionError, needs=ORDERS)
    async def vendor_order_collect_partly(
        self,
        info: Info,
        id: ID,
        amount: PositiveDecimal,
        bearer: ShortfallBearer,
        reason: str,
        delivered_at: DateTime | None = None,
    ) -> PartRow:
        """The carrier gave the parcel and took less than was due: the buyer owes nothing more."""
        key = await info.key_in_reach(PartRow, id)
        part = await info.find(PartRow, id)
        with codes_of(CashCollectionError):
            return await partly.collect_partly(
                info.session,
                key,
                exact(amount, part.currency),
                bearer,
                reason,
                delivered_at=delivered_at,
                user_id=info.requester.user_id,
            )

    @mutation(returns="CashSheet", errors=CashSheetError, needs=FINANCE)
    async def cash_sheet_upload(
        self, info: Info, file: Upload, carrier: str, reference: str, currency: str
    ) -> models.CashSheet:
        """Reads a carrier's sheet (XLSX, XLS, ODS, CSV) and says what each line is. Nothing is booked yet."""
        if not isinstance(file, UploadedFile):
            raise InvalidError("Send the sheet as a file of a multipart request.", field="file")
        with codes_of(CashSheetError):
            return await booking.upload(
                info.session,
                file.content,
                carrier,
                reference,
                currency,
                file_name=file.filename,
                user_id=info.requester.user_id,
            )

    @mutation(returns="CashSheet", errors=CashSheetError, needs=FINANCE)
    async def cash_sheet_book(
        self, info: Info, id: ID, differences: Differences | None = Differences.REFUSE
    ) -> models.CashSheet:
        """Books what a carrier's sheet says: the sellers of its parcels can be paid. Told twice, it is booked
        once.
        """
        sheet = await info.find(models.CashSheet, id)
        with codes_of(CashSheetError):
            return await booking.book(
                info.session,
                sheet.id,
                differences or Differences.REFUSE,
                user_id=info.requester.user_id,
            )


def _columns(given: CashOnDeliveryRulesInput, currency: str) -> dict[str, Any]:
    """What is said, as the service takes it. Raises InvalidError."""
    sent = changes(given)
    columns = {column: sent[name] for name, column in _NULLABLE.items() if name in sent}
    columns |= {column: sent[name] for name, column in _KEPT.items() if sent.get(name) is not None}
    for name, column in _AMOUNTS.items():
        if name in sent:
            amount = sent[name]
            columns[column] = None if amount is None else exact(amount, currency, name).minor
    if sent.get("countries") is not None:
        columns["country_codes"] = sorted({country.value for country in sent["countries"]})
    return columns

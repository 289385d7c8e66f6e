"""What staff say of orders, and what services make of it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from strawberry import ID

from marketplace.kit.errors import DomainError, InvalidError, NotFoundError
from marketplace.kit.ids import int_pk, uuid_pk
from marketplace.markets.models import Channel
from marketplace.orders.drafts import Changes
from marketplace.orders.editing import NewLine
from marketplace.orders.staff_discounts import Given
from marketplace.people.models import User
from marketplace.people.redirects import checked_redirect
from marketplace.pricing.discounts import DiscountValueType
from marketplace.pricing.vouchers import Voucher
from marketplace_graphql.checkout.inputs import metadata_entries, postal_address
from marketplace_graphql.inputs import MetadataInput
from marketplace_graphql.kernel import Info, PositiveDecimal, changes, input_type
from marketplace_graphql.languages import LanguageCodeEnum
from marketplace_graphql.people.requests import settings_of
from marketplace_graphql.pricing.discounts import DiscountValueTypeEnum

if TYPE_CHECKING:
    from marketplace_graphql.people.inputs import AddressInput

_NO_EFFECT = "It has no effect: use `orderDiscountAdd`."
_BY_CODE = "Use `voucherCode`."


@input_type
class OrderLineCreateInput:
    """Pieces of a variant to add to an order."""

    quantity: int
    variant_id: ID
    force_new_line: bool | None = False
    """Whether they get a line of their own though the variant has one already."""
    price: PositiveDecimal | None
    """What one piece shall cost instead of the shop's price, as prices are entered in the channel. Of several
    for one line the last counts.
    """


@input_type
class OrderLineInput:
    """What a line shall have."""

    quantity: int


@input_type(outdated={"discount": _NO_EFFECT, "voucher": _BY_CODE})
class DraftOrderInput:
    """What is said of a draft."""

    billing_address: "AddressInput | None"
    save_billing_address: bool | None
    """Whether the customer's address book gets it once the draft is completed: no, if nothing is said."""
    user: ID | None
    """Whose it is."""
    user_email: str | None
    """Whose it is; an account's address makes it the account's."""
    discount: PositiveDecimal | None
    shipping_address: "AddressInput | None"
    save_shipping_address: bool | None
    """Whether the customer's address book gets it once the draft is completed: no, if nothing is said."""
    shipping_method: ID | None
    """How it travels; null: nobody knows yet."""
    voucher: ID | None
    voucher_code: str | None
    """The code that makes it cheaper; null for none."""
    customer_note: str | None
    channel_id: ID | None
    """In which channel it is sold. It can't be changed later."""
    redirect_url: str | None
    """Where the order is shown to its buyer."""
    external_reference: str | None
    """What another system calls it."""
    metadata: list[MetadataInput] | None
    """Entries that everybody sees, added or replaced."""
    private_metadata: list[MetadataInput] | None
    """Entries that only staff see, added or replaced."""
    language_code: "LanguageCodeEnum | None"
    """In which language the buyer is written to."""


@input_type(outdated={"discount": _NO_EFFECT, "voucher": _BY_CODE})
class DraftOrderCreateInput(DraftOrderInput):
    """A new draft."""

    lines: list[OrderLineCreateInput] | None


@input_type
class OrderUpdateInput:
    """What can be said of an order once it is placed."""

    billing_address: "AddressInput | None"
    user_email: str | None
    """Whose it is; an account's address makes it the account's."""
    shipping_address: "AddressInput | None"
    external_reference: str | None
    """What another system calls it."""
    metadata: list[MetadataInput] | None
    """Entries that everybody sees, added or replaced."""
    private_metadata: list[MetadataInput] | None
    """Entries that only staff see, added or replaced."""
    language_code: "LanguageCodeEnum | None"
    """In which language the buyer is written to."""


@input_type
class OrderUpdateShippingInput:
    """How an order travels."""

    shipping_method: ID | None
    """Null takes the chosen one back."""


@input_type
class OrderDiscountCommonInput:
    """What staff take off."""

    value_type: DiscountValueTypeEnum
    value: PositiveDecimal
    """Per cent, or an amount of the order's currency."""
    reason: str | None


@input_type
class OrderNoteInput:
    """A note."""

    message: str


@input_type
class OrderAddNoteInput:
    """A note."""

    message: str


REASON_LENGTH = 1000


def discount_given(given: OrderDiscountCommonInput) -> Given:
    """Raises InvalidError."""
    reason = changes(given).get("reason")
    if reason and len(reason) > REASON_LENGTH:
        raise InvalidError(f"At most {REASON_LENGTH} characters, please.", field="reason")
    return Given(DiscountValueType(given.value_type.value), given.value, reason)


def new_lines(given: Sequence[OrderLineCreateInput], field: str = "variantId") -> list[NewLine]:
    """Raises NotFoundError for an id that is none of a variant."""
    return [
        NewLine(
            int_key(line.variant_id, "ProductVariant", field),
            line.quantity,
            own_line=bool(line.force_new_line),
            price=changes(line).get("price"),
        )
        for line in given
    ]


async def draft_changes(info: Info, given: DraftOrderInput) -> Changes:
    """What is said of a draft, its rows found. Raises NotFoundError, InvalidError, RequiredError."""
    sent = changes(given)
    said = {name: sent[name] for name in _TEXTS if name in sent} | _addresses(given) | _metadata(given)
    if sent.get("redirect_url"):
        said["redirect_url"] = checked_redirect(settings_of(info), sent["redirect_url"])
    if "language_code" in said:
        said["language_code"] = said["language_code"].value if said["language_code"] else None
    if "user" in sent:
        said["user"] = await _found(info, User, sent["user"], "User", "user")
    if "voucher" in sent:
        said["voucher"] = await _found(info, Voucher, sent["voucher"], "Voucher", "voucher")
    if "shipping_method" in sent:
        said["shipping_method_id"] = method_key(sent["shipping_method"])
    return Changes(said, _unchecked(given))


def order_changes(given: OrderUpdateInput) -> Changes:
    """What is said of an order. Raises RequiredError, InvalidError."""
    sent = changes(given)
    said: dict[str, Any] = {name: sent[name] for name in ("user_email", "external_reference") if name in sent}
    if sent.get("language_code"):
        said["language_code"] = sent["language_code"].value
    return Changes(said | _addresses(given) | _metadata(given), _unchecked(given))


async def channel_of(info: Info, given: DraftOrderCreateInput) -> Channel | None:
    """Raises NotFoundError."""
    found: Channel | None = await _found(
        info, Channel, changes(given).get("channel_id"), "Channel", "channelId"
    )
    return found


def method_key(global_id: str | None) -> int | None:
    """Raises NotFoundError. A method is known by either of its types' names."""
    if not global_id:
        return None
    try:
        return int_pk(global_id, "ShippingMethodType")
    except InvalidError:
        return int_key(global_id, "ShippingMethod", "shippingMethod")


_TEXTS = (
    "user_email",
    "voucher_code",
    "customer_note",
    "external_reference",
    "language_code",
    "save_billing_address",
    "save_shipping_address",
)


def _addresses(given: Any) -> dict[str, Any]:
    return {
        name: postal_address(getattr(given, name))
        for name in ("billing_address", "shipping_address")
        if changes(given).get(name)
    }


def _unchecked(given: Any) -> set[str]:
    """Those addresses that staff want taken as they are."""
    sent = changes(given)
    return {
        kind
        for kind in ("billing", "shipping")
        if sent.get(f"{kind}_address") and getattr(given, f"{kind}_address").skip_validation is True
    }


def _metadata(given: Any) -> dict[str, dict[str, str]]:
    stores = {"public_metadata": given.metadata, "private_metadata": given.private_metadata}
    made = {}
    for store, entries in stores.items():
        try:
            made[store] = metadata_entries(entries)
        except DomainError as refused:
            refused.field = "metadata" if store == "public_metadata" else "privateMetadata"
            raise
    return {store: entries for store, entries in made.items() if entries}


async def _found(info: Info, model: Any, global_id: str | None, type_name: str, field: str) -> Any:
    """The row of an id, None of none. Raises NotFoundError."""
    if not global_id:
        return None
    row = await info.session.get(model, int_key(global_id, type_name, field))
    if row is None:
        raise _missing(global_id, field)
    return row


def int_key(global_id: str, type_name: str, field: str) -> int:
    """Raises NotFoundError for what is no such id."""
    try:
        return int_pk(global_id, type_name)
    except InvalidError as error:
        raise _missing(global_id, field) from error


def uuid_key(global_id: str, type_name: str, field: str) -> Any:
    """Raises NotFoundError for what is no such id."""
    try:
        return uuid_pk(global_id, type_name)
    except InvalidError as error:
        raise _missing(global_id, field) from error


def _missing(global_id: str, field: str) -> NotFoundError:
    return NotFoundError(f"Couldn't resolve to a node: {global_id}", field=field)

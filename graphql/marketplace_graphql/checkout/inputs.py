"""Inputs of checkouts, and what services make of them."""

import uuid
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from strawberry import ID, UNSET

from marketplace.checkout.errors import PriceReasonError
from marketplace.checkout.lines import LineChange, LineToAdd, PriceOverride
from marketplace.checkout.service import STRICT, AddressChecks
from marketplace.kit.errors import DomainError, InvalidError, PermissionDeniedError, RequiredError
from marketplace.kit.ids import int_pk, uuid_pk
from marketplace.people.addresses import PostalAddress
from marketplace.people.permissions import Permission
from marketplace_graphql.inputs import MetadataInput
from marketplace_graphql.kernel import PositiveDecimal, Requester, changes, input_type
from marketplace_graphql.languages import LanguageCodeEnum

if TYPE_CHECKING:
    from marketplace_graphql.people.inputs import AddressInput

METADATA_KEY_LENGTH = 256
REASON_LENGTH = 1000


@input_type
class CheckoutLineInput:
    """Pieces of a variant to put into a checkout."""

    variant_id: ID
    quantity: int
    price: PositiveDecimal | None
    """What one piece shall cost instead of its listed price, as prices are entered in the channel; null for
    the listed price again. Only for staff who may.
    """
    price_override_reason: str | None
    """Why the price is another one."""
    force_new_line: bool | None = False
    """Whether they get a line of their own though the variant has one already."""
    metadata: list[MetadataInput] | None = UNSET
    """Entries that everybody sees, kept with the line."""


@input_type(outdated={"variant_id": "Use `lineId`."})
class CheckoutLineUpdateInput:
    """How many pieces a line shall have: it is named by its id, or by its variant."""

    line_id: ID | None
    variant_id: ID | None
    quantity: int | None
    """Zero takes the line out. May be left out where only the price changes."""
    price: PositiveDecimal | None
    """What one piece shall cost instead of its listed price, as prices are entered in the channel; null for
    the listed price again. Only for staff who may.
    """
    price_override_reason: str | None
    """Why the price is another one."""
    metadata: list[MetadataInput] | None = UNSET
    """Entries that everybody sees, kept with the line."""


@input_type
class CheckoutAddressValidationRules:
    """How strictly an address is looked at while it is being typed. To complete the checkout, all counts."""

    check_required_fields: bool | None = True
    check_fields_format: bool | None = True
    enable_fields_normalization: bool | None = True


@input_type
class CheckoutValidationRules:
    """How strictly the addresses are looked at while they are being typed."""

    shipping_address: CheckoutAddressValidationRules | None
    billing_address: CheckoutAddressValidationRules | None


@input_type
class CheckoutCreateInput:
    """A new checkout."""

    channel: str | None
    """The slug of the channel; not needed where there is only one."""
    lines: list[CheckoutLineInput]
    email: str | None
    """Of the buyer."""
    save_shipping_address: bool | None
    """Whether a signed-in buyer's address book gets it once this is an order: yes, if nothing is said."""
    shipping_address: "AddressInput | None"
    save_billing_address: bool | None
    """Whether a signed-in buyer's address book gets it once this is an order: yes, if nothing is said."""
    billing_address: "AddressInput | None"
    language_code: "LanguageCodeEnum | None"
    validation_rules: CheckoutValidationRules | None
    metadata: list[MetadataInput] | None
    """Entries that everybody sees."""
    private_metadata: list[MetadataInput] | None
    """Entries that only staff see, and only staff may write."""


def lines_to_add(given: list[CheckoutLineInput], requester: Requester) -> list[LineToAdd]:
    """Raises DomainError where an id is none of a variant, PermissionDeniedError where a price is set by who
    may not.
    """
    return [
        LineToAdd(
            _variant_key(line.variant_id),
            line.quantity,
            own_line=bool(line.force_new_line),
            metadata=metadata_entries(line.metadata),
            price=_price(line, requester),
        )
        for line in given
    ]


def _price(line: CheckoutLineInput | CheckoutLineUpdateInput, requester: Requester) -> PriceOverride | None:
    """Raises PermissionDeniedError, and PriceReasonError for a reason without a price."""
    reason = line.price_override_reason or None
    if line.price is UNSET and reason is None:
        return None
    if not requester.has_any([Permission.HANDLE_CHECKOUTS]):
        raise PermissionDeniedError(Permission.HANDLE_CHECKOUTS)
    if reason is not None and not isinstance(line.price, Decimal):
        raise PriceReasonError("There is a reason, but no price.", field="priceOverrideReason")
    if reason is not None and len(reason) > REASON_LENGTH:
        raise InvalidError(f"At most {REASON_LENGTH} characters, please.", field="priceOverrideReason")
    return PriceOverride(line.price, reason)


def line_changes(given: list[CheckoutLineUpdateInput], requester: Requester) -> list[LineChange]:
    """Raises DomainError where an id is of another type, RequiredError where a line isn't named, and
    PermissionDeniedError where a price is set by who may not.
    """
    made = []
    for change in given:
        line_id, variant_id = change.line_id or None, change.variant_id or None
        if (line_id is None) == (variant_id is None):
            raise RequiredError("Name the line by its id, or by its variant.", field="lineId")
        price = _price(change, requester)
        if price is None and (change.quantity is UNSET or change.quantity is None):
            raise RequiredError("Say how many pieces it shall have.", field="quantity")
        made.append(
            LineChange(
                None if change.quantity is UNSET else change.quantity,
                line_id=None if line_id is None else line_key(line_id, "lineId"),
                variant_id=None if variant_id is None else _variant_key(variant_id),
                metadata=metadata_entries(change.metadata),
                price=price,
            )
        )
    return made


def _variant_key(global_id: str) -> int:
    try:
        return int_pk(global_id, "ProductVariant")
    except InvalidError as error:
        raise _no_such_id(error, "variantId") from error


def line_key(global_id: str, field: str) -> uuid.UUID:
    """The key of a line's id. Raises DomainError."""
    try:
        return uuid_pk(global_id, "CheckoutLine")
    except InvalidError as error:
        raise _no_such_id(error, field) from error


def checkout_key(id: str | None, checkout_id: str | None, token: uuid.UUID | None) -> uuid.UUID:
    """The checkout that one of Saleor's three ways names. Raises DomainError for none or several."""
    given = [way for way in (id, checkout_id, token) if way is not None]
    if len(given) != 1:
        raise DomainError("Name the checkout by `id`.", field="id", code="GRAPHQL_ERROR")
    if token is not None:
        return token
    try:
        return uuid_pk(str(given[0]), "Checkout")
    except InvalidError as error:
        raise _no_such_id(error, "id") from error


def _no_such_id(error: InvalidError, field: str) -> DomainError:
    return DomainError(error.message, field=field, code="GRAPHQL_ERROR")


def postal_address(given: "AddressInput") -> PostalAddress:
    """An address as it was typed."""
    sent = changes(given)
    country = sent.get("country")
    texts = {name: sent[name] for name in PostalAddress.__dataclass_fields__ if sent.get(name)}
    return PostalAddress(country_code=getattr(country, "value", country) or "", **texts)


def changed_address(kept: PostalAddress, given: "AddressInput") -> PostalAddress:
    """A kept address with what was sent, nulls as nothing."""
    names = PostalAddress.__dataclass_fields__.keys()
    sent = {name: value or "" for name, value in changes(given).items() if name in names}
    if given.country:
        sent["country_code"] = given.country.value
    return replace(kept, **sent)


def address_checks(
    rules: CheckoutAddressValidationRules | None, given: "AddressInput | None", requester: Requester
) -> AddressChecks:
    """How strictly an address is looked at; strictly, unless something else is asked for.

    `skipValidation` is for staff who may, as in Saleor. Raises PermissionDeniedError.
    """
    if given and given.skip_validation:
        if not requester.has_any([Permission.HANDLE_CHECKOUTS]):
            raise PermissionDeniedError(Permission.HANDLE_CHECKOUTS)
        return AddressChecks(required=False, form=False, normalise=False)
    if not rules:
        return STRICT
    return AddressChecks(
        required=rules.check_required_fields is not False,
        form=rules.check_fields_format is not False,
        normalise=rules.enable_fields_normalization is not False,
    )


def metadata_entries(given: Any) -> dict[str, str]:
    """Entries by their keys. Raises InvalidError, RequiredError."""
    entries = {}
    for entry in given or ():
        if not entry.key.strip():
            raise RequiredError("An entry has a key.", field="metadata")
        if len(entry.key) > METADATA_KEY_LENGTH:
            raise InvalidError(f"A key has at most {METADATA_KEY_LENGTH} characters.", field="metadata")
        entries[entry.key] = entry.value
    return entries

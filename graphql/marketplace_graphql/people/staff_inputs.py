"""What staff type about customers and colleagues."""

from typing import TYPE_CHECKING, Any

from strawberry import ID, UNSET

from marketplace.kit.errors import PermissionDeniedError
from marketplace.people.address_book import AddressType
from marketplace.people.changing import KEEP, PersonChanges
from marketplace.people.customers import DefaultAddress
from marketplace.people.models import CustomerType
from marketplace.people.permissions import Permission
from marketplace_graphql.catalog.answer_inputs import AttributeValueInput
from marketplace_graphql.checkout.inputs import metadata_entries, postal_address
from marketplace_graphql.inputs import MetadataInput
from marketplace_graphql.kernel import Info, input_type
from marketplace_graphql.languages import LanguageCodeEnum

if TYPE_CHECKING:
    from marketplace_graphql.people.inputs import AddressInput

CONFIRMED_BY_LETTER = "Whoever sets the password is confirmed by it."


@input_type
class CustomerInput:
    """What changes of a customer."""

    default_billing_address: "AddressInput | None"
    default_shipping_address: "AddressInput | None"
    first_name: str | None
    last_name: str | None
    email: str | None
    is_active: bool | None
    """Whether the account may be signed into."""
    note: str | None
    """What staff keep in mind."""
    metadata: list[MetadataInput] | None
    """Entries to add, or to write anew."""
    private_metadata: list[MetadataInput] | None
    """Entries that only staff see."""
    language_code: LanguageCodeEnum | None
    """In which the person is written to."""
    external_reference: str | None
    """What another system calls the person."""
    is_confirmed: bool | None
    """Whether the e-mail address is taken for theirs."""
    customer_type: ID | None
    attributes: list[AttributeValueInput] | None
    """What is answered to the attributes that their kind asks for."""


@input_type(outdated={"is_confirmed": CONFIRMED_BY_LETTER})
class UserCreateInput(CustomerInput):
    """A new customer."""

    redirect_url: str | None
    """Where the letter's link to choose a password leads. Left out: no letter is sent."""
    channel: str | None
    """In whose name the letter is sent; may be left out where there is only one."""


@input_type
class StaffCreateInput:
    """A new member of the staff."""

    first_name: str | None
    last_name: str | None
    email: str | None
    is_active: bool | None
    note: str | None
    metadata: list[MetadataInput] | None
    private_metadata: list[MetadataInput] | None
    add_groups: list[ID] | None
    redirect_url: str | None
    """Where the letter's link to choose a password leads. Left out: no letter is sent."""


@input_type
class StaffUpdateInput:
    """What changes of a member of the staff."""

    first_name: str | None
    last_name: str | None
    email: str | None
    is_active: bool | None
    note: str | None
    metadata: list[MetadataInput] | None
    private_metadata: list[MetadataInput] | None
    add_groups: list[ID] | None
    remove_groups: list[ID] | None


async def person_changes(info: Info, given: Any) -> PersonChanges:
    """What an input says of a person: null empties a text, and leaves everything else as it is.

    Raises InvalidError, RequiredError, NotFoundError.
    """
    language = getattr(given, "language_code", UNSET)
    return PersonChanges(
        email=_text(given.email),
        first_name=_text(given.first_name),
        last_name=_text(given.last_name),
        note=_text(given.note),
        is_active=_told(given.is_active),
        is_confirmed=_told(getattr(given, "is_confirmed", UNSET)),
        language_code=language.value if language else KEEP,
        external_reference=_sent(getattr(given, "external_reference", UNSET)),
        customer_type=await _customer_type(info, getattr(given, "customer_type", UNSET)),
        public_metadata=metadata_entries(given.metadata),
        private_metadata=metadata_entries(given.private_metadata),
    )


def default_addresses(info: Info, given: CustomerInput | UserCreateInput) -> list[DefaultAddress]:
    """The addresses that are meant from now on. Raises PermissionDeniedError, InvalidError, RequiredError."""
    named: tuple[tuple[AddressType, Any], ...] = (
        ("SHIPPING", given.default_shipping_address),
        ("BILLING", given.default_billing_address),
    )
    return [default_address(info, kind, address) for kind, address in named if address]


def default_address(info: Info, kind: AddressType, address: "AddressInput") -> DefaultAddress:
    if address.skip_validation and Permission.MANAGE_USERS not in info.requester.permissions:
        raise PermissionDeniedError(Permission.MANAGE_USERS)
    return DefaultAddress(
        type=kind,
        given=postal_address(address),
        metadata=metadata_entries(address.metadata),
        as_it_is=bool(address.skip_validation),
    )


async def _customer_type(info: Info, given: Any) -> Any:
    if given is UNSET:
        return KEEP
    if given is None:
        return None
    return await info.find(CustomerType, given, field_name="customerType")


def _text(given: Any) -> Any:
    return KEEP if given is UNSET else given or ""


def _told(given: Any) -> Any:
    return KEEP if given is UNSET or given is None else given


def _sent(given: Any) -> Any:
    return KEEP if given is UNSET else given

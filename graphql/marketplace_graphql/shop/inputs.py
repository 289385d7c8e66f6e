"""What staff type about the shop."""

from typing import Any

from strawberry import ID

from marketplace_graphql.inputs import MetadataInput
from marketplace_graphql.kernel import input_type
from marketplace_graphql.shop.parts import AccountConfirmModeEnum, PasswordLoginModeEnum
from marketplace_graphql.shop.settings import GiftCardSettingsExpiryTypeEnum, TimePeriodTypeEnum


@input_type
class ShopSettingsInput:
    """What changes of the shop. What is left out stays as it is."""

    name: str | None
    header_text: str | None
    description: str | None
    track_inventory_by_default: bool | None
    """Whether the pieces of a new variant are counted."""
    fulfillment_auto_approve: bool | None
    """Whether a parcel counts as sent when it is made up."""
    fulfillment_allow_unpaid: bool | None
    """Whether a parcel may be sent before it is paid."""
    default_mail_sender_name: str | None
    """Whom letters come from; empty: as the installation says."""
    default_mail_sender_address: str | None
    """Where they come from."""
    customer_set_password_url: str | None
    """The page of another storefront on which a buyer chooses a password."""
    reserve_stock_duration_anonymous_user: int | None
    """Minutes for which a guest's checkout keeps its pieces; null or 0: not at all."""
    reserve_stock_duration_authenticated_user: int | None
    """The same minutes for whoever has signed in."""
    limit_quantity_per_checkout: int | None
    """Pieces of one variant that a checkout may hold; null: any number."""
    enable_account_confirmation_by_email: bool | None
    """Whether a new account's address has to be confirmed by a letter."""
    allow_login_without_confirmation: bool | None
    """Whether an account may be signed into before that."""
    allow_storefront_traffic: bool | None
    """Whether guests and customers may ask the API through storefronts other than ours."""
    metadata: list[MetadataInput] | None
    private_metadata: list[MetadataInput] | None
    """Entries that only staff see."""
    password_login_mode: PasswordLoginModeEnum | None
    """Who may sign in with a password."""
    account_confirm_merge_mode: AccountConfirmModeEnum | None
    """Whether confirming an account brings in what was bought as a guest."""


@input_type
class ShopSettingsTranslationInput:
    """The shop's texts in another language."""

    header_text: str | None
    description: str | None


@input_type
class SiteDomainInput:
    """What the shop is called, and where."""

    domain: str | None
    """Where the shop is: whoever installs it says that."""
    name: str | None


@input_type
class StaffNotificationRecipientInput:
    """Someone who is written to about new orders: one of the staff, or an address."""

    user: ID | None
    email: str | None
    active: bool | None


@input_type
class TimePeriodInputType:
    """So many days, weeks, months or years."""

    amount: int
    type: TimePeriodTypeEnum


@input_type
class GiftCardSettingsUpdateInput:
    """For how long bought gift cards are good."""

    expiry_type: GiftCardSettingsExpiryTypeEnum | None
    expiry_period: TimePeriodInputType | None
    """Needed where they are good for some time only."""


@input_type
class RefundSettingsUpdateInput:
    """How reasons for refunds are given."""

    refund_reason_reference_type: ID
    """A page type: its pages are such reasons."""


@input_type
class ReturnSettingsUpdateInput:
    """How reasons for returns are given."""

    return_reason_reference_type: ID
    """A page type: its pages are such reasons."""


_OTHER_NAMES = {
    "default_mail_sender_name": "mail_sender_name",
    "default_mail_sender_address": "mail_sender_address",
    "enable_account_confirmation_by_email": "account_confirmation",
    "allow_login_without_confirmation": "sign_in_unconfirmed",
    "account_confirm_merge_mode": "account_confirm_mode",
}
_NULL_MEANS_SOMETHING = (
    "header_text",
    "description",
    "default_mail_sender_name",
    "default_mail_sender_address",
    "customer_set_password_url",
    "reserve_stock_duration_anonymous_user",
    "reserve_stock_duration_authenticated_user",
    "limit_quantity_per_checkout",
)


def shop_changes(given: dict[str, Any]) -> dict[str, object]:
    """What was sent, by the columns' names; a null that means nothing leaves a setting as it is."""
    made: dict[str, object] = {}
    for name, sent in given.items():
        if name in ("metadata", "private_metadata", "password_login_mode"):
            continue
        if sent is None and name not in _NULL_MEANS_SOMETHING:
            continue
        made[_OTHER_NAMES.get(name, name)] = getattr(sent, "value", sent)
    return made

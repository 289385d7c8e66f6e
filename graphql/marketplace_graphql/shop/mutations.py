"""How staff set the shop up as a whole."""

from dataclasses import replace
from enum import Enum
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from strawberry import ID

from marketplace.content.pages import PageType
from marketplace.kit.errors import InvalidError, NotFoundError
from marketplace.markets import shop as service
from marketplace.markets.shop_settings import THE_ONLY_ROW, shop_settings
from marketplace.people import models, recipients
from marketplace.people.permissions import Permission
from marketplace_graphql.checkout.inputs import metadata_entries, postal_address
from marketplace_graphql.kernel import Info, changes, enum, error_type, mutation, object_type
from marketplace_graphql.kernel.reader.completion import Row
from marketplace_graphql.languages import LanguageCodeEnum
from marketplace_graphql.people.address_book import unlooked_at
from marketplace_graphql.people.requests import settings_of
from marketplace_graphql.rules import codes_of
from marketplace_graphql.shop.inputs import (
    GiftCardSettingsUpdateInput,
    RefundSettingsUpdateInput,
    ReturnSettingsUpdateInput,
    ShopSettingsInput,
    ShopSettingsTranslationInput,
    SiteDomainInput,
    StaffNotificationRecipientInput,
    shop_changes,
)
from marketplace_graphql.translations import TranslationError

if TYPE_CHECKING:
    from marketplace_graphql.people.inputs import AddressInput

NEEDS = Permission.MANAGE_SETTINGS
SHOP: dict[str, Any] = {"shop": "Shop | None"}
RECIPIENT: dict[str, Any] = {"staff_notification_recipient": "StaffNotificationRecipient | None"}

ShopError = error_type(
    "ShopError",
    (
        "ALREADY_EXISTS",
        "CANNOT_FETCH_TAX_RATES",
        "GRAPHQL_ERROR",
        "INVALID",
        "NOT_FOUND",
        "REQUIRED",
        "UNIQUE",
        "PASSWORD_AUTH_RESTRICTION",
    ),
    twin="shopErrors",
)
TranslationErrors = replace(TranslationError, twin="translationErrors")


@enum
class RefundSettingsErrorCode(Enum):
    """What kind of mistake it is."""

    INVALID = "INVALID"
    REQUIRED = "REQUIRED"
    GRAPHQL_ERROR = "GRAPHQL_ERROR"


@enum
class ReturnSettingsErrorCode(Enum):
    """What kind of mistake it is."""

    INVALID = "INVALID"
    NOT_FOUND = "NOT_FOUND"
    REQUIRED = "REQUIRED"
    GRAPHQL_ERROR = "GRAPHQL_ERROR"


_REFUNDS, _RETURNS = "refundSettingsErrors", "returnSettingsErrors"
RefundSettingsUpdateError = error_type("RefundSettingsUpdateError", RefundSettingsErrorCode, twin=_REFUNDS)
RefundReasonClearError = error_type(
    "RefundReasonReferenceTypeClearError", RefundSettingsErrorCode, twin=_REFUNDS
)
ReturnSettingsUpdateError = error_type("ReturnSettingsUpdateError", ReturnSettingsErrorCode, twin=_RETURNS)
ReturnReasonClearError = error_type(
    "ReturnReasonReferenceTypeClearError", ReturnSettingsErrorCode, twin=_RETURNS
)
GiftCardSettingsError = error_type("GiftCardSettingsError", ("INVALID", "REQUIRED", "GRAPHQL_ERROR"))


def _the_shop() -> dict[str, Row]:
    return {"shop": Row(THE_ONLY_ROW, "Shop")}


@object_type
class ShopMutations:
    """The shop as a whole."""

    @mutation(returns=SHOP, errors=ShopError, needs=NEEDS)
    async def shop_settings_update(self, info: Info, input: ShopSettingsInput) -> dict[str, Row]:
        """Changes what the shop has chosen."""
        if input.password_login_mode:
            service.check_password_sign_in(input.password_login_mode.value)
        with codes_of(ShopError):
            await service.update_shop(
                info.session,
                settings_of(info),
                shop_changes(changes(input)),
                public_metadata=metadata_entries(input.metadata),
                private_metadata=metadata_entries(input.private_metadata),
            )
        return _the_shop()

    @mutation(returns=SHOP, errors=TranslationErrors, needs=Permission.MANAGE_TRANSLATIONS)
    async def shop_settings_translate(
        self, info: Info, input: ShopSettingsTranslationInput, language_code: LanguageCodeEnum
    ) -> dict[str, Row]:
        """Writes the shop's texts in another language."""
        await service.translate_shop(info.session, language_code.value, changes(input))
        return _the_shop()

    @mutation(returns=SHOP, errors=ShopError, needs=NEEDS)
    async def shop_address_update(self, info: Info, input: "AddressInput | None" = None) -> dict[str, Row]:
        """Says where whoever runs the shop is to be found; nothing: nowhere."""
        with codes_of(ShopError):
            await service.set_company_address(
                info.session,
                postal_address(input) if input else None,
                metadata=metadata_entries(input.metadata) if input else None,
                as_it_is=unlooked_at(info, input, NEEDS) if input else False,
            )
        return _the_shop()

    @mutation(
        returns=SHOP, errors=ShopError, needs=NEEDS, deprecated="Use `shopSettingsUpdate` for the name."
    )
    async def shop_domain_update(self, info: Info, input: SiteDomainInput | None = None) -> dict[str, Row]:
        """Changes the shop's name. Where it is on the web, its installation says."""
        settings = settings_of(info)
        if input and input.domain and input.domain != urlsplit(settings.public_url).netloc:
            raise InvalidError("Where the shop is, its installation says.", field="domain")
        if input and isinstance(input.name, str):
            with codes_of(ShopError):
                await service.update_shop(info.session, settings, {"name": input.name})
        return _the_shop()

    @mutation(returns=RECIPIENT, errors=ShopError, needs=NEEDS)
    async def staff_notification_recipient_create(
        self, info: Info, input: StaffNotificationRecipientInput
    ) -> dict[str, models.StaffNotificationRecipient]:
        """Has somebody written to about new orders."""
        made = await recipients.add_recipient(
            info.session,
            user=await _user(info, input),
            email=input.email or None,
            is_active=input.active is not False,
        )
        return {"staff_notification_recipient": made}

    @mutation(returns=RECIPIENT, errors=ShopError, needs=NEEDS)
    async def staff_notification_recipient_update(
        self, info: Info, id: ID, input: StaffNotificationRecipientInput
    ) -> dict[str, models.StaffNotificationRecipient]:
        """Changes who is written to about new orders, or whether."""
        recipient = await info.find(models.StaffNotificationRecipient, id, lock=True)
        changed = await recipients.change_recipient(
            info.session,
            recipient,
            user=await _user(info, input),
            email=input.email if isinstance(input.email, str) else "" if input.email is None else None,
            is_active=input.active if isinstance(input.active, bool) else None,
        )
        return {"staff_notification_recipient": changed}

    @mutation(returns=RECIPIENT, errors=ShopError, needs=NEEDS)
    async def staff_notification_recipient_delete(
        self, info: Info, id: ID
    ) -> dict[str, models.StaffNotificationRecipient]:
        """Has somebody written to about new orders no more."""
        recipient = await info.find(models.StaffNotificationRecipient, id, lock=True)
        info.afterwards(lambda: recipients.remove_recipient(info.session, recipient))
        return {"staff_notification_recipient": recipient}

    @mutation(
        returns={"gift_card_settings": "GiftCardSettings | None"},
        errors=GiftCardSettingsError,
        needs=Permission.MANAGE_GIFT_CARD,
    )
    async def gift_card_settings_update(
        self, info: Info, input: GiftCardSettingsUpdateInput
    ) -> dict[str, Row]:
        """Says for how long bought gift cards are good."""
        period = input.expiry_period
        await service.set_gift_card_expiry(
            info.session,
            input.expiry_type or None,
            (period.amount, period.type) if period else None,
        )
        return {"gift_card_settings": Row(THE_ONLY_ROW, "GiftCardSettings")}


@object_type
class ReasonMutations:
    """Reasons for refunds and returns."""

    @mutation(
        returns={"refund_settings": "RefundSettings | None"}, errors=RefundSettingsUpdateError, needs=NEEDS
    )
    async def refund_settings_update(self, info: Info, input: RefundSettingsUpdateInput) -> dict[str, Row]:
        """Says which pages are reasons for refunds."""
        given = input.refund_reason_reference_type
        kind = await info.find(PageType, given, field_name="refundReasonReferenceType")
        (await shop_settings(info.session)).refund_reason_reference_type_id = kind.id
        return {"refund_settings": Row(THE_ONLY_ROW, "RefundSettings")}

    @mutation(
        returns={"refund_settings": "RefundSettings"},
        errors=RefundReasonClearError,
        needs=NEEDS,
        payload_name="RefundReasonReferenceTypeClear",
    )
    async def refund_reason_reference_clear(self, info: Info) -> dict[str, Row]:
        """Says that no pages are reasons for refunds."""
        (await shop_settings(info.session)).refund_reason_reference_type_id = None
        return {"refund_settings": Row(THE_ONLY_ROW, "RefundSettings")}

    @mutation(
        returns={"return_settings": "ReturnSettings | None"}, errors=ReturnSettingsUpdateError, needs=NEEDS
    )
    async def return_settings_update(self, info: Info, input: ReturnSettingsUpdateInput) -> dict[str, Row]:
        """Says which pages are reasons for returns."""
        given = input.return_reason_reference_type
        kind = await info.find(PageType, given, field_name="returnReasonReferenceType")
        (await shop_settings(info.session)).return_reason_reference_type_id = kind.id
        return {"return_settings": Row(THE_ONLY_ROW, "ReturnSettings")}

    @mutation(
        returns={"return_settings": "ReturnSettings | None"},
        errors=ReturnReasonClearError,
        needs=NEEDS,
        payload_name="ReturnReasonReferenceTypeClear",
    )
    async def return_reason_reference_clear(self, info: Info) -> dict[str, Row]:
        """Says that no pages are reasons for returns."""
        (await shop_settings(info.session)).return_reason_reference_type_id = None
        return {"return_settings": Row(THE_ONLY_ROW, "ReturnSettings")}


async def _user(info: Info, input: StaffNotificationRecipientInput) -> models.User | None:
    """Whoever sets the shop up may have colleagues written to whom they see nowhere else.

    Raises NotFoundError, InvalidError.
    """
    if not input.user:
        return None
    try:
        key = info.key(input.user, "User")
    except InvalidError as refused:
        raise InvalidError(refused.message, field="user") from refused
    user = await info.session.get(models.User, key)
    if user is None:
        raise NotFoundError("There is no such member of the staff.", field="user")
    return user

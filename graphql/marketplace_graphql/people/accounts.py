"""Mutations of an account's life: opened, confirmed, its password and address changed, closed."""

from typing import TYPE_CHECKING

from strawberry import ID

from marketplace.markets.queries import channel_to_shop_in
from marketplace.people import accounts, address_book, models
from marketplace.people.accounts import Registration
from marketplace.people.address_book import AddressType
from marketplace_graphql.checkout.inputs import metadata_entries, postal_address
from marketplace_graphql.inputs import MetadataInput
from marketplace_graphql.kernel import (
    AUTHENTICATED,
    AUTHENTICATED_APP,
    Info,
    changes,
    input_type,
    mutation,
    object_type,
)
from marketplace_graphql.languages import LanguageCodeEnum
from marketplace_graphql.people.errors import AccountError, SendConfirmationEmailError
from marketplace_graphql.people.requests import account_settings, as_it_was, requester_account, settings_of
from marketplace_graphql.rules import codes_of

if TYPE_CHECKING:
    from marketplace_graphql.people.inputs import AddressInput


@input_type
class AccountRegisterInput:
    """What somebody says who opens an account."""

    first_name: str | None
    last_name: str | None
    language_code: LanguageCodeEnum | None
    """In which the person is written to."""
    email: str
    password: str
    redirect_url: str | None
    """Where the letter's link leads: needed where addresses are confirmed."""
    metadata: list[MetadataInput] | None
    """Entries that everybody sees who sees the person."""
    channel: str | None
    """May be left out where there is only one."""


@input_type
class AccountInput:
    """What changes of one's account."""

    first_name: str | None
    last_name: str | None
    language_code: LanguageCodeEnum | None
    """In which the person is written to."""
    default_billing_address: "AddressInput | None"
    default_shipping_address: "AddressInput | None"
    metadata: list[MetadataInput] | None
    """Entries to add, or to write anew."""


TOKENS = {
    "token": str | None,
    "refresh_token": str | None,
    "csrf_token": str | None,
    "user": "User | None",
}


@object_type
class AccountMutations:
    """An account's life."""

    @mutation(
        returns={"user": "User | None", "requires_confirmation": bool | None},
        errors=AccountError,
    )
    async def account_register(self, info: Info, input: AccountRegisterInput) -> dict[str, object]:
        """Opens an account. Whether the address had one already is told to the address alone."""
        settings = await account_settings(info)
        slug = None
        if settings.account_confirmation:
            slug = (await channel_to_shop_in(info.session, input.channel or None)).slug
        given = changes(input)
        language = given.get("language_code")
        registration = Registration(
            email=input.email.lower(),
            password=input.password,
            redirect_url=given.get("redirect_url"),
            first_name=given.get("first_name") or "",
            last_name=given.get("last_name") or "",
            language_code=language.value if language else "fr",
            metadata=metadata_entries(input.metadata),
        )
        with codes_of(AccountError):
            await accounts.register(
                info.session, settings, registration, address=info.address, channel_slug=slug
            )
        told = accounts.as_registered(registration)
        return {
            "user": as_it_was(told, with_id=False),
            "requires_confirmation": settings.account_confirmation,
        }

    @mutation(returns="User", errors=AccountError)
    async def confirm_account(
        self, info: Info, email: str, token: str, password: str | None = None
    ) -> models.User:
        """Confirms an account by the link of its letter."""
        with codes_of(AccountError):
            return await accounts.confirm(
                info.session, await account_settings(info), email, token, password, address=info.address
            )

    @mutation(returns=None, errors=SendConfirmationEmailError, needs=AUTHENTICATED)
    async def send_confirmation_email(self, info: Info, redirect_url: str, channel: str) -> None:
        """Sends the letter again by which one's account is confirmed."""
        user = await requester_account(info)
        with codes_of(SendConfirmationEmailError):
            slug = (await channel_to_shop_in(info.session, channel)).slug
            await accounts.send_confirmation_again(
                info.session, await account_settings(info), user, redirect_url, slug
            )

    @mutation(returns=None, errors=AccountError)
    async def request_password_reset(
        self, info: Info, email: str, redirect_url: str, channel: str | None = None
    ) -> None:
        """Sends a link to choose a new password, if there is such an account. The answer does not tell."""
        with codes_of(AccountError):
            slug = (await channel_to_shop_in(info.session, channel)).slug
            await accounts.ask_for_password_reset(
                info.session,
                settings_of(info),
                email,
                redirect_url,
                address=info.address,
                channel_slug=slug,
            )

    @mutation(returns=TOKENS, errors=AccountError)
    async def set_password(self, info: Info, email: str, password: str, token: str) -> dict[str, object]:
        """Sets a new password by the link of a letter, and signs in with it."""
        with codes_of(AccountError):
            signed_in = await accounts.set_password(
                info.session, await account_settings(info), email, token, password
            )
        return {
            "token": signed_in.access_token,
            "refresh_token": signed_in.refresh_token,
            "csrf_token": signed_in.csrf_token,
            "user": signed_in.user,
        }

    @mutation(returns="User", errors=AccountError, needs=AUTHENTICATED)
    async def password_change(
        self, info: Info, new_password: str, old_password: str | None = None
    ) -> models.User:
        """Changes one's password. It signs out everywhere, here too."""
        user = await requester_account(info)
        with codes_of(AccountError):
            await accounts.change_password(
                info.session, user, old_password, new_password, address=info.address
            )
        return user

    @mutation(returns="User", errors=AccountError, needs=AUTHENTICATED)
    async def request_email_change(
        self, info: Info, new_email: str, password: str, redirect_url: str, channel: str | None = None
    ) -> models.User:
        """Sends a link to one's new e-mail address, by which it takes the old one's place."""
        user = await requester_account(info)
        with codes_of(AccountError):
            slug = (await channel_to_shop_in(info.session, channel)).slug
            await accounts.ask_for_email_change(
                info.session,
                settings_of(info),
                user,
                new_email.lower(),
                password,
                redirect_url,
                address=info.address,
                channel_slug=slug,
            )
        return user

    @mutation(returns="User", errors=AccountError, needs=AUTHENTICATED)
    async def confirm_email_change(self, info: Info, token: str, channel: str | None = None) -> models.User:
        """Changes one's e-mail address by the link that came to the new one."""
        user = await requester_account(info)
        with codes_of(AccountError):
            slug = (await channel_to_shop_in(info.session, channel)).slug
            await accounts.change_email(info.session, settings_of(info), user, token, slug)
        return user

    @mutation(
        returns="User",
        errors=AccountError,
        needs=(AUTHENTICATED, AUTHENTICATED_APP),
        tells="CUSTOMER_UPDATED",
    )
    async def account_update(
        self, info: Info, input: AccountInput, customer_id: ID | None = None
    ) -> models.User:
        """Changes one's account."""
        user = await requester_account(info, customer_id)
        given = changes(input)
        for name, field in (("first_name", "firstName"), ("last_name", "lastName")):
            if given.get(name) is not None:
                setattr(user, name, accounts.checked_name(given[name], field))
        if given.get("language_code") is not None:
            user.language_code = given["language_code"].value
        entries = metadata_entries(input.metadata)
        user.public_metadata = {**user.public_metadata, **entries}
        with codes_of(AccountError):
            await _set_default(info, user, input.default_shipping_address, "SHIPPING")
            await _set_default(info, user, input.default_billing_address, "BILLING")
        return user

    @mutation(returns=None, errors=AccountError, needs=AUTHENTICATED)
    async def account_request_deletion(
        self, info: Info, redirect_url: str, channel: str | None = None
    ) -> None:
        """Sends a link by which one's account is deleted."""
        user = await requester_account(info)
        with codes_of(AccountError):
            slug = (await channel_to_shop_in(info.session, channel)).slug
            await accounts.ask_for_deletion(info.session, settings_of(info), user, redirect_url, slug)

    @mutation(returns={"user": "User | None"}, errors=AccountError, needs=AUTHENTICATED)
    async def account_delete(self, info: Info, token: str) -> dict[str, object]:
        """Deletes one's account by the link of a letter. Orders stay, without the person."""
        user = await requester_account(info)
        told = as_it_was(user)
        with codes_of(AccountError):
            await accounts.delete(info.session, settings_of(info), user, token)
        return {"user": told}


async def _set_default(
    info: Info, user: models.User, given: "AddressInput | None", address_type: AddressType
) -> None:
    if given:
        address = await address_book.set_default_to(info.session, user, postal_address(given), address_type)
        address.public_metadata = {**address.public_metadata, **metadata_entries(given.metadata)}

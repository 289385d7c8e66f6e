"""An account's life: opened, confirmed, its password and address changed, closed.

Nobody learns from here which addresses have an account: what would tell is written to the address.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock
from marketplace.kit.announcements import announce
from marketplace.kit.errors import DomainError, InvalidError, RequiredError
from marketplace.kit.events import publish
from marketplace.kit.settings import Settings
from marketplace.people import history, mail_tokens, throttling, tokens
from marketplace.people.errors import (
    AttemptDelayedError,
    EmailTakenError,
    StaffAccountError,
    WrongPasswordError,
)
from marketplace.people.events import AccountClosing, EmailProven
from marketplace.people.letters import AccountLetter, ask_for_letter
from marketplace.people.mail_tokens import Purpose
from marketplace.people.models import CustomerEventType, CustomerType, User
from marketplace.people.passwords import hash_password
from marketplace.people.redirects import checked_redirect
from marketplace.people.service import SignedIn, checked_email, knows_password, signed_in, user_by_email

ANOTHER_LETTER_AFTER = timedelta(minutes=15)
"""So long a letter that was asked for is the only one of its kind."""
NAME_LENGTH = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """What somebody says who opens an account."""

    email: str
    password: str
    redirect_url: str | None = None
    first_name: str = ""
    last_name: str = ""
    language_code: str = "fr"
    metadata: Mapping[str, str] = field(default_factory=dict)


async def register(
    session: AsyncSession,
    settings: Settings,
    given: Registration,
    *,
    address: str | None = None,
    channel_slug: str | None = None,
) -> User | None:
    """Open an account, and have its address confirmed where the shop wants that; None: it exists already.

    Raises AttemptDelayedError, RequiredError and InvalidError (of the address, the link, the names), and what
    `hash_password` raises; EmailTakenError only where no letter could tell instead.
    """
    attempts = throttling.of_address(throttling.ACCOUNTS_FROM_ADDRESS, address)
    await throttling.check(session, attempts)
    if settings.account_confirmation:
        if not given.redirect_url:
            raise RequiredError("Say where the letter's link shall lead.", field="redirectUrl")
        checked_redirect(settings, given.redirect_url)
    user = User(
        email=checked_email(given.email),
        first_name=checked_name(given.first_name, "firstName"),
        last_name=checked_name(given.last_name, "lastName"),
        language_code=given.language_code,
        is_confirmed=not settings.account_confirmation,
        public_metadata=dict(given.metadata),
        token_key=tokens.new_token_key(),
    )
    user.password_hash = await hash_password(given.password, user)
    await throttling.count(session, attempts)
    opened = await _added(session, user)
    if settings.account_confirmation:
        await ask_for_letter(
            session, AccountLetter.CONFIRM_ACCOUNT, user if opened else None, redirect_url=given.redirect_url
        )
        if opened:
            told = {"redirect_url": given.redirect_url, "channel_slug": channel_slug}
            await announce(session, "ACCOUNT_CONFIRMATION_REQUESTED", user, **told)
    elif not opened:
        raise EmailTakenError("There is an account with this e-mail address already.", field="email")
    return user if opened else None


def as_registered(given: Registration) -> User:
    """What whoever registers is told of the account, be it new or not: what they have said themselves."""
    now = clock.now()
    return User(
        email=given.email,
        first_name=given.first_name,
        last_name=given.last_name,
        language_code=given.language_code,
        public_metadata=dict(given.metadata),
        is_confirmed=False,
        created_at=now,
        updated_at=now,
    )


async def _added(session: AsyncSession, user: User) -> bool:
    """Whether the account is new. Two that are opened at once are one."""
    user.customer_type_id = await session.scalar(
        select(CustomerType.id).where(CustomerType.is_default).order_by(CustomerType.id).limit(1)
    )
    if await user_by_email(session, user.email) is not None:
        return False
    try:
        async with session.begin_nested():
            session.add(user)
    except IntegrityError:
        return False
    user.confirmation_asked_at = clock.now()
    await history.record(session, user.id, CustomerEventType.ACCOUNT_CREATED)
    await announce(session, "CUSTOMER_CREATED", user)
    return True


async def confirm(
    session: AsyncSession,
    settings: Settings,
    email: str,
    token: str,
    password: str | None = None,
    *,
    address: str | None = None,
) -> User:
    """Confirm an account by its letter's link.

    Where the shop's mode asks for the password too, what was bought as a guest becomes the account's: who has
    the link alone may have been sent it by the one who opened the account. Raises LinkError, RequiredError,
    WrongPasswordError, AttemptDelayedError.
    """
    user = await user_by_email(session, email)
    active = user if user is not None and user.is_active else None
    user = mail_tokens.check(settings, Purpose.CONFIRM_ACCOUNT, active, token)
    if settings.account_confirm_mode == "REQUIRE_PASSWORD":
        if not password:
            raise RequiredError("The account's password is needed.", field="password")
        await _prove(session, user, password, address, field="password", code="INVALID")
        await publish(session, EmailProven(user.id, user.email))
    user.is_confirmed = True
    await history.record(session, user.id, CustomerEventType.ACCOUNT_ACTIVATED)
    await session.flush()
    await announce(session, "ACCOUNT_CONFIRMED", user)
    return user


async def send_confirmation_again(
    session: AsyncSession,
    settings: Settings,
    user: User,
    redirect_url: str,
    channel_slug: str | None = None,
) -> None:
    """Raises DomainError where there is nothing to confirm or a letter is on its way, InvalidError."""
    if user.is_confirmed or not settings.account_confirmation:
        raise DomainError("This account is confirmed.", code="ACCOUNT_CONFIRMED")
    asked_at = user.confirmation_asked_at
    if asked_at is not None and clock.now() - asked_at < ANOTHER_LETTER_AFTER:
        raise DomainError("A letter was sent a moment ago.", code="CONFIRMATION_ALREADY_REQUESTED")
    checked_redirect(settings, redirect_url)
    user.confirmation_asked_at = clock.now()
    await ask_for_letter(session, AccountLetter.CONFIRM_ACCOUNT, user, redirect_url=redirect_url)
    told = {"redirect_url": redirect_url, "channel_slug": channel_slug}
    await announce(session, "ACCOUNT_CONFIRMATION_REQUESTED", user, **told)


async def ask_for_password_reset(
    session: AsyncSession,
    settings: Settings,
    email: str,
    redirect_url: str,
    *,
    address: str | None = None,
    channel_slug: str | None = None,
) -> None:
    """Have a link to choose a new password sent, if there is such an account. The caller can't tell.

    A second letter within a quarter of an hour is not sent. Raises InvalidError for the link, and
    AttemptDelayedError for an address that asks too much.
    """
    checked_redirect(settings, redirect_url)
    attempts = throttling.of_address(throttling.LETTERS_FROM_ADDRESS, address)
    try:
        await throttling.check(session, attempts)
    except AttemptDelayedError as delayed:
        raise AttemptDelayedError(delayed.until, code="PASSWORD_RESET_ALREADY_REQUESTED") from None
    await throttling.count(session, attempts)
    user = await user_by_email(session, email)
    asked_at = user.password_reset_asked_at if user else None
    if user is not None and (
        not user.is_active or (asked_at is not None and clock.now() - asked_at < ANOTHER_LETTER_AFTER)
    ):
        user = None
    if user is not None:
        user.password_reset_asked_at = clock.now()
        await history.record(session, user.id, CustomerEventType.PASSWORD_RESET_LINK_SENT)
        event = "STAFF_SET_PASSWORD_REQUESTED" if user.is_staff else "ACCOUNT_SET_PASSWORD_REQUESTED"
        await announce(session, event, user, redirect_url=redirect_url, channel_slug=channel_slug)
    await ask_for_letter(session, AccountLetter.RESET_PASSWORD, user, redirect_url=redirect_url)


async def invite_to_set_password(
    session: AsyncSession, settings: Settings, user: User, redirect_url: str
) -> None:
    """For an account that somebody else has opened: its owner chooses a password. Raises InvalidError."""
    checked_redirect(settings, redirect_url)
    await ask_for_letter(session, AccountLetter.SET_PASSWORD, user, redirect_url=redirect_url)


async def set_password(
    session: AsyncSession, settings: Settings, email: str, token: str, password: str
) -> SignedIn:
    """A new password by a letter's link; whoever was signed in isn't any more, except the one who did it.

    The link came by mail, so the address is confirmed by it too. Raises LinkError (for an unknown address as
    well), and what `hash_password` and `signed_in` raise.
    """
    found = await user_by_email(session, email)
    user = mail_tokens.check(settings, Purpose.SET_PASSWORD, found, token)
    await _keep_password(session, user, password, CustomerEventType.PASSWORD_RESET)
    user.is_confirmed = True
    return await signed_in(session, settings, user)


async def change_password(
    session: AsyncSession, user: User, old: str | None, new: str, *, address: str | None = None
) -> None:
    """A new password for one who knows the old one, or never had one. It signs out everywhere.

    Raises WrongPasswordError, AttemptDelayedError, and what `hash_password` raises.
    """
    if user.password_hash is not None:
        await _prove(session, user, old or "", address, field="oldPassword")
    await _keep_password(session, user, new, CustomerEventType.PASSWORD_CHANGED, field="newPassword")


async def _keep_password(
    session: AsyncSession, user: User, password: str, event: CustomerEventType, field: str = "password"
) -> None:
    user.password_hash = await hash_password(password, user, field)
    user.token_key = tokens.new_token_key()
    await history.record(session, user.id, event)
    await session.flush()


async def ask_for_email_change(
    session: AsyncSession,
    settings: Settings,
    user: User,
    new_email: str,
    password: str,
    redirect_url: str,
    *,
    address: str | None = None,
    channel_slug: str | None = None,
) -> None:
    """Have a link sent to the new address. Raises WrongPasswordError, AttemptDelayedError, EmailTakenError,
    InvalidError.
    """
    await _prove(session, user, password, address, field="password")
    new_email = checked_email(new_email, field="newEmail")
    await _check_free(session, new_email)
    checked_redirect(settings, redirect_url)
    await ask_for_letter(
        session, AccountLetter.CHANGE_EMAIL, user, redirect_url=redirect_url, email=new_email
    )
    await history.record(session, user.id, CustomerEventType.EMAIL_CHANGED_REQUEST, message=new_email)
    told = {"redirect_url": redirect_url, "channel_slug": channel_slug, "new_email": new_email}
    await announce(session, "ACCOUNT_CHANGE_EMAIL_REQUESTED", user, **told)


async def change_email(
    session: AsyncSession, settings: Settings, user: User, token: str, channel_slug: str | None = None
) -> None:
    """Change the address by the link that was sent to the new one, and tell the old one.

    Raises LinkError, EmailTakenError.
    """
    new_email, old_email = mail_tokens.new_email_of(settings, user, token), user.email
    await _check_free(session, new_email)
    user.email = new_email
    user.is_confirmed = True
    try:
        async with session.begin_nested():
            await session.flush()
    except IntegrityError:
        raise _email_taken() from None
    await history.record(session, user.id, CustomerEventType.EMAIL_CHANGED, message=new_email)
    await publish(session, EmailProven(user.id, new_email))
    await announce(session, "ACCOUNT_EMAIL_CHANGED", user, channel_slug=channel_slug, new_email=new_email)
    await announce(session, "CUSTOMER_UPDATED", user)
    await ask_for_letter(session, AccountLetter.EMAIL_CHANGED, user, email=old_email)


async def ask_for_deletion(
    session: AsyncSession,
    settings: Settings,
    user: User,
    redirect_url: str,
    channel_slug: str | None = None,
) -> None:
    """Have a link sent that deletes the account. Raises InvalidError."""
    checked_redirect(settings, redirect_url)
    await ask_for_letter(session, AccountLetter.DELETE_ACCOUNT, user, redirect_url=redirect_url)
    told = {"redirect_url": redirect_url, "channel_slug": channel_slug}
    await announce(session, "ACCOUNT_DELETE_REQUESTED", user, **told)


async def delete(session: AsyncSession, settings: Settings, user: User, token: str) -> None:
    """Delete an account and all that is its owner's alone; what was sold stays, without the person.

    Raises StaffAccountError, LinkError, and what a room that can't do without the account raises.
    """
    if user.is_staff:
        raise StaffAccountError("An account of the staff is not deleted like this.")
    mail_tokens.check(settings, Purpose.DELETE_ACCOUNT, user, token)
    await publish(session, AccountClosing(user.id))
    await announce(session, "ACCOUNT_DELETED", user)
    await announce(session, "CUSTOMER_DELETED", user)
    await session.delete(user)
    await session.flush()


def checked_name(name: str, field: str) -> str:
    """A first or last name. Raises InvalidError."""
    name = " ".join(name.split())
    if len(name) > NAME_LENGTH or "\0" in name:
        raise InvalidError(f"At most {NAME_LENGTH} characters fit here.", field=field)
    return name


async def _check_free(session: AsyncSession, email: str) -> None:
    if await user_by_email(session, email) is not None:
        raise _email_taken()


def _email_taken() -> EmailTakenError:
    return EmailTakenError("This e-mail address is another account's.", field="newEmail")


async def _prove(
    session: AsyncSession,
    user: User,
    password: str,
    address: str | None,
    *,
    field: str,
    code: str | None = None,
) -> None:
    """Raises WrongPasswordError (counted), AttemptDelayedError."""
    if not await knows_password(session, user, user.email, password, address):
        raise WrongPasswordError("The password is not right.", field=field, code=code)

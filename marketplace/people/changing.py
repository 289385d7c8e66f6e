"""What staff write of a person's account, whoever the person is: checked and kept."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.errors import DomainError, Errors, InvalidError, RequiredError, UniqueError
from marketplace.people import tokens
from marketplace.people.accounts import checked_name
from marketplace.people.models import CustomerType, User
from marketplace.people.service import checked_email, user_by_email

NOTE_CHARACTERS = 10_000
REFERENCE_CHARACTERS = 250


class Kept:
    """Stands for what is left as it is."""


KEEP: Final = Kept()


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonChanges:
    """What is written of a person; what is KEEP is left as it is. Metadata are added to those there are."""

    email: str | Kept = KEEP
    first_name: str | Kept = KEEP
    last_name: str | Kept = KEEP
    note: str | Kept = KEEP
    is_active: bool | Kept = KEEP
    is_confirmed: bool | Kept = KEEP
    language_code: str | Kept = KEEP
    external_reference: str | Kept | None = KEEP
    customer_type: CustomerType | Kept | None = KEEP
    """None: the kind that whoever opens an account is of."""
    public_metadata: Mapping[str, str] = field(default_factory=dict)
    private_metadata: Mapping[str, str] = field(default_factory=dict)


async def write(session: AsyncSession, user: User, given: PersonChanges) -> set[str]:
    """Write changes of a person, new or locked; the names of the attributes that have changed.

    Raises Errors: one for each field that is wrong.
    """
    before = {name: getattr(user, name) for name in _WRITTEN}
    with session.no_autoflush:  # Nothing is written before all of it was looked at.
        faults = await _faults(session, user, given)
        if faults:
            raise Errors(faults)
        for name in ("is_active", "is_confirmed", "language_code"):
            told = getattr(given, name)
            if not isinstance(told, Kept):
                setattr(user, name, told)
        if not isinstance(given.customer_type, Kept):
            kind = given.customer_type
            user.customer_type_id = await default_type(session) if kind is None else kind.id
        user.public_metadata = {**user.public_metadata, **given.public_metadata}
        user.private_metadata = {**user.private_metadata, **given.private_metadata}
        await _flush(session, user)
    return {name for name in _WRITTEN if getattr(user, name) != before[name]}


def new_account(*, is_confirmed: bool) -> User:
    """Somebody of whom nothing is known yet, and who signs in with nothing."""
    return User(
        email="",
        first_name="",
        last_name="",
        note="",
        is_active=True,
        is_confirmed=is_confirmed,
        language_code="fr",
        token_key=tokens.new_token_key(),
        public_metadata={},
        private_metadata={},
    )


async def default_type(session: AsyncSession) -> int | None:
    """The key of the kind of customers that a new one is of."""
    return await session.scalar(select(CustomerType.id).where(CustomerType.is_default))


def full_name(user: User) -> str:
    return f"{user.first_name} {user.last_name}".strip()


_WRITTEN = (
    "email",
    "first_name",
    "last_name",
    "note",
    "is_active",
    "is_confirmed",
    "language_code",
    "external_reference",
    "customer_type_id",
    "public_metadata",
    "private_metadata",
)


async def _faults(session: AsyncSession, user: User, given: PersonChanges) -> list[DomainError]:
    """What is wrong; what is right is written over the user's attributes."""
    faults: list[DomainError] = []
    for check in (_email, _reference):
        try:
            await check(session, user, given)
        except DomainError as error:
            faults.append(error)
    for write_over in (_first_name, _last_name, _note):
        try:
            write_over(user, given)
        except DomainError as error:
            faults.append(error)
    return faults


async def _email(session: AsyncSession, user: User, given: PersonChanges) -> None:
    if isinstance(given.email, Kept):
        if not user.email:
            raise RequiredError("An account has an e-mail address.", field="email")
        return
    if not given.email.strip():
        raise RequiredError("An account has an e-mail address.", field="email")
    email = checked_email(given.email).lower()
    other = await user_by_email(session, email)
    if other is not None and other is not user:
        raise _taken("email")
    user.email = email


def _first_name(user: User, given: PersonChanges) -> None:
    if not isinstance(given.first_name, Kept):
        user.first_name = checked_name(given.first_name, "firstName")


def _last_name(user: User, given: PersonChanges) -> None:
    if not isinstance(given.last_name, Kept):
        user.last_name = checked_name(given.last_name, "lastName")


def _note(user: User, given: PersonChanges) -> None:
    if isinstance(given.note, Kept):
        return
    if len(given.note) > NOTE_CHARACTERS:
        raise InvalidError(f"At most {NOTE_CHARACTERS} characters fit here.", field="note")
    user.note = given.note


async def _reference(session: AsyncSession, user: User, given: PersonChanges) -> None:
    if isinstance(given.external_reference, Kept):
        return
    reference = given.external_reference or None
    if reference is not None:
        if len(reference) > REFERENCE_CHARACTERS:
            raise InvalidError(
                f"At most {REFERENCE_CHARACTERS} characters fit here.", field="externalReference"
            )
        other = await session.scalar(select(User).where(User.external_reference == reference))
        if other is not None and other is not user:
            raise _taken("externalReference")
    user.external_reference = reference


async def _flush(session: AsyncSession, user: User) -> None:
    """Two that take the same address at once: the second is told. Raises UniqueError."""
    try:
        async with session.begin_nested():
            session.add(user)
    except IntegrityError as refused:
        raise _taken("externalReference" if "external_reference" in str(refused.orig) else "email") from None


def _taken(name: str) -> UniqueError:
    what = "e-mail address" if name == "email" else "external reference"
    return UniqueError(f"This {what} is another account's.", field=name)

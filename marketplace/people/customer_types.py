"""Kinds of customers, as staff make and change them. At most one of them is what a new customer is of."""

import secrets

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.errors import DomainError, InvalidError, RequiredError, UniqueError
from marketplace.kit.text import slug_of
from marketplace.people.models import CustomerType, User

NAME_CHARACTERS = 250
SLUG_CHARACTERS = 255
NUMBERED = 20


async def create_customer_type(
    session: AsyncSession, *, name: str | None, slug: str | None = None, is_default: bool = False
) -> CustomerType:
    """Make a kind of customers. Raises RequiredError, InvalidError, UniqueError."""
    kind = CustomerType(name=_checked_name(name), is_default=False)
    kind.slug = _checked_slug(slug) if slug else await _free_slug(session, kind.name)
    await _keep(session, kind)
    if is_default:
        await _make_default(session, kind)
    return kind


async def update_customer_type(
    session: AsyncSession,
    kind: CustomerType,
    *,
    name: str | None = None,
    slug: str | None = None,
    is_default: bool | None = None,
) -> CustomerType:
    """Change a locked kind; what is None is left as it is.

    Raises RequiredError, InvalidError, UniqueError; DomainError for the only default that would be none.
    """
    if is_default is False and kind.is_default:
        raise DomainError(
            "Make another kind the default instead.", field="isDefault", code="CANNOT_UNSET_DEFAULT"
        )
    if name is not None:
        kind.name = _checked_name(name)
    if slug is not None:
        kind.slug = _checked_slug(slug)
    await _keep(session, kind)
    if is_default:
        await _make_default(session, kind)
    return kind


def check_type_may_go(kind: CustomerType) -> None:
    """Raises DomainError for what new customers are of."""
    if kind.is_default:
        raise DomainError("Make another kind the default first.", field="id", code="CANNOT_DELETE_DEFAULT")


async def delete_customer_type(session: AsyncSession, kind: CustomerType) -> None:
    """Delete a kind; its customers are of the default one from then on."""
    default = select(CustomerType.id).where(CustomerType.is_default).scalar_subquery()
    await session.execute(
        update(User).where(User.customer_type_id == kind.id).values(customer_type_id=default)
    )
    await session.delete(kind)
    await session.flush()


def _checked_name(name: str | None) -> str:
    name = " ".join((name or "").split())
    if not name:
        raise RequiredError("A kind of customers has a name.", field="name")
    if len(name) > NAME_CHARACTERS:
        raise InvalidError(f"At most {NAME_CHARACTERS} characters fit here.", field="name")
    return name


def _checked_slug(slug: str) -> str:
    slug = slug.strip()
    if not slug:
        raise RequiredError("A slug can't be empty.", field="slug")
    if len(slug) > SLUG_CHARACTERS or slug_of(slug) != slug.lower().replace("_", "-").strip("-"):
        raise InvalidError("A slug has small letters, digits and hyphens.", field="slug")
    return slug


async def _free_slug(session: AsyncSession, name: str) -> str:
    base = slug_of(name, "customers")
    wishes = [base, *(f"{base}-{number}" for number in range(2, NUMBERED))]
    taken = set(await session.scalars(select(CustomerType.slug).where(CustomerType.slug.in_(wishes))))
    return next((wish for wish in wishes if wish not in taken), f"{base}-{secrets.token_hex(4)}")


async def _keep(session: AsyncSession, kind: CustomerType) -> None:
    try:
        async with session.begin_nested():
            session.add(kind)
    except IntegrityError:
        raise UniqueError("There is a kind of this slug.", field="slug") from None


async def _make_default(session: AsyncSession, kind: CustomerType) -> None:
    """In place of the one before. Two that do this at once do it one after the other."""
    await session.execute(select(CustomerType.id).order_by(CustomerType.id).with_for_update())
    await session.execute(update(CustomerType).where(CustomerType.is_default).values(is_default=False))
    kind.is_default = True
    await session.flush()

"""Opening an account, signing in, staying signed in."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.errors import DomainError
from marketplace.kit.settings import Settings
from marketplace.people import audit, service, tokens
from marketplace.people.models import AuditEntry, User
from tests.factories.people import make_user

PASSWORD = "le tapis de Taznakht"


@pytest.fixture
async def user(session: AsyncSession) -> User:
    return await service.create_user(session, "Fatima@example.test", PASSWORD)


async def test_who_knows_the_password_signs_in_whatever_the_capitals_of_the_address(
    session: AsyncSession, settings: Settings, user: User
) -> None:
    signed_in = await service.sign_in(session, settings, " fatima@EXAMPLE.test ", PASSWORD)
    assert tokens.read_token(signed_in.access_token, settings).user_id == user.id
    assert user.last_login is not None
    assert PASSWORD not in str(user.password_hash)


@pytest.mark.parametrize(
    ("email", "password"),
    [("fatima@example.test", "another"), ("nobody@example.test", PASSWORD), ("", "")],
)
async def test_a_wrong_password_and_an_unknown_address_read_the_same(
    session: AsyncSession, settings: Settings, user: User, email: str, password: str
) -> None:
    with pytest.raises(DomainError) as refused:
        await service.sign_in(session, settings, email, password)
    assert (refused.value.code, refused.value.field) == ("INVALID_CREDENTIALS", "email")


async def test_an_account_without_a_password_is_signed_into_by_nobody(
    session: AsyncSession, settings: Settings
) -> None:
    user = await make_user(session)
    with pytest.raises(DomainError):
        await service.sign_in(session, settings, user.email, "")


@pytest.mark.parametrize(
    ("change", "code"),
    [({"is_active": False}, "INACTIVE"), ({"is_confirmed": False}, "ACCOUNT_NOT_CONFIRMED")],
)
async def test_a_closed_or_unconfirmed_account_is_told_so(
    session: AsyncSession, settings: Settings, user: User, change: dict[str, bool], code: str
) -> None:
    for name, value in change.items():
        setattr(user, name, value)
    with pytest.raises(DomainError) as refused:
        await service.sign_in(session, settings, user.email, PASSWORD)
    assert refused.value.code == code


async def test_a_refresh_token_buys_an_access_token_until_the_user_signs_out_everywhere(
    session: AsyncSession, settings: Settings, user: User
) -> None:
    signed_in = await service.sign_in(session, settings, user.email, PASSWORD)
    found, token = await service.refresh(session, settings, signed_in.refresh_token, signed_in.csrf_token)
    assert found is user
    assert tokens.read_token(token, settings).user_id == user.id
    await service.sign_out_everywhere(session, user)
    with pytest.raises(DomainError) as refused:
        await service.refresh(session, settings, signed_in.refresh_token)
    assert refused.value.code == "JWT_INVALID_TOKEN"


async def test_a_refresh_says_why_it_fails(session: AsyncSession, settings: Settings, user: User) -> None:
    expired = tokens.refresh_token(user, settings, "csrf", timedelta(seconds=-1))
    good = tokens.refresh_token(user, settings, "csrf")
    wrong_kind = tokens.access_token(user, settings)
    codes = []
    for token, csrf in [(expired, None), ("junk", None), (good, "other"), (wrong_kind, None)]:
        with pytest.raises(DomainError) as refused:
            await service.refresh(session, settings, token, csrf)
        codes.append(refused.value.code)
    assert codes == [
        "JWT_SIGNATURE_EXPIRED",
        "JWT_DECODE_ERROR",
        "JWT_INVALID_CSRF_TOKEN",
        "JWT_INVALID_TOKEN",
    ]


@pytest.mark.parametrize(
    ("email", "password", "code"),
    [
        ("FATIMA@example.test", PASSWORD, "UNIQUE"),
        ("no address", PASSWORD, "INVALID"),
        ("someone@example.test", "short", "PASSWORD_TOO_SHORT"),
        ("someone@example.test", "Motdepasse", "PASSWORD_TOO_COMMON"),
    ],
)
async def test_an_account_is_refused_for_a_reason(
    session: AsyncSession, user: User, email: str, password: str, code: str
) -> None:
    with pytest.raises(DomainError) as refused:
        await service.create_user(session, email, password)
    assert refused.value.code == code


async def test_what_staff_do_is_written_down(session: AsyncSession, user: User) -> None:
    await audit.record(session, user.id, "vendor.approved", "Vendor", 7, note="visited")
    entry = (await session.scalars(select(AuditEntry))).one()
    assert (entry.actor_id, entry.subject_id, entry.details) == (user.id, "7", {"note": "visited"})

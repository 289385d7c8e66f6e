"""The shop as a whole, as staff set it up."""

from collections.abc import Mapping

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.announcements import announce
from marketplace.kit.errors import DomainError, InvalidError, RequiredError
from marketplace.kit.settings import Settings
from marketplace.markets.shop_settings import (
    GiftCardExpiry,
    PeriodUnit,
    ShopSettings,
    ShopTranslation,
    shop_settings,
)
from marketplace.people.addresses import (
    PostalAddress,
    api_name,
    change_address,
    checked_address,
    create_address,
)
from marketplace.people.models import Address
from marketplace.people.redirects import checked_redirect
from marketplace.people.service import checked_email

TEXT_CHARACTERS = {"name": 50, "header_text": 200, "description": 500}
"""As many as Saleor takes."""
SENDER_CHARACTERS = 78
MOST_MINUTES = 60 * 24 * 60
MOST_PIECES = 2**31 - 1
LONGEST_PERIOD = 10_000


async def update_shop(
    session: AsyncSession,
    settings: Settings,
    given: Mapping[str, object],
    *,
    public_metadata: Mapping[str, str] | None = None,
    private_metadata: Mapping[str, str] | None = None,
) -> ShopSettings:
    """Change what the shop has chosen: columns of ShopSettings by their names. Raises DomainError."""
    checked = {name: _checked(settings, name, value) for name, value in given.items()}
    shop = await shop_settings(session)
    for name, value in checked.items():
        setattr(shop, name, value)
    shop.public_metadata = {**shop.public_metadata, **(public_metadata or {})}
    shop.private_metadata = {**shop.private_metadata, **(private_metadata or {})}
    await session.flush()
    if public_metadata or private_metadata:
        await announce(session, "SHOP_METADATA_UPDATED", shop)
    return shop


async def translate_shop(
    session: AsyncSession, language_code: str, given: Mapping[str, str | None]
) -> ShopTranslation:
    """Write the shop's texts in another language; what is left out stays. Raises InvalidError."""
    for name, value in given.items():
        _checked_text(name, value or "")
    shop = await shop_settings(session)
    texts = {name: value or "" for name, value in given.items()}
    statement = insert(ShopTranslation).values(shop_id=shop.id, language_code=language_code, **texts)
    kept = await session.execute(
        statement.on_conflict_do_update(
            index_elements=[ShopTranslation.shop_id, ShopTranslation.language_code],
            set_=texts or {"language_code": language_code},
        ).returning(ShopTranslation),
        execution_options={"populate_existing": True},
    )
    return kept.scalar_one()


async def set_company_address(
    session: AsyncSession,
    given: PostalAddress | None,
    *,
    metadata: Mapping[str, str] | None = None,
    as_it_is: bool = False,
) -> ShopSettings:
    """Say where whoever runs the shop is to be found; None: nowhere. Raises Errors."""
    shop = await shop_settings(session)
    kept_id = shop.company_address_id
    kept = await session.get(Address, kept_id) if kept_id is not None else None
    if given is None:
        shop.company_address_id = None
        await session.flush()
        if kept is not None:
            await session.delete(kept)
            await session.flush()
        return shop
    checked = given if as_it_is else checked_address(given)
    if kept is None:
        kept = await create_address(session, checked)
        shop.company_address_id = kept.id
    else:
        change_address(kept, checked)
    kept.public_metadata = {**kept.public_metadata, **(metadata or {})}
    await session.flush()
    return shop


async def set_gift_card_expiry(
    session: AsyncSession,
    expiry_type: GiftCardExpiry | None,
    period: tuple[int, PeriodUnit] | None,
) -> ShopSettings:
    """Say for how long bought gift cards are good; `None` leaves the type as it is.

    Raises RequiredError, InvalidError.
    """
    shop = await shop_settings(session)
    chosen = expiry_type or shop.gift_card_expiry_type
    if chosen is GiftCardExpiry.NEVER_EXPIRE:
        period = None
    elif period is None:
        raise RequiredError("Say for how long they are good.", field="expiryPeriod")
    elif not 0 < period[0] <= LONGEST_PERIOD:
        raise InvalidError("There is no such period.", field="expiryPeriod")
    shop.gift_card_expiry_type = chosen
    shop.gift_card_expiry_amount, shop.gift_card_expiry_unit = period or (None, None)
    await session.flush()
    return shop


def _checked(settings: Settings, name: str, value: object) -> object:
    """A setting as it is kept. Raises InvalidError, DomainError."""
    match name, value:
        case ("name", None | ""):
            raise RequiredError("A shop has a name.", field="name")
        case ("name" | "header_text" | "description", text):
            return _checked_text(name, str(text or ""))
        case ("limit_quantity_per_checkout", int(pieces)) if not 0 < pieces <= MOST_PIECES:
            raise InvalidError("At least one piece, please.", field="limitQuantityPerCheckout")
        case (
            "reserve_stock_duration_anonymous_user" | "reserve_stock_duration_authenticated_user",
            minutes,
        ):
            return _checked_minutes(name, minutes)
        case ("mail_sender_name", str(sender)) if sender and (
            len(sender) > SENDER_CHARACTERS or not sender.isprintable()
        ):
            raise InvalidError("This is no name of a sender.", field="defaultMailSenderName")
        case ("mail_sender_address", str(address)) if address:
            return checked_email(address, "defaultMailSenderAddress")
        case ("customer_set_password_url", str(url)) if url:
            return checked_redirect(settings, url, "customerSetPasswordUrl")
        case ("mail_sender_name" | "mail_sender_address" | "customer_set_password_url", ""):
            return None
    return value


def check_password_sign_in(mode: str) -> None:
    """Whether the shop can do without passwords: as long as no other service is connected to sign in with,
    nobody could sign in any more. Raises DomainError.
    """
    if mode != "ENABLED":
        raise DomainError(
            "There is no other way to sign in: staff would be locked out.",
            field="passwordLoginMode",
            code="PASSWORD_AUTH_RESTRICTION",
        )


def _checked_minutes(name: str, minutes: object) -> int:
    """Nothing, and anything below a minute, is no time at all."""
    if not isinstance(minutes, int) or minutes < 1:
        return 0
    if minutes > MOST_MINUTES:
        raise InvalidError("Nothing is kept for so long.", field=api_name(name))
    return minutes


def _checked_text(name: str, text: str) -> str:
    if len(text) > TEXT_CHARACTERS[name]:
        raise InvalidError(f"At most {TEXT_CHARACTERS[name]} characters fit here.", field=api_name(name))
    return text

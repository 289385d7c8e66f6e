"""Gift cards that staff give away by e-mail: the code arrives, in the reader's language, and nowhere else."""

from datetime import date

import pytest
from sqlalchemy import text

from marketplace.kit.database import Database
from marketplace.kit.errors import InvalidError
from marketplace.kit.settings import Settings
from marketplace.pricing.gift_cards import GiftCard
from tests.factories.people import make_user
from tests.factories.pricing import make_gift_card
from tests.post.conftest import PostOffice, text_of, work

ADDRESS = "salma@example.test"


async def given(database: Database, language: str | None, expires_on: date | None = None) -> GiftCard:
    """A card given to an address, which belongs to an account where there is a language."""
    async with database.transaction() as session:
        if language is not None:
            await make_user(session, email=ADDRESS, language_code=language)
        return await make_gift_card(session, 250_00, sent_to=f" {ADDRESS} ", expires_on=expires_on)


@pytest.mark.parametrize(
    ("language", "subject", "until"),
    [
        ("fr", "Une carte cadeau de 250,00", "31 décembre 2099"),
        ("ar", "بطاقة هدية", "2099"),
        ("en", "A gift card of MAD", "31 December 2099"),
        (None, "Une carte cadeau de 250,00", "31 décembre 2099"),
    ],
)
async def test_a_card_arrives_in_its_readers_language(
    database: Database,
    mailing: Settings,
    post_office: PostOffice,
    language: str | None,
    subject: str,
    until: str,
) -> None:
    card = await given(database, language, date(2099, 12, 31))
    await work(mailing)
    (message,) = post_office.to(ADDRESS)
    assert message["Subject"].startswith(subject)
    for form in (text_of(message), text_of(message, "html")):
        assert card.code in form
        assert until in form


async def test_the_queue_does_not_know_the_code(
    database: Database, mailing: Settings, post_office: PostOffice
) -> None:
    card = await given(database, None)
    async with database.transaction() as session:
        rows = (await session.scalars(text("SELECT args::text FROM procrastinate_jobs"))).all()
    assert any(ADDRESS in row for row in rows)
    assert not any(card.code in row for row in rows)


async def test_a_card_without_an_end_says_none(
    database: Database, mailing: Settings, post_office: PostOffice
) -> None:
    await given(database, "en")
    await work(mailing)
    (message,) = post_office.to(ADDRESS)
    assert "valid until" not in text_of(message)


async def test_what_is_no_address_gets_no_card(database: Database) -> None:
    with pytest.raises(InvalidError) as refused:
        async with database.transaction() as session:
            await make_gift_card(session, 250_00, sent_to="nobody")
    assert refused.value.field == "userEmail"

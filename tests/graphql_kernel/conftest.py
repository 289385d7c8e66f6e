"""A database with the library in it, and the API over it."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from marketplace.kit.database import Database, sqlalchemy_url
from marketplace.kit.settings import Settings
from marketplace_graphql.kernel import Api, ApiSchema, Requester
from tests.graphql_kernel import models
from tests.graphql_kernel.schema import library_schema
from tests.postgres import copy_of

NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
STAFF = Requester(user_id=99, permissions=frozenset({"MANAGE_BOOKS"}), is_staff=True)
NAJAT = Requester(user_id=7)

Ask = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture(scope="session")
def library_url(template: str) -> Iterator[str]:
    with copy_of(template, f"library_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}") as url:
        engine = create_engine(sqlalchemy_url(url))
        models.Toys.metadata.create_all(engine)
        with Session(engine) as session:
            furnish(session)
            session.commit()
        engine.dispose()
        yield url


@pytest.fixture(scope="session")
async def library(library_url: str, settings: Settings) -> AsyncIterator[Database]:
    database = Database(settings.model_copy(update={"database_url": library_url}), application_name="library")
    await database.open()
    yield database
    await database.close()


@pytest.fixture(scope="session")
def schema() -> ApiSchema:
    return library_schema()


@pytest.fixture(scope="session")
def api(schema: ApiSchema, library: Database) -> Api:
    return Api(schema, library, settings={"library_name": "Zagora"}, now=lambda: NOW)


@pytest.fixture
def ask(api: Api) -> Ask:
    """Asks the library as someone, with variables by name."""

    async def asked(document: str, requester: Requester | None = None, **variables: Any) -> dict[str, Any]:
        return await api.execute(document, variables, requester)

    return asked


def furnish(session: Session) -> None:
    """Three authors, six books, two markets."""
    dirham = models.Market(slug="ma", currency_code="MAD")
    euro = models.Market(slug="eu", currency_code="EUR")
    najat = models.Author(name="Najat", user_id=7, secret="tea")
    omar = models.Author(name="Omar", user_id=8, secret="coffee")
    nobody = models.Author(name="Zahra", user_id=None, secret="mint")
    red, blue = models.Tag(name="red"), models.Tag(name="blue")
    session.add_all([dirham, euro, najat, omar, nobody, red, blue])
    session.flush()
    books = [
        models.Book(
            title="Argan",
            subtitle="An oil",
            author=najat,
            translator_id=omar.id,
            rating=4.5,
            weight=Decimal("0.350"),
            printed_on=date(2020, 2, 29),
            created_at=datetime(2026, 1, 1, 10, 30, tzinfo=UTC),
            isbn=UUID(int=1),
            binding="hard cover",
            labels=["oil", "tree"],
            body={"blocks": [1, 'a "quoted" word']},
            public_metadata={"b": "2", "a": "1"},
            private_metadata={"cost": "3"},
            tags=[red, blue],
        ),
        models.Book(
            title="Barley", author=omar, rating=4.5, created_at=NOW, binding="soft cover", tags=[blue]
        ),
        models.Book(title="Couscous", author=najat, rating=None, created_at=NOW),
        models.Book(title="Dates", author=None, rating=3.0, created_at=NOW),
        models.Book(title="Embers", author=najat, rating=1.0, created_at=NOW, is_published=False),
        models.Book(title='Fig "and" \\ ثمر', author=omar, rating=None, created_at=NOW),
    ]
    session.add_all(books)
    session.flush()
    for place, book in enumerate(books):
        session.add(models.Listing(book_id=book.id, market_id=dirham.id, price_minor=500 * (place + 1)))
    session.add(models.Listing(book_id=books[0].id, market_id=euro.id, price_minor=450))
    session.add_all(
        [
            models.Chapter(book_id=books[0].id, position=1, name="Trees", kind="prose", lines=100),
            models.Chapter(book_id=books[0].id, position=2, name="Songs", kind="verse", lines=20),
            models.Chapter(book_id=books[1].id, position=1, name="Fields", kind="prose", lines=50),
            models.BookTranslation(book_id=books[0].id, language_code="fr", title="Arganier"),
            models.Loan(id=UUID(int=10), book_id=books[0].id, market_id=euro.id, user_id=7, note="soon"),
            models.Loan(id=UUID(int=11), author_id=omar.id, market_id=dirham.id, user_id=7, note=None),
            models.Loan(id=UUID(int=12), book_id=books[4].id, market_id=dirham.id, user_id=7, note=None),
        ]
    )

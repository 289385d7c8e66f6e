"""The library's mutations for staff: by other names than the id, in bulk, and deleting."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession
from strawberry import ID

from marketplace.kit import clock
from marketplace.kit.errors import DomainError, InvalidError, RequiredError, UniqueError
from marketplace_graphql.kernel import (
    ErrorPolicyEnum,
    Faults,
    Info,
    bulk_deletion,
    deletion,
    error_entries,
    error_type,
    in_bulk,
    input_type,
    mutation,
    object_type,
    owned,
    row_by,
    shared,
)
from tests.graphql_kernel import models

ShelfError = error_type(
    "ShelfError", ("GRAPHQL_ERROR", "INVALID", "NOT_FOUND", "REQUIRED", "UNIQUE"), path_only=True
)
NEEDS = "MANAGE_BOOKS"


@owned(models.Book)
def own_book(row: Any, vendor_ids: tuple[int, ...]) -> Any:
    return row.author_id.in_(vendor_ids)


shared(models.Tag)


async def delete_books(session: AsyncSession, books: Sequence[models.Book]) -> None:
    """Deletes books that nobody has rated best."""
    if any(book.rating == 5.0 for book in books):
        raise DomainError("The best stay.", field="id")
    await session.execute(delete(models.Book).where(models.Book.id.in_([book.id for book in books])))


@input_type
class ShelvedInput:
    title: str
    rating: float | None
    price: int | None


@object_type
class ShelvedBook:
    """What became of one book of many."""

    book: "Book | None"  # type: ignore[name-defined]  # noqa: F821 - found by its name
    errors: list[ShelfError.declared] | None  # type: ignore[name-defined]


@object_type
class StaffMutations:
    book_delete = deletion(
        models.Book,
        delete_books,
        doc="Takes a book away.",
        errors=ShelfError,
        needs=NEEDS,
        tells="BOOK_DELETED",
    )
    book_bulk_delete = bulk_deletion(
        models.Book,
        delete_books,
        doc="Takes books away.",
        errors=ShelfError,
        needs=NEEDS,
        tells="BOOK_DELETED",
        sellers=True,
        limit=3,
    )

    @mutation(
        returns="Book",
        errors=ShelfError,
        needs=NEEDS,
        about=row_by(models.Book, "title"),
        tells="BOOK_UPDATED",
        sellers=True,
    )
    async def book_rate(self, info: Info, book: models.Book, rating: float) -> models.Book:
        """Rates a book; authors rate their own."""
        info.at_most(5, range(int(rating)), "rating")
        book.rating = rating
        return book

    @mutation(returns="Tag", errors=ShelfError, needs=NEEDS, sellers=True)
    async def tag_touch(self, info: Info, id: ID) -> models.Tag:
        """Finds what is everybody's."""
        return await info.find(models.Tag, id)

    @mutation(returns="Author", errors=ShelfError, needs=NEEDS, sellers=True)
    async def author_touch(self, info: Info, id: ID) -> models.Author:
        """Finds what does not say whose it is."""
        return await info.find(models.Author, id)

    @mutation(
        returns={"count": int, "results": list[ShelvedBook]},
        failed={"count": 0, "results": []},
        errors=ShelfError,
        needs=NEEDS,
    )
    async def book_bulk_create(
        self, info: Info, books: list[ShelvedInput], error_policy: ErrorPolicyEnum | None = None
    ) -> dict[str, Any]:
        """Makes books."""

        async def make(given: ShelvedInput, faults: Faults) -> models.Book:
            if not given.title:
                raise RequiredError("A book needs a title.", field="title")
            if given.title == "Argan":
                raise UniqueError("There is one.", field="title")
            book = models.Book(title=given.title, created_at=clock.now())
            with faults.at("listings", 0):
                if given.rating is not None and given.rating > 5:
                    raise InvalidError("Too good.", field="rating")
                book.rating = given.rating
            info.session.add(book)
            return book

        outcomes = await in_bulk(info.session, books, make, error_policy)
        return {
            "count": sum(each.row is not None for each in outcomes),
            "results": [
                {"book": each.row, "errors": error_entries(ShelfError, each.errors) or None}
                for each in outcomes
            ],
        }

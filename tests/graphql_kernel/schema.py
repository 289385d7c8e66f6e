"""The library's types: one field of each kind, declared as rooms declare theirs."""

import enum as python_enum
from typing import Any

from sqlalchemy import Double, and_, any_, cast, exists, func, literal, or_, select, true
from sqlalchemy.orm import aliased

from marketplace.kit.errors import DomainError, Errors, NotFoundError, RequiredError
from marketplace_graphql.kernel import (
    AUTHENTICATED,
    BEST_MATCH,
    ID,
    JSON,
    UUID,
    ApiSchema,
    ChannelSource,
    CountableConnection,
    Date,
    DateTime,
    Decimal,
    Filter,
    Info,
    JSONString,
    MetadataItem,
    Node,
    ObjectWithMetadata,
    OrderDirection,
    QueryError,
    Row,
    Sorting,
    Upload,
    between,
    changes,
    column,
    computed,
    connection,
    each,
    either,
    enum,
    error_type,
    expression,
    input_type,
    interface,
    itself,
    lookup,
    many,
    matches,
    mutation,
    never_null,
    node,
    null_when,
    object_type,
    one,
    one_of,
    record,
    refers,
    related,
    resolver,
    subject,
    translated,
    typed,
    union,
    value,
)
from marketplace_graphql.schema import api_schema
from tests.graphql_kernel import models
from tests.graphql_kernel.staff_mutations import StaffMutations

api_schema()  # Before the library declares its types: some are called as the product's are.


@enum
class LanguageCodeEnum(python_enum.Enum):
    FR = "fr"
    AR = "ar"


Binding = enum(models.Binding, name="Binding")


@object_type
class Money:
    """An amount."""

    amount: float
    currency: str


def money(minor: Any, currency: Any) -> Any:
    return null_when(minor.is_(None), {"amount": major(minor), "currency": currency})


def major(minor: Any) -> Any:
    return cast(minor, Double) / 100


def listing_of(row: Any, ctx: Any) -> Any:
    return ctx.joined(
        row,
        models.Listing,
        lambda listing: and_(listing.book_id == row.id, listing.market_id == ctx.channel.id),
        key="listing",
    )


def book_visible(row: Any, ctx: Any) -> Any:
    if ctx.requester.has("MANAGE_BOOKS"):
        return true()
    if ctx.requester.is_anonymous:
        return row.is_published
    author = select(models.Author.id).where(
        models.Author.id == row.author_id, models.Author.user_id == ctx.requester.user_id
    )
    return or_(row.is_published, author.exists())


@node(models.Author, order_by=lambda row, ctx: row.name)
class Author(Node):
    """Who writes."""

    name: str
    """As on the cover."""
    secret: str = column(needs="MANAGE_BOOKS")
    diary: str | None = column("secret", needs="MANAGE_BOOKS")
    letters: str | None = column("secret", allowed=lambda row, ctx: row.user_id == ctx.requester.user_id)
    books: "list[Book]" = related()
    library: "CountableConnection[Book]" = connection(lambda row, book, ctx: book.author_id == row.id)
    translations: "list[Book]" = related(lambda row, book, ctx: book.translator_id == row.id)


@node(models.Tag, order_by=lambda row, ctx: row.name)
class Tag(Node):
    name: str


@record(models.Listing)
class Offer:
    """A price in one market."""

    price: Money | None = value(lambda row, ctx: money(row.price_minor, ctx.channel.currency))
    cheap: bool = expression(lambda row, ctx: row.price_minor < 1000)


@node(models.BookTranslation)
class BookTranslation(Node):
    title: str | None


@interface(
    rows=models.Chapter,
    kind=lambda row, ctx: row.kind,
    types={"prose": "Prose", "verse": "Verse"},
)
class Piece:
    """A part of a book."""

    name: str


@node(models.Chapter, order_by=lambda row, ctx: row.position)
class Prose(Node, Piece):
    words: int = column("lines")
    book: "Book" = related()
    secret: str | None = column("name", needs="MANAGE_BOOKS")


@record(models.Chapter)
class Verse(Piece):
    lines: int


AnyPiece = union(
    "AnyPiece",
    "Prose",
    "Verse",
    rows=models.Chapter,
    kind=lambda row, ctx: row.kind,
    types={"prose": "Prose", "verse": "Verse"},
)
BookOrAuthor = union("BookOrAuthor", "Book", "Author")


@object_type
class Numbers:
    chapters: int
    longest: "Piece | None"
    all: "list[Piece]"
    money: Money | None


@object_type
class TooLong:
    limit: int


@object_type
class TooOld:
    since: str


Complaint = union("Complaint", TooLong, TooOld)


def longest_is_prose(row: Any, ctx: Any) -> Any:
    """A sub-select within a sub-select that speaks of the row outside both."""
    longest, longer = aliased(models.Chapter), aliased(models.Chapter)
    none_longer = ~exists(select(1).where(longer.book_id == row.id, longer.lines > longest.lines))
    return exists(select(1).where(longest.book_id == row.id, longest.kind == "prose", none_longer))


@node(models.Book, visible=book_visible, order_by=lambda row, ctx: row.title)
class Book(Node, ObjectWithMetadata):
    """What is read."""

    private_metadata_needs = "MANAGE_BOOKS"

    title: str
    subtitle: str | None
    rating: float | None
    weight: Decimal | None
    printed_on: Date | None
    created: DateTime = column("created_at")
    isbn: UUID | None
    binding: Binding | None  # type: ignore[valid-type]
    labels: list[str]
    body: JSONString | None
    raw: JSON | None = column("body")
    is_rated: bool = expression(lambda row, ctx: row.rating.is_not(None))
    longest_is_prose: bool = expression(longest_is_prose)
    promised: str = expression(lambda row, ctx: row.subtitle)
    author: Author | None = related()
    required_author: Author = related(lambda row, author, ctx: author.id == row.author_id)
    translator: Author | None = related(lambda row, author, ctx: author.id == row.translator_id)
    tags: list[Tag] = related()
    chapters: "list[Piece]" = related(
        lambda row, chapter, ctx: chapter.book_id == row.id, order_by=lambda chapter, ctx: chapter.position
    )
    pieces: "list[AnyPiece] | None" = related(
        lambda row, chapter, ctx: chapter.book_id == row.id, order_by=lambda chapter, ctx: chapter.position
    )
    offer: Offer | None = related(
        lambda row, offer, ctx: and_(offer.book_id == row.id, offer.market_id == ctx.channel.id)
    )
    price: Money | None = value(
        lambda row, ctx: money(listing_of(row, ctx).price_minor, ctx.channel.currency)
    )
    again: "Book" = itself()
    translation = translated("BookTranslation")
    market: str | None = expression(lambda row, ctx: ctx.channel.slug)

    @expression
    def longer_than(row: Any, ctx: Any, other: str, strictly: bool = True) -> bool:
        """Whether its title is longer than another."""
        mine, theirs = func.length(row.title), func.length(other)
        return mine > theirs if strictly else mine >= theirs

    @related
    def chapter(
        row: Any, chapter: Any, ctx: Any, id: ID | None = None, position: int | None = None
    ) -> Prose | None:
        """One of its chapters."""
        chosen = chapter.position == position if id is None else chapter.id == ctx.key(id, "Prose")
        return and_(chapter.book_id == row.id, chosen)

    @value
    def numbers(row: Any, ctx: Any) -> Numbers:
        """Figures about it."""
        counted = select(func.count()).where(models.Chapter.book_id == row.id).scalar_subquery()
        return {
            "chapters": lambda: func.coalesce(counted, 0),
            "longest": one(lambda piece: piece.book_id == row.id, order_by=lambda piece: piece.lines.desc()),
            "all": many(lambda piece: piece.book_id == row.id, order_by=lambda piece: piece.position),
            "money": null_when(
                row.rating.is_(None), {"amount": never_null(row.rating), "currency": literal("MAD")}
            ),
        }

    @computed(lambda row, ctx: {"title": row.title, "rating": row.rating})
    async def shouted(values: Any, info: Info, mark: str = "!") -> str | None:
        """Its title, aloud."""
        if values["title"] == "Fails":
            raise QueryError("Nobody shouts that.")
        return str(values["title"]).upper() + mark

    @computed(lambda row, ctx: {"title": row.title})
    def strict(values: Any, info: Info) -> str:
        """Its title; refuses one of them."""
        if values["title"] == "Fails":
            raise QueryError("Nobody says that.")
        return str(values["title"])

    @computed(lambda row, ctx: {"length": func.length(row.title)})
    def complaints(values: Any, info: Info) -> "list[Complaint]":
        """What is wrong with it."""
        long = [TooLong(limit=3)] if values["length"] > 3 else []
        return [*long, {"__typename": "TooOld", "since": "always"}]

    @value
    def verdict(row: Any, ctx: Any, gently: bool = False) -> "Complaint | None":
        """One thing that is wrong with it."""
        if gently:
            return typed("TooLong", {"limit": func.length(row.title)})
        return typed("TooOld", {"since": row.title})

    @value
    def judgement(row: Any, ctx: Any) -> "Complaint":
        """The one or the other, by the book."""
        return either(
            func.length(row.title) > 5,
            typed("TooLong", {"limit": func.length(row.title)}),
            typed("TooOld", {"since": row.title}),
        )

    @value
    def words(row: Any, ctx: Any) -> list[MetadataItem]:
        """Its title's words."""
        found = func.unnest(func.string_to_array(row.title, " ")).table_valued(
            "word", with_ordinality="place"
        )
        found = found.render_derived()
        return each(
            found,
            {"key": never_null(found.c.word), "value": never_null(found.c.word)},
            order_by=found.c.place,
        )


@node(models.Loan, channel=lambda row: row.market_id)
class Loan(Node):
    """A book, or its author, lent to someone."""

    note: str | None
    book: Book | None = related()
    subject: "BookOrAuthor | None" = one_of(
        {
            "Book": lambda row, book, ctx: book.id == row.book_id,
            "Author": lambda row, author, ctx: author.id == row.author_id,
        }
    )


@input_type
class PriceRange:
    gte: float | None
    lte: float | None


@input_type
class TextFilter:
    eq: str | None
    one_of: list[str] | None


@input_type
class IdFilter:
    eq: ID | None
    one_of: list[ID] | None


@input_type
class BookFilter:
    ids: list[ID] | None
    is_published: bool | None
    binding: list[Binding] | None  # type: ignore[valid-type]
    price: PriceRange | None
    label: str | None


@input_type
class BookWhere:
    title: TextFilter | None
    author: IdFilter | None
    written_by: list[ID] | None
    AND: "list[BookWhere] | None"
    OR: "list[BookWhere] | None"


book_filter = Filter(
    BookFilter,
    {
        "ids": refers(lambda row, ctx: row.id, "Book"),
        "is_published": lambda row, given, ctx: row.is_published == given,
        "binding": lambda row, given, ctx: row.binding.in_([each.value for each in given]),
        "price": between(lambda row, ctx: major(listing_of(row, ctx).price_minor)),
        "label": lambda row, given, ctx: given == any_(row.labels),
    },
)
book_where = Filter(
    BookWhere,
    {
        "title": matches(lambda row, ctx: row.title),
        "author": refers(lambda row, ctx: row.author_id, "Author"),
        "written_by": lambda row, given, ctx: ctx.one_of_few(
            row, row.author_id, ctx.key(given, "Author"), sorted_by=row.title
        ),
    },
)


@enum
class BookField(python_enum.Enum):
    TITLE = "title"
    RATING = "rating"
    CREATED = "created"
    PRICE = "price"
    RANK = "rank"


@input_type
class BookOrder:
    direction: OrderDirection
    field: BookField | None


book_order = Sorting(
    BookOrder,
    {
        BookField.TITLE: lambda row, ctx: row.title,
        BookField.RATING: lambda row, ctx: (row.rating, row.title),
        BookField.CREATED: lambda row, ctx: row.created_at,
        BookField.PRICE: lambda row, ctx: listing_of(row, ctx).price_minor,
        BookField.RANK: BEST_MATCH,
    },
)


@object_type
class LibraryQueries:
    books: "CountableConnection[Book] | None" = connection(
        filter=book_filter,
        where=book_where,
        sort_by=book_order,
        search=lambda row, term, ctx: row.title.ilike(literal("%").concat(term).concat("%")),
        rank=lambda row, term, ctx: func.length(row.title),
        channel=True,
    )
    newest: "CountableConnection[Book]" = connection(
        filter=book_filter, order_by=lambda row, ctx: (row.rating.desc(), row.title)
    )
    latest: "CountableConnection[Book]" = connection(
        filter=book_filter, order_by=lambda row, ctx: row.title.desc()
    )
    authors: "CountableConnection[Author]" = connection(needs="MANAGE_BOOKS")
    all_authors: list[Author] = related(lambda root, author, ctx: true())
    strict_authors: list[Author] = related(lambda root, author, ctx: true(), limit=2)
    node: Node | None = lookup()
    thing: "BookOrAuthor | None" = lookup()

    @related
    def book(
        root: Any,
        book: Any,
        ctx: Any,
        id: ID | None = None,
        title: str | None = None,
        channel: str | None = None,
    ) -> Book | None:
        """One book."""
        if id is None and title is None:
            raise QueryError("Either id or title is needed.")
        return book.id == ctx.key(id, "Book") if id is not None else book.title == title

    @related
    def loan(root: Any, loan: Any, ctx: Any, id: ID) -> Loan | None:
        """One loan."""
        return loan.id == ctx.key(id, "Loan")

    @value
    def library(root: Any, ctx: Any) -> "LibraryInfo":
        """The library itself."""
        return {
            "name": ctx.setting("library_name"),
            "reader": func.coalesce(func.concat("user ", ctx.requester.user_id), "nobody"),
            "today": ctx.now,
            "language": ctx.language,
        }

    @resolver
    async def greeting(info: Info, name: str = "world") -> str:
        """Says hello."""
        return f"Hello, {name}"

    @resolver(needs=AUTHENTICATED)
    def me(info: Info) -> Author | None:
        """The signed-in author."""
        return Row(info.requester.user_id)

    @resolver
    def hits(info: Info, ids: list[int]) -> "list[Book | None]":
        """Books that Python chose."""
        return [Row(each) for each in ids]

    @resolver
    def failing(info: Info) -> str:
        """Never works."""
        raise QueryError("No.")


@object_type
class LibraryInfo:
    name: str
    reader: str
    today: DateTime
    language: str


@enum
class BookErrorCode(python_enum.Enum):
    INVALID = "INVALID"
    REQUIRED = "REQUIRED"
    NOT_FOUND = "NOT_FOUND"
    UNIQUE = "UNIQUE"


BookError = error_type("BookError", BookErrorCode, twin="bookErrors", chapters=list[ID] | None)


@subject(title="Use `id`.")
async def the_book(info: Info, id: ID | None = None, title: str | None = None) -> models.Book:
    """A book, by its id or, as people used to, by its title."""
    if id is not None:
        return await info.find(models.Book, id)
    found = await info.session.scalar(select(models.Book).where(models.Book.title == title))
    if found is None:
        raise NotFoundError("There is no such book.", field="title")
    return found


@input_type(outdated={"body": "Nobody reads it."})
class BookInput:
    title: str | None
    rating: float | None
    body: JSONString | None
    prices: list[PriceRange] | None


class TitleTakenError(DomainError):
    code = "UNIQUE"


class BadReviewError(DomainError):
    keeps_changes = True


@object_type
class LibraryMutations:
    @mutation(returns="Book", errors=BookError, needs="MANAGE_BOOKS")
    async def book_name_by_another(self, info: Info, id: ID) -> models.Book:
        """Has somebody outside name a book."""
        book = await info.find(models.Book, id, lock=True)
        book.title = "Asked"
        named = await info.outside(info.context)
        if named is None:
            raise RequiredError("Nobody answered.", field="title")
        book = await info.find(models.Book, id, lock=True)
        book.title = f"{book.title}, {named}"
        return book

    @mutation(returns="Book", errors=BookError, needs="MANAGE_BOOKS")
    async def book_update(self, info: Info, id: ID, input: BookInput) -> models.Book:
        """Changes a book."""
        book = await info.find(models.Book, id)
        sent = changes(input)
        if "title" in sent and not sent["title"]:
            raise RequiredError("A book needs a title.", field="title", chapters=["1"])
        if sent.get("title") == "Taken":
            book.title = "half done"
            await info.session.flush()
            raise Errors([TitleTakenError("Taken.", field="title"), DomainError("And ugly.", field="title")])
        if sent.get("title") == "Crash":
            raise ZeroDivisionError
        sent.pop("prices", None)
        for name, given in sent.items():
            setattr(book, name, given)
        return book

    @mutation(returns="Book", errors=BookError)
    async def book_praise(self, info: Info, ids: list[ID]) -> models.Book:
        """Rates books; anyone may, who sees them."""
        books = await info.find_many(models.Book, ids, lock=True)
        for book in books:
            book.rating = 5.0
        return books[-1]

    @mutation(returns="Book", errors=BookError, about=the_book, outdated={"reason": "Nobody asks."})
    async def book_scold(
        self, info: Info, book: models.Book, by: float = 1.0, reason: str | None = None
    ) -> models.Book:
        """Rates a book lower."""
        book.rating = (book.rating or 0) - by
        return book

    @mutation(returns="Book", errors=BookError, about=the_book.without("title"))
    async def book_forgive(self, info: Info, book: models.Book) -> models.Book:
        """Rates a book as it was."""
        book.rating = 2.0
        return book

    @mutation(returns="Book", errors=BookError, needs="MANAGE_BOOKS")
    async def book_review(self, info: Info, id: ID) -> models.Book:
        """Lowers a book's rating, and says why it is not worth more."""
        book = await info.find(models.Book, id)
        book.rating = 1.0
        raise BadReviewError("It is dull.", field="id")

    @mutation(
        returns={"count": int, "first": "Book | None", "all": "list[Book] | None"},
        errors=BookError,
        payload_name="CountBooks",
    )
    async def book_count(self, info: Info, channel: str | None = None) -> dict[str, Any]:
        """Counts what there is."""
        found = list(await info.session.scalars(select(models.Book).order_by(models.Book.title)))
        info.channel_slug = channel
        return {"count": len(found), "first": found[0], "all": found}

    @mutation(returns={"size": int | None, "name": str | None}, errors=BookError)
    async def cover_upload(self, info: Info, file: Upload) -> dict[str, Any]:
        """Takes a picture."""
        return {"size": len(file.content), "name": file.filename}


@object_type
class Query(LibraryQueries):
    """What can be read."""


@object_type
class Mutation(LibraryMutations, StaffMutations):
    """What can be changed."""


def library_schema() -> ApiSchema:
    return ApiSchema(Query, Mutation, types=[Prose, Verse], channels=ChannelSource(models.Market))

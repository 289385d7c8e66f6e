"""Mutations that delete: one row, or many at once."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from strawberry import ID

from marketplace.kit.announcements import announce
from marketplace_graphql.kernel import fields
from marketplace_graphql.kernel.info import Info
from marketplace_graphql.kernel.made import NamedLater, by_its_id, called
from marketplace_graphql.kernel.mutations import ErrorType, mutation
from marketplace_graphql.kernel.subjects import Subject

Service = Callable[[AsyncSession, Sequence[Any]], Awaitable[object]]
"""Deletes rows and what hangs on them; raises DomainErrors for what must stay."""


def deletion(
    model: type[Any],
    service: Service,
    *,
    doc: str,
    errors: ErrorType,
    needs: fields.Needs,
    returns: str | None = None,
    about: Subject | None = None,
    tells: str | None = None,
    sellers: bool = False,
    field: str | None = None,
    payload_name: str | None = None,
) -> Any:
    """`pageDelete(id): PageDelete { errors page }`: a row is shown as it was, then deleted.

        page_delete = deletion(models.Page, service.delete_pages, doc="Deletes a page.", errors=PageError,
                               needs=NEEDS, tells="PAGE_DELETED")

    `returns` is the type's name, where it is not the model's; `about` says how else the row may be named.
    The event is announced while the row still is there.
    """

    def declare(name: str, module: str) -> Any:
        async def delete(self: Any, info: Info, row: Any) -> Any:
            if tells is not None:
                await announce(info.session, tells, row)
            info.afterwards(lambda: service(info.session, [row]))
            return row

        return mutation(
            returns=returns or model.__name__,
            errors=errors,
            needs=needs,
            about=about or by_its_id(model),
            sellers=sellers,
            field=field,
            payload_name=payload_name,
        )(called(delete, name, module, doc))

    return NamedLater(declare)


def bulk_deletion(
    model: type[Any],
    service: Service,
    *,
    doc: str,
    errors: ErrorType,
    needs: fields.Needs,
    tells: str | None = None,
    sellers: bool = False,
    limit: int = 1000,
) -> Any:
    """`pageBulkDelete(ids): PageBulkDelete { count errors }`: all of them or none.

    An id given twice counts once. Raises what the service does, INVALID for more ids than the limit.
    """

    def declare(name: str, module: str) -> Any:
        async def delete(self: Any, info: Info, ids: list[ID]) -> dict[str, int]:
            info.at_most(limit, ids, "ids")
            rows = await info.find_many(model, dict.fromkeys(ids), field_name="ids")
            if tells is not None:
                await announce(info.session, tells, *rows)
            await service(info.session, rows)
            return {"count": len(rows)}

        return mutation(
            returns={"count": int}, failed={"count": 0}, errors=errors, needs=needs, sellers=sellers
        )(called(delete, name, module, doc))

    return NamedLater(declare)

"""What mutations, resolvers and computed fields get besides their arguments."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sized
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from sqlalchemy import ARRAY, BigInteger, ColumnElement, case, inspect, literal, null, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from marketplace.kit.database import CARRIED_OVER
from marketplace.kit.errors import InvalidError, NotFoundError, PermissionDeniedError
from marketplace_graphql.kernel.reader import rows
from marketplace_graphql.kernel.reader.context import Context, ValueBinder
from marketplace_graphql.kernel.reader.parameters import Inputs, key_of
from marketplace_graphql.kernel.registry import registry
from marketplace_graphql.kernel.requester import Requester
from marketplace_graphql.kernel.schema import ApiSchema
from marketplace_graphql.kernel.transactions import Transactions

M = TypeVar("M")
T = TypeVar("T")


@dataclass
class Info:
    """The request as Python code sees it. Mutations and resolvers have a session, in a transaction."""

    schema: ApiSchema
    inputs: Inputs
    open_session: AsyncSession | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    context: Any = None
    """What the application gave to the API: its gateways, its storage."""
    address: str | None = None
    """Where the request comes from on the net, as far as that is known."""
    within: tuple[int, ...] | None = None
    """The sellers within which a mutation may change anything; None: everywhere."""
    acted_for: set[int] = field(default_factory=set)
    """The sellers whose rows a delegate's mutation has found: those for whom the delegate acts."""
    left_to_do: list[Callable[[], Awaitable[object]]] = field(default_factory=list)
    transactions: Transactions | None = None
    """Of a mutation: that of `open_session`, and those that follow it."""

    @property
    def session(self) -> AsyncSession:
        if self.open_session is None:
            raise RuntimeError("computed fields have no session: they compute from what they select")
        return self.open_session

    @property
    def requester(self) -> Requester:
        return self.inputs.requester

    @property
    def settings(self) -> Mapping[str, str]:
        return self.inputs.settings

    @property
    def language(self) -> str:
        return self.inputs.language

    @property
    def channel_slug(self) -> str | None:
        """The channel in which the payload is read. Set it to say which."""
        return self.inputs.channel_slug

    @channel_slug.setter
    def channel_slug(self, slug: str | None) -> None:
        self.inputs.channel_slug = slug

    def afterwards(self, work: Callable[[], Awaitable[object]]) -> None:
        """Do something once the mutation's payload has been read, before it is committed: what is deleted
        can then be shown as it was. What it raises becomes the mutation's errors.
        """
        self.left_to_do.append(work)

    async def outside(self, work: Callable[[], Awaitable[T]]) -> T:
        """Wait for somebody outside, with no connection and no lock in hand.

        What the mutation has done so far is committed. Afterwards `session` is that of a new transaction:
        rows of the earlier one must be found and locked anew.
        """
        if self.transactions is None:
            raise RuntimeError("only mutations wait for somebody outside")
        carried = self.session.info.get(CARRIED_OVER, {})
        await self.transactions.commit()
        done = await work()
        await self.transactions.begin()
        self.open_session = self.transactions.session
        self.open_session.info[CARRIED_OVER] = carried
        return done

    async def undo(self) -> None:
        """Roll back what was done since the last commit. `session` is a new one afterwards."""
        if self.transactions is None:
            raise RuntimeError("only mutations have something to undo")
        await self.transactions.undo()
        self.open_session = self.transactions.session

    async def keep(self) -> None:
        """Commit what has been done so far, whatever comes of the rest. `session` is a new one afterwards."""

        async def nothing() -> None:
            return None

        await self.outside(nothing)

    def at_most(self, limit: int, given: Sized, field_name: str) -> None:
        """Raises InvalidError where a list has more items than are worked on at once."""
        if len(given) > limit:
            raise InvalidError(f"At most {limit} at once.", field=field_name)

    def key(self, global_id: str, *type_names: str) -> Any:
        """The primary key of a global id. Raises InvalidError for another type's."""
        key_type = inspect(self.schema.rows_of(type_names[0]).model).primary_key[0].type
        text = key_of(type_names, key_type)(global_id)
        return None if text is None else key_type.python_type(text)

    async def find(self, model: type[M], global_id: str, *, field_name: str = "id", lock: bool = False) -> M:
        """The row of a global id, if the requester may see it; `lock` keeps others from changing it.

        Raises NotFoundError, InvalidError.
        """
        found = await self.find_many(model, [global_id], field_name=field_name, lock=lock)
        return found[0]

    async def find_many(
        self, model: type[M], global_ids: Iterable[str], *, field_name: str = "id", lock: bool = False
    ) -> list[M]:
        """The rows of global ids, in their order. Raises NotFoundError where one is not to be seen."""
        global_ids = list(global_ids)
        type_names = self.schema.types_of_model(model)
        try:
            keys = [self.key(global_id, *type_names) for global_id in global_ids]
        except InvalidError as error:
            error.field = field_name
            raise
        found = await self.seen(model, keys, lock=lock)
        missing = [global_id for global_id, key in zip(global_ids, keys, strict=True) if key not in found]
        if missing:
            raise NotFoundError(f"Couldn't resolve to a node: {missing[0]}", field=field_name)
        return [found[key] for key in keys]

    async def seen(
        self,
        model: type[M],
        values: Iterable[object],
        *,
        by: Callable[[Any], ColumnElement[Any]] | None = None,
        rule: Callable[[Any], ColumnElement[bool]] | None = None,
        lock: bool = False,
    ) -> dict[Any, M]:
        """Those rows of some keys, or of some values of another unique expression, that the requester may see
        and that keep a further rule: by key or value. One statement.

        Raises PermissionDeniedError where one is of a channel in which the requester does not work.
        """
        row = aliased(model)
        anywhere = replace(self.requester, channel_ids=None)
        ctx = Context.start(self.schema, ValueBinder(self.inputs), anywhere)
        scope = ctx.scope(row)
        key = rows.primary_key(row) if by is None else by(row)
        conditions = [key.in_(list(values)), registry.visible(model, row, ctx)]
        if self.within is not None:
            conditions.append(registry.owned(model, row, self.within))
        if rule is not None:
            conditions.append(rule(row))
        statement = (
            select(key, row, self._in_reach(model, row), self._acts_for(model, row))
            .select_from(scope.source)
            .where(*conditions)
        )
        if lock:
            statement = statement.order_by(key).with_for_update(of=row)
        rows_found = (await self.session.execute(statement)).all()
        if not all(in_reach for _, _, in_reach, _ in rows_found):
            raise PermissionDeniedError
        self.acted_for |= {vendor_id for *_, vendor_id in rows_found if vendor_id is not None}
        return {found: its_row for found, its_row, *_ in rows_found}

    async def check_channel(self, model: type[Any], key: object) -> None:
        """For rows that a service finds by their keys itself: raises PermissionDeniedError for one of a
        channel in which the requester does not work.
        """
        if self.requester.channel_ids is None:
            return
        row = aliased(model)
        statement = select(self._in_reach(model, row)).where(rows.primary_key(row) == key)
        if await self.session.scalar(statement) is False:
            raise PermissionDeniedError

    async def key_in_reach(self, model: type[Any], global_id: str) -> Any:
        """The key of a global id, for a service that finds the row itself. Raises InvalidError for another
        type's, PermissionDeniedError for a row of a channel in which the requester does not work.
        """
        key = self.key(global_id, *self.schema.types_of_model(model))
        await self.check_channel(model, key)
        return key

    def _acts_for(self, model: type[Any], row: Any) -> ColumnElement[Any]:
        """Of the sellers for which the requester acts, the one whose own a row is; null for all others."""
        rule = registry.owners.get(model)
        if rule is None or not self.requester.delegate_of:
            return null()
        own = [(rule(row, (vendor_id,)), literal(vendor_id)) for vendor_id in self.requester.delegate_of]
        return case(*own)

    def _in_reach(self, model: type[Any], row: Any) -> ColumnElement[bool]:
        channel_ids = self.requester.channel_ids
        if channel_ids is None:
            return true()
        place = registry.in_channels(model, row, literal(list(channel_ids), ARRAY(BigInteger())))
        return true() if place is None else place

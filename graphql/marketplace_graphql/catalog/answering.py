"""Things that answer attributes: which attributes their type asks for, and which values they gave."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Table, inspect, select

from marketplace.catalog import attributes as models
from marketplace_graphql.kernel.reader.aliases import aliased


@dataclass(frozen=True)
class Answering:
    """Where a kind of things keeps what it is asked, and what it says."""

    asked: type[Any]
    """The model of what types ask for: `attribute_id`, `position`."""
    asked_of: Callable[[Any, Any], ColumnElement[bool]]
    """(asked, row) -> whether the row's type asks for it."""
    said: Table
    """The table of what rows say: the owner's column, `value_id`, `position`."""
    owner: str
    """The column of `said` that names the row."""


_known: dict[type[Any], Answering] = {}


def answers_attributes(model: type[Any], answering: Answering) -> None:
    """Let the rows of a model have attributes, in every form that the API has."""
    _known[model] = answering


def answering_of(row: Any) -> Answering:
    """Where a row keeps its answers. Raises KeyError for a model that answers nothing."""
    return _known[inspect(row).mapper.class_]


@dataclass(frozen=True)
class Answer:
    """What one row says to one attribute."""

    row: Any
    attribute: Any
    """A row of Attribute in the statement."""

    def first(self, name: str) -> ColumnElement[Any]:
        """A column of the only value, or of the first."""
        return self.columns(name, 1).scalar_subquery()

    def columns(self, name: str, limit: Any) -> Any:
        """A column of the first values, in the row's order."""
        value, said = aliased(models.AttributeValue), answering_of(self.row).said.alias()
        return (
            select(getattr(value, name))
            .join_from(said, value, said.c.value_id == value.id)
            .where(
                said.c[answering_of(self.row).owner] == self.row.id, value.attribute_id == self.attribute.id
            )
            .order_by(said.c.position, value.id)
            .limit(limit)
            .correlate_except(value, said)
        )

    def has(self, value: Any) -> ColumnElement[bool]:
        """Whether a value of the attribute is among those that the row gave."""
        said = answering_of(self.row).said.alias()
        # From the row's own few answers to their values: an attribute may have as many as there are rows.
        given = select(said.c.value_id).where(said.c[answering_of(self.row).owner] == self.row.id)
        return (value.attribute_id == self.attribute.id) & value.id.in_(given.correlate_except(said))

    def place(self, value: Any) -> ColumnElement[Any]:
        """Where a value stands among those that the row gave."""
        said = answering_of(self.row).said.alias()
        # Nothing but the answers is its own: SQLAlchemy would bring in the row anew, two levels down.
        return (
            select(said.c.position)
            .where(said.c[answering_of(self.row).owner] == self.row.id, said.c.value_id == value.id)
            .correlate_except(said)
            .scalar_subquery()
        )

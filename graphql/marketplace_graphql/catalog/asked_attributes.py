"""What types ask for: the same two lists for types of products, of pages and of customers."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, select

from marketplace.catalog.attributes import AttributeType
from marketplace.people.permissions import Permission
from marketplace_graphql.catalog.attribute_choices import named_like
from marketplace_graphql.catalog.attribute_filters import attribute_filter, attribute_where
from marketplace_graphql.kernel import connection, related
from marketplace_graphql.kernel.reader.aliases import aliased


@dataclass(frozen=True)
class Asking:
    """Where types of a kind say what they ask for."""

    asked: type[Any]
    """The model: the type's column, `attribute_id`, `position`."""
    owner: str
    """The column of it that names the type."""
    kind: AttributeType
    """What the attributes are made for."""

    def place(
        self, row: Any, attribute: Any, also: Callable[[Any], ColumnElement[bool]] | None = None
    ) -> ColumnElement[Any]:
        """Where an attribute stands among those asked for; NULL if it is not among them.

        `also` is a further condition on what is asked. The place must be the only one then.
        """
        asked = aliased(self.asked)
        same = [getattr(asked, self.owner) == row.id, asked.attribute_id == attribute.id]
        wanted = select(asked.position).where(*same, *([] if also is None else [also(asked)]))
        return wanted.correlate_except(asked).scalar_subquery()

    def attributes(self) -> Any:
        """A field with what is asked for, in order: `list[Attribute] | None`."""
        return related(
            lambda row, attribute, ctx: self.place(row, attribute).is_not(None),
            order_along=lambda row, attribute, ctx: self.place(row, attribute),
        )

    def available(self, *needs: Permission, filtered: bool = True) -> Any:
        """A field with what could be asked for besides: pages of attributes. `filtered`: by `filter` too."""
        return connection(
            on=lambda row, attribute, ctx: and_(
                attribute.type == self.kind, self.place(row, attribute).is_(None)
            ),
            filter=attribute_filter if filtered else None,
            where=attribute_where,
            search=named_like,
            needs=needs,
        )

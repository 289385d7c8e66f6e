"""What kinds of customers ask for: attributes, in an order."""

from collections.abc import Sequence

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.attributes import Attribute, AttributeType, CustomerTypeAttribute
from marketplace.kit.errors import DomainError, Errors, NotFoundError
from marketplace.kit.ids import to_global_id
from marketplace.kit.reordering import displaced, reordered
from marketplace.people.models import CustomerType


async def ask_for(session: AsyncSession, kind: CustomerType, attribute_ids: Sequence[int]) -> None:
    """Have a locked kind ask for more attributes, after those it has. Raises Errors."""
    wanted = list(dict.fromkeys(attribute_ids))
    rows = await session.execute(
        select(Attribute.id, Attribute.type, CustomerTypeAttribute.attribute_id.is_not(None))
        .outerjoin(
            CustomerTypeAttribute,
            (CustomerTypeAttribute.attribute_id == Attribute.id)
            & (CustomerTypeAttribute.customer_type_id == kind.id),
        )
        .where(Attribute.id.in_(wanted))
    )
    found = {key: (type_, is_asked) for key, type_, is_asked in rows}
    _check(
        ("NOT_FOUND", "There are no such attributes.", [key for key in wanted if key not in found]),
        (
            "INVALID",
            "These are no attributes of customers.",
            [key for key, (type_, _) in found.items() if type_ is not AttributeType.CUSTOMER_TYPE],
        ),
        (
            "ATTRIBUTE_ALREADY_ASSIGNED",
            "These are asked for already.",
            [key for key, (_, is_asked) in found.items() if is_asked],
        ),
    )
    last = await session.scalar(
        select(func.coalesce(func.max(CustomerTypeAttribute.position), -1)).where(
            CustomerTypeAttribute.customer_type_id == kind.id
        )
    )
    session.add_all(
        CustomerTypeAttribute(customer_type_id=kind.id, attribute_id=key, position=position)
        for position, key in enumerate(wanted, 1 + (last if last is not None else -1))
    )
    await session.flush()


async def ask_no_more(session: AsyncSession, kind: CustomerType, attribute_ids: Sequence[int]) -> None:
    """Have a kind ask for some attributes no more. What customers have answered stays, unseen."""
    await session.execute(
        delete(CustomerTypeAttribute).where(
            CustomerTypeAttribute.customer_type_id == kind.id,
            CustomerTypeAttribute.attribute_id.in_(attribute_ids),
        )
    )


async def move(session: AsyncSession, kind: CustomerType, moves: Sequence[tuple[int, int]]) -> None:
    """Ask in another order: each attribute so many places further down. Raises NotFoundError."""
    rows = await session.execute(
        select(CustomerTypeAttribute.attribute_id, CustomerTypeAttribute.position)
        .where(CustomerTypeAttribute.customer_type_id == kind.id)
        .order_by(CustomerTypeAttribute.position, CustomerTypeAttribute.attribute_id)
        .with_for_update()
    )
    before: dict[int, int] = dict(rows.tuples().all())
    missing = [to_global_id("Attribute", key) for key, _ in moves if key not in before]
    if missing:
        raise NotFoundError("These are not asked for.", field="moves", attributes=missing)
    for key, position in displaced(before, reordered(list(before), moves)).items():
        await session.execute(
            update(CustomerTypeAttribute)
            .where(
                CustomerTypeAttribute.customer_type_id == kind.id, CustomerTypeAttribute.attribute_id == key
            )
            .values(position=position)
        )


def _check(*faults: tuple[str, str, Sequence[int]]) -> None:
    """Raises Errors for those that have something."""
    errors: list[DomainError] = [
        DomainError(
            message,
            field="attributeIds",
            code=code,
            attributes=[to_global_id("Attribute", key) for key in keys],
        )
        for code, message, keys in faults
        if keys
    ]
    if errors:
        raise Errors(errors)

"""What a rule's predicate chooses: variants of the catalogue, or carts by their amounts.

Predicates are JSON in the form of the contract's inputs. They are checked once, when a rule is written, and
bounded: what is stored compiles. Meanings are Saleor's, where it has some that surprise: a category is itself
without the shelves below it, an empty predicate chooses nothing, and an alternative of several conditions
(`OR: [{productPredicate, categoryPredicate}]`) is as many alternatives.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Generic, TypeVar

from sqlalchemy import BigInteger, ColumnElement, and_, any_, false, literal, or_, select, true
from sqlalchemy.dialects.postgresql import ARRAY

from marketplace.catalog.models import CollectionProduct, Product, ProductVariant
from marketplace.kit.errors import InvalidError
from marketplace.kit.ids import int_pk
from marketplace.kit.money import to_minor

Predicate = Mapping[str, Any]
T = TypeVar("T")

MAXIMUM_DEPTH = 5
MAXIMUM_CONDITIONS = 50
MAXIMUM_IDS = 5000
MAXIMUM_AMOUNTS = 100

CATALOGUE_TYPES = {
    "variantPredicate": "ProductVariant",
    "productPredicate": "Product",
    "categoryPredicate": "Category",
    "collectionPredicate": "Collection",
}
ORDER_AMOUNTS = ("baseSubtotalPrice", "baseTotalPrice")
_OPERATORS = ("AND", "OR")


def checked_catalogue_predicate(given: Predicate) -> dict[str, Any]:
    """The predicate as it is stored, nulls left out. Raises InvalidError."""
    return _Checking("cataloguePredicate", dict.fromkeys(CATALOGUE_TYPES, _check_ids)).predicate(given)


def checked_order_predicate(given: Predicate) -> dict[str, Any]:
    """The predicate as it is stored, amounts as exact texts. Raises InvalidError."""
    return _Checking("orderPredicate", {"discountedObjectPredicate": _check_amounts}).predicate(given)


def speaks_of_amounts(order_predicate: Predicate) -> bool:
    """Whether it names an amount, which only means something in one currency."""
    return any(name in repr(order_predicate) for name in ORDER_AMOUNTS)


def chosen_variants(predicate: Predicate) -> ColumnElement[bool]:
    """A checked catalogue predicate over ProductVariant and Product, which must be joined."""
    return _meaning(
        predicate, _SQL, lambda leaf, where: _where(where, _SQL, lambda _name, ids: _among(leaf, ids))
    )


def chooses_order(predicate: Predicate, *, subtotal_minor: int, total_minor: int, currency: str) -> bool:
    """Whether a checked order predicate holds for a cart of these amounts."""
    amounts = {"baseSubtotalPrice": subtotal_minor, "baseTotalPrice": total_minor}

    def fits(name: str, said: Predicate) -> bool:
        return _amount_fits(said, amounts[name], currency)

    return _meaning(predicate, _TRUTH, lambda _leaf, where: _where(where, _TRUTH, fits))


class _Checking:
    """One walk through a predicate that counts what it sees."""

    def __init__(self, field: str, leaves: Mapping[str, Callable[["_Checking", str, Any], Any]]) -> None:
        self.field = field
        self.leaves = leaves
        self.conditions = 0
        self.ids = 0

    def predicate(self, given: Predicate, depth: int = 1) -> dict[str, Any]:
        given = self.level(given, depth)
        checked: dict[str, Any] = {}
        for name, value in given.items():
            if name in _OPERATORS:
                checked[name] = [self.predicate(part, depth + 1) for part in value]
            elif name in self.leaves:
                checked[name] = self.where(name, value, depth + 1)
            else:
                raise self.refusal(f"A promotion can't be told by {name}.")
        return checked

    def where(self, leaf: str, given: Predicate, depth: int) -> dict[str, Any]:
        given = self.level(given, depth)
        checked: dict[str, Any] = {}
        for name, value in given.items():
            if name in _OPERATORS:
                checked[name] = [self.where(leaf, part, depth + 1) for part in value]
            else:
                self.conditions += 1
                checked[name] = self.leaves[leaf](self, leaf, (name, value))
        if self.conditions > MAXIMUM_CONDITIONS:
            raise self.refusal(f"At most {MAXIMUM_CONDITIONS} conditions, please.")
        return checked

    def level(self, given: Predicate, depth: int) -> dict[str, Any]:
        """What is said at one level. An operator stands alone there, as Saleor demands."""
        if depth > MAXIMUM_DEPTH:
            raise self.refusal(f"Conditions can be {MAXIMUM_DEPTH} levels deep, no more.")
        if not isinstance(given, Mapping):
            raise self.refusal("A condition is an object.")
        said = {name: value for name, value in given.items() if value is not None}
        operators = [name for name in _OPERATORS if name in said]
        if operators and len(said) > 1:
            raise self.refusal("An operator can't stand beside other conditions.")
        for name in operators:
            if not isinstance(said[name], list) or len(said[name]) > MAXIMUM_CONDITIONS:
                raise self.refusal(f"{name} takes a list of at most {MAXIMUM_CONDITIONS} conditions.")
        return {name: value for name, value in said.items() if name not in operators or value}

    def refusal(self, message: str) -> InvalidError:
        return InvalidError(message, field=self.field)


def _check_ids(checking: _Checking, leaf: str, given: tuple[str, Any]) -> list[str]:
    name, value = given
    if name != "ids":
        raise checking.refusal(f"A promotion chooses by ids, not by {name}: prices must not wait for it.")
    ids = value if isinstance(value, list) else [value]
    checking.ids += len(ids)
    if checking.ids > MAXIMUM_IDS:
        raise checking.refusal(f"At most {MAXIMUM_IDS} ids, please: a collection can have more members.")
    try:
        for each in ids:
            int_pk(str(each), CATALOGUE_TYPES[leaf])
    except InvalidError as error:
        raise checking.refusal(error.message) from error
    return list(dict.fromkeys(str(each) for each in ids))


def _check_amounts(checking: _Checking, _leaf: str, given: tuple[str, Any]) -> dict[str, Any]:
    name, value = given
    if name not in ORDER_AMOUNTS or not isinstance(value, Mapping):
        raise checking.refusal(f"A promotion can't be told by {name}.")
    checked: dict[str, Any] = {}
    for operator, operand in value.items():
        match operator, operand:
            case _, None:
                continue
            case "eq", _:
                checked["eq"] = _amount(checking, operand)
            case "oneOf", list() if len(operand) <= MAXIMUM_AMOUNTS:
                checked["oneOf"] = [_amount(checking, each) for each in operand]
            case "range", Mapping():
                ends = {end: operand[end] for end in ("gte", "lte") if operand.get(end) is not None}
                checked["range"] = {end: _amount(checking, each) for end, each in ends.items()}
            case _:
                raise checking.refusal(f"{operator} says nothing of an amount.")
    return checked


def _amount(checking: _Checking, given: object) -> str:
    try:
        amount = Decimal(str(given))
    except InvalidOperation:
        raise checking.refusal(f"{given} is no amount.") from None
    if not amount.is_finite():
        raise checking.refusal(f"{given} is no amount.")
    return f"{amount:f}"


@dataclass(frozen=True, slots=True)
class _Logic(Generic[T]):
    """How conditions are combined: as SQL, or as what is true here and now."""

    all_of: Callable[[Sequence[T]], T]
    any_of: Callable[[Sequence[T]], T]


_SQL: _Logic[ColumnElement[bool]] = _Logic(
    lambda parts: and_(true(), *parts), lambda parts: or_(false(), *parts)
)
_TRUTH: _Logic[bool] = _Logic(all, any)


def _meaning(predicate: Predicate, logic: _Logic[T], leaf: Callable[[str, Predicate], T]) -> T:
    """What a checked predicate says, given what its leaves say."""
    if not predicate:
        return logic.any_of([])
    parts: list[T] = []
    for name, value in predicate.items():
        if name == "AND":
            parts += [_part(each, logic, leaf, logic.all_of) for each in value]
        elif name == "OR":
            parts.append(logic.any_of([_part(each, logic, leaf, logic.any_of) for each in value]))
        elif value:
            parts.append(leaf(name, value))
    return logic.all_of(parts)


def _part(
    predicate: Predicate,
    logic: _Logic[T],
    leaf: Callable[[str, Predicate], T],
    combined: Callable[[Sequence[T]], T],
) -> T:
    if any(name in predicate for name in _OPERATORS):
        return _meaning(predicate, logic, leaf)
    return combined([leaf(name, value) for name, value in predicate.items() if value])


def _where(where: Predicate, logic: _Logic[T], condition: Callable[[str, Any], T]) -> T:
    """What a `...WhereInput` says, given what its conditions say."""
    parts: list[T] = []
    for name, value in where.items():
        if name in _OPERATORS:
            inner = [_where(each, logic, condition) for each in value]
            parts.append(logic.all_of(inner) if name == "AND" else logic.any_of(inner))
        else:
            parts.append(condition(name, value))
    return logic.all_of(parts)


def _among(leaf: str, ids: Sequence[str]) -> ColumnElement[bool]:
    keys = [int_pk(each, CATALOGUE_TYPES[leaf]) for each in ids]
    one_of_them = any_(literal(keys, ARRAY(BigInteger)))
    match leaf:
        case "variantPredicate":
            return ProductVariant.id == one_of_them
        case "productPredicate":
            return Product.id == one_of_them
        case "categoryPredicate":
            return Product.category_id == one_of_them
        case _:
            members = select(CollectionProduct.product_id).where(
                CollectionProduct.collection_id == one_of_them
            )
            return Product.id.in_(members)


def _amount_fits(said: Predicate, minor: int, currency: str) -> bool:
    def of(amount: str) -> int:
        return to_minor(Decimal(amount), currency)

    inside = said.get("range", {})
    return (
        ("eq" not in said or of(said["eq"]) == minor)
        and ("oneOf" not in said or minor in [of(each) for each in said["oneOf"]])
        and ("gte" not in inside or of(inside["gte"]) <= minor)
        and ("lte" not in inside or of(inside["lte"]) >= minor)
    )

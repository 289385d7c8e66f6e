"""What somebody answers to attributes, and whether it can be answered so. Writing it: `answering.py`."""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from marketplace.catalog.attributes import Attribute, AttributeEntityType, AttributeInputType
from marketplace.catalog.descriptions import clean_description, text_of_description
from marketplace.kit.errors import DomainError, Errors, InvalidError
from marketplace.kit.ids import to_global_id
from marketplace.kit.storage import KEY, KEY_LIMIT, PRIVATE

NAME_LENGTH = 250
SHOWN_LENGTH = 200
"""So much of a text is also its value's name."""
TEXT_LENGTH = 50_000
CONTENT_TYPE_LENGTH = 50
AT_MOST = 100
"""Values or references of one answer."""
GREATEST = Decimal(10) ** 15
DECIMALS = 15
FIELD = "attributes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One value of a list: by its key, by its external reference, or by its name, which may be a new one.

    A name together with an external reference is a new value that has both.
    """

    id: int | None = None
    external_reference: str | None = None
    value: str | None = None

    @property
    def is_empty(self) -> bool:
        return not (self.id or self.external_reference or self.value)


@dataclass(frozen=True, slots=True)
class Reference:
    """Something that an attribute may refer to, and that whoever answers may know of."""

    entity: AttributeEntityType
    key: int
    name: str
    type_id: int | None = None
    """The product type of a product or a variant, the page type of a page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one thing answers to one attribute: each input type reads the fields of its own, as in Saleor.

    Nothing said (`Answer(attribute_id=7)`) takes back what was answered before. A reference that names
    nothing, or nothing that its author may know of, is None.
    """

    attribute_id: int | None = None
    external_reference: str | None = None
    """Of the attribute: one of the two names it."""
    called: str | None = None
    """What the client calls the attribute: errors give it back. None: its global id."""
    values: Sequence[str] = ()
    """Names, of choices and of numbers: Saleor's older way."""
    dropdown: Choice | None = None
    swatch: Choice | None = None
    multiselect: Sequence[Choice] = ()
    numeric: str | None = None
    file: str | None = None
    """A key of the media storage; an empty text for what is none."""
    content_type: str | None = None
    references: Sequence[Reference | None] = ()
    """The only one of a SINGLE_REFERENCE, too."""
    rich_text: dict[str, Any] | None = None
    plain_text: str | None = None
    boolean: bool | None = None
    date: dt.date | None = None
    date_time: dt.datetime | None = None

    @property
    def name(self) -> str:
        if self.called is not None:
            return self.called
        return self.external_reference or to_global_id("Attribute", self.attribute_id or 0)


@dataclass(frozen=True, slots=True)
class Own:
    """A value that one thing writes for itself alone."""

    columns: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Truth:
    """One of the two values that all yes or no of an attribute share."""

    is_true: bool


Wanted = Choice | Own | Truth | Reference


@dataclass(frozen=True, slots=True)
class Asked:
    """An attribute that a thing's type asks for."""

    attribute: Attribute
    reference_type_ids: frozenset[int] = frozenset()
    """Types of what a reference may point at; none: any."""


Kind = tuple[str, str]
"""A mistake: what is said of it, and its code."""

VALUE_REQUIRED: Kind = ("Attribute expects a value but none were given.", "REQUIRED")
BLANK: Kind = ("Attribute values cannot be blank.", "REQUIRED")
FILE_REQUIRED: Kind = ("A file URL is required for this attribute.", "REQUIRED")
REFERENCE_REQUIRED: Kind = ("A reference is required for this attribute.", "REQUIRED")
TWICE: Kind = ("The same attribute value is given twice.", "DUPLICATED_INPUT_ITEM")
ONLY_ONE: Kind = ("Attribute must take only one value.", "INVALID")
TOO_MANY: Kind = (f"Attribute takes at most {AT_MOST} values.", "INVALID")
ID_AND_VALUE: Kind = ("A value is named by its id or by what it says, not by both.", "INVALID")
ID_AND_EXTERNAL: Kind = ("A value is named by its id or by its external reference, not by both.", "INVALID")
TOO_LONG: Kind = ("Attribute value length is exceeded.", "INVALID")
BAD_FILE: Kind = ("The file must be one that was uploaded to this shop.", "INVALID")
BAD_REFERENCE: Kind = ("Invalid reference type.", "INVALID")
BAD_NUMBER: Kind = ("Numeric value is required.", "INVALID")
BAD_TEXT: Kind = ("The text is no document of EditorJS.", "INVALID")
UNKNOWN_VALUE: Kind = ("The attribute has no such value.", "INVALID")
CLOSED_LIST: Kind = ("Only the shop's staff add values to this attribute.", "INVALID")
TAKEN: Kind = ("Another attribute value has this external reference.", "UNIQUE")


@dataclass
class Mistakes:
    """What is wrong with answers: attributes with the same mistake are told of together, as Saleor does."""

    found: dict[Kind, list[str]] = field(default_factory=dict)

    def note(self, kind: Kind, attribute: str) -> None:
        named = self.found.setdefault(kind, [])
        if attribute not in named:
            named.append(attribute)

    def errors(self) -> list[DomainError]:
        return [
            DomainError(message, field=FIELD, code=code, attributes=named)
            for (message, code), named in self.found.items()
        ]

    def raise_any(self) -> None:
        """Raises Errors if there are any."""
        if self.found:
            raise Errors(self.errors())


def wanted_by(asked: Asked, answer: Answer, mistakes: Mistakes) -> list[Wanted]:
    """The values that an answer means, in order; what is wrong with it is noted."""

    def note(kind: Kind) -> None:
        mistakes.note(kind, answer.name)

    kind = asked.attribute.input_type
    if answer.values and kind in _BY_NAME:
        return _named(asked, answer.values, note)
    return _READERS[kind](asked, answer, note)


Note = Callable[[Kind], None]


def _named(asked: Asked, values: Sequence[str], note: Note) -> list[Wanted]:
    attribute = asked.attribute
    if attribute.input_type is not AttributeInputType.MULTISELECT and len(values) > 1:
        note(ONLY_ONE)
    if attribute.input_type is AttributeInputType.NUMERIC:
        return _number_of(values[0], note)
    if len(values) > AT_MOST:
        note(TOO_MANY)
    if len(set(values)) < len(values):
        note(TWICE)
    for value in values:
        _check_name(value, note)
    return [Choice(value=value) for value in values]


def _choice(asked: Asked, given: Choice | None, note: Note) -> list[Wanted]:
    required = asked.attribute.value_required
    if given is None:
        if required:
            note(VALUE_REQUIRED)
        return []
    if given.id and given.external_reference:
        note(ID_AND_EXTERNAL)
    elif given.id and given.value:
        note(ID_AND_VALUE)
    elif given.is_empty:
        if required:
            note(VALUE_REQUIRED)
        return []
    if given.value:
        _check_name(given.value, note)
    if given.external_reference:
        _check_name(given.external_reference, note)
    return [given]


def _multiselect(asked: Asked, answer: Answer, note: Note) -> list[Wanted]:
    given = answer.multiselect
    if not given:
        return _choice(asked, None, note)
    if len(given) > AT_MOST:
        note(TOO_MANY)
    for told in (
        [each.id for each in given if each.id],
        [each.value for each in given if each.value],
        [each.external_reference for each in given if each.external_reference],
    ):
        if len(set(told)) < len(told):
            note(TWICE)
    if any(each.id for each in given) and any(each.value for each in given):
        note(ID_AND_VALUE)
    return [wanted for each in given for wanted in _choice(asked, each, note)]


def _check_name(name: str, note: Note) -> None:
    if not name.strip():
        note(BLANK)
    elif len(name) > NAME_LENGTH:
        note(TOO_LONG)


def _numeric(asked: Asked, answer: Answer, note: Note) -> list[Wanted]:
    if answer.numeric is None:
        return _nothing(asked, VALUE_REQUIRED, note)
    return _number_of(answer.numeric, note)


def number_of(text: str) -> Decimal | None:
    """The number that a text writes; None for what is none, or none that can be compared with others."""
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return None
    if not number.is_finite() or abs(number) >= GREATEST:
        return None
    exponent = number.as_tuple().exponent
    return number if isinstance(exponent, int) and exponent >= -DECIMALS else None


def _number_of(text: str, note: Note) -> list[Wanted]:
    number = number_of(text)
    if number is None:
        note(BAD_NUMBER)
    return [Own({"name": text.strip(), "numeric": number})]


def _file(asked: Asked, answer: Answer, note: Note) -> list[Wanted]:
    path = answer.file
    if path is None:
        return _nothing(asked, FILE_REQUIRED, note)
    if len(path) > KEY_LIMIT or not KEY.fullmatch(path) or path.startswith(PRIVATE):
        note(BAD_FILE)
    kind = answer.content_type
    if kind is not None and len(kind) > CONTENT_TYPE_LENGTH:
        note(TOO_LONG)
    return [Own({"name": path.rpartition("/")[2], "file_path": path, "content_type": kind})]


def _references(asked: Asked, answer: Answer, note: Note) -> list[Wanted]:
    given = answer.references
    if not given:
        return _nothing(asked, REFERENCE_REQUIRED, note)
    if asked.attribute.input_type is AttributeInputType.SINGLE_REFERENCE and len(given) > 1:
        note(ONLY_ONE)
    if len(given) > AT_MOST:
        note(TOO_MANY)
    meant: dict[int, Wanted] = {}
    for each in given:
        if each is None or not _may_refer(asked, each):
            note(BAD_REFERENCE)
        else:
            meant[each.key] = each
    return list(meant.values())


def _may_refer(asked: Asked, reference: Reference) -> bool:
    if reference.entity is not asked.attribute.entity_type:
        return False
    return not asked.reference_type_ids or reference.type_id in asked.reference_type_ids


def _plain_text(asked: Asked, answer: Answer, note: Note) -> list[Wanted]:
    text = answer.plain_text
    if asked.attribute.value_required and not (text or "").strip():
        note(VALUE_REQUIRED)
    if text is None:
        return []
    if len(text) > TEXT_LENGTH:
        note(TOO_LONG)
    return [Own({"name": shown(text), "plain_text": text})]


def _rich_text(asked: Asked, answer: Answer, note: Note) -> list[Wanted]:
    if answer.rich_text is None:
        return _nothing(asked, VALUE_REQUIRED, note)
    try:
        document = clean_description(answer.rich_text) if answer.rich_text else {"blocks": []}
    except InvalidError:
        note(BAD_TEXT)
        return []
    text = text_of_description(document)
    if asked.attribute.value_required and not text.strip():
        note(VALUE_REQUIRED)
    return [Own({"name": shown(text), "rich_text": document})]


def shown(text: str) -> str:
    """The beginning of a text, as its value is called."""
    return text if len(text) <= SHOWN_LENGTH else text[: SHOWN_LENGTH - 1] + "…"


def _day(asked: Asked, answer: Answer, note: Note) -> list[Wanted]:
    if answer.date is None:
        return _nothing(asked, VALUE_REQUIRED, note)
    return [Own({"name": answer.date.isoformat(), "day": answer.date})]


def _moment(asked: Asked, answer: Answer, note: Note) -> list[Wanted]:
    if answer.date_time is None:
        return _nothing(asked, VALUE_REQUIRED, note)
    return [Own({"name": str(answer.date_time), "date_time": answer.date_time})]


def _truth(asked: Asked, answer: Answer, note: Note) -> list[Wanted]:
    if answer.boolean is None:
        return _nothing(asked, VALUE_REQUIRED, note)
    return [Truth(answer.boolean)]


def _nothing(asked: Asked, kind: Kind, note: Note) -> list[Wanted]:
    if asked.attribute.value_required:
        note(kind)
    return []


_BY_NAME = (
    AttributeInputType.DROPDOWN,
    AttributeInputType.MULTISELECT,
    AttributeInputType.SWATCH,
    AttributeInputType.NUMERIC,
)
"""What can be answered by Saleor's older `values`."""

_READERS: dict[AttributeInputType, Callable[[Asked, Answer, Note], list[Wanted]]] = {
    AttributeInputType.DROPDOWN: lambda asked, answer, note: _choice(asked, answer.dropdown, note),
    AttributeInputType.SWATCH: lambda asked, answer, note: _choice(asked, answer.swatch, note),
    AttributeInputType.MULTISELECT: _multiselect,
    AttributeInputType.NUMERIC: _numeric,
    AttributeInputType.FILE: _file,
    AttributeInputType.REFERENCE: _references,
    AttributeInputType.SINGLE_REFERENCE: _references,
    AttributeInputType.PLAIN_TEXT: _plain_text,
    AttributeInputType.RICH_TEXT: _rich_text,
    AttributeInputType.DATE: _day,
    AttributeInputType.DATE_TIME: _moment,
    AttributeInputType.BOOLEAN: _truth,
}


def missing(asked: Iterable[Asked], answered: Iterable[Attribute]) -> list[DomainError]:
    """The error of attributes that must be answered and were not spoken of."""
    known = {attribute.id for attribute in answered}
    named = [
        to_global_id("Attribute", each.attribute.id)
        for each in asked
        if each.attribute.value_required and each.attribute.id not in known
    ]
    if not named:
        return []
    message = "All attributes that must have a value need one."
    return [DomainError(message, field=FIELD, code="REQUIRED", attributes=named)]

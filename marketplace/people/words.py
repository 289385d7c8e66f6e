"""The words by which people are found: of their names, e-mail addresses, telephone numbers and addresses.

Capitals and accents make no difference. An e-mail address is as many words as it has parts.
"""

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, String, column, func, literal_column
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import TSVECTOR

from marketplace.kit.text import without_marks

MAXIMUM_QUERY_WORDS = 8
MAXIMUM_QUERY_LETTERS = 200
NOTHING_ASKED = "!'no such word'"
"""Where nothing is left that could be looked for, everybody is found."""
_MARKS = r"[\u0300-\u036f\u0610-\u061a\u0640\u064b-\u065f\u0670]"
_APART = "@._-+/,;:()'\"&|!*<>"
"""What stands between two words, besides blanks."""
_BETWEEN = re.compile(rf"[\s{re.escape(_APART)}]+")
_OF_USER = ("email", "first_name", "last_name", "phone")
_OF_ADDRESS = (
    "first_name",
    "last_name",
    "company_name",
    "street_address_1",
    "street_address_2",
    "city",
    "postal_code",
    "phone",
)


def words_of_user(user: Any) -> ColumnElement[Any]:
    """What a search looks through of an account. An index has the very same expression."""
    return _words([getattr(user, name) for name in _OF_USER])


def words_of_address(address: Any) -> ColumnElement[Any]:
    """The same of an address."""
    return _words([getattr(address, name) for name in _OF_ADDRESS])


def query_text(term: str) -> str:
    """What a person typed, as the text of a `tsquery`: all of its words, each as a beginning."""
    plain = without_marks(term[:MAXIMUM_QUERY_LETTERS])
    words = [word for word in _BETWEEN.split(plain.replace("\\", " ")) if word][:MAXIMUM_QUERY_WORDS]
    return " & ".join(f"'{word}':*" for word in words) or NOTHING_ASKED


def _words(columns: Sequence[Any]) -> ColumnElement[Any]:
    first, *others = columns
    told = first
    for each in others:
        told = told.concat(literal_column("' '", String())).concat(each)
    decomposed = func.normalize(told, literal_column("NFKD"))
    plain = func.regexp_replace(decomposed, _text(_MARKS), _text(""), _text("g"))
    apart = func.translate(func.lower(plain), _text(_APART), _text(" " * len(_APART)))
    return func.to_tsvector(literal_column("'simple'::regconfig"), apart, type_=TSVECTOR)


def _text(constant: str) -> ColumnElement[str]:
    """Written out, since the planner finds an index only by the same constants."""
    quoted = constant.replace("'", "''")
    return literal_column(f"'{quoted}'", String())


def _as_written(columns: Sequence[str]) -> str:
    made = _words([column(name, String()) for name in columns])
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    return str(made.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))


WORDS_OF_USER = _as_written(_OF_USER)
WORDS_OF_ADDRESS = _as_written(_OF_ADDRESS)

"""Changes of metadata: entries that integrations and buyers attach to rows. Bounded: anyone may write."""

from collections.abc import Iterable, Mapping
from typing import TypeVar

from marketplace.kit.errors import InvalidError, RequiredError

T = TypeVar("T")

ENTRIES_AT_ONCE = 100
KEY_CHARACTERS = 256
VALUE_CHARACTERS = 16_384
STORE_ENTRIES = 500
STORE_CHARACTERS = 131_072
"""All keys and values of one store together: it is read whole whenever its row is."""


def merged(store: Mapping[str, str], entries: Iterable[tuple[str, str]]) -> dict[str, str]:
    """A store with some entries added or replaced; of several with one key the last counts.

    Raises RequiredError for an empty key, InvalidError for what is too long or too much.
    """
    given = list(entries)
    _check_number(given, "input")
    for key, value in given:
        if not key.strip():
            raise RequiredError("A metadata key can't be empty.", field="input")
        if len(key) > KEY_CHARACTERS:
            raise InvalidError(f"A metadata key has at most {KEY_CHARACTERS} characters.", field="input")
        if len(value) > VALUE_CHARACTERS:
            raise InvalidError(f"A metadata value has at most {VALUE_CHARACTERS} characters.", field="input")
        if "\0" in key or "\0" in value:
            raise InvalidError("Metadata can't have null characters.", field="input")
    made = {**store, **dict(given)}
    if len(made) > STORE_ENTRIES:
        raise InvalidError(f"There can be at most {STORE_ENTRIES} entries of metadata.", field="input")
    if sum(len(key) + len(str(value)) for key, value in made.items()) > STORE_CHARACTERS:
        raise InvalidError(
            f"All metadata together have at most {STORE_CHARACTERS} characters.", field="input"
        )
    return made


def without(store: Mapping[str, str], keys: Iterable[str]) -> dict[str, str]:
    """A store less some entries; those that it does not have are no mistake. Raises InvalidError."""
    given = set(_check_number(list(keys), "keys"))
    return {key: value for key, value in store.items() if key not in given}


def _check_number(given: list[T], field: str) -> list[T]:
    if len(given) > ENTRIES_AT_ONCE:
        raise InvalidError(f"At most {ENTRIES_AT_ONCE} entries can be changed at once.", field=field)
    return given

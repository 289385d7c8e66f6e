"""Metadata are bounded, whoever writes them."""

import pytest

from marketplace.kit import metadata
from marketplace.kit.errors import DomainError


def test_entries_are_added_and_replaced_and_the_last_of_a_key_counts() -> None:
    assert metadata.merged({"a": "1", "b": "2"}, [("b", "3"), ("c", "4"), ("c", "5")]) == {
        "a": "1",
        "b": "3",
        "c": "5",
    }


def test_entries_are_removed_and_missing_ones_are_no_mistake() -> None:
    assert metadata.without({"a": "1", "b": "2"}, ["b", "z"]) == {"a": "1"}


@pytest.mark.parametrize(
    ("store", "entries", "code"),
    [
        ({}, [(" ", "x")], "REQUIRED"),
        ({}, [("k" * 257, "x")], "INVALID"),
        ({}, [("k", "x" * 16_385)], "INVALID"),
        ({}, [("k", "\0")], "INVALID"),
        ({}, [(str(number), "") for number in range(101)], "INVALID"),
        ({str(number): "" for number in range(500)}, [("k", "")], "INVALID"),
        ({str(number): "x" * 16_000 for number in range(8)}, [("k", "x" * 16_000)], "INVALID"),
    ],
)
def test_what_is_empty_or_too_much_is_refused(
    store: dict[str, str], entries: list[tuple[str, str]], code: str
) -> None:
    with pytest.raises(DomainError) as refused:
        metadata.merged(store, entries)
    assert (refused.value.code, refused.value.field) == (code, "input")


def test_too_many_keys_at_once_are_refused() -> None:
    with pytest.raises(DomainError) as refused:
        metadata.without({}, [str(number) for number in range(101)])
    assert (refused.value.code, refused.value.field) == ("INVALID", "keys")

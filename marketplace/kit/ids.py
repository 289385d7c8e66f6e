"""Saleor's global ids: base64 of `Type:primary key`."""

import base64
import binascii
from uuid import UUID

from marketplace.kit.errors import InvalidError

KEY_DIGITS_LIMIT = 18
"""What has more digits is no bigint, and no row's key."""


def to_global_id(type_name: str, pk: int | str | UUID) -> str:
    return base64.b64encode(f"{type_name}:{pk}".encode()).decode()


def split_global_id(global_id: str) -> tuple[str, str]:
    """The type's name and the primary key as text. Raises InvalidError for what is no global id."""
    try:
        type_name, _, pk = base64.b64decode(global_id, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise InvalidError(f"Invalid ID: {global_id}.", field="id") from None
    if not type_name or not pk:
        raise InvalidError(f"Invalid ID: {global_id}.", field="id")
    return type_name, pk


def int_pk(global_id: str, *type_names: str) -> int:
    """The whole-number key of a global id of one of the given types."""
    type_name, pk = split_global_id(global_id)
    if type_name not in type_names or not pk.isdecimal() or len(pk) > KEY_DIGITS_LIMIT:
        raise InvalidError(f"Invalid ID: {global_id}. Expected: {' or '.join(type_names)}.", field="id")
    return int(pk)


def uuid_pk(global_id: str, *type_names: str) -> UUID:
    """The UUID key of a global id of one of the given types."""
    type_name, pk = split_global_id(global_id)
    if type_name not in type_names:
        raise InvalidError(f"Invalid ID: {global_id}. Expected: {' or '.join(type_names)}.", field="id")
    try:
        return UUID(pk)
    except ValueError:
        raise InvalidError(f"Invalid ID: {global_id}.", field="id") from None

"""The links of letters to sellers: what each is for, and which row it is about."""

from enum import StrEnum
from uuid import UUID

from marketplace.kit.links import key_in, link_token
from marketplace.kit.settings import Settings
from marketplace.vendors.errors import VendorLinkError


class LinkPurpose(StrEnum):
    """What whoever opens a link is asked."""

    INVITATION = "INVITATION"
    """Whether they will work for a seller."""
    DELEGATION = "DELEGATION"
    """Whether one of the staff may act for the seller."""
    BANK_CONFIRMATION = "BANK_CONFIRMATION"
    """Whether the seller is to be paid into another account."""
    BANK_UNDOING = "BANK_UNDOING"
    """Whether a change of the account was not the seller's."""


def token_of(settings: Settings, purpose: LinkPurpose, key: UUID) -> str:
    return link_token(settings, _signed_as(purpose), key)


def key_of(settings: Settings, purpose: LinkPurpose, token: str) -> UUID:
    """The key that a token says. Raises VendorLinkError."""
    key = key_in(settings, _signed_as(purpose), token)
    if key is None:
        raise no_link()
    return key


def opened(settings: Settings, token: str) -> tuple[LinkPurpose, UUID]:
    """What a token is for, and the key that it says. Raises VendorLinkError."""
    for purpose in LinkPurpose:
        key = key_in(settings, _signed_as(purpose), token)
        if key is not None:
            return purpose, key
    raise no_link()


def no_link() -> VendorLinkError:
    return VendorLinkError("This link is not valid, or not any more.", field="token")


def _signed_as(purpose: LinkPurpose) -> bytes:
    return f"seller:{purpose.value}:".encode()

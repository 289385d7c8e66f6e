"""What the other rooms are told about people, in the transaction in which it happens."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EmailProven:
    """A user has shown that an address is theirs, and who they are: what was done under it is theirs too."""

    user_id: int
    email: str


@dataclass(frozen=True, slots=True)
class AccountClosing:
    """A user's account is about to be deleted. A room that can't do without it raises a DomainError."""

    user_id: int

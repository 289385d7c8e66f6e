"""Ways to pay that a gateway keeps for a buyer: a card that need not be typed again.

No gateway that keeps any is connected yet. One that is, goes into `KEEPERS`; nothing else changes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from marketplace.payments.errors import UnknownGatewayError

Data = object
"""JSON that a gateway and its client exchange."""


class DeleteResult(StrEnum):
    SUCCESSFULLY_DELETED = "SUCCESSFULLY_DELETED"
    FAILED_TO_DELETE = "FAILED_TO_DELETE"
    FAILED_TO_DELIVER = "FAILED_TO_DELIVER"


class InitializeResult(StrEnum):
    SUCCESSFULLY_INITIALIZED = "SUCCESSFULLY_INITIALIZED"
    FAILED_TO_INITIALIZE = "FAILED_TO_INITIALIZE"
    FAILED_TO_DELIVER = "FAILED_TO_DELIVER"


class TokenizationResult(StrEnum):
    SUCCESSFULLY_TOKENIZED = "SUCCESSFULLY_TOKENIZED"
    PENDING = "PENDING"
    ADDITIONAL_ACTION_REQUIRED = "ADDITIONAL_ACTION_REQUIRED"
    FAILED_TO_TOKENIZE = "FAILED_TO_TOKENIZE"
    FAILED_TO_DELIVER = "FAILED_TO_DELIVER"


class PaymentFlow(StrEnum):
    """With the buyer there, to answer for it."""

    INTERACTIVE = "INTERACTIVE"


@dataclass(frozen=True, slots=True)
class Card:
    brand: str
    last_digits: str
    first_digits: str | None = None
    exp_month: int | None = None
    exp_year: int | None = None


@dataclass(frozen=True, slots=True)
class StoredMethod:
    """A way to pay as its gateway describes it. `id` names the gateway too."""

    id: str
    gateway_id: str
    gateway_name: str
    payment_method_id: str
    type: str
    name: str | None = None
    card: Card | None = None
    flows: Sequence[PaymentFlow] = ()
    data: Data = None


@dataclass(frozen=True, slots=True)
class Tokenized:
    """What has become of a way to pay that is being kept."""

    result: TokenizationResult
    id: str | None = None
    data: Data = None
    error: str | None = None


class Keeper(Protocol):
    """A gateway that keeps ways to pay. Its errors are answers (`error`), not exceptions."""

    id: str
    name: str

    async def methods(self, user_id: int, channel_slug: str) -> Sequence[StoredMethod]: ...

    async def delete(
        self, user_id: int, channel_slug: str, method_id: str
    ) -> tuple[DeleteResult, str | None]: ...

    async def initialize(
        self, user_id: int, channel_slug: str, data: Data
    ) -> tuple[InitializeResult, Data, str | None]: ...

    async def begin(self, user_id: int, channel_slug: str, flow: PaymentFlow, data: Data) -> Tokenized: ...

    async def go_on(self, user_id: int, channel_slug: str, data: Data) -> Tokenized: ...


KEEPERS: Mapping[str, Keeper] = {}


async def methods_of(user_id: int, channel_slug: str) -> list[StoredMethod]:
    """All that is kept for a user in a channel."""
    return [method for keeper in KEEPERS.values() for method in await keeper.methods(user_id, channel_slug)]


def keeper_of(gateway_id: str) -> Keeper:
    """The gateway that an id names, or a stored method's id begins with. Raises UnknownGatewayError."""
    keeper = KEEPERS.get(gateway_id.partition("/")[0])
    if keeper is None:
        raise UnknownGatewayError("No payment gateway that keeps ways to pay answers to this id.", field="id")
    return keeper

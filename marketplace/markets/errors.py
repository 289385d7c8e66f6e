"""What a market can refuse."""

from marketplace.kit.errors import DomainError


class MissingChannelError(DomainError):
    """No channel was named, and there is not just one that could be meant."""

    code = "MISSING_CHANNEL_SLUG"


class InactiveChannelError(DomainError):
    code = "CHANNEL_INACTIVE"

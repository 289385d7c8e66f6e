"""What can be wrong with webhooks."""

from marketplace.kit.errors import DomainError


class CustomHeadersError(DomainError):
    code = "INVALID_CUSTOM_HEADERS"


class UntellableError(Exception):
    """A webhook's document asks for what can't be answered."""


class NotifyAloneError(DomainError):
    """NOTIFY_USER is an older kind of event, and stands alone."""

    code = "INVALID_NOTIFY_WITH_SUBSCRIPTION"

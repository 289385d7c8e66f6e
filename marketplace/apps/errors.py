"""What can go wrong with apps, in Saleor's codes."""

from marketplace.kit.errors import DomainError


class OutOfScopeAppError(DomainError):
    """The app may do more than whoever wants to manage it."""

    code = "OUT_OF_SCOPE_APP"


class OutOfScopePermissionError(DomainError):
    """A permission that whoever grants it does not hold. `permissions` are those."""

    code = "OUT_OF_SCOPE_PERMISSION"


class InstallationStatusError(DomainError):
    """Only an installation that failed is tried again or thrown away."""

    code = "INVALID_STATUS"


class UnreachableError(DomainError):
    """What an address gave was no answer, or not in time."""

    code = "MANIFEST_URL_CANT_CONNECT"

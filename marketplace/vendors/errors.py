"""What sellers and staff can get wrong about a seller."""

from marketplace.kit.errors import DomainError


class IceInvalidError(DomainError):
    code = "ICE_INVALID"


class IceTakenError(DomainError):
    code = "UNIQUE"


class BankNumberInvalidError(DomainError):
    code = "BANK_NUMBER_INVALID"


class VendorStatusError(DomainError):
    """The seller does not stand where this step begins."""

    code = "WRONG_STATUS"


class StillOpenError(DomainError):
    """A seller can't be closed: orders are under way, or money is owed."""

    code = "STILL_OPEN"


class LastOwnerError(DomainError):
    """Nobody would answer for the seller any more."""

    code = "LAST_OWNER"


class LimitReachedError(DomainError):
    """As many of these as one may have."""

    code = "LIMIT_REACHED"


class FileRefusedError(DomainError):
    """A paper of a kind that is not taken, or too large."""

    code = "INVALID_FILE_TYPE"


class VendorLinkError(DomainError):
    """A link that we have not given out, or that is used, or over."""

    code = "INVALID_TOKEN"

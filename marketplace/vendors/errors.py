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

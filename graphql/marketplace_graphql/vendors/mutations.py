"""What sellers change of themselves, and staff of sellers."""

from enum import Enum

from strawberry import ID

from marketplace.kit.errors import PermissionDeniedError
from marketplace.kit.settings import Settings
from marketplace.people.permissions import Permission
from marketplace.vendors import bank, service
from marketplace.vendors import models as vendor_models
from marketplace.vendors.queries import works_as
from marketplace_graphql.kernel import Info, enum, error_type, input_type, mutation, object_type
from marketplace_graphql.vendors.types import BankAccount, BankAccountKindEnum


@enum
class VendorErrorCode(Enum):
    """What can be wrong with what is said of a seller."""

    BANK_NUMBER_INVALID = "BANK_NUMBER_INVALID"
    ICE_INVALID = "ICE_INVALID"
    INVALID = "INVALID"
    NOT_FOUND = "NOT_FOUND"
    REQUIRED = "REQUIRED"
    UNIQUE = "UNIQUE"
    WRONG_STATUS = "WRONG_STATUS"


VendorError = error_type("VendorError", VendorErrorCode)


@input_type
class BankAccountInput:
    """Where a seller is paid."""

    kind: BankAccountKindEnum
    holder: str
    """As the bank writes it."""
    bank_name: str | None = None
    number: str
    """A RIB of 24 digits, or an IBAN."""


@object_type
class VendorMutations:
    """What is changed of sellers."""

    @mutation(returns={"bank_account": BankAccount | None}, errors=VendorError)
    async def bank_account_update(
        self, info: Info, vendor_id: ID, input: BankAccountInput
    ) -> dict[str, vendor_models.BankAccount]:
        """Sets where a seller is paid. Its owner and treasurer may, and staff who work with sellers."""
        vendor = await info.find(vendor_models.Vendor, vendor_id, field_name="vendorId")
        roles = (vendor_models.MemberRole.OWNER, vendor_models.MemberRole.TREASURER)
        if Permission.MANAGE_VENDORS not in info.requester.permissions and not await works_as(
            info.session, info.requester.user_id, vendor.id, *roles
        ):
            raise PermissionDeniedError(Permission.MANAGE_VENDORS)
        account = await bank.set_bank_account(
            info.session,
            _settings(info),
            vendor.id,
            kind=vendor_models.BankAccountKind(input.kind.value),
            holder=input.holder,
            bank_name=input.bank_name or "",
            number=input.number,
            actor_id=info.requester.user_id,
        )
        return {"bank_account": account}

    @mutation(returns="Vendor", errors=VendorError, needs=Permission.MANAGE_VENDORS)
    async def vendor_approve(self, info: Info, id: ID) -> vendor_models.Vendor:
        """Lets an applied or suspended seller sell."""
        vendor = await info.find(vendor_models.Vendor, id)
        return await service.approve_vendor(info.session, vendor.id, info.requester.user_id)

    @mutation(returns="Vendor", errors=VendorError, needs=Permission.MANAGE_VENDORS)
    async def vendor_suspend(self, info: Info, id: ID) -> vendor_models.Vendor:
        """Takes a seller's products off the shelves."""
        vendor = await info.find(vendor_models.Vendor, id)
        return await service.suspend_vendor(info.session, vendor.id, info.requester.user_id)


def _settings(info: Info) -> Settings:
    settings: Settings = info.context["settings"]
    return settings

"""What staff say of where sellers stand, and what applicants do with their applications."""

from typing import Any

from strawberry import ID

from marketplace.kit.errors import InvalidError, PermissionDeniedError, RequiredError
from marketplace.vendors import applications, models, standing
from marketplace.vendors.legal_ids import LegalId
from marketplace.vendors.models import MemberRole
from marketplace_graphql.kernel import AUTHENTICATED, Info, changes, input_type, mutation, object_type
from marketplace_graphql.languages import CountryCode, LanguageCodeEnum
from marketplace_graphql.vendors.errors import VendorError
from marketplace_graphql.vendors.permits import STAFF, is_one_of, is_staff, works_for

OWNER = MemberRole.OWNER


@input_type
class VendorLegalIdInput:
    """A number under which an authority knows a seller. Never a person's identity number."""

    kind: LegalId
    number: str


@input_type
class VendorApplicationInput:
    """What somebody says who wants to sell. What is left out stays; `Vendor.missing` says what lacks."""

    name: str | None
    kind: models.VendorKind | None
    country: CountryCode | None
    region: str | None
    """ISO 3166-2 code."""
    province: str | None
    """ISO 3166-2 code."""
    programme: ID | None
    craft: str | None
    """What is made, in a few words."""
    story: str | None
    founded_year: int | None
    members_total: int | None
    members_women: int | None
    members_rural: int | None
    members_young: int | None
    email: str | None
    phone: str | None
    language: LanguageCodeEnum | None
    """Which letters are written in."""
    ice: str | None
    """Identifiant commun de l'entreprise, 15 digits."""
    legal_ids: list[VendorLegalIdInput] | None
    """All of them, in place of those given before. No national identity number is asked for, or kept."""


@object_type
class StandingMutations:
    """Applications, and what becomes of them."""

    @mutation(returns="Vendor", errors=VendorError, needs=AUTHENTICATED)
    async def vendor_register(
        self, info: Info, input: VendorApplicationInput, owner_email: str | None = None
    ) -> models.Vendor:
        """Begins an application as a draft. Whoever is signed in owns the seller; staff who work with sellers
        name the owner instead, who is asked by letter.
        """
        given, user_id = _given(info, input), info.requester.user_id
        if given.get("name") is None or given.get("kind") is None:
            field = "name" if given.get("name") is None else "kind"
            raise RequiredError("An application begins with a name and a kind.", field=field)
        if owner_email is not None:
            if not is_staff(info):
                raise PermissionDeniedError(STAFF)
            return await applications.register_on_behalf(info.session, user_id, owner_email, given)
        if user_id is None or info.requester.through_app_id is not None:
            raise PermissionDeniedError(AUTHENTICATED)
        return await applications.register(info.session, user_id, given)

    @mutation(returns="Vendor", errors=VendorError)
    async def vendor_application_update(
        self, info: Info, id: ID, input: VendorApplicationInput
    ) -> models.Vendor:
        """Changes an application before it is sent in, or when changes are asked for: its owner may. Staff
        who work with sellers may at any time.
        """
        vendor = await info.find(models.Vendor, id)
        await works_for(info, vendor.id, STAFF, OWNER)
        as_staff = is_staff(info) and not await is_one_of(info, vendor.id, OWNER)
        return await applications.write(
            info.session,
            vendor.id,
            _given(info, input),
            actor_id=info.requester.user_id,
            is_staff=as_staff,
        )

    @mutation(returns="Vendor", errors=VendorError)
    async def vendor_application_send(self, info: Info, id: ID) -> models.Vendor:
        """Sends a complete application in. Its owner may, and staff on the owner's behalf."""
        vendor = await info.find(models.Vendor, id)
        await works_for(info, vendor.id, STAFF, OWNER)
        return await applications.send_in(info.session, vendor.id, info.requester.user_id)

    @mutation(returns="Vendor", errors=VendorError)
    async def vendor_application_withdraw(self, info: Info, id: ID) -> models.Vendor:
        """Gives an application up. Its owner may."""
        vendor = await info.find(models.Vendor, id)
        await works_for(info, vendor.id, STAFF, OWNER)
        return await standing.withdraw(info.session, vendor.id, info.requester.user_id)

    @mutation(returns="Vendor", errors=VendorError, needs=STAFF)
    async def vendor_review_begin(self, info: Info, id: ID) -> models.Vendor:
        """Takes up an application that was sent in; the applicant is told."""
        vendor = await info.find(models.Vendor, id)
        return await standing.begin_review(info.session, vendor.id, info.requester.user_id)

    @mutation(returns="Vendor", errors=VendorError, needs=STAFF)
    async def vendor_changes_ask(self, info: Info, id: ID, message: str) -> models.Vendor:
        """Gives an application back, with words to the applicant."""
        vendor = await info.find(models.Vendor, id)
        return await standing.ask_for_changes(info.session, vendor.id, info.requester.user_id, message)

    @mutation(returns="Vendor", errors=VendorError, needs=STAFF)
    async def vendor_approve(self, info: Info, id: ID, reason: str | None = None) -> models.Vendor:
        """Lets a seller sell that has applied, or was suspended. Nobody approves their own."""
        vendor = await info.find(models.Vendor, id)
        return await standing.approve_vendor(info.session, vendor.id, info.requester.user_id, reason or "")

    @mutation(returns="Vendor", errors=VendorError, needs=STAFF)
    async def vendor_refuse(self, info: Info, id: ID, reason: str) -> models.Vendor:
        """Ends an application that can't be approved."""
        vendor = await info.find(models.Vendor, id)
        return await standing.refuse_vendor(info.session, vendor.id, info.requester.user_id, reason)

    @mutation(returns="Vendor", errors=VendorError, needs=STAFF)
    async def vendor_suspend(self, info: Info, id: ID, reason: str | None = None) -> models.Vendor:
        """Takes a seller's products off the shelves."""
        vendor = await info.find(models.Vendor, id)
        return await standing.suspend_vendor(info.session, vendor.id, info.requester.user_id, reason or "")

    @mutation(returns="Vendor", errors=VendorError, needs=STAFF)
    async def vendor_close(self, info: Info, id: ID, reason: str) -> models.Vendor:
        """Ends a seller for good: refused while orders are under way or money is owed."""
        vendor = await info.find(models.Vendor, id)
        return await standing.close_vendor(info.session, vendor.id, info.requester.user_id, reason)


def _given(info: Info, input: VendorApplicationInput) -> dict[str, Any]:
    """What is said, by the names that the service knows. Raises InvalidError."""
    given = changes(input)
    for name, column in (("region", "region_code"), ("province", "province_code")):
        if name in given:
            given[column] = given.pop(name) or None
    if "country" in given:
        country = given.pop("country")
        given["country_code"] = None if country is None else country.value
    if "language" in given:
        language = given.pop("language")
        given["language_code"] = None if language is None else language.value
    if "programme" in given:
        programme = given.pop("programme")
        try:
            given["programme_id"] = None if programme is None else info.key(programme, "Programme")
        except InvalidError as error:
            error.field = "programme"
            raise
    if "legal_ids" in given:
        ids = given["legal_ids"] or []
        info.at_most(len(LegalId), ids, "legalIds")
        given["legal_ids"] = {each["kind"]: each["number"] for each in ids}
    return given

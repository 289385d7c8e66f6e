"""Who works for sellers, and staff who act for them."""

from strawberry import ID

from marketplace.kit.errors import PermissionDeniedError
from marketplace.vendors import delegations, invitations, members, models
from marketplace.vendors import member_models as rows
from marketplace.vendors.errors import VendorStatusError
from marketplace.vendors.models import WORKING, MemberRole
from marketplace_graphql.kernel import Info, mutation, object_type
from marketplace_graphql.vendors.errors import VendorError
from marketplace_graphql.vendors.permits import STAFF, is_one_of, works_for

OWNER = MemberRole.OWNER


@object_type
class TeamMutations:
    """What owners say of who works for their seller."""

    @mutation(returns="Vendor", errors=VendorError, needs=STAFF)
    async def vendor_member_set(
        self, info: Info, vendor_id: ID, email: str, role: MemberRole | None = None
    ) -> models.Vendor:
        """Says as what somebody who has an account works for a seller; null: no more."""
        vendor = await info.find(models.Vendor, vendor_id, field_name="vendorId")
        await members.set_member(info.session, vendor.id, email, role, actor_id=info.requester.user_id)
        return vendor

    @mutation(returns={"invitation": "VendorInvitation | None"}, errors=VendorError)
    async def vendor_member_invite(
        self, info: Info, vendor_id: ID, email: str, role: MemberRole
    ) -> dict[str, rows.VendorInvitation]:
        """Asks somebody by letter to work for an approved seller: with the account of the address, or a new
        one. The link is good for fourteen days. Its owners may, and staff who work with sellers.
        """
        vendor = await info.find(models.Vendor, vendor_id, field_name="vendorId")
        await works_for(info, vendor.id, STAFF, OWNER)
        if vendor.status not in WORKING:
            raise VendorStatusError("Invite others once the seller is approved.", field="vendorId")
        asked = await invitations.invite(
            info.session, vendor.id, email, role, actor_id=info.requester.user_id
        )
        return {"invitation": asked}

    @mutation(returns={"invitation": "VendorInvitation | None"}, errors=VendorError)
    async def vendor_invitation_revoke(self, info: Info, id: ID) -> dict[str, rows.VendorInvitation]:
        """Takes an invitation back: its link works no more."""
        asked = await info.find(rows.VendorInvitation, id)
        await works_for(info, asked.vendor_id, STAFF, OWNER)
        revoked = await invitations.take_back(info.session, asked.id, actor_id=info.requester.user_id)
        return {"invitation": revoked}

    @mutation(returns="Vendor", errors=VendorError)
    async def vendor_member_update(
        self, info: Info, vendor_id: ID, user_id: ID, role: MemberRole
    ) -> models.Vendor:
        """Gives a member another role; never takes the last owner's. Owners may, and staff."""
        vendor = await info.find(models.Vendor, vendor_id, field_name="vendorId")
        await works_for(info, vendor.id, STAFF, OWNER)
        return await _change(info, vendor, _user(info, user_id), role)

    @mutation(returns="Vendor", errors=VendorError)
    async def vendor_member_remove(self, info: Info, vendor_id: ID, user_id: ID) -> models.Vendor:
        """Has somebody work for a seller no more. Owners may, staff, and every member for themselves; never
        the last owner.
        """
        vendor = await info.find(models.Vendor, vendor_id, field_name="vendorId")
        key = _user(info, user_id)
        if key != info.requester.user_id or not await is_one_of(info, vendor.id, *MemberRole):
            await works_for(info, vendor.id, STAFF, OWNER)
        return await _change(info, vendor, key, None)


@object_type
class DelegationMutations:
    """Staff who act for sellers, with their consent."""

    @mutation(returns={"delegation": "VendorDelegation | None"}, errors=VendorError)
    async def vendor_delegate(
        self, info: Info, vendor_id: ID, agent_email: str, days: int, reason: str | None = None
    ) -> dict[str, rows.VendorDelegation]:
        """Has one of the shop's staff act for a seller, for ninety days at most. Its owners may."""
        vendor = await info.find(models.Vendor, vendor_id, field_name="vendorId")
        owner_id = await _owner(info, vendor.id)
        made = await delegations.offer(info.session, vendor.id, owner_id, agent_email, days, reason or "")
        return {"delegation": made}

    @mutation(returns={"delegation": "VendorDelegation | None"}, errors=VendorError, needs=STAFF)
    async def vendor_delegation_ask(
        self, info: Info, vendor_id: ID, days: int, reason: str
    ) -> dict[str, rows.VendorDelegation]:
        """Asks a seller's owners by letter whether one may act for it."""
        vendor = await info.find(models.Vendor, vendor_id, field_name="vendorId")
        if info.requester.user_id is None:
            raise PermissionDeniedError(STAFF)
        made = await delegations.ask(info.session, vendor.id, info.requester.user_id, days, reason)
        return {"delegation": made}

    @mutation(returns={"delegation": "VendorDelegation | None"}, errors=VendorError)
    async def vendor_delegation_answer(
        self, info: Info, id: ID, agree: bool
    ) -> dict[str, rows.VendorDelegation]:
        """Consents that one of the staff acts for the seller from now on, or declines. Its owners may."""
        asked = await info.find(rows.VendorDelegation, id)
        owner_id = await _owner(info, asked.vendor_id)
        return {"delegation": await delegations.consent(info.session, asked.id, owner_id, agrees=agree)}

    @mutation(returns={"delegation": "VendorDelegation | None"}, errors=VendorError)
    async def vendor_delegation_end(self, info: Info, id: ID) -> dict[str, rows.VendorDelegation]:
        """Ends it at once. The seller's owners may, the agent, and staff who work with sellers."""
        found = await info.find(rows.VendorDelegation, id)
        if found.agent_id != info.requester.user_id:
            await works_for(info, found.vendor_id, STAFF, OWNER)
        return {"delegation": await delegations.end(info.session, found.id, info.requester.user_id)}


async def _owner(info: Info, vendor_id: int) -> int:
    """Whoever asks, who owns the seller: no staff consent for it. Raises PermissionDeniedError."""
    user_id = info.requester.user_id
    if user_id is None or not await is_one_of(info, vendor_id, OWNER):
        raise PermissionDeniedError
    return user_id


async def _change(info: Info, vendor: models.Vendor, user_id: int, role: MemberRole | None) -> models.Vendor:
    await members.change_member(info.session, vendor.id, user_id, role, actor_id=info.requester.user_id)
    return vendor


def _user(info: Info, user_id: ID) -> int:
    key: int = info.key(user_id, "User")
    return key

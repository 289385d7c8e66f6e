"""Mutations of a person's book of addresses."""

from typing import TYPE_CHECKING, Any

from strawberry import ID

from marketplace.kit.errors import NotFoundError, PermissionDeniedError
from marketplace.people import address_book, models
from marketplace.people.addresses import postal_address as as_kept
from marketplace.people.permissions import Permission
from marketplace_graphql.checkout.inputs import changed_address, metadata_entries, postal_address
from marketplace_graphql.kernel import AUTHENTICATED, AUTHENTICATED_APP, Info, mutation, object_type
from marketplace_graphql.people.errors import AccountError, AddressTypeEnum
from marketplace_graphql.people.requests import address_as_it_was, own_address, requester_account
from marketplace_graphql.rules import codes_of

if TYPE_CHECKING:
    from marketplace_graphql.people.inputs import AddressInput

BOTH: dict[str, Any] = {"user": "User | None", "address": "Address | None"}


@object_type
class AddressBookMutations:
    """A person's book of addresses."""

    @mutation(returns=BOTH, errors=AccountError, needs=(AUTHENTICATED, AUTHENTICATED_APP))
    async def account_address_create(
        self,
        info: Info,
        input: "AddressInput",
        type: AddressTypeEnum | None = None,
        customer_id: ID | None = None,
    ) -> dict[str, object]:
        """Adds an address to one's book; with a type, it is the one meant from now on."""
        user = await requester_account(info, customer_id)
        with codes_of(AccountError):
            address = await address_book.add(
                info.session,
                user,
                postal_address(input),
                metadata=metadata_entries(input.metadata),
                default_for=type.value if type else None,
                as_it_is=unlooked_at(info, input),
            )
        return {"user": user, "address": address}

    @mutation(returns=BOTH, errors=AccountError, needs=(AUTHENTICATED, Permission.MANAGE_USERS))
    async def account_address_update(self, info: Info, id: ID, input: "AddressInput") -> dict[str, object]:
        """Changes an address of one's book. What is left out stays as it is."""
        address = await own_address(info, id)
        with codes_of(AccountError):
            await address_book.change(
                info.session,
                address,
                changed_address(as_kept(address), input),
                metadata=metadata_entries(input.metadata),
                as_it_is=unlooked_at(info, input),
            )
        return {"user": await owner_of(info, address), "address": address}

    @mutation(returns=BOTH, errors=AccountError, needs=(AUTHENTICATED, Permission.MANAGE_USERS))
    async def account_address_delete(self, info: Info, id: ID) -> dict[str, object]:
        """Takes an address out of one's book."""
        address = await own_address(info, id)
        user, told = await owner_of(info, address), address_as_it_was(address)
        await address_book.remove(info.session, address)
        return {"user": user, "address": told}

    @mutation(returns={"user": "User | None"}, errors=AccountError, needs=AUTHENTICATED)
    async def account_set_default_address(
        self, info: Info, id: ID, type: AddressTypeEnum
    ) -> dict[str, object]:
        """Says which address of one's book is meant where none is named."""
        user, address = await requester_account(info), await own_address(info, id)
        if address.user_id != user.id:
            raise NotFoundError("This address is in somebody else's book.", field="id")
        address_book.set_default(user, address, type.value)
        await info.session.flush()
        return {"user": user}


async def owner_of(info: Info, address: models.Address) -> models.User | None:
    return await info.session.get(models.User, address.user_id)


def unlooked_at(info: Info, input: "AddressInput", needed: Permission = Permission.MANAGE_USERS) -> bool:
    """Whether the address is kept as it was typed. Raises PermissionDeniedError for those who may not."""
    if not input.skip_validation:
        return False
    if needed not in info.requester.permissions:
        raise PermissionDeniedError(needed)
    return True

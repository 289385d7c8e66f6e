"""What staff do with customers' books of addresses."""

from typing import TYPE_CHECKING, Any

from strawberry import ID

from marketplace.kit.errors import InvalidError
from marketplace.people import address_book, models
from marketplace.people.addresses import postal_address as as_kept
from marketplace.people.permissions import Permission
from marketplace_graphql.checkout.inputs import changed_address, metadata_entries, postal_address
from marketplace_graphql.kernel import Info, mutation, object_type
from marketplace_graphql.people.address_book import BOTH, owner_of, unlooked_at
from marketplace_graphql.people.errors import AccountError, AddressTypeEnum
from marketplace_graphql.people.requests import address_as_it_was, own_address
from marketplace_graphql.rules import codes_of

if TYPE_CHECKING:
    from marketplace_graphql.people.inputs import AddressInput

NEEDS = Permission.MANAGE_USERS
_USER: dict[str, Any] = {"user": "User | None"}


@object_type
class CustomerAddressMutations:
    """Books of addresses, changed by staff."""

    @mutation(returns=BOTH, errors=AccountError, needs=NEEDS)
    async def address_create(self, info: Info, user_id: ID, input: "AddressInput") -> dict[str, object]:
        """Adds an address to a person's book."""
        user = await info.find(models.User, user_id, field_name="userId", lock=True)
        with codes_of(AccountError):
            address = await address_book.add(
                info.session,
                user,
                postal_address(input),
                metadata=metadata_entries(input.metadata),
                as_it_is=unlooked_at(info, input),
            )
        return {"user": user, "address": address}

    @mutation(returns=BOTH, errors=AccountError, needs=NEEDS)
    async def address_update(self, info: Info, id: ID, input: "AddressInput") -> dict[str, object]:
        """Changes an address of a person's book. What is left out stays as it is."""
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

    @mutation(returns=BOTH, errors=AccountError, needs=NEEDS)
    async def address_delete(self, info: Info, id: ID) -> dict[str, object]:
        """Takes an address out of a person's book."""
        address = await own_address(info, id)
        user, told = await owner_of(info, address), address_as_it_was(address)
        await address_book.remove(info.session, address)
        return {"user": user, "address": told}

    @mutation(returns=_USER, errors=AccountError, needs=NEEDS, tells="CUSTOMER_UPDATED")
    async def address_set_default(
        self, info: Info, address_id: ID, user_id: ID, type: AddressTypeEnum
    ) -> dict[str, object]:
        """Says which address of a person's book is meant where none is named."""
        user = await info.find(models.User, user_id, field_name="userId", lock=True)
        address = await own_address(info, address_id, "addressId")
        if address.user_id != user.id:
            raise InvalidError("This address is in somebody else's book.", field="addressId")
        address_book.set_default(user, address, type.value)
        await info.session.flush()
        return {"user": user}

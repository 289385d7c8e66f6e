"""What staff do with customers."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import not_
from strawberry import ID

from marketplace.catalog import answering
from marketplace.kit.announcements import announce
from marketplace.kit.errors import DomainError, Errors, InvalidError, NotFoundError
from marketplace.markets.queries import channel_to_shop_in
from marketplace.people import customers as service
from marketplace.people import models
from marketplace.people.permissions import Permission
from marketplace_graphql.catalog.answer_inputs import answers_of
from marketplace_graphql.kernel import (
    Info,
    error_entries,
    error_type,
    input_type,
    mutation,
    object_type,
    row_by,
)
from marketplace_graphql.kernel.bulk import ErrorPolicyEnum, Faults, in_bulk
from marketplace_graphql.people.errors import AccountError
from marketplace_graphql.people.requests import settings_of
from marketplace_graphql.people.staff_inputs import (
    CustomerInput,
    UserCreateInput,
    default_addresses,
    person_changes,
)
from marketplace_graphql.rules import codes_of

NEEDS = Permission.MANAGE_USERS
AT_ONCE = 500
a_customer = row_by(models.User, "external_reference", lock=True)

CustomerBulkUpdateError = error_type(
    "CustomerBulkUpdateError",
    (
        "BLANK",
        "DUPLICATED_INPUT_ITEM",
        "GRAPHQL_ERROR",
        "INVALID",
        "REQUIRED",
        "UNIQUE",
        "NOT_FOUND",
        "MAX_LENGTH",
    ),
    path_only=True,
    attributes=list[ID] | None,
)


@input_type
class CustomerBulkUpdateInput:
    """A customer, and what changes of them."""

    id: ID | None
    external_reference: str | None
    """What another system calls them, in place of the id."""
    input: CustomerInput


@object_type
class CustomerBulkResult:
    """What became of one customer of many."""

    customer: "User | None"  # type: ignore[name-defined]  # noqa: F821 - found by its name
    errors: list[CustomerBulkUpdateError.declared] | None  # type: ignore[name-defined]


@object_type
class CustomerMutations:
    """What staff do with customers."""

    @mutation(returns="User", field="user", errors=AccountError, needs=NEEDS, tells="CUSTOMER_CREATED")
    async def customer_create(self, info: Info, input: UserCreateInput) -> models.User:
        """Opens an account for a customer."""
        slug = None
        with codes_of(AccountError):
            if input.redirect_url:
                slug = (await channel_to_shop_in(info.session, input.channel or None)).slug
            user = await service.create_customer(
                info.session,
                settings_of(info),
                await person_changes(info, input),
                default_addresses(info, input),
                redirect_url=input.redirect_url or None,
                channel_slug=slug,
            )
            await _answer(info, user, input, complete=True)
        return user

    @mutation(
        returns="User",
        field="user",
        errors=AccountError,
        needs=NEEDS,
        about=a_customer,
        tells="CUSTOMER_UPDATED",
    )
    async def customer_update(self, info: Info, user: models.User, input: CustomerInput) -> models.User:
        """Changes a customer's account. A colleague's is changed by those who manage staff."""
        _check_reach(info, user)
        with codes_of(AccountError):
            await service.update_customer(
                info.session,
                user,
                await person_changes(info, input),
                default_addresses(info, input),
                staff_id=info.requester.user_id,
            )
            await _answer(info, user, input)
        return user

    @mutation(returns="User", field="user", errors=AccountError, needs=NEEDS, about=a_customer)
    async def customer_delete(self, info: Info, user: models.User) -> models.User:
        """Deletes a customer's account. Orders stay, without the person."""
        staff_id = info.requester.user_id
        service.check_deletable(user, staff_id)
        await announce(info.session, "CUSTOMER_DELETED", user)
        info.afterwards(lambda: service.delete_customers(info.session, [user], staff_id=staff_id))
        return user

    @mutation(returns={"count": int}, failed={"count": 0}, errors=AccountError, needs=NEEDS)
    async def customer_bulk_delete(self, info: Info, ids: list[ID]) -> dict[str, int]:
        """Deletes customers' accounts, all of them or none."""
        info.at_most(AT_ONCE, ids, "ids")
        users = await info.find_many(models.User, dict.fromkeys(ids), field_name="ids", lock=True)
        for user in users:
            service.check_deletable(user, info.requester.user_id, "ids")
        await announce(info.session, "CUSTOMER_DELETED", *users)
        await service.delete_customers(info.session, users, staff_id=info.requester.user_id)
        return {"count": len(users)}

    @mutation(
        returns={"count": int, "results": list[CustomerBulkResult]},
        failed={"count": 0, "results": []},
        errors=CustomerBulkUpdateError,
        needs=NEEDS,
    )
    async def customer_bulk_update(
        self,
        info: Info,
        customers: list[CustomerBulkUpdateInput],
        error_policy: ErrorPolicyEnum | None = None,
    ) -> dict[str, Any]:
        """Changes customers' accounts."""
        info.at_most(AT_ONCE, customers, "customers")
        twice = _Twice(customers)

        async def change(given: CustomerBulkUpdateInput, faults: Faults) -> models.User:
            return await _change_one(info, given, twice, faults)

        outcomes = await in_bulk(info.session, customers, change, error_policy)
        changed = [each.row for each in outcomes if each.row is not None]
        await announce(info.session, "CUSTOMER_UPDATED", *changed)
        return {
            "count": len(changed),
            "results": [
                {"customer": each.row, "errors": error_entries(CustomerBulkUpdateError, each.errors) or None}
                for each in outcomes
            ],
        }

    @mutation(returns={"count": int}, failed={"count": 0}, errors=AccountError, needs=NEEDS)
    async def user_bulk_set_active(self, info: Info, ids: list[ID], is_active: bool) -> dict[str, int]:
        """Lets people sign in, or no more; all of them or none."""
        info.at_most(AT_ONCE, ids, "ids")
        users = await info.find_many(models.User, dict.fromkeys(ids), field_name="ids", lock=True)
        for user in users:
            if not user.is_superuser and user.id != info.requester.user_id:
                _check_reach(info, user, "ids")
        await service.set_active(info.session, users, active=is_active, staff_id=info.requester.user_id)
        await announce(info.session, "CUSTOMER_UPDATED", *[user for user in users if not user.is_staff])
        await announce(info.session, "STAFF_UPDATED", *[user for user in users if user.is_staff])
        return {"count": len(users)}


class _Twice:
    """What several customers of a bulk would be given, and only one can have."""

    def __init__(self, given: list[CustomerBulkUpdateInput]) -> None:
        self._emails = Counter(each.input.email.lower() for each in given if each.input.email)
        self._references = Counter(
            each.input.external_reference for each in given if each.input.external_reference
        )

    def check(self, given: CustomerInput) -> None:
        """Raises Errors."""
        faults = []
        if given.email and self._emails[given.email.lower()] > 1:
            faults.append(_named_twice("input.email"))
        if given.external_reference and self._references[given.external_reference] > 1:
            faults.append(_named_twice("input.externalReference"))
        if faults:
            raise Errors(faults)


def _named_twice(path: str) -> DomainError:
    return DomainError("Several customers would have this.", field=path, code="DUPLICATED_INPUT_ITEM")


async def _change_one(
    info: Info, given: CustomerBulkUpdateInput, twice: _Twice, faults: Faults
) -> models.User:
    """Raises DomainError, Errors: then nothing of the customer is changed, whatever the policy."""
    user = await _named(info, given)
    twice.check(given.input)
    with _under_input():
        changed = await person_changes(info, given.input)
        await service.update_customer(info.session, user, changed, staff_id=info.requester.user_id)
        await _answer(info, user, given.input)
    for address in default_addresses(info, given.input):
        with faults.at("input", f"default{address.type.capitalize()}Address"):
            await service.set_addresses(info.session, user, [address])
    return user


async def _named(info: Info, given: CustomerBulkUpdateInput) -> models.User:
    """The customer, locked. Raises DomainError, NotFoundError."""
    names = {name: value for name, value in (("id", given.id), ("ref", given.external_reference)) if value}
    if len(names) != 1:
        raise InvalidError("Name the customer by `id` or by `externalReference`, not by both.")
    if "id" in names:
        try:
            key = info.key(names["id"], "User")
        except InvalidError as refused:
            raise InvalidError(refused.message, field="id") from refused
        found = await info.seen(models.User, [key], rule=_is_theirs(info), lock=True)
    else:
        found = await info.seen(
            models.User,
            [names["ref"]],
            by=lambda user: user.external_reference,
            rule=_is_theirs(info),
            lock=True,
        )
    if not found:
        raise NotFoundError("There is no such customer.")
    (user,) = found.values()
    return user


async def _answer(
    info: Info, user: models.User, given: CustomerInput | UserCreateInput, *, complete: bool = False
) -> None:
    """Write what a customer answers to what their kind asks, if anything is said of it. Raises Errors."""
    if given.attributes:
        answers = await answers_of(info, given.attributes)
        await answering.answer(info.session, user, answers, complete=complete)


def _is_theirs(info: Info) -> Any:
    """Which accounts the requester changes: those of colleagues only with the right to manage staff."""
    if Permission.MANAGE_STAFF in info.requester.permissions:
        return None
    return lambda user: not_(user.is_staff)


def _check_reach(info: Info, user: models.User, field: str = "id") -> None:
    """Whoever keeps customers takes over no colleague's account. Raises NotFoundError."""
    if user.is_staff and Permission.MANAGE_STAFF not in info.requester.permissions:
        raise NotFoundError("There is no such customer.", field=field)


@contextmanager
def _under_input() -> Iterator[None]:
    """Errors with their path in an entry of a bulk."""
    try:
        yield
    except (DomainError, Errors) as refused:
        for error in refused.errors if isinstance(refused, Errors) else [refused]:
            error.field = f"input.{error.field}" if error.field else "input"
        raise

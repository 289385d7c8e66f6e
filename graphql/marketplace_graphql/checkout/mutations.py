"""What a buyer does to a checkout, from opening it to the moment before it is completed.

Whoever knows the id of a guest's may change it; it can't be guessed. A customer's is theirs (`subject.py`).
"""

import uuid
from typing import TYPE_CHECKING, Any

from strawberry import ID, UNSET

from marketplace.checkout import deliveries, models, service
from marketplace.checkout import lines as cart_lines
from marketplace.checkout.app_methods import method_key
from marketplace.checkout.errors import CheckoutGoneError, DeliveryNotApplicableError
from marketplace.kit.errors import DomainError, InvalidError, NotFoundError, PermissionDeniedError
from marketplace.kit.ids import int_pk, uuid_pk
from marketplace.payments import completion
from marketplace.people.models import User
from marketplace.people.permissions import Permission
from marketplace.people.redirects import checked_redirect
from marketplace_graphql.checkout.carriers import hear_carriers, heard_of
from marketplace_graphql.checkout.errors import CheckoutError, DeliveryOptionsCalculateError
from marketplace_graphql.checkout.inputs import (
    CheckoutAddressValidationRules,
    CheckoutCreateInput,
    CheckoutLineInput,
    CheckoutLineUpdateInput,
    address_checks,
    line_changes,
    line_key,
    lines_to_add,
    metadata_entries,
    postal_address,
)
from marketplace_graphql.checkout.reordering import Reordering
from marketplace_graphql.checkout.subject import (
    may_change,
    the_checkout,
    the_checkout_by_id_or_token,
    the_only_checkout,
)
from marketplace_graphql.checkout.taxes import once_taxed
from marketplace_graphql.inputs import MetadataInput
from marketplace_graphql.kernel import (
    AUTHENTICATED,
    AUTHENTICATED_APP,
    Info,
    JSONString,
    Row,
    mutation,
    object_type,
)
from marketplace_graphql.languages import LanguageCodeEnum
from marketplace_graphql.older_payments.completing import carried_out, given_back_if_refused
from marketplace_graphql.people.requests import settings_of
from marketplace_graphql.rules import codes_of

if TYPE_CHECKING:
    from marketplace_graphql.people.inputs import AddressInput

CHECKOUT = "Checkout"
UPDATED = "CHECKOUT_UPDATED"
ANYBODY = (AUTHENTICATED, AUTHENTICATED_APP)
"""A buyer, or an app that acts for one."""


async def _requester(info: Info) -> User | None:
    """The signed-in person; None for nobody."""
    user_id = info.requester.user_id
    return None if user_id is None else await info.session.get(User, user_id)


@object_type
class CheckoutMutations(Reordering):
    """Filling a cart, and saying where it goes."""

    @mutation(
        returns={"checkout": "Checkout | None", "created": bool | None},
        errors=CheckoutError,
        tells="CHECKOUT_CREATED",
    )
    async def checkout_create(self, info: Info, input: CheckoutCreateInput) -> Any:
        """Opens a checkout; a signed-in buyer's is theirs from the start."""
        rules = input.validation_rules or None
        language = input.language_code or None
        checkout = await service.create_checkout(
            info.session,
            service.NewCheckout(
                channel_slug=input.channel or None,
                lines=lines_to_add(input.lines, info.requester),
                user=await _requester(info),
                email=input.email or None,
                shipping_address=postal_address(input.shipping_address) if input.shipping_address else None,
                billing_address=postal_address(input.billing_address) if input.billing_address else None,
                shipping_checks=address_checks(
                    rules and rules.shipping_address, input.shipping_address, info.requester
                ),
                billing_checks=address_checks(
                    rules and rules.billing_address, input.billing_address, info.requester
                ),
                save_shipping_address=_said(input.save_shipping_address),
                save_billing_address=_said(input.save_billing_address),
                metadata=metadata_entries(input.metadata),
                private_metadata=_private_entries(info, input.private_metadata),
                **({"language_code": language.value} if language else {}),
            ),
        )
        return {"checkout": await heard_of(info, checkout), "created": True}

    @mutation(returns=CHECKOUT, errors=CheckoutError, about=the_checkout, tells=UPDATED)
    async def checkout_lines_add(
        self,
        info: Info,
        key: uuid.UUID,
        lines: list[CheckoutLineInput],
    ) -> models.Checkout:
        """Puts pieces into the checkout and keeps them for it."""
        checkout = await cart_lines.add_lines(info.session, key, lines_to_add(lines, info.requester))
        return await heard_of(info, checkout)

    @mutation(returns=CHECKOUT, errors=CheckoutError, about=the_checkout, tells=UPDATED)
    async def checkout_lines_update(
        self,
        info: Info,
        key: uuid.UUID,
        lines: list[CheckoutLineUpdateInput],
    ) -> models.Checkout:
        """Sets how many pieces lines have."""
        checkout = await cart_lines.update_lines(info.session, key, line_changes(lines, info.requester))
        return await heard_of(info, checkout)

    @mutation(returns=CHECKOUT, errors=CheckoutError, about=the_checkout_by_id_or_token, tells=UPDATED)
    async def checkout_lines_delete(
        self,
        info: Info,
        key: uuid.UUID,
        lines_ids: list[ID],
    ) -> models.Checkout:
        """Takes lines out of the checkout."""
        keys = [line_key(line_id, "linesIds") for line_id in lines_ids]
        return await heard_of(info, await cart_lines.delete_lines(info.session, key, keys))

    @mutation(
        returns=CHECKOUT,
        errors=CheckoutError,
        about=the_checkout,
        deprecated="Use `checkoutLinesDelete`.",
        tells=UPDATED,
    )
    async def checkout_line_delete(
        self,
        info: Info,
        key: uuid.UUID,
        line_id: ID | None = None,
    ) -> models.Checkout:
        """Takes a line out of the checkout."""
        keys = [line_key(line_id, "lineId")] if line_id else []
        return await heard_of(info, await cart_lines.delete_lines(info.session, key, keys))

    @mutation(returns=CHECKOUT, errors=CheckoutError, about=the_checkout, tells=UPDATED)
    async def checkout_email_update(
        self,
        info: Info,
        key: uuid.UUID,
        email: str,
    ) -> models.Checkout:
        """Says to whom the order is confirmed."""
        return await service.set_email(info.session, key, email)

    @mutation(returns=CHECKOUT, errors=CheckoutError, about=the_checkout, tells=UPDATED)
    async def checkout_shipping_address_update(
        self,
        info: Info,
        key: uuid.UUID,
        shipping_address: "AddressInput",
        save_address: bool | None = True,
        validation_rules: CheckoutAddressValidationRules | None = None,
    ) -> models.Checkout:
        """Says where it goes, and hence how it is taxed and can travel."""
        checkout = await service.set_shipping_address(
            info.session,
            key,
            postal_address(shipping_address),
            address_checks(validation_rules, shipping_address, info.requester),
            save=save_address is not False,
        )
        return await heard_of(info, checkout)

    @mutation(returns=CHECKOUT, errors=CheckoutError, about=the_checkout, tells=UPDATED)
    async def checkout_billing_address_update(
        self,
        info: Info,
        key: uuid.UUID,
        billing_address: "AddressInput",
        save_address: bool | None = True,
        validation_rules: CheckoutAddressValidationRules | None = None,
    ) -> models.Checkout:
        """Says who is billed."""
        return await service.set_billing_address(
            info.session,
            key,
            postal_address(billing_address),
            address_checks(validation_rules, billing_address, info.requester),
            save=save_address is not False,
        )

    @mutation(returns=CHECKOUT, errors=CheckoutError, about=the_checkout, needs=ANYBODY, tells=UPDATED)
    async def checkout_customer_attach(
        self,
        info: Info,
        key: uuid.UUID,
        customer_id: ID | None = None,
    ) -> models.Checkout:
        """Makes the checkout the signed-in buyer's. Staff may name another customer."""
        customer = await _customer(info, customer_id)
        return await service.attach_customer(info.session, key, customer)

    @mutation(returns=CHECKOUT, errors=CheckoutError, about=the_checkout, needs=ANYBODY, tells=UPDATED)
    async def checkout_customer_detach(
        self,
        info: Info,
        key: uuid.UUID,
    ) -> models.Checkout:
        """Makes the checkout nobody's."""
        return await service.detach_customer(
            info.session,
            key,
            info.requester.user_id,
            for_another=info.requester.has_any([Permission.IMPERSONATE_USER]),
        )

    @mutation(returns=CHECKOUT, errors=CheckoutError, about=the_checkout, tells=UPDATED)
    async def checkout_language_code_update(
        self,
        info: Info,
        key: uuid.UUID,
        language_code: LanguageCodeEnum,
    ) -> models.Checkout:
        """Says in which language the buyer is written to."""
        return await service.set_language(info.session, key, language_code.value)

    @mutation(returns=CHECKOUT, errors=CheckoutError, about=the_only_checkout, tells=UPDATED)
    async def checkout_customer_note_update(
        self,
        info: Info,
        key: uuid.UUID,
        customer_note: str,
    ) -> models.Checkout:
        """Says what the buyer wants the sellers to know."""
        return await service.set_note(info.session, key, customer_note)

    @mutation(
        returns={"deliveries": "list[Delivery]"},
        failed={"deliveries": []},
        errors=DeliveryOptionsCalculateError,
        about=the_only_checkout,
    )
    async def delivery_options_calculate(self, info: Info, key: uuid.UUID) -> Any:
        """Works out how the goods can travel to the shipping address, the cheapest way first."""
        with codes_of(DeliveryOptionsCalculateError):
            await hear_carriers(info, key)
            keys = await deliveries.calculate_deliveries(info.session, key)
        return {"deliveries": [Row(key) for key in keys]}

    @mutation(returns=CHECKOUT, errors=CheckoutError, about=the_checkout_by_id_or_token, tells=UPDATED)
    async def checkout_delivery_method_update(
        self,
        info: Info,
        key: uuid.UUID,
        delivery_method_id: ID | None = None,
    ) -> models.Checkout:
        """Chooses a delivery, by its id or its shipping method's; without one, none is chosen any more."""
        return await _choose(info, key, delivery_method_id, "deliveryMethodId")

    @mutation(
        returns=CHECKOUT,
        errors=CheckoutError,
        about=the_checkout,
        deprecated="Use `checkoutDeliveryMethodUpdate`.",
        tells=UPDATED,
    )
    async def checkout_shipping_method_update(
        self,
        info: Info,
        key: uuid.UUID,
        shipping_method_id: ID | None = None,
    ) -> models.Checkout:
        """Chooses a delivery by its shipping method; without one, none is chosen any more."""
        return await _choose(info, key, shipping_method_id, "shippingMethodId")

    @mutation(
        returns={
            "order": "Order | None",
            "confirmation_needed": bool,
            "confirmation_data": JSONString | None,
        },
        failed={"confirmation_needed": False},
        errors=CheckoutError,
        about=the_checkout,
        outdated={"store_source": "Payments are transactions."},
    )
    async def checkout_complete(
        self,
        info: Info,
        key: uuid.UUID,
        metadata: list[MetadataInput] | None = None,
        redirect_url: str | None = None,
        payment_data: JSONString | None = None,
        store_source: bool | None = False,
    ) -> Any:
        """Makes the checkout an order, split into its sellers' parts. Sent twice, it gives the same order.

        What is paid is told by transactions. A payment that `checkoutPaymentCreate` has recorded is made now:
        `paymentData` is for its gateway. Where the buyer has to confirm it, there is no order yet. Gateways
        keep no ways of paying, so `storeSource` says nothing.
        """
        link = checked_redirect(settings_of(info), redirect_url) if redirect_url else None
        await hear_carriers(info, key, keeps_choice=True)
        entries = metadata_entries(metadata)
        paid = await carried_out(info, key, payment_data)
        if paid.confirmation_needed:
            return {"order": None, "confirmation_needed": True, "confirmation_data": paid.data}
        async with given_back_if_refused(info, paid):
            order = await once_taxed(
                info, lambda: completion.complete(info.session, key, entries, redirect_url=link)
            )
        if not may_change(info, order.user_id):
            # It was an order already, somebody else's.
            raise CheckoutGoneError
        return {"order": order, "confirmation_needed": False}


def _said(given: bool | None) -> bool | None:
    """Yes, no, or None where nothing was said."""
    return None if given is UNSET else given


def _private_entries(info: Info, given: Any) -> dict[str, str]:
    """Raises PermissionDeniedError for who may not write them."""
    needed = (Permission.MANAGE_CHECKOUTS, Permission.HANDLE_CHECKOUTS)
    if given and not info.requester.has_any(needed):
        raise PermissionDeniedError(*needed)
    return metadata_entries(given)


async def _customer(info: Info, customer_id: str | None) -> User:
    """Whose the checkout shall be: the requester's, or, if they may act for others, somebody's."""
    user_id = info.requester.user_id if not customer_id else _user_key(customer_id)
    if user_id is None:  # An app is nobody's buyer.
        raise PermissionDeniedError(AUTHENTICATED)
    if user_id != info.requester.user_id and not info.requester.has_any([Permission.IMPERSONATE_USER]):
        raise PermissionDeniedError(Permission.IMPERSONATE_USER)
    user = await info.session.get(User, user_id)
    if user is None:
        raise NotFoundError("There is no such customer.", field="customerId")
    return user


def _user_key(global_id: str) -> int:
    try:
        return int_pk(global_id, "User")
    except InvalidError as error:
        raise DomainError(error.message, field="customerId", code="GRAPHQL_ERROR") from error


async def _choose(info: Info, checkout_id: uuid.UUID, chosen: str | None, field: str) -> models.Checkout:
    """Take the delivery that a global id names, itself or by its method."""
    if not chosen:
        return await deliveries.choose_delivery(info.session, checkout_id)
    method_id = method_key(chosen)
    try:
        delivery_id = uuid_pk(chosen, "Delivery") if method_id is None else None
    except InvalidError as error:
        raise DeliveryNotApplicableError(error.message, field=field) from error
    await hear_carriers(info, checkout_id)
    return await deliveries.choose_delivery(
        info.session, checkout_id, delivery_id=delivery_id, method_id=method_id
    )

"""What a buyer does to a checkout, from opening it to the moment before it is completed.

As in Saleor, whoever knows a checkout's id, which can't be guessed, may change it.
"""

import uuid
from typing import TYPE_CHECKING, Any

from strawberry import ID

from marketplace.checkout import deliveries, models, service
from marketplace.checkout import lines as cart_lines
from marketplace.checkout.errors import DeliveryNotApplicableError
from marketplace.kit.errors import InvalidError, NotFoundError, PermissionDeniedError
from marketplace.kit.ids import int_pk, split_global_id, uuid_pk
from marketplace.payments import completion
from marketplace.people.models import User
from marketplace.people.permissions import Permission
from marketplace_graphql.checkout.errors import CheckoutError, DeliveryOptionsCalculateError
from marketplace_graphql.checkout.inputs import (
    CheckoutAddressValidationRules,
    CheckoutCreateInput,
    CheckoutLineInput,
    CheckoutLineUpdateInput,
    address_checks,
    checkout_key,
    line_changes,
    line_key,
    lines_to_add,
    metadata_entries,
    postal_address,
)
from marketplace_graphql.inputs import MetadataInput
from marketplace_graphql.kernel import (
    AUTHENTICATED,
    UUID,
    Info,
    JSONString,
    Row,
    mutation,
    object_type,
)
from marketplace_graphql.languages import LanguageCodeEnum
from marketplace_graphql.rules import codes_of

if TYPE_CHECKING:
    from marketplace_graphql.people.inputs import AddressInput

CHECKOUT = "Checkout"


async def _requester(info: Info) -> User | None:
    """The signed-in person; None for nobody."""
    user_id = info.requester.user_id
    return None if user_id is None else await info.session.get(User, user_id)


@object_type
class CheckoutMutations:
    """Filling a cart, and saying where it goes."""

    @mutation(returns={"checkout": "Checkout | None", "created": bool | None}, errors=CheckoutError)
    async def checkout_create(self, info: Info, input: CheckoutCreateInput) -> Any:
        """Opens a checkout; a signed-in buyer's is theirs from the start."""
        rules = input.validation_rules or None
        language = input.language_code or None
        checkout = await service.create_checkout(
            info.session,
            service.NewCheckout(
                channel_slug=input.channel or None,
                lines=lines_to_add(input.lines),
                user=await _requester(info),
                email=input.email or None,
                shipping_address=postal_address(input.shipping_address) if input.shipping_address else None,
                billing_address=postal_address(input.billing_address) if input.billing_address else None,
                shipping_checks=address_checks(rules and rules.shipping_address),
                billing_checks=address_checks(rules and rules.billing_address),
                metadata=metadata_entries(input.metadata),
                **({"language_code": language.value} if language else {}),
            ),
        )
        return {"checkout": checkout, "created": True}

    @mutation(returns=CHECKOUT, errors=CheckoutError)
    async def checkout_lines_add(
        self,
        info: Info,
        lines: list[CheckoutLineInput],
        id: ID | None = None,
        token: UUID | None = None,
        checkout_id: ID | None = None,
    ) -> models.Checkout:
        """Puts pieces into the checkout and keeps them for it."""
        key = checkout_key(id, checkout_id, token)
        return await cart_lines.add_lines(info.session, key, lines_to_add(lines))

    @mutation(returns=CHECKOUT, errors=CheckoutError)
    async def checkout_lines_update(
        self,
        info: Info,
        lines: list[CheckoutLineUpdateInput],
        id: ID | None = None,
        token: UUID | None = None,
        checkout_id: ID | None = None,
    ) -> models.Checkout:
        """Sets how many pieces lines have."""
        key = checkout_key(id, checkout_id, token)
        return await cart_lines.update_lines(info.session, key, line_changes(lines))

    @mutation(returns=CHECKOUT, errors=CheckoutError)
    async def checkout_lines_delete(
        self,
        info: Info,
        lines_ids: list[ID],
        id: ID | None = None,
        token: UUID | None = None,
    ) -> models.Checkout:
        """Takes lines out of the checkout."""
        keys = [line_key(line_id, "linesIds") for line_id in lines_ids]
        return await cart_lines.delete_lines(info.session, checkout_key(id, None, token), keys)

    @mutation(returns=CHECKOUT, errors=CheckoutError, deprecated="Use `checkoutLinesDelete`.")
    async def checkout_line_delete(
        self,
        info: Info,
        line_id: ID | None = None,
        id: ID | None = None,
        token: UUID | None = None,
        checkout_id: ID | None = None,
    ) -> models.Checkout:
        """Takes a line out of the checkout."""
        keys = [line_key(line_id, "lineId")] if line_id else []
        return await cart_lines.delete_lines(info.session, checkout_key(id, checkout_id, token), keys)

    @mutation(returns=CHECKOUT, errors=CheckoutError)
    async def checkout_email_update(
        self,
        info: Info,
        email: str,
        id: ID | None = None,
        token: UUID | None = None,
        checkout_id: ID | None = None,
    ) -> models.Checkout:
        """Says to whom the order is confirmed."""
        return await service.set_email(info.session, checkout_key(id, checkout_id, token), email)

    @mutation(returns=CHECKOUT, errors=CheckoutError)
    async def checkout_shipping_address_update(
        self,
        info: Info,
        shipping_address: "AddressInput",
        id: ID | None = None,
        token: UUID | None = None,
        checkout_id: ID | None = None,
        validation_rules: CheckoutAddressValidationRules | None = None,
    ) -> models.Checkout:
        """Says where it goes, and hence how it is taxed and can travel."""
        key = checkout_key(id, checkout_id, token)
        return await service.set_shipping_address(
            info.session, key, postal_address(shipping_address), address_checks(validation_rules)
        )

    @mutation(returns=CHECKOUT, errors=CheckoutError)
    async def checkout_billing_address_update(
        self,
        info: Info,
        billing_address: "AddressInput",
        id: ID | None = None,
        token: UUID | None = None,
        checkout_id: ID | None = None,
        validation_rules: CheckoutAddressValidationRules | None = None,
    ) -> models.Checkout:
        """Says who is billed."""
        key = checkout_key(id, checkout_id, token)
        return await service.set_billing_address(
            info.session, key, postal_address(billing_address), address_checks(validation_rules)
        )

    @mutation(returns=CHECKOUT, errors=CheckoutError)
    async def checkout_customer_attach(
        self,
        info: Info,
        id: ID | None = None,
        token: UUID | None = None,
        checkout_id: ID | None = None,
        customer_id: ID | None = None,
    ) -> models.Checkout:
        """Makes the checkout the signed-in buyer's. Staff may name another customer."""
        key = checkout_key(id, checkout_id, token)
        customer = await _customer(info, customer_id)
        return await service.attach_customer(info.session, key, customer)

    @mutation(returns=CHECKOUT, errors=CheckoutError)
    async def checkout_customer_detach(
        self,
        info: Info,
        id: ID | None = None,
        token: UUID | None = None,
        checkout_id: ID | None = None,
    ) -> models.Checkout:
        """Makes the checkout nobody's."""
        key = checkout_key(id, checkout_id, token)
        return await service.detach_customer(info.session, key, info.requester.user_id)

    @mutation(returns=CHECKOUT, errors=CheckoutError)
    async def checkout_language_code_update(
        self,
        info: Info,
        language_code: LanguageCodeEnum,
        id: ID | None = None,
        token: UUID | None = None,
        checkout_id: ID | None = None,
    ) -> models.Checkout:
        """Says in which language the buyer is written to."""
        key = checkout_key(id, checkout_id, token)
        return await service.set_language(info.session, key, language_code.value)

    @mutation(returns=CHECKOUT, errors=CheckoutError)
    async def checkout_customer_note_update(
        self,
        info: Info,
        id: ID,
        customer_note: str,
    ) -> models.Checkout:
        """Says what the buyer wants the sellers to know."""
        return await service.set_note(info.session, checkout_key(id, None, None), customer_note)

    @mutation(
        returns={"deliveries": "list[Delivery]"},
        failed={"deliveries": []},
        errors=DeliveryOptionsCalculateError,
    )
    async def delivery_options_calculate(self, info: Info, id: ID) -> Any:
        """Works out how the goods can travel to the shipping address, the cheapest way first."""
        with codes_of(DeliveryOptionsCalculateError):
            keys = await deliveries.calculate_deliveries(info.session, checkout_key(id, None, None))
        return {"deliveries": [Row(key) for key in keys]}

    @mutation(returns=CHECKOUT, errors=CheckoutError)
    async def checkout_delivery_method_update(
        self,
        info: Info,
        id: ID | None = None,
        token: UUID | None = None,
        delivery_method_id: ID | None = None,
    ) -> models.Checkout:
        """Chooses a delivery, by its id or its shipping method's; without one, none is chosen any more."""
        return await _choose(info, checkout_key(id, None, token), delivery_method_id, "deliveryMethodId")

    @mutation(returns=CHECKOUT, errors=CheckoutError, deprecated="Use `checkoutDeliveryMethodUpdate`.")
    async def checkout_shipping_method_update(
        self,
        info: Info,
        id: ID | None = None,
        token: UUID | None = None,
        checkout_id: ID | None = None,
        shipping_method_id: ID | None = None,
    ) -> models.Checkout:
        """Chooses a delivery by its shipping method; without one, none is chosen any more."""
        key = checkout_key(id, checkout_id, token)
        return await _choose(info, key, shipping_method_id, "shippingMethodId")

    @mutation(
        returns={
            "order": "Order | None",
            "confirmation_needed": bool,
            "confirmation_data": JSONString | None,
        },
        failed={"confirmation_needed": False},
        errors=CheckoutError,
    )
    async def checkout_complete(
        self,
        info: Info,
        id: ID | None = None,
        token: UUID | None = None,
        checkout_id: ID | None = None,
        metadata: list[MetadataInput] | None = None,
    ) -> Any:
        """Makes the checkout an order, split into its sellers' parts. Sent twice, it gives the same order."""
        key = checkout_key(id, checkout_id, token)
        order = await completion.complete(info.session, key, metadata_entries(metadata))
        return {"order": order, "confirmation_needed": False}


async def _customer(info: Info, customer_id: str | None) -> User:
    """Whose the checkout shall be: the requester's, or, if they may act for others, somebody's."""
    if info.requester.user_id is None:
        raise PermissionDeniedError(AUTHENTICATED)
    user_id = info.requester.user_id if not customer_id else int_pk(customer_id, "User")
    if user_id != info.requester.user_id and not info.requester.has_any([Permission.IMPERSONATE_USER]):
        raise PermissionDeniedError(Permission.IMPERSONATE_USER)
    user = await info.session.get(User, user_id)
    if user is None:
        raise NotFoundError("There is no such customer.", field="customerId")
    return user


async def _choose(info: Info, checkout_id: uuid.UUID, chosen: str | None, field: str) -> models.Checkout:
    """Take the delivery that a global id names, itself or by its method."""
    if not chosen:
        return await deliveries.choose_delivery(info.session, checkout_id)
    try:
        if split_global_id(chosen)[0] == "ShippingMethod":
            method_id = int_pk(chosen, "ShippingMethod")
            return await deliveries.choose_delivery(info.session, checkout_id, method_id=method_id)
        delivery_id = uuid_pk(chosen, "Delivery")
    except InvalidError as error:
        raise DeliveryNotApplicableError(error.message, field=field) from error
    return await deliveries.choose_delivery(info.session, checkout_id, delivery_id=delivery_id)

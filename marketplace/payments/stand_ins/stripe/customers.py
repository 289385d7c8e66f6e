"""Customers: those whose cards are kept."""

from marketplace.payments.stand_ins.stripe import payment_methods
from marketplace.payments.stand_ins.stripe.errors import Json
from marketplace.payments.stand_ins.stripe.requests import Page, Request, merge_metadata

PLAIN = ("address", "description", "email", "name", "phone", "preferred_locales", "shipping", "tax_exempt")


def create(request: Request) -> Json:
    params, world = request.params, request.world
    customer = world.add(
        "customer",
        metadata=merge_metadata({}, params.get("metadata")),
        invoice_prefix=world.new_id("", 9)[1:].upper(),
        **{name: params[name] or None for name in PLAIN if name in params},
    )
    if "payment_method" in params:
        method = payment_methods.resolve(request, params["payment_method"])
        payment_methods.keep(world, method, customer["id"])
    world.tell("customer.created", customer)
    return customer


def retrieve(request: Request) -> Json:
    return request.find("customer")


def update(request: Request) -> Json:
    customer, params = request.find("customer"), request.params
    customer["metadata"] = merge_metadata(customer["metadata"], params.get("metadata"))
    before = {name: customer[name] for name in PLAIN if name in params}
    for name in before:
        customer[name] = params[name] or None
    if "invoice_settings" in params:
        customer["invoice_settings"] |= params["invoice_settings"]
    request.world.tell("customer.updated", customer, before)
    return customer


def delete(request: Request) -> Json:
    customer, world = request.find("customer"), request.world
    for method in world.all("payment_method"):
        if method["customer"] == customer["id"]:
            method["customer"] = None
            world.secrets[method["id"]]["detached"] = True
    world.tell("customer.deleted", customer)
    del world.objects[customer["id"]]
    return {"id": customer["id"], "object": "customer", "deleted": True}


def list_all(request: Request) -> Json:
    email = request.params.get("email")
    found = [
        customer
        for customer in request.world.all("customer", request.account)
        if email in {None, customer["email"]}
    ]
    return Page(found[::-1]).read(request.params, "/v1/customers")

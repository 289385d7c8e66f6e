"""Connected accounts of sellers (Express), and the links by which they are set up."""

from marketplace.payments.stand_ins.stripe import balance
from marketplace.payments.stand_ins.stripe.errors import Json, Refused, invalid_parameter, missing_parameter
from marketplace.payments.stand_ins.stripe.requests import Page, Request, merge_metadata
from marketplace.payments.stand_ins.stripe.world import World

COUNTRIES = frozenset({
    "AE", "AT", "AU", "BE", "BG", "BR", "CA", "CH", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GB",
    "GI", "GR", "HK", "HR", "HU", "IE", "IT", "JP", "LI", "LT", "LU", "LV", "MT", "MX", "MY", "NL", "NO",
    "NZ", "PL", "PT", "RO", "SE", "SG", "SI", "SK", "TH", "US",
})  # fmt: skip
"""Where a business may have a full account: https://stripe.com/global. Morocco is none of them."""
PAID_ABROAD = frozenset({"MA", "TN", "SN", "CI", "BJ", "NE", "EG", "JO", "MU", "NG", "GH", "KE", "ZA"})
"""Where one may only be paid from abroad, under the `recipient` agreement."""
CURRENCIES = {"FR": "eur", "US": "usd", "GB": "gbp", "CH": "chf", "MA": "mad", "CA": "cad", "SN": "xof"}
LINK_SECONDS = 300
REVIEW_SECONDS = 3600
"""How long Stripe looks at what a seller has told, where it looks at all."""
APPLICATION = "ca_standin"
"""What Connect calls the platform towards its accounts."""
PLAIN = ("business_type", "email")
DUE = ["business_profile.url", "external_account", "tos_acceptance.date", "tos_acceptance.ip"]


def create(request: Request) -> Json:
    params, world = request.params, request.world
    kind = params.get("type")
    if kind is not None and "controller" in params:
        raise invalid_parameter("type", "You may only specify one of these parameters: type, controller.")
    if kind not in {None, "express"}:
        raise invalid_parameter("type", "The stand-in knows Express accounts only.")
    country = params.get("country", "FR")
    agreement = params.get("tos_acceptance", {}).get("service_agreement", "full")
    _check_country(country, agreement)
    asked = params.get("capabilities", {})
    if agreement == "recipient" and asked.keys() - {"transfers"}:
        raise invalid_parameter(
            "capabilities", "Under the recipient agreement only transfers can be asked for."
        )
    account = world.add(
        "account",
        country=country,
        default_currency=params.get("default_currency", CURRENCIES.get(country, "eur")),
        capabilities={name: "inactive" for name, wish in asked.items() if wish.get("requested")},
        metadata=merge_metadata({}, params.get("metadata")),
        **{name: params[name] or None for name in PLAIN if name in params},
    )
    account["business_profile"] |= params.get("business_profile", {})
    account["external_accounts"]["url"] = f"/v1/accounts/{account['id']}/external_accounts"
    _require(account, DUE)
    return account


def _check_country(country: str, agreement: str) -> None:
    if country in COUNTRIES or (country in PAID_ABROAD and agreement == "recipient"):
        return
    raise Refused(
        f"{country} is not currently supported by Stripe under the {agreement} agreement.",
        code="country_unsupported",
        param="country",
    )


def _require(account: Json, due: list[str]) -> None:
    reason = "requirements.past_due" if due else None
    account["requirements"] |= {
        "currently_due": due,
        "eventually_due": due,
        "past_due": due,
        "disabled_reason": reason,
    }


def onboard(world: World, id: str) -> Json:
    """The seller has told Stripe all it asks: the account may be paid."""
    return _move(world, id, "active", [], details_submitted=True)


def send_for_review(world: World, id: str) -> Json:
    """The seller has told all of it, and Stripe looks at it before the account may be paid."""
    account = _move(world, id, "pending", [], details_submitted=True)
    account["requirements"]["pending_verification"] = ["individual.verification.document"]
    world.later(REVIEW_SECONDS, "account is approved", id)
    return account


def approve(world: World, id: str) -> None:
    """Stripe has looked at what the seller told, if the account is there still."""
    if id in world.objects:
        onboard(world, id)


def restrict(world: World, id: str, due: str = "individual.verification.document") -> Json:
    """Stripe wants to know more, and pays nothing meanwhile."""
    return _move(world, id, "inactive", [due])


def deauthorize(world: World, id: str) -> None:
    """The account and the platform part: nothing of it can be seen from here any more."""
    world.tell("account.application.deauthorized", {"id": APPLICATION, "object": "application"}, account=id)
    del world.objects[id]


def _move(world: World, id: str, state: str, due: list[str], **members: object) -> Json:
    """Have all capabilities of an account stand so; the account and each capability are told of."""
    account = world.find("account", id)
    before = {name: account[name] for name in ("charges_enabled", "details_submitted", "payouts_enabled")}
    capabilities = account["capabilities"]
    changed = [name for name, known in capabilities.items() if known != state]
    account["capabilities"] = dict.fromkeys(capabilities, state)
    account |= {
        "charges_enabled": state == "active" and "card_payments" in capabilities,
        "payouts_enabled": state == "active",
        **members,
    }
    _require(account, due)
    account["requirements"]["pending_verification"] = []
    for name in changed:
        world.tell("capability.updated", _capability(account, name), {}, account=id)
    world.tell("account.updated", account, before, account=id)
    return account


def _capability(account: Json, name: str) -> Json:
    state = account["capabilities"][name]
    return {"id": name, "object": "capability", "account": account["id"], "requested": True, "status": state}


def _ours(request: Request) -> Json:
    """An account that the key may see: of any other, Stripe does not say whether it exists."""
    found = request.world.objects.get(request.id)
    if found is None or found["object"] != "account":
        raise Refused(
            f"The provided key does not have access to account '{request.id}' (or that account does not"
            " exist). Application access may have been revoked.",
            status=403,
            code="account_invalid",
        )
    return found


def retrieve(request: Request) -> Json:
    return _ours(request)


def update(request: Request) -> Json:
    account, params = _ours(request), request.params
    account["metadata"] = merge_metadata(account["metadata"], params.get("metadata"))
    for name in PLAIN:
        if name in params:
            account[name] = params[name] or None
    for name, wish in params.get("capabilities", {}).items():
        if wish.get("requested"):
            account["capabilities"].setdefault(name, "active" if account["details_submitted"] else "inactive")
    request.world.tell("account.updated", account, {}, account=account["id"])
    return account


def delete(request: Request) -> Json:
    account = _ours(request)
    _check_empty(request.world, account["id"])
    deauthorize(request.world, account["id"])
    return {"id": account["id"], "object": "account", "deleted": True}


def _check_empty(world: World, id: str) -> None:
    has = balance.funds(world, id)
    if any(has.available.values()) or any(has.pending.values()):
        raise Refused("This account can't be deleted: there is money on its balance.")


def list_all(request: Request) -> Json:
    return Page(list(request.world.all("account"))[::-1]).read(request.params, "/v1/accounts")


def link(request: Request) -> Json:
    """A link that sets up an account: it works once, for five minutes."""
    params, world = request.params, request.world
    account = world.find("account", params["account"], param="account")
    for name in ("refresh_url", "return_url"):
        if not params.get(name, "").startswith(("http://", "https://")):
            raise (
                missing_parameter(name) if name not in params else invalid_parameter(name, "Not a valid URL")
            )
    if params["type"] == "account_update" and account["type"] == "express":
        raise invalid_parameter(
            "type", "Express accounts are updated on their own dashboard: use a login link."
        )
    token = world.new_id("link", 16)
    expires_at = world.now() + LINK_SECONDS
    world.secrets[token] = {
        "account": account["id"],
        "expires_at": expires_at,
        "refresh_url": params["refresh_url"],
        "return_url": params["return_url"],
    }
    return {
        "object": "account_link",
        "created": world.now(),
        "expires_at": expires_at,
        "url": f"{world.address}/_stand_in/onboarding/{token}",
    }


def login_link(request: Request) -> Json:
    account = _ours(request)
    if not account["details_submitted"]:
        raise Refused("Cannot create a login link for an account that has not completed onboarding.")
    return {
        "object": "login_link",
        "created": request.world.now(),
        "url": f"{request.world.address}/_stand_in/express/{account['id']}",
    }

"""The API in the application: at /graphql/, with whoever a request's token names as the requester."""

from collections.abc import Awaitable, Callable, Mapping
from time import monotonic
from typing import Any

import orjson
from fastapi import FastAPI
from fastapi.responses import RedirectResponse

from marketplace.apps.tokens import app_of_token, looks_like_one
from marketplace.kit.database import Database
from marketplace.kit.settings import Settings
from marketplace.markets.shop_settings import is_open_to_storefronts
from marketplace.payments.gateways.known import outside_gateways
from marketplace.people.errors import TokenError
from marketplace.people.tokens import token_of
from marketplace.vendors.queries import person_of_token
from marketplace_graphql.checkout.taxes import ask_for_taxes
from marketplace_graphql.kernel import ANONYMOUS, Api, QueryError, Requester
from marketplace_graphql.kernel.errors import entry
from marketplace_graphql.kernel.execution import Database as ReadsAndTransactions
from marketplace_graphql.kernel.http import Authenticate, AuthenticationError, GraphQLApp
from marketplace_graphql.schema import api_schema
from marketplace_graphql.vendors.delegates import note_delegate

BELIEVED_SECONDS = 5
"""For so long what the shop has chosen is not asked for again, by one process."""
Execute = Callable[..., Awaitable[dict[str, Any]]]
"""(document, variables, token, address) -> `{data, errors}`."""


def mount(app: FastAPI) -> None:
    """Join the API to an application that has its settings, database and storage in its state."""
    settings: Settings = app.state.settings
    database: Database = app.state.database
    app.state.api = make_api(settings, database, storage=app.state.storage)
    authenticate = authentication(settings, database)
    app.state.execute = in_process(app.state.api, authenticate)
    served = GraphQLApp(
        app.state.api,
        admission(database, authenticate),
        body_bytes=settings.max_request_bytes,
        upload_bytes=settings.max_upload_bytes,
    )
    app.add_route("/graphql", lambda _request: RedirectResponse("/graphql/", 308), methods=["GET", "POST"])
    app.mount("/graphql", served)


def make_api(settings: Settings, database: ReadsAndTransactions, *, storage: Any) -> Api:
    """The API over a database: what pages execute their documents with."""
    return Api(
        api_schema(),
        database,
        settings={
            "public_url": settings.public_url,
            "api_url": settings.api_url,
            "media_url": storage.url("x").removesuffix("/x"),
            "environment": settings.environment,
            "mail_sender_name": settings.mail_sender_name,
            "mail_sender_address": settings.mail_sender_address,
            "account_confirmation": str(settings.account_confirmation),
            "sign_in_unconfirmed": str(settings.sign_in_unconfirmed),
            "account_confirm_mode": settings.account_confirm_mode,
            "gateways": _gateways(settings),
        },
        context={"settings": settings, "storage": storage},
        settle=ask_for_taxes,
        acted=note_delegate,
    )


def in_process(api: Api, authenticate: Authenticate) -> Execute:
    """How pages run their documents: as the bearer of a token, or as nobody."""

    async def execute(
        document: str, variables: Mapping[str, object], token: str | None, address: str | None = None
    ) -> dict[str, Any]:
        headers = {} if token is None else {"authorization-bearer": token}
        try:
            requester = await authenticate(headers)
        except AuthenticationError as error:
            return {"errors": [entry(QueryError(str(error), error.code))], "data": None}
        return await api.execute(document, variables, requester, address=address)

    return execute


def _gateways(settings: Settings) -> str:
    """The gateways that are set up here, as JSON."""
    made = outside_gateways(settings).values()
    return orjson.dumps([{"id": gateway.id, "name": gateway.name} for gateway in made]).decode()


def admission(database: Database, authenticate: Authenticate) -> Authenticate:
    """Who asks over HTTP; guests and customers only while the shop is open to storefronts other than ours.
    Whoever is staff, an app, or of a seller may always ask, and so may our own pages, which ask in process.
    """
    is_open, asked_at = True, float("-inf")

    async def admit(headers: Mapping[str, str]) -> Requester:
        nonlocal is_open, asked_at
        requester = await authenticate(headers)
        if requester.is_app or requester.is_staff or requester.vendor_ids:
            return requester
        if monotonic() > asked_at + BELIEVED_SECONDS:
            is_open, asked_at = await is_open_to_storefronts(database.reads.fetch_json), monotonic()
        if not is_open:
            message = "Storefront traffic is not allowed."
            raise AuthenticationError("STOREFRONT_TRAFFIC_NOT_ALLOWED", message, status=401)
        return requester

    return admit


def authentication(settings: Settings, database: Database) -> Authenticate:
    """Who a request's headers say that it is: a person, an app, or nobody, where they have no token.

    An app that is switched off is nobody, too, as in Saleor.
    """

    async def authenticate(headers: Mapping[str, str]) -> Requester:
        token = token_of(headers)
        if token is None:
            return ANONYMOUS
        if looks_like_one(token):
            app = await app_of_token(database.reads.fetch_json, token)
            return ANONYMOUS if app is None else Requester(app_id=app.app_id, permissions=app.permissions)
        try:
            person = await person_of_token(database.reads.fetch_json, settings, token)
        except TokenError as error:
            raise AuthenticationError(error.code, error.message) from error
        return Requester(
            person.user_id,
            person.permissions,
            person.vendor_ids,
            person.is_staff,
            through_app_id=person.app_id,
            within=person.within,
            channel_ids=person.channel_ids,
            delegate_of=person.delegate_of,
        )

    return authenticate

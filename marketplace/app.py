"""Assembles everything: rooms, pages, the API, files and the two questions a load balancer asks."""

import gc
import importlib
import importlib.util
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from psycopg_pool import PoolTimeout
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from marketplace import files, gateway_webhooks, pictures, play_money, reactions, tables, time_travel
from marketplace.edge import Edge, MediaFiles
from marketplace.kit import clock, logs
from marketplace.kit.database import Database
from marketplace.kit.migrations import is_current
from marketplace.kit.settings import Settings, get_settings
from marketplace.kit.storage import storage_from
from marketplace.pages.markets import markets_in
from marketplace.pages.site import create_pages
from marketplace.people.keys import key_set

log = structlog.get_logger(__name__)

COLLECT_AFTER_OBJECTS = 20_000

READY_PATIENCE_SECONDS = 2.0
"""A load balancer that asks whether we are ready wants its answer soon."""

TABLES = tables.metadata  # Importing it is what lets relationships between rooms resolve.
REACTIONS = reactions  # Importing them is what lets rooms hear each other.


def create_app(settings: Settings, database: Database | None = None) -> FastAPI:
    """The whole application. A given database is used as it is, and stays its owner's to open and close."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        clock.follow(settings.adjustable_clock_file)
        if database is None:
            await app.state.database.open()
            _leave_the_program_alone()
        yield
        if database is None:
            await app.state.database.close()

    app = FastAPI(title="SIL Marketplace", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.settings = settings
    app.state.database = database or Database(settings, application_name="marketplace api")
    app.state.storage = storage_from(settings)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=settings.allowed_origins,
        allow_methods=["GET", "POST", "OPTIONS"],
        allow_headers=["*"],
        max_age=86400,
    )
    app.add_middleware(Edge)
    app.add_api_route("/health", health, methods=["GET"])
    app.add_api_route("/ready", ready, methods=["GET"])
    app.add_api_route("/.well-known/jwks.json", public_keys, methods=["GET"])
    files.mount(app)
    if settings.s3_bucket is None:
        app.mount("/media", MediaFiles(settings.media_dir))
    pictures.mount(app)
    gateway_webhooks.mount(app)
    if settings.adjustable_clock_file:
        time_travel.mount(app)
    play_money.mount(app, settings)
    _join_api_and_pages(app)
    return app


def app_from_environment() -> ASGIApp:
    """What uvicorn calls in each of its processes."""
    settings = get_settings()
    logs.set_up(settings)
    return create_app(settings)


def _leave_the_program_alone() -> None:
    """Let the garbage collector pass over what stays for good: schema, tables, code."""
    gc.freeze()  # Unsearched: hardly anything of it is garbage, and searching takes a while.
    gc.enable()
    gc.set_threshold(COLLECT_AFTER_OBJECTS, 20, 50)


async def health() -> Response:
    """This process answers."""
    return JSONResponse({"status": "alive"})


async def public_keys(request: Request) -> Response:
    """What access tokens are checked with, by whoever is shown one (RFC 7517)."""
    return JSONResponse(
        key_set(request.app.state.settings), headers={"cache-control": "public, max-age=3600"}
    )


async def ready(request: Request) -> Response:
    """The database answers too, and has the schema that this code expects."""
    database: Database = request.app.state.database
    try:
        async with database.reads.connection(READY_PATIENCE_SECONDS) as connection:
            current = await is_current(connection)
    except (psycopg.Error, PoolTimeout) as error:
        log.warning("not ready", error=str(error))
        return JSONResponse({"status": "database unreachable"}, status_code=503)
    if not current:
        return JSONResponse({"status": "database not migrated"}, status_code=503)
    return JSONResponse({"status": "ready", "now": clock.now().isoformat()})


def _join_api_and_pages(app: FastAPI) -> None:
    """The pages are the API's first client: where there is no API, there are no pages."""
    if importlib.util.find_spec("marketplace_graphql.asgi") is None:
        return
    importlib.import_module("marketplace_graphql.asgi").mount(app)
    markets = markets_in(app.state.database)
    app.mount("/", create_pages(app.state.settings, execute=app.state.execute, markets=markets))

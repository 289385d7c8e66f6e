"""Moving the clock of a demonstration: what falls due later falls due now. Absent in production."""

from datetime import datetime, timedelta

from fastapi import FastAPI, HTTPException, Request
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock
from marketplace.kit.database import Database
from marketplace.kit.jobs import bring_forward
from marketplace.people.errors import TokenError
from marketplace.people.models import User
from marketplace.people.tokens import read_token, token_of
from workers.schedule import run_all_now


class Leap(BaseModel):
    days: float = Field(default=0, ge=0, le=366)
    hours: float = Field(default=0, ge=0, le=366 * 24)


class Arrival(BaseModel):
    now: datetime


async def advance(session: AsyncSession, by: timedelta) -> datetime:
    """Move the clock, bring waiting jobs forward, and have the schedule look what has fallen due."""
    await bring_forward(session, by)
    await run_all_now(session)
    return clock.advance(by)


async def move_clock(request: Request, leap: Leap) -> Arrival:
    """POST /demo/clock, for administrators."""
    database: Database = request.app.state.database
    async with database.transaction() as session:
        await _require_administrator(session, request)
        return Arrival(now=await advance(session, timedelta(days=leap.days, hours=leap.hours)))


def mount(app: FastAPI) -> None:
    app.add_api_route("/demo/clock", move_clock, methods=["POST"])


async def _require_administrator(session: AsyncSession, request: Request) -> None:
    token = token_of(request.headers)
    try:
        claims = read_token(token or "", request.app.state.settings)
    except TokenError as error:
        raise HTTPException(401, "Sign in as an administrator to move the clock.") from error
    user = await session.get(User, claims.user_id)
    is_theirs = claims.app_id is None and user is not None and user.token_key == claims.token_key
    if user is None or not (is_theirs and user.is_active and user.is_superuser):
        raise HTTPException(403, "Only an administrator may move the clock.")

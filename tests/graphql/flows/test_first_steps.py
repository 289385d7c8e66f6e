"""The first account, made by a command; all others by whoever has it, over HTTP."""

import asyncio
import os
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
from sqlalchemy.engine import make_url

from marketplace.kit.database import Database
from tests.graphql.flows.conftest import BOSS, PASSWORD, Team, Work
from tests.graphql.flows.team import HOUSE, open_market

CLERK = "clerk@example.test"
PAGE = "http://localhost:3000/new-password"


async def make_first(database: Database, *options: str, password: str = PASSWORD) -> tuple[int, str]:
    """What `marketplace staff create` says of an address; how it ended."""
    assert database.settings.database_url is not None
    url = make_url(database.settings.database_url).render_as_string(hide_password=False)
    running = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "marketplace.cli", "staff", "create", *options),
        env=os.environ | {"DATABASE_URL": url, "MARKETPLACE_STAFF_PASSWORD": password},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await running.communicate()
    return running.returncode or 0, said.decode()


async def test_the_first_of_the_staff_is_made_by_a_command_and_signs_in(
    database: Database, net: httpx.AsyncClient
) -> None:
    code, said = await make_first(database, "--email", BOSS, "--superuser")
    assert (code, BOSS in said) == (0, True), said
    code, said = await make_first(database, "--email", BOSS.upper())
    assert (code, "already" in said) == (1, True), said

    boss = Team(net)
    await boss.sign_in(BOSS, PASSWORD)
    me = await boss.run("WhatMayI")
    assert "MANAGE_STAFF" in {each["code"] for each in me["userPermissions"]}


async def test_staff_are_taken_on_into_a_group_by_letter_and_do_no_more_than_it_may(
    boss_on_the_net: Team, net: httpx.AsyncClient, work: Work, tmp_path: Path
) -> None:
    boss, clerk = boss_on_the_net, Team(net)
    named = await boss.make("SetShop", input={"name": "SIL", "limitQuantityPerCheckout": 20})
    assert named == {"name": "SIL", "limitQuantityPerCheckout": 20}
    assert (await boss.make("SetShopAddress", input=HOUSE))["companyAddress"] == {"city": "AGADIR"}
    maroc = await open_market(boss, "maroc")
    await boss.run(
        "MakeChannel",
        input={"name": "France", "slug": "france", "currencyCode": "EUR", "defaultCountry": "FR"},
    )
    group = await boss.make(
        "MakeGroup",
        input={
            "name": "Catalogue",
            "addPermissions": ["MANAGE_PRODUCTS", "MANAGE_STAFF"],
            "restrictedAccessToChannels": True,
            "addChannels": [maroc.channel],
        },
    )
    assert group["accessibleChannels"] == [{"slug": "maroc"}]
    asked = {"email": CLERK, "addGroups": [group["id"]], "redirectUrl": PAGE}
    taken_on = await boss.make("TakeOn", input=asked)
    assert taken_on["permissionGroups"] == [{"name": "Catalogue"}]

    await work()
    (letter,) = (tmp_path / "letters").iterdir()
    (link,) = [word for word in letter.read_text(encoding="utf-8").split() if word.startswith(PAGE)]
    token = parse_qs(urlsplit(link).query)["token"][0]
    await clerk.run("SetPassword", email=CLERK, password=PASSWORD, token=token)
    await clerk.sign_in(CLERK, PASSWORD)

    me = await clerk.run("WhatMayI")
    assert {each["code"] for each in me["userPermissions"]} == {"MANAGE_PRODUCTS", "MANAGE_STAFF"}
    assert (me["restrictedAccessToChannels"], me["accessibleChannels"]) == (True, [{"slug": "maroc"}])
    await clerk.run("MakeCategory", input={"name": "Maison"})
    await clerk.may_not("SetShop", input={"name": "Mine"})
    await clerk.may_not("MakeZone", input={"name": "Mine"})
    await clerk.may_not("MakeApp", input={"name": "Mine", "permissions": []})
    here = {"restrictedAccessToChannels": True, "addChannels": [maroc.channel]}
    beyond = {"name": "More than I may", "addPermissions": ["MANAGE_ORDERS"]} | here
    assert await clerk.refused("MakeGroup", input=beyond) == [("addPermissions", "OUT_OF_SCOPE_PERMISSION")]

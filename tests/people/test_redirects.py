"""Links of letters lead to the shop's own hosts, and carry what they must."""

import pytest

from marketplace.kit.errors import InvalidError
from marketplace.kit.settings import Settings
from marketplace.people.redirects import checked_redirect, link


@pytest.fixture
def production(settings: Settings) -> Settings:
    hosts = ("front.test", ".shop.test")
    return settings.model_copy(
        update={"environment": "production", "public_url": "https://api.test", "allowed_client_hosts": hosts}
    )


@pytest.mark.parametrize(
    "url",
    ["https://api.test/x", "http://front.test:3000/x?y=1", "https://shop.test", "https://A.B.Shop.test/#top"],
)
def test_a_host_that_is_allowed_is_linked_to(production: Settings, url: str) -> None:
    assert checked_redirect(production, url) == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/only/a/path",
        "//front.test/x",
        "ftp://front.test/",
        "javascript:alert(1)//front.test",
        "https://front.test.evil.test/",
        "https://evilshop.test/",
        "https://front.test@evil.test/",
        "https://evil.test\\@front.test/",
        "https://front.test:99999/",
        "https://front.test /",
        "http://localhost:3000/",
        "https://front.test/" + "x" * 3000,
    ],
)
def test_any_other_is_not(production: Settings, url: str) -> None:
    with pytest.raises(InvalidError) as refused:
        checked_redirect(production, url)
    assert refused.value.field == "redirectUrl"


def test_a_developers_own_machine_is_linked_to_outside_production(settings: Settings) -> None:
    assert checked_redirect(settings, "http://localhost:3000/confirm")
    anywhere = settings.model_copy(update={"allowed_client_hosts": ("*",)})
    assert checked_redirect(anywhere, "https://any.test/")


def test_a_link_keeps_what_the_client_had_in_its_address() -> None:
    made = link("https://shop.test/x?lang=ar&token=old#here", email="a+b@c.test", token="t-1")
    assert made == "https://shop.test/x?lang=ar&email=a%2Bb%40c.test&token=t-1#here"

"""The keys that sign access tokens: changed without signing anybody out, refused when they are weak."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.settings import Settings, SettingsError
from marketplace.people.errors import TokenError
from marketplace.people.keys import key_set, signing_keys
from marketplace.people.tokens import access_token, read_token
from tests.factories.people import make_user


def with_keys(settings: Settings, *pems: str) -> Settings:
    return settings.model_copy(update={"rsa_private_key": SecretStr("\n".join(pems))})


def pem_of(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


async def test_a_new_key_signs_while_tokens_of_the_old_one_are_still_believed(
    session: AsyncSession, settings: Settings, tmp_path: Path
) -> None:
    user = await make_user(session)
    old, new = (
        source.rsa_private_key.get_secret_value() for source in (settings, Settings(data_dir=tmp_path))
    )
    token = access_token(user, settings)
    both = with_keys(settings, new, old)
    assert read_token(token, both).user_id == user.id
    assert len(key_set(both)["keys"]) == 2
    alone = with_keys(settings, new)
    assert read_token(access_token(user, both), alone).user_id == user.id
    with pytest.raises(TokenError) as refused:
        read_token(token, alone)
    assert refused.value.code == "InvalidSignatureError"


def test_a_key_may_stand_in_one_line(settings: Settings) -> None:
    in_one_line = settings.rsa_private_key.get_secret_value().replace("\n", "\\n")
    assert signing_keys(with_keys(settings, in_one_line))[0].name == signing_keys(settings)[0].name


@pytest.mark.parametrize(
    "pem",
    [
        "no key",
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
        pem_of(ec.generate_private_key(ec.SECP256R1())),
        pem_of(rsa.generate_private_key(65537, 1024)),  # noqa: S505 - that is the point
    ],
    ids=["none", "broken", "another kind", "too short"],
)
def test_a_key_that_is_no_good_is_refused_by_name(settings: Settings, pem: str) -> None:
    with pytest.raises(SettingsError, match="MARKETPLACE_RSA_PRIVATE_KEY"):
        signing_keys(with_keys(settings, pem))

"""The keys that sign access tokens, and their public halves for whoever wants to check one."""

import base64
import re
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256

import orjson
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from marketplace.kit.settings import Settings, SettingsError

ALGORITHM = "RS256"
SMALLEST_KEY_BITS = 2048
_PEM = re.compile(r"-----BEGIN [A-Z ]+-----.+?-----END [A-Z ]+-----", re.DOTALL)


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key and its name in tokens (`kid`): its RFC 7638 thumbprint, so that two keys never share one."""

    name: str
    private: RSAPrivateKey
    public: RSAPublicKey

    @property
    def jwk(self) -> dict[str, str]:
        """The public half as a JSON Web Key."""
        return _required_members(self.public) | {"use": "sig", "alg": ALGORITHM, "kid": self.name}


def signing_keys(settings: Settings) -> tuple[SigningKey, ...]:
    """The installation's keys; the first one signs. Raises SettingsError where there is none."""
    return keys_in(settings.rsa_private_key.get_secret_value())


def key_set(settings: Settings) -> dict[str, list[dict[str, str]]]:
    """What `/.well-known/jwks.json` says."""
    return {"keys": [key.jwk for key in signing_keys(settings)]}


@lru_cache(maxsize=8)
def keys_in(pem: str) -> tuple[SigningKey, ...]:
    """The keys of a text, in its order. Raises SettingsError where there is none."""
    # Where a variable can't hold several lines, their ends are written as \n.
    keys = tuple(_key(part) for part in _PEM.findall(pem.replace("\\n", "\n")))
    if not keys:
        raise SettingsError("MARKETPLACE_RSA_PRIVATE_KEY holds no private key in PEM.")
    return keys


def _key(pem: str) -> SigningKey:
    try:
        private = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError) as error:
        raise SettingsError("MARKETPLACE_RSA_PRIVATE_KEY can't be read: it is PEM, unencrypted.") from error
    if not isinstance(private, RSAPrivateKey) or private.key_size < SMALLEST_KEY_BITS:
        raise SettingsError(f"MARKETPLACE_RSA_PRIVATE_KEY must be RSA of {SMALLEST_KEY_BITS} bits at least.")
    public = private.public_key()
    members = orjson.dumps(_required_members(public), option=orjson.OPT_SORT_KEYS)
    return SigningKey(_encoded(sha256(members).digest()), private, public)


def _required_members(key: RSAPublicKey) -> dict[str, str]:
    numbers = key.public_numbers()
    return {"e": _whole_number(numbers.e), "kty": "RSA", "n": _whole_number(numbers.n)}


def _whole_number(number: int) -> str:
    return _encoded(number.to_bytes((number.bit_length() + 7) // 8, "big"))


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()

"""Access tokens as a forger makes them, from a real one and what could leak."""

import base64
import hmac
import json
from typing import Any

import jwt

from users.adapters.es256_signatures import Es256Signatures
from users.domain.signing import SigningKey
from yeshi_local.platform import Platform
from yeshi_local.story.api import Api

Claims = dict[str, Any]


def segment(value: object) -> str:
    """A part of a token: JSON in base64url without padding."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


class Forger:
    """Somebody with a real token, the public keys, and (as if leaked) the private one, for what it must not do."""

    def __init__(self, platform: Platform, token: str) -> None:
        self.token = token
        self.head, self.body, self.signature = token.split(".")
        self.header = jwt.get_unverified_header(token)
        self.claims: Claims = jwt.decode(token, options={"verify_signature": False})
        self.public: Claims = Api(platform.url).get("/.well-known/jwks.json")["keys"][0]
        row = platform.rows(
            "users",
            "SELECT kid, public_jwk, sealed_private, signs_from FROM signing_keys WHERE kid = %s",
            self.header["kid"],
        )[0]
        key = SigningKey(row[0], row[1], bytes(row[2]), row[3])
        self.private = Es256Signatures(platform.values["secret.keys"])._open(key)

    def signed(self, header: Claims | None = None, **claims: Any) -> str:
        """By the real key, with other claims; None takes one away."""
        wanted = {name: value for name, value in {**self.claims, **claims}.items() if value is not None}
        head = {**self.header, **(header or {})}
        return jwt.encode(wanted, self.private, algorithm="ES256", headers=head)

    def by(self, key: Any, algorithm: str = "ES256", **header: Any) -> str:
        """The same claims by another key."""
        return jwt.encode(self.claims, key, algorithm=algorithm, headers={**self.header, "alg": algorithm, **header})

    def hs256(self, secret: bytes) -> str:
        """The same claims, the public key taken for a secret."""
        signing = f"{segment({**self.header, 'alg': 'HS256'})}.{self.body}"
        made = hmac.digest(secret, signing.encode(), "sha256")
        return f"{signing}.{base64.urlsafe_b64encode(made).rstrip(b'=').decode()}"

    def headed(self, **header: Any) -> str:
        """The real signature under another header."""
        return f"{segment({**self.header, **header})}.{self.body}.{self.signature}"

    def saying(self, **claims: Any) -> str:
        """The real signature over other claims."""
        return f"{self.head}.{segment({**self.claims, **claims})}.{self.signature}"

"""ID tokens: HS256 with the channel's secret for web login, ES256 with a published key for LIFF and apps."""

import hashlib
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from yeshi_local.line.model import Channel, Document, Person
from yeshi_local.line.state import World
from yeshi_local.line.tokens import oauth_error

ISSUER = "https://access.line.me"
LIFE = 3600.0
KEYS = "keys:es256"


class IdTokens:
    """Signs and checks ID tokens. Keys outlive a restart; old ones stay published after a rotation."""

    def __init__(self, world: World) -> None:
        self.world = world

    def subject(self, channel: Channel, person: Person) -> str:
        """The user's id for this channel: the bot's user id within its provider, another one elsewhere."""
        bot = self.world.bot
        if bot is not None and channel.provider == bot.provider:
            return person.id
        return "U" + hashlib.md5(f"{channel.provider}:{person.id}".encode(), usedforsecurity=False).hexdigest()

    # -- keys --------------------------------------------------------------------------------------------------

    def rotate(self) -> str:
        """A new signing key; its kid."""
        key = ec.generate_private_key(ec.SECP256R1())
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()
        kid = hashlib.sha256(pem.encode()).hexdigest()[:40]
        keys = [*self._keys(), {"kid": kid, "pem": pem}]
        self.world.documents.put(KEYS, Document(value={"keys": keys}))
        return kid

    def _keys(self) -> list[dict[str, str]]:
        stored = self.world.documents.get(KEYS)
        return stored.value["keys"] if stored else []

    def _current(self) -> dict[str, str]:
        if not self._keys():
            self.rotate()
        return self._keys()[-1]

    def public_keys(self) -> list[dict[str, Any]]:
        """The JWKS entries, newest last."""
        self._current()
        entries = []
        for each in self._keys():
            key = serialization.load_pem_private_key(each["pem"].encode(), None)
            if isinstance(key, ec.EllipticCurvePrivateKey):
                public = jwt.algorithms.ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
                entries.append({**public, "kid": each["kid"], "alg": "ES256", "use": "sig"})
        return entries

    # -- signing -----------------------------------------------------------------------------------------------

    def _claims(self, channel: Channel, person: Person, scope: str) -> dict[str, Any]:
        now = int(self.world.now())
        claims: dict[str, Any] = {
            "iss": ISSUER,
            "sub": self.subject(channel, person),
            "aud": channel.id,
            "exp": now + int(LIFE),
            "iat": now,
            "amr": ["linesso"],
        }
        words = scope.split()
        if "profile" in words:
            claims |= {"name": person.name} | ({"picture": person.picture} if person.picture else {})
        if "email" in words and person.email:
            claims["email"] = person.email
        return claims

    def for_web(self, channel: Channel, person: Person, *, scope: str, nonce: str, auth_time: float) -> str:
        """The token of a web login."""
        claims = self._claims(channel, person, scope) | {"auth_time": int(auth_time)}
        if nonce:
            claims["nonce"] = nonce
        return jwt.encode(claims, channel.secret, algorithm="HS256")

    def for_liff(
        self,
        channel: Channel,
        person: Person,
        *,
        scope: str,
        changes: dict[str, Any] | None = None,
        forged: bool = False,
    ) -> str:
        """The token a LIFF app gets. `changes` overrides claims; a forged one is signed by a stranger's key."""
        current = self._current()
        claims = self._claims(channel, person, scope) | (changes or {})
        claims = {name: value for name, value in claims.items() if value is not None}
        key: Any = ec.generate_private_key(ec.SECP256R1()) if forged else current["pem"]
        return jwt.encode(claims, key, algorithm="ES256", headers={"kid": current["kid"]})

    # -- checking ----------------------------------------------------------------------------------------------

    def verify(self, token: str, client_id: str, nonce: str | None, user_id: str | None) -> dict[str, Any]:
        """The claims. Raises LINE's error for the first thing wrong: form and signature, issuer, time, rest."""
        claims = self._signed(token)
        if claims.get("iss") != ISSUER:
            raise oauth_error("invalid_request", "Invalid IdToken Issuer.")
        if not isinstance(claims.get("exp"), int | float) or claims["exp"] <= self.world.now():
            raise oauth_error("invalid_request", "IdToken expired.")
        if claims.get("aud") != client_id:
            raise oauth_error("invalid_request", "Invalid IdToken Audience.")
        if nonce is not None and claims.get("nonce") != nonce:
            raise oauth_error("invalid_request", "Invalid IdToken Nonce.")
        if user_id is not None and claims.get("sub") != user_id:
            raise oauth_error("invalid_request", "Invalid IdToken Subject Identifier.")
        return claims

    def _signed(self, token: str) -> dict[str, Any]:
        options: Any = {"verify_exp": False, "verify_iat": False, "verify_aud": False, "verify_iss": False}
        try:
            header = jwt.get_unverified_header(token)
            if header.get("alg") == "ES256":
                pem = next((key["pem"] for key in self._keys() if key["kid"] == header.get("kid")), None)
                private = serialization.load_pem_private_key(pem.encode(), None) if pem else None
                if not isinstance(private, ec.EllipticCurvePrivateKey):
                    raise oauth_error("invalid_request", "Invalid IdToken.")
                return jwt.decode(token, private.public_key(), algorithms=["ES256"], options=options)
            audience = jwt.decode(token, options={"verify_signature": False}).get("aud")
            channel = self.world.channels.get(str(audience))
            if header.get("alg") != "HS256" or channel is None:
                raise oauth_error("invalid_request", "Invalid IdToken.")
            return jwt.decode(token, channel.secret, algorithms=["HS256"], options=options)
        except jwt.PyJWTError as error:
            raise oauth_error("invalid_request", "Invalid IdToken.") from error

"""Access tokens: JWTs by users, ES256. Sources: RFC 7519, RFC 9068 (typ `at+jwt`), RFC 8725 (what to refuse)."""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from typing import Any

import jwt

from chassis.errors import Unavailable
from gateway.application.access import Caller, TokenExpired, TokenInvalid

LONGEST_TOKEN = 4096  # characters
LEEWAY = 30.0  # seconds between users' clock and ours
COOL_DOWN = 5.0  # seconds between two questions for keys
FRESH_FOR = 600.0  # seconds after which keys are asked for again, so that a retired one ends

_HEADER = frozenset({"alg", "kid", "typ"})
_KID = re.compile(r"^[0-9A-Za-z._~-]{1,128}$")
_CLAIMS = ("exp", "iat", "iss", "aud", "sub", "sid")


class KeyRing:
    """The public keys of users' tokens, by kid; asked for over the bus and kept."""

    def __init__(
        self, fetch: Callable[[], Awaitable[dict[str, Any]]], now: Callable[[], float] = time.monotonic
    ) -> None:
        self._fetch = fetch
        self._now = now
        self._asking = asyncio.Lock()
        self._asked_at = float("-inf")
        self._keys: dict[str, jwt.PyJWK] = {}
        self._document: dict[str, Any] | None = None
        self._on_changed: list[Callable[[], None]] = []

    def on_changed(self, listener: Callable[[], None]) -> None:
        """Called when the set of keys is another one."""
        self._on_changed.append(listener)

    async def key(self, kid: str) -> jwt.PyJWK | None:
        """The key of this name. An unknown name asks users once, then not again for a while."""
        if kid not in self._keys or self._now() - self._asked_at > FRESH_FOR:
            await self._refresh(kid)
        return self._keys.get(kid)

    async def document(self) -> dict[str, Any]:
        """The key set as users publishes it. Raises Unavailable."""
        if self._document is None or self._now() - self._asked_at > FRESH_FOR:
            await self._refresh(None)
        if self._document is None:
            raise Unavailable("the keys are not there yet")
        return self._document

    async def _refresh(self, kid: str | None) -> None:
        async with self._asking:
            if kid in self._keys and self._now() - self._asked_at <= FRESH_FOR:
                return
            if self._now() - self._asked_at < COOL_DOWN and self._document is not None:
                return
            try:
                document = await self._fetch()
            except Unavailable:
                if not self._keys or kid not in self._keys:
                    raise
                return  # the keys at hand are good until users can be asked again
            self._asked_at = self._now()
            if document != self._document:
                self._document, self._keys = document, _parsed(document)
                for listener in self._on_changed:
                    listener()


def _parsed(document: dict[str, Any]) -> dict[str, jwt.PyJWK]:
    keys = {}
    for entry in document.get("keys", []):
        if entry.get("kty") == "EC" and entry.get("crv") == "P-256" and entry.get("use", "sig") == "sig":
            keys[str(entry["kid"])] = jwt.PyJWK(entry, algorithm="ES256")
    return keys


class Es256Verifier:
    """Accepts exactly the tokens that users makes: nothing in a token says where its key is."""

    def __init__(self, keys: KeyRing, issuer: str, audience: str) -> None:
        self._keys = keys
        self._issuer = issuer
        self._audience = audience

    async def verify(self, token: str) -> Caller:
        """The caller in a token. Raises TokenInvalid, TokenExpired; Unavailable when the keys cannot be had."""
        if len(token) > LONGEST_TOKEN or not token.isascii():
            raise TokenInvalid("not an access token")
        kid = _kid(token)
        key = await self._keys.key(kid)
        if key is None:
            raise TokenInvalid("not an access token")
        try:
            claims = jwt.decode(
                token,
                key.key,
                algorithms=["ES256"],
                issuer=self._issuer,
                audience=self._audience,
                leeway=LEEWAY,
                options={"require": list(_CLAIMS), "strict_aud": True},
            )
        except jwt.ExpiredSignatureError:
            raise TokenExpired("the access token has expired") from None
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
            raise TokenInvalid("not an access token") from None
        return _caller(claims)


def _kid(token: str) -> str:
    """The name of the key, from a header that holds nothing it should not. Raises TokenInvalid."""
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
        raise TokenInvalid("not an access token") from None
    kid = header.get("kid")
    if (
        not set(header) <= _HEADER
        or header.get("alg") != "ES256"
        or header.get("typ") != "at+jwt"
        or not isinstance(kid, str)
        or not _KID.match(kid)
    ):
        raise TokenInvalid("not an access token")
    return kid


def _caller(claims: dict[str, Any]) -> Caller:
    subject, session, roles = claims["sub"], claims["sid"], claims.get("roles", [])
    if (
        not isinstance(subject, str)
        or not isinstance(session, str)
        or not subject
        or not session
        or not isinstance(roles, list)
        or not all(isinstance(role, str) for role in roles)
    ):
        raise TokenInvalid("not an access token")
    return Caller(subject, session, tuple(roles), float(claims["exp"]) + LEEWAY)

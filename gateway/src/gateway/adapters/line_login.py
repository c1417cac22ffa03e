"""LINE Login over HTTP, its ID tokens, and the sealed cookie.

An ID token of a web login is signed with HS256 and the channel's secret, or with ES256 and a published key; one of a
LIFF app with ES256 alone. Which key is used follows from where the token came from and from its algorithm, never from
anything else in it (RFC 8725).
"""

import asyncio
import base64
import binascii
import hmac
import os
import re
from typing import Any

import httpx
import jwt
import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from chassis.errors import Unavailable
from gateway.adapters.tokens import KeyRing
from gateway.application.line_login import Journey, LinePerson, LineTokenExpired, LineTokenInvalid

ISSUER = "https://access.line.me"
PATIENCE = 5.0  # seconds for one answer of LINE's, from connecting to its last byte
MOST_AT_ONCE = 50  # calls to LINE
LONGEST_TOKEN = 4096  # characters
LARGEST_ANSWER = 64 * 1024  # bytes
LEEWAY = 30.0  # seconds between LINE's clock and ours

_HEADER = frozenset({"alg", "kid", "typ"})
_KID = re.compile(r"[0-9A-Za-z._~-]{1,128}")
_USER = re.compile(r"U[0-9a-f]{32}")
_CLAIMS = ["exp", "iat", "iss", "aud", "sub"]


class HttpLine:
    """LINE's token and key addresses. No call takes longer than its patience, and no more than so many run at once."""

    def __init__(self, api_url: str, channel_id: str, channel_secret: str) -> None:
        self._channel_id = channel_id
        self._channel_secret = channel_secret
        self._places = asyncio.Semaphore(MOST_AT_ONCE)
        self._http = httpx.AsyncClient(base_url=api_url, timeout=PATIENCE, follow_redirects=False, trust_env=False)

    async def id_token(self, code: str, verifier: str, redirect_uri: str) -> str:
        """The ID token for an authorization code. Raises LineTokenInvalid, Unavailable."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "client_id": self._channel_id,
            "client_secret": self._channel_secret,
            "code_verifier": verifier,
        }
        answer = await self._ask("POST", "/oauth2/v2.1/token", data=form)
        if answer.status_code in (400, 401):
            raise LineTokenInvalid("LINE does not know this login: begin again")
        token = _object(answer).get("id_token")
        if not isinstance(token, str):
            raise Unavailable("LINE sent no ID token")
        return token

    async def keys(self) -> dict[str, Any]:
        """The published keys (RFC 7517). Raises Unavailable."""
        found = _object(await self._ask("GET", "/oauth2/v2.1/certs"))
        entries = found.get("keys")
        if not isinstance(entries, list) or not all(isinstance(one, dict) and "kid" in one for one in entries):
            raise Unavailable("LINE's keys cannot be read")
        return found

    async def close(self) -> None:
        """Ends the connections."""
        await self._http.aclose()

    async def _ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        try:
            async with asyncio.timeout(PATIENCE), self._places:
                return await self._http.request(method, path, **options)
        except (httpx.HTTPError, TimeoutError) as error:
            raise Unavailable(f"LINE cannot be reached: {type(error).__name__}") from None


def _object(answer: httpx.Response) -> dict[str, Any]:
    """The JSON object of a good answer. Raises Unavailable."""
    if answer.status_code != 200 or len(answer.content) > LARGEST_ANSWER:
        raise Unavailable(f"LINE answered {answer.status_code}")
    try:
        return msgspec.json.decode(answer.content, type=dict[str, Any])
    except msgspec.MsgspecError:
        raise Unavailable("LINE's answer cannot be read") from None


class LineIdTokens:
    """ID tokens of one channel."""

    def __init__(self, keys: KeyRing, channel_id: str, channel_secret: str) -> None:
        self._keys = keys
        self._channel_id = channel_id
        self._secret = channel_secret

    async def verify(self, token: str, nonce: str | None) -> LinePerson:
        """Whom a token is about; with `nonce` a web login's, without one a LIFF app's.

        Raises LineTokenInvalid, LineTokenExpired, Unavailable.
        """
        if len(token) > LONGEST_TOKEN or not token.isascii():
            raise _invalid()
        header = _header(token)
        key: Any
        if header["alg"] == "ES256":
            key = await self._published(header.get("kid"))
        elif header["alg"] == "HS256" and nonce is not None and self._secret:
            key = self._secret
        else:
            raise _invalid()
        claims = self._claims(token, key, header["alg"])
        if nonce is not None and not hmac.compare_digest(nonce.encode(), _text(claims.get("nonce")).encode()):
            raise _invalid()
        if not _USER.fullmatch(_text(claims["sub"])):
            raise _invalid()
        return LinePerson(claims["sub"], _text(claims.get("name"))[:200], _text(claims.get("email"))[:320] or None)

    async def _published(self, kid: Any) -> Any:
        if not isinstance(kid, str) or not _KID.fullmatch(kid):
            raise _invalid()
        try:
            async with asyncio.timeout(PATIENCE):  # whoever waits for another's question too
                found = await self._keys.key(kid)
        except TimeoutError:
            raise Unavailable("LINE's keys cannot be had") from None
        if found is None:
            raise _invalid()
        return found.key

    def _claims(self, token: str, key: Any, algorithm: str) -> dict[str, Any]:
        try:
            return jwt.decode(
                token,
                key,
                algorithms=[algorithm],
                issuer=ISSUER,
                audience=self._channel_id,
                leeway=LEEWAY,
                options={"require": _CLAIMS, "strict_aud": True},
            )
        except jwt.ExpiredSignatureError:
            raise LineTokenExpired("this ID token has expired: get a new one from LINE") from None
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
            raise _invalid() from None


def _header(token: str) -> dict[str, Any]:
    """A header that holds nothing it should not. Raises LineTokenInvalid."""
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
        raise _invalid() from None
    if not set(header) <= _HEADER or not isinstance(header.get("alg"), str):
        raise _invalid()
    return header


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _invalid() -> LineTokenInvalid:
    return LineTokenInvalid("not an ID token that LINE made for this channel")


class SealedJourneys:
    """AES-256-GCM under a key made from the channel's secret, which every replica has: `nonce (12 bytes) | text`."""

    def __init__(self, secret: str) -> None:
        key = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"yeshi gateway line login 1").derive(secret.encode())
        self._cipher = AESGCM(key)
        self._decoder = msgspec.json.Decoder(Journey)

    def seal(self, journey: Journey) -> str:
        """The sealed text, in the letters of base64url."""
        nonce = os.urandom(12)
        return base64.urlsafe_b64encode(
            nonce + self._cipher.encrypt(nonce, msgspec.json.encode(journey), None)
        ).decode()

    def open(self, text: str) -> Journey | None:
        """What was sealed; None when it is not ours."""
        try:
            raw = base64.b64decode(text.encode(), altchars=b"-_", validate=True)
            return self._decoder.decode(self._cipher.decrypt(raw[:12], raw[12:], None))
        except (binascii.Error, UnicodeEncodeError, ValueError, InvalidTag, msgspec.MsgspecError):
            return None

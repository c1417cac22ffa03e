"""LINE Login: from a browser that is sent to LINE and comes back, or from a LIFF app's ID token, to a LINE user.

Source: developers.line.biz, LINE Login v2.1 (authorization code with PKCE, RFC 7636) and OpenID Connect Core 1.0.
What a client says about a person is never believed; what counts is a token that LINE signed for our channel.
"""

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlencode

from chassis.errors import Kind, Missing, Refusal, Unauthenticated
from gateway.application.access import Caller

PATIENCE = 600  # seconds from leaving for LINE until coming back
CALLBACK = "/v1/auth/line/callback"
AFTERWARDS = "/line/done"

#: A path of this host: no other host, no backslash that browsers read as a slash.
_PATH = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]{0,500}")


class LineStateInvalid(Refusal):
    """The browser that came back is not the one that was sent, or it took too long."""

    code = "line_state_invalid"
    kind = Kind.FORBIDDEN


class LineLoginRefused(Refusal):
    """The person said no to LINE, or LINE did."""

    code = "line_login_refused"
    kind = Kind.FORBIDDEN


class LineTokenInvalid(Unauthenticated):
    """Not an ID token that LINE made for us."""

    code = "line_token_invalid"


class LineTokenExpired(Unauthenticated):
    """An ID token whose time is over: get a new one from LINE."""

    code = "line_token_expired"


class LineSessionEnded(Unauthenticated):
    """Whoever wanted to link a LINE user has logged out meanwhile."""

    code = "session_revoked"


@dataclass(frozen=True)
class LinePerson:
    """Who LINE says it is. The address may be missing."""

    user_id: str
    name: str
    email: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Journey:
    """What a browser carries to LINE and back, sealed. `principal` is who wants to link, or None for a login."""

    state: str
    nonce: str
    verifier: str = field(repr=False)
    next: str
    expires_at: float
    principal: dict[str, Any] | None = None


@dataclass(frozen=True)
class Arrived:
    """A browser came back with a LINE user."""

    person: LinePerson
    next: str
    principal: dict[str, Any] | None


class Line(Protocol):
    """LINE's side."""

    async def id_token(self, code: str, verifier: str, redirect_uri: str) -> str:
        """The ID token for an authorization code. Raises LineTokenInvalid, Unavailable."""


class IdTokens(Protocol):
    """Checks of ID tokens."""

    async def verify(self, token: str, nonce: str | None) -> LinePerson:
        """Whom a token is about; with `nonce` a web login's, without one a LIFF app's.

        Raises LineTokenInvalid, LineTokenExpired, Unavailable.
        """


class Seal(Protocol):
    """Makes a text that only gateways can read."""

    def seal(self, journey: Journey) -> str:
        """The sealed text."""

    def open(self, text: str) -> Journey | None:
        """What was sealed; None when it is not ours."""


@dataclass(frozen=True)
class Channel:
    """The LINE Login channel. Without an id there is no LINE Login here."""

    id: str
    scope: str
    access_url: str
    public_url: str


class LineLogin:
    """Both ways in."""

    def __init__(
        self,
        channel: Channel,
        line: Line,
        tokens: IdTokens,
        seal: Seal,
        stands: Callable[[str], bool],
        now: Callable[[], float],
    ) -> None:
        self._channel = channel
        self._line = line
        self._tokens = tokens
        self._seal = seal
        self._stands = stands
        self._now = now

    def begin(self, caller: Caller | None, afterwards: str | None) -> tuple[str, str]:
        """Where to send the browser, and what it has to bring back. With a caller, to link instead of to log in.

        Raises Missing when there is no LINE Login here.
        """
        self._require_channel()
        wanted = afterwards if afterwards and _PATH.fullmatch(afterwards) else AFTERWARDS
        journey = Journey(
            state=secrets.token_urlsafe(32),
            nonce=secrets.token_urlsafe(32),
            verifier=secrets.token_urlsafe(48),
            next=wanted,
            expires_at=self._now() + PATIENCE,
            principal=caller.principal if caller else None,
        )
        asked = {
            "response_type": "code",
            "client_id": self._channel.id,
            "redirect_uri": self._redirect_uri,
            "state": journey.state,
            "scope": self._channel.scope,
            "nonce": journey.nonce,
            "code_challenge": _challenge(journey.verifier),
            "code_challenge_method": "S256",
            "bot_prompt": "normal",
            "ui_locales": "zh-TW",
        }
        url = f"{self._channel.access_url.rstrip('/')}/oauth2/v2.1/authorize?{urlencode(asked)}"
        return url, self._seal.seal(journey)

    async def finish(self, sealed: str | None, state: str | None, code: str | None, error: str | None) -> Arrived:
        """The LINE user that the browser came back with.

        Raises LineStateInvalid, LineLoginRefused, LineTokenInvalid, LineTokenExpired, LineSessionEnded, Missing,
        Unavailable.
        """
        self._require_channel()
        journey = self._seal.open(sealed) if sealed else None
        if journey is None or journey.expires_at <= self._now() or not _equal(journey.state, state):
            raise LineStateInvalid("begin the login again")
        if error is not None or not code:
            raise LineLoginRefused("LINE did not let the login pass")
        if journey.principal is not None and not self._stands(str(journey.principal["session_id"])):
            raise LineSessionEnded("log in again")
        token = await self._line.id_token(code, journey.verifier, self._redirect_uri)
        person = await self._tokens.verify(token, journey.nonce)
        return Arrived(person, journey.next, journey.principal)

    async def liff(self, id_token: str) -> LinePerson:
        """The LINE user of a LIFF app. Raises LineTokenInvalid, LineTokenExpired, Missing, Unavailable."""
        self._require_channel()
        return await self._tokens.verify(id_token, None)

    @property
    def _redirect_uri(self) -> str:
        return self._channel.public_url.rstrip("/") + CALLBACK

    def _require_channel(self) -> None:
        if not self._channel.id:
            raise Missing("there is no LINE Login here")


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _equal(expected: str, given: str | None) -> bool:
    return given is not None and hmac.compare_digest(expected.encode(), given.encode())

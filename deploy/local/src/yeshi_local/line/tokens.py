"""Channel access tokens: stateless, by assertion (v2.1), short-lived; their check and revocation."""

import secrets
from typing import Any

import jwt

from yeshi_local.line.faults import Faults
from yeshi_local.line.guard import after, early
from yeshi_local.line.http import App, Handler, Refused, Request, Response, json_answer
from yeshi_local.line.model import Channel, Token
from yeshi_local.line.state import World

STATELESS_LIFE = 900.0
LONG = 30 * 86_400.0
MOST_TOKENS = 30
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
AUDIENCE = "https://api.line.me/"


def oauth_error(error: str, description: str, status: int = 400) -> Refused:
    """OAuth's error shape, to be raised."""
    return Refused(json_answer({"error": error, "error_description": description}, status))


def with_faults(faults: Faults, handler: Any) -> Handler:
    """A handler of an OAuth route, with the faults that make sense there."""

    async def serve(request: Request) -> Response:
        fault = faults.decide(request.route.name if request.route else "")
        if fault is not None:
            await early(request, fault)
            if fault.action in ("rate_limit", "user_limit", "quota"):
                raise oauth_error("too_many_requests", "Too many requests", 429)
            if fault.action == "unauthorized":
                raise oauth_error("invalid_client", "invalid client", 401)
        return await after(request, fault, handler(request))

    return serve


class ChannelTokens:
    """Issues and checks tokens of the bot channel."""

    def __init__(self, world: World, faults: Faults) -> None:
        self.world = world
        self.faults = faults

    def mount(self, app: App) -> None:
        """Put the routes in place. `/oauth2/v2.1/token` is shared with Login, which calls `by_assertion`."""
        app.add("POST", "/oauth2/v3/token", with_faults(self.faults, self.stateless), "token_stateless")
        app.add("GET", "/oauth2/v2.1/tokens/kid", with_faults(self.faults, self.key_ids), "token_kids")
        app.add("POST", "/v2/oauth/accessToken", with_faults(self.faults, self.short), "token_short")
        app.add("POST", "/v2/oauth/verify", with_faults(self.faults, self.verify_short), "token_verify")
        app.add("POST", "/v2/oauth/revoke", with_faults(self.faults, self.revoke_short), "token_revoke")

    # -- issuing -----------------------------------------------------------------------------------------------

    def stateless(self, request: Request) -> Response:
        """15 minutes, any number of them, by secret or by assertion."""
        form = request.form
        if form.get("grant_type") != "client_credentials":
            raise oauth_error("unsupported_grant_type", "grant_type must be client_credentials")
        channel = self._by_assertion(form)[0] if form.get("client_assertion") else self._by_secret(form)
        token = self._issue("stateless", channel, STATELESS_LIFE)
        answer = {"token_type": "Bearer", "access_token": token.value, "expires_in": int(STATELESS_LIFE)}
        return json_answer(answer)

    def short(self, request: Request) -> Response:
        """30 days; of more than 30 the oldest is dropped."""
        form = request.form
        if form.get("grant_type") != "client_credentials":
            raise oauth_error("unsupported_grant_type", "grant_type must be client_credentials")
        channel = self._by_secret(form)
        held = self._held("short", channel)
        for token in held[: max(0, len(held) - MOST_TOKENS + 1)]:
            self.world.tokens.remove(token.value)
        token = self._issue("short", channel, LONG)
        return json_answer({"access_token": token.value, "expires_in": int(LONG), "token_type": "Bearer"})

    def by_assertion(self, request: Request) -> Response:
        """v2.1: as long as the assertion asks, at most 30 days and 30 tokens."""
        channel, claims = self._by_assertion(request.form)
        life = claims.get("token_exp", LONG)
        if not isinstance(life, int | float) or not 0 < life <= LONG:
            raise oauth_error("invalid_client", "token_exp must be at most 30 days")
        if len(self._held("jwt", channel)) >= MOST_TOKENS:
            raise oauth_error("invalid_request", "The number of issued channel access tokens has reached the limit")
        token = self._issue("jwt", channel, float(life))
        return json_answer(
            {
                "access_token": token.value,
                "expires_in": int(life),
                "token_type": "Bearer",
                "key_id": token.key_id,
            }
        )

    def _by_secret(self, form: dict[str, str]) -> Channel:
        channel = self.world.channels.get(form.get("client_id", ""))
        given = form.get("client_secret", "").encode()
        if channel is None or channel.kind == "pay" or not secrets.compare_digest(channel.secret.encode(), given):
            raise oauth_error("invalid_client", "invalid client_id or client_secret")
        return channel

    def _by_assertion(self, form: dict[str, str]) -> tuple[Channel, dict[str, Any]]:
        text = form.get("client_assertion", "")
        if form.get("client_assertion_type") != ASSERTION:
            raise oauth_error("invalid_request", "invalid client_assertion_type")
        try:
            kid = jwt.get_unverified_header(text).get("kid", "")
            issuer = jwt.decode(text, options={"verify_signature": False}).get("iss", "")
            channel = self.world.channels.get(issuer)
            if channel is None or kid not in channel.keys:
                raise oauth_error("invalid_client", "unknown key or channel")
            key = jwt.PyJWK(channel.keys[kid], algorithm="RS256").key
            claims = jwt.decode(
                text,
                key,
                algorithms=["RS256"],
                audience=AUDIENCE,
                options={"verify_exp": False, "verify_iat": False, "require": ["iss", "sub", "exp"]},
            )
        except jwt.PyJWTError as error:
            raise oauth_error("invalid_client", f"invalid client_assertion: {error}") from error
        ahead = claims["exp"] - self.world.now()
        if claims["sub"] != channel.id or not 0 < ahead <= 1800 + 60:
            raise oauth_error("invalid_client", "client_assertion is expired or lives too long")
        return channel, claims

    def _held(self, kind: str, channel: Channel) -> list[Token]:
        now = self.world.now()
        return [t for t in self.world.tokens if t.kind == kind and t.channel == channel.id and t.expires > now]

    def _issue(self, kind: Any, channel: Channel, life: float) -> Token:
        token = Token(
            value=secrets.token_urlsafe(48),
            kind=kind,
            channel=channel.id,
            expires=self.world.now() + life,
            key_id=secrets.token_urlsafe(16) if kind == "jwt" else "",
        )
        return self.world.tokens.put(token.value, token)

    # -- checking ----------------------------------------------------------------------------------------------

    def key_ids(self, request: Request) -> Response:
        """The key ids of all valid v2.1 tokens."""
        query = request.query
        channel, _ = self._by_assertion(query)
        return json_answer({"kids": [token.key_id for token in self._held("jwt", channel)]})

    def verify_short(self, request: Request) -> Response:
        """Whether a channel access token is valid."""
        token = self.world.tokens.get(request.form.get("access_token", ""))
        if token is None or token.kind not in ("short", "long") or token.expires <= self.world.now():
            raise oauth_error("invalid_request", "access token expired")
        left = int(token.expires - self.world.now())
        return json_answer({"client_id": token.channel, "expires_in": left, "scope": "P CM"})

    def revoke_short(self, request: Request) -> Response:
        """Forget a short-lived or long-lived token."""
        token = self.world.tokens.get(request.form.get("access_token", ""))
        if token is not None and token.kind in ("short", "long"):
            self.world.tokens.remove(token.value)
        return Response(200)

"""LINE Login v2.1 and OpenID Connect: authorize, token, verify, keys, profile, friendship, deauthorize."""

import base64
import binascii
import hashlib
import re
import secrets
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from yeshi_local.line.faults import Faults
from yeshi_local.line.http import App, Handler, Request, Response, json_answer
from yeshi_local.line.idtoken import IdTokens
from yeshi_local.line.model import Channel, Person, Token
from yeshi_local.line.state import World
from yeshi_local.line.tokens import ChannelTokens, oauth_error, with_faults

ACCESS_LIFE = 30 * 86_400.0
REFRESH_LIFE = 90 * 86_400.0
VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


class Login:
    """The routes of api.line.me that Login and LIFF use; the pages are in `login_pages`."""

    def __init__(self, world: World, faults: Faults, tokens: ChannelTokens, id_tokens: IdTokens) -> None:
        self.world = world
        self.faults = faults
        self.channel_tokens = tokens
        self.id_tokens = id_tokens

    def mount(self, app: App) -> None:
        """Put the routes in place."""
        app.add("POST", "/oauth2/v2.1/token", self._faulty(self.token), "login.token")
        app.add("GET", "/oauth2/v2.1/verify", self._faulty(self.verify_access_token), "login.verify")
        app.add("POST", "/oauth2/v2.1/verify", self._faulty(self.verify_id_token), "login.verify")
        app.add("POST", "/oauth2/v2.1/revoke", self._faulty(self.revoke), "login.revoke")
        app.add("GET", "/oauth2/v2.1/certs", self._faulty(self.certs), "login.certs")
        for method in ("GET", "POST"):
            app.add(method, "/oauth2/v2.1/userinfo", self._faulty(self.userinfo), "login.userinfo")
        app.add("GET", "/v2/profile", self._faulty(self.profile), "login.profile")
        app.add("GET", "/friendship/v1/status", self._faulty(self.friendship), "login.friendship")
        app.add("POST", "/user/v1/deauthorize", self._faulty(self.deauthorize), "login.deauthorize")
        app.add("GET", "/.well-known/openid-configuration", self._faulty(self.discovery), "login.discovery")

    def _faulty(self, handler: Any) -> Handler:
        return with_faults(self.faults, handler)

    # -- tokens ------------------------------------------------------------------------------------------------

    def token(self, request: Request) -> Response:
        """Code or refresh token against tokens; client_credentials belongs to the bot channel."""
        form = request.form
        grant = form.get("grant_type")
        if grant == "client_credentials":
            return self.channel_tokens.by_assertion(request)
        if grant not in ("authorization_code", "refresh_token"):
            raise oauth_error("unsupported_grant_type", "unsupported grant_type")
        channel = self._client(request, form)
        return self._by_code(channel, form) if grant == "authorization_code" else self._by_refresh(channel, form)

    def _client(self, request: Request, form: dict[str, str]) -> Channel:
        name, secret = form.get("client_id", ""), form.get("client_secret", "")
        scheme, _, basic = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "basic":
            try:
                name, _, secret = base64.b64decode(basic).decode().partition(":")
            except (binascii.Error, UnicodeDecodeError) as error:
                raise oauth_error("invalid_request", "malformed Authorization header") from error
        channel = self.world.channels.get(name)
        right = channel is not None and secrets.compare_digest(channel.secret.encode(), secret.encode())
        if channel is None or channel.kind != "login" or not right:
            raise oauth_error("invalid_client", "invalid client_id or client_secret")
        return channel

    def _by_code(self, channel: Channel, form: dict[str, str]) -> Response:
        code = self.world.codes.get(form.get("code", ""))
        usable = code is not None and not code.used and code.expires > self.world.now()
        if code is None or not usable or code.channel != channel.id:
            raise oauth_error("invalid_grant", "invalid authorization code")
        if form.get("redirect_uri") != code.redirect_uri:
            raise oauth_error("invalid_grant", "redirect_uri does not match")
        code.used = True  # a code is spent by its first try, right or wrong verifier
        self.world.codes.put(code.value, code)
        if code.challenge and not pkce_fits(code.challenge, form.get("code_verifier", "")):
            raise oauth_error("invalid_grant", "code_verifier does not match")
        person = self.world.people.get(code.user)
        if person is None:
            raise oauth_error("invalid_grant", "the user is gone")
        answer = self.issue(channel, person, code.scope)
        if "openid" in code.scope.split():
            answer["id_token"] = self.id_tokens.for_web(
                channel, person, scope=code.scope, nonce=code.nonce, auth_time=code.auth_time
            )
        return json_answer(answer)

    def _by_refresh(self, channel: Channel, form: dict[str, str]) -> Response:
        refresh = self.world.tokens.get(form.get("refresh_token", ""))
        usable = refresh is not None and refresh.kind == "refresh" and refresh.expires > self.world.now()
        if refresh is None or not usable or refresh.channel != channel.id:
            raise oauth_error("invalid_grant", "invalid refresh token")
        person = self.world.people.get(refresh.user)
        if person is None:
            raise oauth_error("invalid_grant", "the user is gone")
        return json_answer(self.issue(channel, person, refresh.scope, refresh=refresh))

    def issue(
        self, channel: Channel, person: Person, scope: str, *, life: float = ACCESS_LIFE, refresh: Token | None = None
    ) -> dict[str, object]:
        """New tokens of a user; the refresh token keeps its value and its end when it is being used."""
        now = self.world.now()
        if refresh is None:
            refresh = Token(
                value=secrets.token_urlsafe(32),
                kind="refresh",
                channel=channel.id,
                user=person.id,
                scope=scope,
                expires=now + REFRESH_LIFE,
            )
            self.world.tokens.put(refresh.value, refresh)
        access = Token(
            value="eyJhbGciOiJIUzI1NiJ9." + secrets.token_urlsafe(64),
            kind="login",
            channel=channel.id,
            user=person.id,
            scope=scope,
            expires=now + life,
            refresh=refresh.value,
        )
        self.world.tokens.put(access.value, access)
        listed = " ".join(word for word in scope.split() if word != "email")
        return {
            "access_token": access.value,
            "expires_in": int(life),
            "refresh_token": refresh.value,
            "scope": listed,
            "token_type": "Bearer",
        }

    def verify_access_token(self, request: Request) -> Response:
        """Whose token this is: scope, client_id, seconds left."""
        token = self.world.tokens.get(request.query.get("access_token", ""))
        if token is None or token.kind not in ("login", "jwt") or token.expires <= self.world.now():
            raise oauth_error("invalid_request", "access token expired")
        answer: dict[str, object] = {"client_id": token.channel, "expires_in": int(token.expires - self.world.now())}
        if token.scope:
            answer["scope"] = token.scope
        return json_answer(answer)

    def verify_id_token(self, request: Request) -> Response:
        """The claims of an ID token, or one of LINE's six complaints."""
        form = request.form
        if not form.get("id_token") or not form.get("client_id"):
            raise oauth_error("invalid_request", "id_token and client_id are required")
        claims = self.id_tokens.verify(form["id_token"], form["client_id"], form.get("nonce"), form.get("user_id"))
        return json_answer(claims)

    def revoke(self, request: Request) -> Response:
        """End a token, and with an access token its refresh token."""
        form = request.form
        token = self.world.tokens.get(form.get("access_token") or form.get("refresh_token") or "")
        channel = self.world.channels.get(form.get("client_id", ""))
        if token is not None and channel is not None and token.channel == channel.id:
            if form.get("client_secret", channel.secret) != channel.secret:
                raise oauth_error("invalid_client", "invalid client_secret")
            self.world.tokens.remove(token.value)
            self.world.tokens.remove(token.refresh)
        return Response(200)

    # -- what a user's token opens -----------------------------------------------------------------------------

    def _bearer(self, request: Request, scope: str) -> tuple[Token, Person, Channel]:
        token = self.world.tokens.get(request.bearer or "")
        if token is None or token.kind != "login" or token.expires <= self.world.now():
            raise oauth_error("invalid_token", "invalid token", 401)
        if scope not in token.scope.split():
            raise oauth_error("insufficient_scope", f"the token lacks the scope {scope}", 403)
        person, channel = self.world.people.get(token.user), self.world.channels.get(token.channel)
        if person is None or channel is None:
            raise oauth_error("invalid_token", "the user is gone", 401)
        return token, person, channel

    def userinfo(self, request: Request) -> Response:
        """OpenID's user info."""
        token, person, channel = self._bearer(request, "openid")
        answer = {"sub": self.id_tokens.subject(channel, person)}
        if "profile" in token.scope.split():
            answer |= {"name": person.name} | ({"picture": person.picture} if person.picture else {})
        return json_answer(answer)

    def profile(self, request: Request) -> Response:
        """The user's profile."""
        _, person, channel = self._bearer(request, "profile")
        answer = {"userId": self.id_tokens.subject(channel, person), "displayName": person.name}
        answer |= {"pictureUrl": person.picture} if person.picture else {}
        return json_answer(answer | ({"statusMessage": person.status} if person.status else {}))

    def friendship(self, request: Request) -> Response:
        """Whether the user is a friend of the linked account."""
        _, person, _ = self._bearer(request, "profile")
        return json_answer({"friendFlag": person.state == "friend"})

    def deauthorize(self, request: Request) -> Response:
        """The user leaves the app: its tokens end."""
        bearer = self.world.tokens.get(request.bearer or "")
        if bearer is None or bearer.kind not in ("stateless", "jwt") or bearer.expires <= self.world.now():
            raise oauth_error("invalid_token", "invalid channel access token", 401)
        named = (request.json() or {}).get("userAccessToken", "")
        token = self.world.tokens.get(named)
        if token is None or token.kind != "login":
            raise oauth_error("invalid_request", "invalid userAccessToken")
        for other in self.world.tokens:
            if other.user == token.user and other.channel == token.channel:
                self.world.tokens.remove(other.value)
        self.world.consents.remove(f"{token.channel}:{token.user}")
        return Response(204)

    # -- metadata ----------------------------------------------------------------------------------------------

    def certs(self, _request: Request) -> Response:
        """The public keys of ES256 tokens."""
        return json_answer({"keys": self.id_tokens.public_keys()})

    def discovery(self, request: Request) -> Response:
        """OpenID discovery. The issuer is LINE's own; the addresses are this server's."""
        base = f"{request.origin}/oauth2/v2.1"
        return json_answer(
            {
                "issuer": "https://access.line.me",
                "authorization_endpoint": f"{base}/authorize",
                "token_endpoint": f"{base}/token",
                "revocation_endpoint": f"{base}/revoke",
                "userinfo_endpoint": f"{base}/userinfo",
                "jwks_uri": f"{base}/certs",
                "scopes_supported": ["openid", "profile", "email"],
                "response_types_supported": ["code"],
                "subject_types_supported": ["pairwise"],
                "id_token_signing_alg_values_supported": ["ES256"],
                "code_challenge_methods_supported": ["S256"],
            }
        )


def pkce_fits(challenge: str, verifier: str) -> bool:
    """Whether a verifier belongs to an S256 challenge (RFC 7636)."""
    if not VERIFIER.fullmatch(verifier):
        return False
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    return secrets.compare_digest(digest, challenge)


def with_query(address: str, values: dict[str, str]) -> str:
    """The address with these values added to its query."""
    parts = urlsplit(address)
    query = "&".join(part for part in (parts.query, urlencode(values)) if part)
    return urlunsplit(parts._replace(query=query))

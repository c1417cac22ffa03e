"""LIFF: the server API of its apps, the address that opens them, and tokens for tests."""

import secrets
from typing import Any

from yeshi_local.line.controls import complaint, guarded
from yeshi_local.line.http import App, Refused, Request, Response, json_answer, redirect
from yeshi_local.line.idtoken import IdTokens
from yeshi_local.line.login import Login
from yeshi_local.line.model import Document, Token
from yeshi_local.line.state import World

SIZES = ("compact", "tall", "full")
MOST_APPS = 30
LIFF_ACCESS_LIFE = 12 * 3600.0


class Liff:
    """LIFF apps of the Login channel."""

    def __init__(self, world: World, login: Login, id_tokens: IdTokens) -> None:
        self.world = world
        self.login = login
        self.id_tokens = id_tokens

    def mount(self, app: App) -> None:
        """Put the routes in place."""
        app.add("GET", "/liff/v1/apps", self.listing, "liff.apps")
        app.add("POST", "/liff/v1/apps", self.create, "liff.apps")
        app.add("PUT", "/liff/v1/apps/{liffId}", self.update, "liff.apps")
        app.add("DELETE", "/liff/v1/apps/{liffId}", self.delete, "liff.apps")
        app.add("GET", "/liff/{liffId}", self.open, "liff.open")
        app.add("POST", "/_double/liff-token", guarded(self.token), "control.liff-token")
        app.add("POST", "/_double/keys/rotate", guarded(self.rotate), "control.keys")

    def _channel(self, request: Request) -> str:
        """The Login channel of the token."""
        token: Token | None = self.world.tokens.get(request.bearer or "")
        channel = self.world.channels.get(token.channel) if token else None
        if token is None or token.kind == "login" or token.expires <= self.world.now():
            raise Refused(json_answer({"message": "Authentication failed"}, 401))
        if channel is None or channel.kind != "login":
            raise Refused(json_answer({"message": "LIFF apps belong to a LINE Login channel"}, 400))
        return channel.id

    def _apps(self, channel: str) -> list[dict[str, Any]]:
        return [row.value for key, row in self.world.documents.items() if key.startswith(f"liff:{channel}-")]

    async def listing(self, request: Request) -> Response:
        """All apps of the channel."""
        apps = self._apps(self._channel(request))
        return json_answer({"apps": apps}) if apps else json_answer({"message": "Not found"}, 404)

    async def create(self, request: Request) -> Response:
        """A new app."""
        channel = self._channel(request)
        if len(self._apps(channel)) >= MOST_APPS:
            return json_answer({"message": "The maximum number of LIFF apps has been reached"}, 400)
        body = request.json() or {}
        self._check(body)
        letters = "".join(secrets.choice("ABCDEFGHabcdefgh") for _ in range(8))
        name = f"{channel}-{letters}"
        self.world.documents.put(f"liff:{name}", Document(value={"liffId": name, **body}))
        return json_answer({"liffId": name})

    async def update(self, request: Request) -> Response:
        """Change an app."""
        stored = self._stored(request)
        body = stored.value | (request.json() or {})
        self._check(body)
        self.world.documents.put(f"liff:{body['liffId']}", Document(value=body))
        return Response(200)

    async def delete(self, request: Request) -> Response:
        """Remove an app."""
        self.world.documents.remove(f"liff:{self._stored(request).value['liffId']}")
        return Response(200)

    def _stored(self, request: Request) -> Document:
        channel, name = self._channel(request), request.params["liffId"]
        stored = self.world.documents.get(f"liff:{name}")
        if stored is None or not name.startswith(f"{channel}-"):
            raise Refused(json_answer({"message": "Not found"}, 404))
        return stored

    @staticmethod
    def _check(body: dict[str, Any]) -> None:
        view = body.get("view") or {}
        address = str(view.get("url", ""))
        good = address.startswith(("https://", "http://127.0.0.1", "http://localhost")) and "#" not in address
        if view.get("type") not in SIZES or not good:
            raise Refused(json_answer({"message": "view.type or view.url is invalid"}, 400))

    async def open(self, request: Request) -> Response:
        """Where `https://liff.line.me/{liffId}` leads: the app's endpoint with the same query."""
        stored = self.world.documents.get(f"liff:{request.params['liffId']}")
        if stored is None:
            return json_answer({"message": "Not found"}, 404)
        address = str(stored.value["view"]["url"])
        return redirect(address + (f"?{request.raw_query}" if request.raw_query else ""))

    # -- for tests ---------------------------------------------------------------------------------------------

    async def token(self, request: Request) -> Response:
        """`{"user_id", "client_id"?, "scope"?, "claims"?: {…}, "forged"?: bool}` gives what `liff.getIDToken` and
        `liff.getAccessToken` would: an ES256 ID token of one hour and an access token of twelve."""
        asked = request.json()
        person = self.world.people.get(asked["user_id"])
        channel = self.world.channels.get(asked["client_id"]) if "client_id" in asked else self.world.login
        if person is None or channel is None or channel.kind != "login":
            raise complaint("no such user or Login channel", 404)
        scope = str(asked.get("scope", "profile openid"))
        issued = self.login.issue(channel, person, scope, life=LIFF_ACCESS_LIFE)
        id_token = self.id_tokens.for_liff(
            channel, person, scope=scope, changes=asked.get("claims"), forged=bool(asked.get("forged"))
        )
        return json_answer({"id_token": id_token, "access_token": issued["access_token"]})

    async def rotate(self, _request: Request) -> Response:
        """A new ES256 key; the old ones stay published."""
        return json_answer({"kid": self.id_tokens.rotate()})

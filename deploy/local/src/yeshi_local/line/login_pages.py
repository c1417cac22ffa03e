"""The pages of access.line.me: the login with its choice of user and consent, and the account link dialog."""

import secrets
from html import escape
from http.cookies import SimpleCookie
from urllib.parse import quote

from yeshi_local.line.actors import Actors
from yeshi_local.line.faults import Faults
from yeshi_local.line.http import App, Request, Response, html_answer, redirect
from yeshi_local.line.login import with_query
from yeshi_local.line.model import Channel, Code, Document, Person
from yeshi_local.line.pages import hidden, notice, page
from yeshi_local.line.state import World
from yeshi_local.line.webhooks import Webhooks

CODE_LIFE = 600.0
COOKIE = "line_double_user"
SCOPES = {"profile": "個人檔案 profile", "openid": "使用者識別 openid", "email": "電子郵件 email"}
KEPT = [
    "response_type",
    "client_id",
    "redirect_uri",
    "state",
    "scope",
    "nonce",
    "prompt",
    "max_age",
    "bot_prompt",
    "code_challenge",
    "code_challenge_method",
    "ui_locales",
]


class LoginPages:
    """What a browser sees while logging in."""

    def __init__(self, world: World, faults: Faults, webhooks: Webhooks, actors: Actors) -> None:
        self.world = world
        self.faults = faults
        self.webhooks = webhooks
        self.actors = actors

    def mount(self, app: App) -> None:
        """Put the routes in place."""
        app.add("GET", "/oauth2/v2.1/authorize", self.ask, "login.authorize")
        app.add("POST", "/oauth2/v2.1/authorize", self.decide, "login.authorize")
        app.add("GET", "/dialog/bot/accountLink", self.link, "account_link")

    # -- authorize ---------------------------------------------------------------------------------------------

    async def ask(self, request: Request) -> Response:
        """The consent page, or at once a redirect when the request is wrong or asks for no page."""
        asked = {name: value for name, value in request.query.items() if name in KEPT}
        channel, refused = self._check(asked)
        if channel is None or refused is not None:
            return refused or html_answer(notice("400", "client_id"), 400)
        known = self._cookie_user(request)
        if asked.get("prompt") == "none":
            if known is None:
                return self._back(asked, {"error": "LOGIN_REQUIRED", "error_description": "login is required"})
            if f"{channel.id}:{known.id}" not in self.world.consents:
                error = {"error": "INTERACTION_REQUIRED", "error_description": "consent is required"}
                return self._back(asked, error)
            return self._grant(channel, known, asked, asked.get("scope", ""))
        return html_answer(self._consent_page(channel, asked, known))

    async def decide(self, request: Request) -> Response:
        """The form of the consent page: a user (or a new one's name), the granted scopes, allow or cancel."""
        form = request.form
        asked = {name: value for name, value in form.items() if name in KEPT}
        channel, refused = self._check(asked)
        if channel is None or refused is not None:
            return refused or html_answer(notice("400", "client_id"), 400)
        if form.get("decision") != "allow":
            error = {"error": "ACCESS_DENIED", "error_description": "The resource owner denied the request."}
            return self._back(asked, error)
        person = self.world.people.get(form.get("user_id", ""))
        if person is None and form.get("new_name", "").strip():
            state = "friend" if form.get("add_friend") else "stranger"
            person = self.actors.add_person({"name": form["new_name"].strip()[:20], "state": state})
        if person is None:
            return html_answer(self._consent_page(channel, asked, None), 400)
        extra = {}
        if "bot_prompt" in asked:
            adds = bool(form.get("add_friend")) and person.state == "stranger"
            if adds:
                await self.actors.change_person(person, {"state": "friend", "wait": False})
            extra["friendship_status_changed"] = "true" if adds else "false"
        scope = " ".join(word for word in asked["scope"].split() if word != "email" or form.get("scope_email"))
        return self._grant(channel, person, asked, scope, extra)

    def _check(self, asked: dict[str, str]) -> tuple[Channel | None, Response | None]:
        """The channel, and the refusal if the request is wrong. A wrong client or address is never redirected to."""
        channel = self.world.channels.get(asked.get("client_id", ""))
        if channel is None or channel.kind != "login":
            return None, html_answer(notice("400 Bad Request", "Invalid client_id."), 400)
        address = asked.get("redirect_uri", "")
        base = address.partition("?")[0]
        fits = not channel.redirect_uris or address in channel.redirect_uris or base in channel.redirect_uris
        if not address.startswith(("http://", "https://")) or not fits:
            return None, html_answer(notice("400 Bad Request", "Invalid redirect_uri value."), 400)
        scopes = asked.get("scope", "").split()
        wrong = ""
        if asked.get("response_type") != "code":
            wrong = "UNSUPPORTED_RESPONSE_TYPE"
        elif not scopes or not set(scopes) <= set(SCOPES) or ("email" in scopes and "openid" not in scopes):
            wrong = "INVALID_SCOPE"
        elif not asked.get("state") or ("code_challenge" in asked and asked.get("code_challenge_method") != "S256"):
            wrong = "INVALID_REQUEST"
        fault = self.faults.decide("login.authorize") if not wrong else None
        if fault is not None and fault.action == "error":
            wrong = "SERVER_ERROR"
        return channel, self._back(asked, {"error": wrong, "error_description": wrong.lower()}) if wrong else None

    def _grant(
        self, channel: Channel, person: Person, asked: dict[str, str], scope: str, extra: dict[str, str] | None = None
    ) -> Response:
        now = self.world.now()
        code = Code(
            value=secrets.token_urlsafe(15),
            channel=channel.id,
            user=person.id,
            redirect_uri=asked["redirect_uri"],
            scope=scope,
            nonce=asked.get("nonce", ""),
            challenge=asked.get("code_challenge", ""),
            expires=now + CODE_LIFE,
            auth_time=now,
        )
        self.world.codes.put(code.value, code)
        self.world.consents.put(f"{channel.id}:{person.id}", Document(value={"scope": scope}))
        cookie = {"set-cookie": f"{COOKIE}={person.id}; Path=/; HttpOnly; SameSite=Lax"}
        return self._back(asked, {"code": code.value, **(extra or {})}, cookie)

    @staticmethod
    def _back(asked: dict[str, str], values: dict[str, str], headers: dict[str, str] | None = None) -> Response:
        state = {"state": asked["state"]} if asked.get("state") else {}
        return redirect(with_query(asked["redirect_uri"], values | state), headers)

    def _cookie_user(self, request: Request) -> Person | None:
        cookie = SimpleCookie(request.headers.get("cookie", "")).get(COOKIE)
        return self.world.people.get(cookie.value) if cookie else None

    def _consent_page(self, channel: Channel, asked: dict[str, str], known: Person | None) -> str:
        people = [person for person in self.world.people if person.state != "deleted"][-50:]
        chosen = known or (people[0] if people else None)
        rows = "".join(
            f'<label><input type="radio" name="user_id" value="{person.id}"'
            f"{' checked' if person is chosen else ''}>{escape(person.name)}</label>"
            for person in people
        )
        scopes = "".join(
            f'<label><input type="checkbox" name="scope_{name}" checked{"" if name == "email" else " disabled"}>'
            f"{escape(SCOPES[name])}</label>"
            for name in asked["scope"].split()
        )
        friend = '<label><input type="checkbox" name="add_friend" checked>加入好友 Add as friend</label>'
        return page(
            "LINE 登入",
            f"""<h1>用 LINE 登入</h1><p class="soft">Log in to channel {escape(channel.id)}</p>
<form method="post" action="/oauth2/v2.1/authorize">{hidden(asked)}
<fieldset><legend>登入身分 Who are you</legend>{rows}
<label><input type="radio" name="user_id" value="" {"" if chosen else "checked"} aria-label="新用戶 New user">
<input type="text" name="new_name" placeholder="新用戶名稱 New user's name" maxlength="20"></label></fieldset>
<fieldset><legend>授權項目 Permissions</legend>{scopes}{friend if "bot_prompt" in asked else ""}</fieldset>
<button class="go" name="decision" value="allow">同意 Allow</button>
<button class="no" name="decision" value="cancel">取消 Cancel</button></form>""",
        )

    # -- account link ------------------------------------------------------------------------------------------

    async def link(self, request: Request) -> Response:
        """Link the accounts: the accountLink event goes out once; a spent or old token causes none."""
        query = request.query
        name, nonce = query.get("linkToken", ""), query.get("nonce", "")
        token = self.world.link_tokens.get(name)
        if token is None or token.used or token.expires <= self.world.now() or not 10 <= len(nonce) <= 255:
            text = "連結已失效或已使用過，請回到聊天室重新開始。This link has expired or was already used."
            return html_answer(notice("無法連動帳號", text), 400)
        token.used = True
        self.world.link_tokens.put(name, token)
        fault = self.faults.decide("account_link", [token.user])
        result = "failed" if fault else "ok"
        source = {"type": "user", "userId": token.user}
        await self.webhooks.fire("accountLink", source, {"link": {"result": result, "nonce": nonce}})
        if fault:
            return html_answer(notice("無法連動帳號", "帳號連動失敗。The account could not be linked."), 400)
        back = f"/phone#{quote(token.user)}"
        body = f"""<h1>帳號已連動</h1><p>你的 LINE 帳號已經和商店帳號連在一起。</p>
<p class="soft">Your LINE account is now linked.</p>
<a class="button go" href="{back}">回到聊天室 Back to the chat</a>"""
        return html_answer(page("帳號已連動", body))

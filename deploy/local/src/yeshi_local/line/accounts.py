"""Questions about users, groups and the account itself, message contents, and the webhook address."""

import base64
import re
import secrets
from typing import Any

from yeshi_local.line.guard import Guard, bad_property, bot_error, invalid, refuse
from yeshi_local.line.http import App, Handler, Request, Response, json_answer
from yeshi_local.line.model import Group, LinkToken, Person
from yeshi_local.line.state import World, rfc3339
from yeshi_local.line.webhooks import Webhooks

LINK_TOKEN_LIFE = 600.0
NOT_FOUND = "Not found"


class Accounts:
    """The bot's routes that send nothing."""

    def __init__(self, world: World, guard: Guard, webhooks: Webhooks) -> None:
        self.world = world
        self.guard = guard
        self.webhooks = webhooks

    def mount(self, app: App) -> None:
        """Put the routes in place."""
        wrap = self.guard.wrap
        app.add("GET", "/v2/bot/info", wrap(self.info), "info")
        app.add("GET", "/v2/bot/profile/{userId}", wrap(self.profile), "profile")
        app.add("GET", "/v2/bot/followers/ids", wrap(self.followers), "followers")
        app.add("POST", "/v2/bot/chat/loading/start", wrap(self.loading, body=True), "loading")
        app.add("POST", "/v2/bot/user/{userId}/linkToken", wrap(self.link_token), "link_token")
        for kind in ("group", "room"):
            chat = f"/v2/bot/{kind}/{{chatId}}"
            app.add("GET", f"{chat}/members/count", wrap(self.member_count), "group")
            app.add("GET", f"{chat}/members/ids", wrap(self.member_ids), "group")
            app.add("GET", f"{chat}/member/{{userId}}", wrap(self.member), "group")
            app.add("POST", f"{chat}/leave", wrap(self.leave), "group_leave")
        app.add("GET", "/v2/bot/group/{chatId}/summary", wrap(self.summary), "group")
        content = "/v2/bot/message/{messageId}/content"
        app.add("GET", content, wrap(self.content), "content")
        app.add("GET", f"{content}/preview", wrap(self.content), "content")
        app.add("GET", f"{content}/transcoding", wrap(self.transcoding), "content")
        endpoint = "/v2/bot/channel/webhook/endpoint"
        app.add("GET", endpoint, wrap(self.get_endpoint), "webhook_endpoint")
        app.add("PUT", endpoint, wrap(self.put_endpoint, body=True), "webhook_endpoint")
        app.add("POST", "/v2/bot/channel/webhook/test", self._tested(), "webhook_test")

    # -- the account and its users -----------------------------------------------------------------------------

    def info(self, _request: Request, _body: None) -> Response:
        """The account."""
        return json_answer(
            {
                "userId": self.world.bot_user_id,
                "basicId": "@yeshi",
                "displayName": "夜市 Yeshi",
                "chatMode": "bot",
                "markAsReadMode": "auto",
            }
        )

    def profile(self, request: Request, _body: None) -> Response:
        """A user's profile; missing for who blocked the account or never was a friend."""
        person = self.world.people.get(request.params["userId"])
        if person is None or person.foreign or not self.world.person_can_hear(person):
            return bot_error(404, NOT_FOUND)
        return json_answer(profile_of(person) | {"language": person.language})

    def followers(self, request: Request, _body: None) -> Response:
        """Ids of all friends, in pages."""
        ids = [person.id for person in self.world.friends()]
        limit = int(request.query.get("limit", "300"))
        start = int(request.query.get("start", "0"))
        answer: dict[str, object] = {"userIds": ids[start : start + limit]}
        if start + limit < len(ids):
            answer["next"] = str(start + limit)
        return json_answer(answer)

    def loading(self, _request: Request, body: dict[str, Any]) -> Response:
        """The animation of three dots."""
        seconds = body.get("loadingSeconds", 20)
        if str(body.get("chatId")) not in self.world.people:
            raise bad_property("chatId")
        if not isinstance(seconds, int) or seconds % 5 or not 5 <= seconds <= 60:
            raise invalid([("loadingSeconds", "must be a multiple of 5 between 5 and 60")])
        return json_answer({}, 202)

    def link_token(self, request: Request, _body: None) -> Response:
        """A token for linking this user's account: one use, ten minutes."""
        person = self.world.people.get(request.params["userId"])
        if person is None or person.foreign:
            raise refuse(404, NOT_FOUND)
        value = secrets.token_urlsafe(24)
        token = LinkToken(user=person.id, expires=self.world.now() + LINK_TOKEN_LIFE)
        self.world.link_tokens.put(value, token)
        return json_answer({"linkToken": value})

    # -- groups ------------------------------------------------------------------------------------------------

    def _group(self, request: Request) -> Group:
        group = self.world.groups.get(request.params["chatId"])
        if group is None or not group.bot_in:
            raise refuse(404, NOT_FOUND)
        return group

    def summary(self, request: Request, _body: None) -> Response:
        """A group's name."""
        group = self._group(request)
        return json_answer({"groupId": group.id, "groupName": group.name})

    def member_count(self, request: Request, _body: None) -> Response:
        """How many people are in the chat, the account not counted."""
        return json_answer({"count": len(self._group(request).members)})

    def member_ids(self, request: Request, _body: None) -> Response:
        """Who is in the chat."""
        return json_answer({"memberIds": self._group(request).members})

    def member(self, request: Request, _body: None) -> Response:
        """The profile of a member, friend or not."""
        group, person = self._group(request), self.world.people.get(request.params["userId"])
        if person is None or person.id not in group.members:
            raise refuse(404, NOT_FOUND)
        return json_answer(profile_of(person))

    def leave(self, request: Request, _body: None) -> Response:
        """The account leaves the chat."""
        group = self._group(request)
        group.bot_in = False
        self.world.groups.put(group.id, group)
        return json_answer({})

    # -- message contents --------------------------------------------------------------------------------------

    def content(self, request: Request, _body: None) -> Response:
        """What a user uploaded: bytes, 202 while not ready, 410 when gone."""
        stored = self.world.documents.get(f"content:{request.params['messageId']}")
        if stored is None:
            return bot_error(404, NOT_FOUND)
        state = stored.value.get("state", "ready")
        if state == "gone":
            return bot_error(410, "The content is gone")
        if state == "processing":
            return json_answer({}, 202)
        body = base64.b64decode(stored.value["bytes"])
        return Response(200, body, {"content-type": stored.value.get("content_type", "image/jpeg")})

    def transcoding(self, request: Request, _body: None) -> Response:
        """Whether the content can be had."""
        stored = self.world.documents.get(f"content:{request.params['messageId']}")
        if stored is None:
            return bot_error(404, NOT_FOUND)
        states = {"ready": "succeeded", "gone": "failed", "processing": "processing"}
        return json_answer({"status": states[stored.value.get("state", "ready")]})

    # -- the webhook address -----------------------------------------------------------------------------------

    def get_endpoint(self, _request: Request, _body: None) -> Response:
        """Where events go."""
        options = self.world.options
        if not options.webhook_url:
            return bot_error(404, "Webhook endpoint not found")
        return json_answer({"endpoint": options.webhook_url, "active": options.webhook_active})

    def put_endpoint(self, _request: Request, body: dict[str, Any]) -> Response:
        """Send events elsewhere. Plain http is taken, since local stacks have no certificates."""
        address = body.get("endpoint")
        if not isinstance(address, str) or len(address) > 500 or not re.match(r"https?://[^/]+", address):
            raise invalid([("endpoint", "Invalid webhook endpoint URL")])
        self.world.change_options(webhook_url=address)
        return json_answer({})

    def _tested(self) -> Handler:
        """The test sends for real, so it runs after the guard rather than inside it."""
        guarded = self.guard.wrap(lambda _request, _body: json_answer({}))

        async def serve(request: Request) -> Response:
            refused = await guarded(request)
            if refused.status != 200:
                return refused
            address = (request.json() or {}).get("endpoint") or self.world.options.webhook_url
            if not address:
                return bot_error(404, "Webhook endpoint not found")
            status, reason = await self.webhooks.deliver_raw([], address)
            good = 200 <= status < 300
            return json_answer(
                {
                    "success": good,
                    "timestamp": rfc3339(self.world.now()),
                    "statusCode": status,
                    "reason": reason.partition(":")[0].upper() if not good else "OK",
                    "detail": str(status) if status else reason,
                }
            )

        return serve


def profile_of(person: Person) -> dict[str, str]:
    """The parts of a profile that LINE always or sometimes shows."""
    shown = {"userId": person.id, "displayName": person.name}
    if person.picture:
        shown["pictureUrl"] = person.picture
    if person.status:
        shown["statusMessage"] = person.status
    return shown

"""Sending: push, multicast, reply, narrowcast, broadcast; their validation, quota, statistics and progress."""

import re
import uuid
from typing import Any

from yeshi_local.line.checks import check_messages
from yeshi_local.line.guard import QUOTA_TEXT, Guard, bad_property, bot_error, invalid, refuse
from yeshi_local.line.http import App, Request, Response, json_answer
from yeshi_local.line.model import Send
from yeshi_local.line.state import World, rfc3339

CHAT_ID = re.compile(r"[UCR][0-9a-f]{32}")
USER_ID = re.compile(r"U[0-9a-f]{32}")
UNIT = re.compile(r"[A-Za-z0-9_]{1,30}")
FAILED = "Failed to send messages"
REPLY_LIFE = 60.0
EVENT_LIFE = 20 * 60.0
REACH_NEEDED, RECIPIENTS_NEEDED = 100, 50


class Sending:
    """The send endpoints of one bot channel."""

    def __init__(self, world: World, guard: Guard) -> None:
        self.world = world
        self.guard = guard

    def mount(self, app: App) -> None:
        """Put the routes in place."""
        base = "/v2/bot/message"
        for kind, handler in (
            ("push", self.push),
            ("multicast", self.multicast),
            ("reply", self.reply),
            ("narrowcast", self.narrowcast),
            ("broadcast", self.broadcast),
        ):
            app.add("POST", f"{base}/{kind}", self.guard.wrap(handler, body=True), kind)
            app.add("POST", f"{base}/validate/{kind}", self.guard.wrap(self.validate, body=True), "validate")
        app.add("GET", f"{base}/progress/narrowcast", self.guard.wrap(self.progress), "progress")
        app.add("GET", f"{base}/quota", self.guard.wrap(self.quota), "quota")
        app.add("GET", f"{base}/quota/consumption", self.guard.wrap(self.consumption), "consumption")
        for kind in ("push", "multicast", "reply", "broadcast"):
            app.add("GET", f"{base}/delivery/{kind}", self.guard.wrap(self.delivery), "delivery")

    # -- the five ways to send ---------------------------------------------------------------------------------

    def push(self, request: Request, body: dict[str, Any]) -> Response:
        """To one user, group or room."""
        to = body.get("to")
        if not isinstance(to, str) or not CHAT_ID.fullmatch(to):
            raise bad_property("to")
        return self._send(request, body, "push", [to])

    def multicast(self, request: Request, body: dict[str, Any]) -> Response:
        """To at most 500 users; on any error nobody gets anything."""
        to = body.get("to")
        if not isinstance(to, list) or not all(isinstance(each, str) and USER_ID.fullmatch(each) for each in to):
            raise bad_property("to")
        if not 1 <= len(to) <= 500:
            raise invalid([("to", "Size must be between 1 and 500")])
        return self._send(request, body, "multicast", to)

    def broadcast(self, request: Request, body: dict[str, Any]) -> Response:
        """To all friends."""
        return self._send(request, body, "broadcast", [person.id for person in self.world.friends()])

    def narrowcast(self, request: Request, body: dict[str, Any]) -> Response:
        """To friends, in the background. Filters narrow nobody here, but LINE's minimum audience applies to them."""
        friends = [person.id for person in self.world.friends()]
        if (body.get("filter") or body.get("recipient")) and len(friends) < REACH_NEEDED:
            raise refuse(403, "The target reach is too small to use attributes")
        most = (body.get("limit") or {}).get("max")
        return self._send(request, body, "narrowcast", friends[:most] if isinstance(most, int) else friends)

    def reply(self, request: Request, body: dict[str, Any]) -> Response:
        """To a webhook event: once, soon, and free of charge."""
        name = body.get("replyToken")
        if not isinstance(name, str) or not name:
            raise bad_property("replyToken")
        self._checked(body)
        token, now = self.world.reply_tokens.get(name), self.world.now()
        fresh = token is not None and now - token.delivered_at <= REPLY_LIFE and now - token.event_at <= EVENT_LIFE
        if token is None or token.used or not fresh:
            raise refuse(400, "Invalid reply token")
        token.used = True
        self.world.reply_tokens.put(name, token)
        return self._sent(self._accept(request, body, "reply", [token.chat], None, free=True))

    def validate(self, _request: Request, body: dict[str, Any]) -> Response:
        """Check message objects without sending them."""
        self._checked(body)
        return json_answer({})

    # -- the common path ---------------------------------------------------------------------------------------

    def _send(self, request: Request, body: dict[str, Any], kind: str, to: list[str]) -> Response:
        """Nothing in here awaits: of two calls with one retry key the second always finds the first."""
        retry_key = self._retry_key(request)
        if retry_key and (earlier := self.world.remembered(retry_key)):
            return self._conflict(earlier)
        self._checked(body)
        self._check_foreign(kind, to)
        _, cost = self.world.audience(to)
        quota = self.world.options.quota
        if quota is not None and self.world.used() + cost > quota:
            raise refuse(429, QUOTA_TEXT)
        send = self._accept(request, body, kind, to, retry_key)
        if kind == "push":
            return self._sent(send)
        return json_answer({}, 202 if kind == "narrowcast" else 200)

    @staticmethod
    def _retry_key(request: Request) -> str | None:
        text = request.headers.get("x-line-retry-key")
        if text is None:
            return None
        try:
            return str(uuid.UUID(text))
        except ValueError as error:
            raise refuse(400, "The retry key is invalid") from error

    def _conflict(self, earlier: Send) -> Response:
        self.world.count_try(earlier)
        body: dict[str, object] = {"message": "The retry key is already accepted"}
        if earlier.kind == "push":
            body["sentMessages"] = _sent_messages(earlier)
        return json_answer(body, 409, {"x-line-accepted-request-id": earlier.request_id})

    @staticmethod
    def _checked(body: dict[str, Any]) -> None:
        problems = check_messages(body.get("messages"))
        units = body.get("customAggregationUnits")
        if units is not None and not (
            isinstance(units, list) and len(units) == 1 and isinstance(units[0], str) and UNIT.fullmatch(units[0])
        ):
            problems.append(("customAggregationUnits", "must be one name of at most 30 letters, digits or _"))
        if problems:
            raise invalid(problems)

    def _check_foreign(self, kind: str, to: list[str]) -> None:
        """Ids this provider never issued: push is refused, multicast as the options say."""
        if kind not in ("push", "multicast"):
            return
        if kind == "multicast" and self.world.options.multicast_foreign == "skip":
            return
        for name in to:
            person, group = self.world.people.get(name), self.world.groups.get(name)
            if (person is None or person.foreign) and (group is None or not group.bot_in):
                raise refuse(400, FAILED)

    def _accept(
        self, request: Request, body: dict[str, Any], kind: str, to: list[str], key: str | None, *, free: bool = False
    ) -> Send:
        reached, cost = self.world.audience(to)
        failed = None
        if kind == "narrowcast" and (body.get("filter") or body.get("recipient")) and cost < RECIPIENTS_NEEDED:
            reached, cost, failed = [], 0, 4
        ids = [self.world.new_message_id() for _ in body["messages"]]
        units = body.get("customAggregationUnits") or [None]
        send = Send(
            seq=self.world.next_seq(),
            kind=kind,
            request_id=request.request_id,
            at=self.world.now(),
            retry_key=key,
            to=to,
            reached=reached,
            counted=0 if free else cost,
            messages=body["messages"],
            ids=ids,
            silent=bool(body.get("notificationDisabled")),
            unit=units[0],
            failed=failed,
        )
        self.world.add_send(send)
        return send

    @staticmethod
    def _sent(send: Send) -> Response:
        return json_answer({"sentMessages": _sent_messages(send)})

    # -- questions about sends ---------------------------------------------------------------------------------

    def progress(self, request: Request, _body: None) -> Response:
        """How far a narrowcast is."""
        send = self.world.send_of_request(request.query.get("requestId", ""))
        if send is None or send.kind != "narrowcast":
            return bot_error(404, "Not found")
        done = self.world.now() - send.at >= self.world.options.narrowcast_seconds
        answer: dict[str, object] = {
            "phase": "sending" if not done else "failed" if send.failed else "succeeded",
            "acceptedTime": rfc3339(send.at),
        }
        if done:
            answer["completedTime"] = rfc3339(send.at + self.world.options.narrowcast_seconds)
        if done and send.failed:
            answer |= {"errorCode": send.failed, "failedDescription": "The number of recipients is too small"}
        else:
            answer |= {"targetCount": len(send.to)}
        if done and not send.failed:
            answer |= {"successCount": len(send.reached), "failureCount": len(send.to) - len(send.reached)}
        return json_answer(answer)

    def quota(self, _request: Request, _body: None) -> Response:
        """The month's limit."""
        limit = self.world.options.quota
        return json_answer({"type": "none"} if limit is None else {"type": "limited", "value": limit})

    def consumption(self, _request: Request, _body: None) -> Response:
        """Recipients charged this month."""
        return json_answer({"totalUsage": self.world.used()})

    def delivery(self, request: Request, _body: None) -> Response:
        """Recipients reached on a day (UTC+9) by one way of sending; ready the day after."""
        kind = request.path.rsplit("/", 1)[1]
        date = request.query.get("date", "")
        if not re.fullmatch(r"\d{8}", date):
            return bot_error(400, "The value for the 'date' parameter is invalid")
        if date < "20180331":
            return json_answer({"status": "out_of_service"})
        if date >= self.world.day(self.world.now()):
            return json_answer({"status": "unready"})
        sends = [send for send in self.world.sends if send.kind == kind and self.world.day(send.at) == date]
        reached = sum(len(send.reached) if kind == "reply" else send.counted for send in sends)
        return json_answer({"status": "ready", "success": reached})


def _sent_messages(send: Send) -> list[dict[str, str]]:
    quotable = {"text", "textV2", "sticker", "image", "video", "template", "flex"}
    sent = []
    for number, message in zip(send.ids, send.messages, strict=True):
        quote = {"quoteToken": f"q{number}"} if message.get("type") in quotable else {}
        sent.append({"id": number, **quote})
    return sent

"""Sending webhook events as LINE does: signed raw bytes, two seconds to answer, at least once, not always in order."""

import asyncio
import base64
import hashlib
import hmac
import logging
import secrets
import time
from typing import Any

import httpx
import msgspec

from yeshi_local.line.faults import Fault, Faults
from yeshi_local.line.model import Attempt, Event, ReplyToken
from yeshi_local.line.state import World

ANSWER_WITHIN = 2.0  # seconds
WITHOUT_REPLY = frozenset({"unfollow", "leave", "memberLeft", "unsend"})
log = logging.getLogger(__name__)


def sign(secret: str, body: bytes) -> str:
    """The `x-line-signature` of a body: base64 of HMAC-SHA256 with the channel secret."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


class Webhooks:
    """One queue of events towards the registered address, delivered one after the other."""

    def __init__(self, world: World, faults: Faults) -> None:
        self.world = world
        self.faults = faults
        self._queue: asyncio.Queue[tuple[Event, bool, asyncio.Future[Event]]] | None = None
        self._held: list[Event] = []
        self._tasks: set[asyncio.Task[Any]] = set()
        self._client: httpx.AsyncClient | None = None

    def start(self) -> None:
        """Begin delivering; call once, inside the running loop."""
        self._queue = asyncio.Queue()
        self._client = httpx.AsyncClient(timeout=ANSWER_WITHIN, trust_env=False)
        self._spawn(self._work())

    async def stop(self) -> None:
        """End all deliveries."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._client is not None:
            await self._client.aclose()

    async def fire(self, kind: str, source: dict[str, str], extra: dict[str, Any], *, wait: bool = True) -> Event:
        """Make an event and deliver it; with `wait` return when its first delivery is settled.

        `source` is LINE's source object; `extra` holds the event's own fields.
        """
        now = self.world.now()
        body: dict[str, Any] = {
            "type": kind,
            "mode": "active",
            "timestamp": int(now * 1000),
            "source": source,
            "webhookEventId": self.world.new_ulid(),
            "deliveryContext": {"isRedelivery": False},
        }
        failed_link = kind == "accountLink" and extra["link"]["result"] != "ok"
        if kind not in WITHOUT_REPLY and not failed_link:
            body["replyToken"] = secrets.token_hex(16)
            chat = source.get("groupId") or source.get("roomId") or source["userId"]
            token = ReplyToken(chat=chat, event_at=now, delivered_at=now)
            self.world.reply_tokens.put(body["replyToken"], token)
        event = Event(id=body["webhookEventId"], seq=self.world.next_seq(), body=body | extra)
        self.world.events.put(event.id, event)
        settled = self._enqueue(event, redelivery=False)
        if wait:
            await settled
        return event

    async def redeliver(self, event: Event) -> Event:
        """Deliver the same event again with isRedelivery true."""
        return await self._enqueue(event, redelivery=True)

    async def flush(self) -> int:
        """Deliver what a reorder fault holds back; how many events that were."""
        held, self._held = self._held, []
        for event in held:
            await self._enqueue(event, redelivery=False)
        return len(held)

    def forget(self) -> None:
        """Give up what is held back."""
        self._held.clear()

    async def deliver_raw(self, events: list[dict[str, Any]], address: str | None = None) -> tuple[int, str]:
        """POST these events signed; (status, reason). Status 0: no answer."""
        body = msgspec.json.encode({"destination": self.world.bot_user_id, "events": events})
        secret = self.world.bot.secret if self.world.bot else ""
        return await self._post(address or self.world.options.webhook_url, body, sign(secret, body))

    def _enqueue(self, event: Event, *, redelivery: bool) -> asyncio.Future[Event]:
        if self._queue is None:
            raise RuntimeError("the webhook sender is not running")
        settled: asyncio.Future[Event] = asyncio.get_running_loop().create_future()
        self._queue.put_nowait((event, redelivery, settled))
        return settled

    async def _work(self) -> None:
        assert self._queue is not None
        while True:
            event, redelivery, settled = await self._queue.get()
            try:
                await self._settle(event, redelivery)
            except Exception:  # one bad delivery must not end the queue
                log.exception("webhook delivery failed")
                event.outcome = "failed"
            if not settled.done():
                settled.set_result(event)

    async def _settle(self, event: Event, redelivery: bool) -> None:
        options = self.world.options
        if not options.webhook_url or not options.webhook_active:
            self._finish(event, "off")
            return
        user = event.body["source"].get("userId", "")
        fault = None if redelivery or event.outcome == "held" else self.faults.decide("webhook", [user])
        action = fault.action if fault else ""
        if action == "drop":
            self._finish(event, "dropped")
            return
        if action == "reorder":
            self._held.append(event)
            self._finish(event, "held")
            return
        held, self._held = self._held, []
        await self._deliver(event, redelivery, fault)
        if action in ("duplicate", "redeliver"):
            await self._deliver(event, action == "redeliver", None)
        for late in held:
            await self._deliver(late, False, None)

    async def _deliver(self, event: Event, redelivery: bool, fault: Fault | None) -> None:
        body = event.body | {"deliveryContext": {"isRedelivery": redelivery}}
        payload = msgspec.json.encode({"destination": self.world.bot_user_id, "events": [body]})
        secret = self.world.bot.secret if self.world.bot else ""
        if fault and fault.action == "bad_signature":
            secret += "x"
        if fault and fault.action == "slow":
            await asyncio.sleep(fault.seconds)
        self._renew_reply_token(body)
        started = time.monotonic()
        status, reason = await self._post(self.world.options.webhook_url, payload, sign(secret, payload))
        took = (time.monotonic() - started) * 1000
        now = self.world.now()
        event.attempts.append(
            Attempt(at=now, redelivery=redelivery, status=status, reason=reason, milliseconds=round(took, 1))
        )
        good = 200 <= status < 300
        self._finish(event, "delivered" if good else "failed")
        if not good:
            self._plan_redelivery(event)

    def _renew_reply_token(self, body: dict[str, Any]) -> None:
        token = self.world.reply_tokens.get(body.get("replyToken", ""))
        if token is not None:
            token.delivered_at = self.world.now()
            self.world.reply_tokens.put(body["replyToken"], token)

    def _plan_redelivery(self, event: Event) -> None:
        options = self.world.options
        if options.redelivery and len(event.attempts) <= options.redelivery_times:
            self._spawn(self._redeliver_later(event, options.redelivery_seconds))

    async def _redeliver_later(self, event: Event, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self._enqueue(event, redelivery=True)

    async def _post(self, address: str, body: bytes, signature: str) -> tuple[int, str]:
        assert self._client is not None
        headers = {
            "content-type": "application/json; charset=utf-8",
            "user-agent": "LineBotWebhook/2.0",
            "x-line-signature": signature,
        }
        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                answer = await self._client.post(address, content=body, headers=headers)
        except (TimeoutError, httpx.TimeoutException):
            return 0, "request_timeout"
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            return 0, f"could_not_connect: {type(error).__name__}"
        good = 200 <= answer.status_code < 300
        return answer.status_code, "OK" if good else "error_status_code"

    def _finish(self, event: Event, outcome: str) -> None:
        event.outcome = outcome
        self.world.events.put(event.id, event)

    def _spawn(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

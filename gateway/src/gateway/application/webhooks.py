"""Webhooks from LINE: verified on the raw bytes, handed on, answered only when they are safe."""

import base64
import hashlib
import hmac
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from chassis.errors import Kind, Refusal
from gateway import measures


class SignatureInvalid(Refusal):
    """Whoever sent this does not hold the secret."""

    code = "signature_invalid"
    kind = Kind.UNAUTHENTICATED


@dataclass(frozen=True)
class LineEvent:
    """One event of a webhook: its id, the bot it was sent to, and its JSON text."""

    webhook_event_id: str
    destination: str
    body: str


Parse = Callable[[bytes], Sequence[LineEvent]]
HandOn = Callable[[Sequence[LineEvent]], Awaitable[None]]


class LineDoor:
    """Takes LINE's webhooks. Source: LINE Messaging API, «Verify webhook signature»."""

    def __init__(self, secret: str, parse: Parse, hand_on: HandOn) -> None:
        self._secret = secret.encode()
        self._parse = parse
        self._hand_on = hand_on

    async def receive(self, body: bytes, signature: str | None) -> int:
        """Verifies and hands on; answers how many events there were.

        Raises SignatureInvalid; Malformed; Unavailable when the events are not safe: LINE then sends them again.
        """
        if not self._secret or not signature or not self._is_ours(body, signature):
            measures.webhooks.labels("line", "forged").inc()
            raise SignatureInvalid("the signature does not fit the body")
        events = self._parse(body)
        if events:
            await self._hand_on(events)
        measures.webhooks.labels("line", "taken").inc()
        return len(events)

    def _is_ours(self, body: bytes, signature: str) -> bool:
        expected = base64.b64encode(hmac.new(self._secret, body, hashlib.sha256).digest())
        return hmac.compare_digest(expected, signature.encode("utf-8", "replace"))

"""What every Messaging API call passes: token, faults, rate limit, body. Then the handler; then late faults."""

from collections.abc import Callable
from typing import Any

import msgspec

from yeshi_local.line.faults import AFTER, Buckets, Fault, Faults
from yeshi_local.line.http import Handler, Refused, Request, Response, json_answer
from yeshi_local.line.state import World

LARGEST_JSON = 2 * 1024 * 1024
RETRYABLE = frozenset({"push", "multicast", "narrowcast", "broadcast"})
PER_HOUR = 1 / 3600
RATES = {  # calls per second, by route name; LINE's own limits
    "multicast": 200.0,
    "loading": 100.0,
    "narrowcast": 60 * PER_HOUR,
    "broadcast": 60 * PER_HOUR,
    "delivery": 60 * PER_HOUR,
    "webhook_test": 60 * PER_HOUR,
    "webhook_endpoint": 1000 / 60,
    "richmenu_create": 100 * PER_HOUR,
    "richmenu_delete": 100 * PER_HOUR,
    "richmenu_alias_delete": 100 * PER_HOUR,
    "richmenu_list": 10.0,
    "token_short": 370.0,
}
DEFAULT_RATE = 2000.0
UNAUTHORIZED = (
    "Authentication failed due to the following reason: invalid token. "
    "Confirm that the access token in the authorization header is valid."
)
RATE_TEXT = "The API rate limit has been exceeded. Try again later."
QUOTA_TEXT = "You have reached your monthly limit."
USER_TEXT = "Too many messages have been sent to the same user. Try again later."

JsonHandler = Callable[[Request, Any], Response]


def bot_error(status: int, message: str, details: list[tuple[str, str]] | None = None) -> Response:
    """LINE's error shape."""
    body: dict[str, object] = {"message": message}
    if details:
        body["details"] = [{"message": text, "property": place} for place, text in details]
    return json_answer(body, status)


def refuse(status: int, message: str, details: list[tuple[str, str]] | None = None) -> Refused:
    """The same, to be raised."""
    return Refused(bot_error(status, message, details))


def invalid(problems: list[tuple[str, str]]) -> Refused:
    """400 for a body with problems."""
    count = len(problems)
    return refuse(400, f"The request body has {count} error(s)", problems)


def bad_property(name: str) -> Refused:
    """400 for one property of the wrong kind."""
    return refuse(400, f"The property, '{name}', in the request body is invalid (line: -, column: -)")


class Guard:
    """Wraps handlers of the Messaging API."""

    def __init__(self, world: World, faults: Faults) -> None:
        self.world = world
        self.faults = faults
        self.buckets = Buckets()

    def wrap(self, handler: JsonHandler, *, body: bool = False) -> Handler:
        """A route's handler. With `body` the JSON of the request is its second argument, else None."""

        async def serve(request: Request) -> Response:
            self._authenticate(request)
            value = self._decode(request) if body else None
            name = request.route.name if request.route else ""
            fault = self.faults.decide(name, _recipients(value, request))
            await self._before(request, fault)
            self._limit(name)
            if "x-line-retry-key" in request.headers and name not in RETRYABLE:
                raise refuse(400, "The retry key is not supported by this endpoint")
            response = handler(request, value)
            return await after(request, fault, response)

        return serve

    def _authenticate(self, request: Request) -> None:
        token = self.world.tokens.get(request.bearer or "")
        usable = token is not None and token.kind in ("stateless", "jwt", "short", "long")
        if token is None or not usable or token.expires <= self.world.now():
            raise refuse(401, UNAUTHORIZED)
        channel = self.world.channels.get(token.channel)
        if channel is None or channel.kind != "bot":
            raise refuse(403, "Access to this API is not available for your account")

    @staticmethod
    def _decode(request: Request) -> Any:
        kind = request.headers.get("content-type", "")
        if kind.split(";")[0].strip().lower() != "application/json":
            raise refuse(415, f"The content type, {kind or 'null'}, is not supported")
        if len(request.body) > LARGEST_JSON:
            raise refuse(413, "Request body is too large")
        try:
            value = msgspec.json.decode(request.body)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise refuse(400, "The request body could not be parsed as JSON (line: 1, column: 1)") from error
        if not isinstance(value, dict):
            raise refuse(400, "The request body could not be parsed as JSON (line: 1, column: 1)")
        return value

    def _limit(self, name: str) -> None:
        rate = self.world.options.rates.get(name, RATES.get(name, DEFAULT_RATE))
        if not self.buckets.take(name, rate, self.world.now()):
            raise refuse(429, RATE_TEXT)

    async def _before(self, request: Request, fault: Fault | None) -> None:
        if fault is None:
            return
        await early(request, fault)
        refusals = {"rate_limit": RATE_TEXT, "quota": QUOTA_TEXT, "user_limit": USER_TEXT}
        if fault.action in refusals:
            raise refuse(429, refusals[fault.action])
        if fault.action == "unauthorized":
            raise refuse(401, UNAUTHORIZED)


async def early(request: Request, fault: Fault) -> None:
    """Faults that strike before anything is accepted, for every kind of route."""
    if fault.action == "slow":
        await request.hold(fault.seconds)
    elif fault.action == "error":
        raise refuse(500, "Internal server error")
    elif fault.action == "timeout_before_accept":
        await request.hold(fault.seconds)
        raise refuse(504, "")


async def after(request: Request, fault: Fault | None, response: Response) -> Response:
    """Faults that strike once the call has taken effect."""
    if fault is None or fault.action not in AFTER or response.status >= 300:
        return response
    if fault.action == "timeout_after_accept":
        await request.hold(fault.seconds)
        return bot_error(504, "")
    return bot_error(500, "Internal server error")


def _recipients(value: Any, request: Request) -> list[str]:
    to = value.get("to") if isinstance(value, dict) else None
    named = to if isinstance(to, list) else [to]
    return [each for each in (*named, *request.params.values()) if isinstance(each, str)]

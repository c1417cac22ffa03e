"""A client of the public API, the way a front-end developer would write one."""

import socket
import ssl
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import httpx
import msgspec

PATIENCE = 30.0  # seconds for one request
_TLS = ssl.create_default_context()  # once: reading every authority's certificate takes longer than most requests


class ApiError(Exception):
    """A problem document: `status`, and its stable `code`."""

    def __init__(self, status: int, body: Any) -> None:
        self.status = status
        self.body = body if isinstance(body, dict) else {}
        self.code = str(self.body.get("code", ""))
        super().__init__(f"{status} {self.code}: {self.body.get('detail', body)}")


class Api:
    """The API at `url`, for somebody with an access token or for anybody. Answers are parsed JSON."""

    def __init__(self, url: str, token: str | None = None) -> None:
        self.url = url.rstrip("/")
        self.token = token
        self.http = httpx.Client(base_url=self.url, timeout=PATIENCE, trust_env=False, verify=_TLS)
        weakref.finalize(self, self.http.close)

    def send(self, method: str, path: str, **options: Any) -> httpx.Response:
        """The answer as it is, whatever its status. Raises httpx.TransportError when there is none."""
        headers = dict(options.pop("headers", {}))
        if self.token:
            headers.setdefault("Authorization", f"Bearer {self.token}")
        return self.http.request(method, path, headers=headers, **options)

    def ask(self, method: str, path: str, **options: Any) -> Any:
        """The parsed answer. Raises ApiError for a problem."""
        answer = self.send(method, path, **options)
        body = msgspec.json.decode(answer.content) if answer.content else None
        if answer.status_code >= 400:
            raise ApiError(answer.status_code, body)
        return body

    def problem(self, method: str, path: str, **options: Any) -> tuple[int, str]:
        """The status and the code of a refusal. Raises AssertionError when the answer is no problem document."""
        answer = self.send(method, path, **options)
        assert answer.headers.get("content-type", "").startswith("application/problem+json"), answer.text
        return answer.status_code, str(answer.json()["code"])

    def get(self, path: str, **query: Any) -> Any:
        """GET."""
        return self.ask("GET", path, params=query or None)

    def post(self, path: str, body: Any = None, **options: Any) -> Any:
        """POST of JSON."""
        return self.ask("POST", path, json={} if body is None else body, **options)

    def put(self, path: str, body: Any) -> Any:
        """PUT of JSON."""
        return self.ask("PUT", path, json=body)

    def patch(self, path: str, body: Any) -> Any:
        """PATCH of JSON."""
        return self.ask("PATCH", path, json=body)

    def delete(self, path: str) -> Any:
        """DELETE."""
        return self.ask("DELETE", path)

    @contextmanager
    def bell(self, after: int | None = None) -> Iterator["Bell"]:
        """The notification stream, heard in a thread of its own for the block."""
        stream = Bell(self, after)
        try:
            yield stream
        finally:
            stream.close()


@dataclass(frozen=True)
class Heard:
    """One event of the stream, and the monotonic time it came."""

    id: str
    event: str
    data: Any
    at: float


class Bell:
    """An open notification stream. Source: HTML, section 9.2 (server-sent events)."""

    def __init__(self, api: Api, after: int | None) -> None:
        self.heard: list[Heard] = []
        self._api = api
        self._after = after
        self._came = threading.Condition()
        self.error: Exception | None = None
        self._socket: socket.socket | None = None
        self._http = httpx.Client(base_url=api.url, timeout=httpx.Timeout(5, read=30), trust_env=False, verify=_TLS)
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def wait(self, wanted: Callable[[Heard], bool], patience: float = 15) -> Heard:
        """The first event that is wanted, heard already or still to come. Raises AssertionError without one."""
        deadline = time.monotonic() + patience
        with self._came:
            while True:
                found = next((one for one in self.heard if wanted(one)), None)
                if found:
                    return found
                left = deadline - time.monotonic()
                if left <= 0 or not self._came.wait(left):
                    raise AssertionError(f"not heard within {patience} s; heard {self.heard[-5:]}")

    def opened(self, patience: float = 15) -> Heard:
        """The count that the stream begins with."""
        return self.wait(lambda one: one.event == "unread", patience)

    def items(self) -> list[Any]:
        """The notifications heard so far."""
        return [one.data["item"] for one in list(self.heard) if one.event == "notification"]

    @property
    def ended(self) -> bool:
        """Whether the server has closed the stream."""
        return not self._thread.is_alive()

    def close(self) -> None:
        """Hangs up: shutting the socket down wakes the thread that reads it."""
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)
        self._http.close()

    def _listen(self) -> None:
        headers = {"Authorization": f"Bearer {self._api.token}", "Accept": "text/event-stream"}
        if self._after is not None:
            headers["Last-Event-ID"] = str(self._after)
        try:
            with self._http.stream("GET", "/v1/notifications/stream", headers=headers) as answer:
                answer.raise_for_status()
                self._socket = answer.extensions["network_stream"].get_extra_info("socket")
                self._read(answer.iter_lines())
        except (httpx.HTTPError, httpx.StreamError) as error:
            self.error = error  # the server ended it, or we did; `ended` tells

    def _read(self, lines: Iterator[str]) -> None:
        fields: dict[str, str] = {}
        for line in lines:
            if line:
                name, _, value = line.partition(":")
                fields[name] = value.removeprefix(" ")
                continue
            if "data" in fields:
                data = msgspec.json.decode(fields["data"])
                with self._came:
                    event = fields.get("event", "message")
                    self.heard.append(Heard(fields.get("id", ""), event, data, time.monotonic()))
                    self._came.notify_all()
            fields = {}

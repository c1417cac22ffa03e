"""The controls of a running double, for tests and demonstrations."""

import weakref
from types import TracebackType
from typing import Any

import httpx


class LineDouble:
    """Drives the double at `url`. Every call raises httpx.HTTPStatusError when the double refuses it."""

    def __init__(self, url: str, *, channel_id: str = "2000000001", channel_secret: str = "") -> None:
        self.url = url.rstrip("/")
        self.channel_id = channel_id
        self.channel_secret = channel_secret or "local-line-channel-secret-0000001"
        self.http = httpx.Client(base_url=self.url, timeout=30, trust_env=False)
        weakref.finalize(self, self.http.close)

    def __enter__(self) -> "LineDouble":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self.http.close()

    def control(self, method: str, path: str, body: object = None) -> Any:
        """Any control under `/_double/`."""
        answer = self.http.request(method, f"/_double/{path}", json=body if body is not None else {})
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def reset(self, *, keep_people: bool = False) -> None:
        """Forget messages, events, payments, faults and settings, and people unless kept."""
        self.control("POST", "reset", {"keep_people": keep_people})

    def user(self, name: str = "小美", **fields: Any) -> str:
        """A new user; its id."""
        return str(self.control("POST", "users", {"name": name, **fields})["id"])

    def group(self, name: str, members: list[str], **fields: Any) -> str:
        """A new group with the account in it; its id."""
        return str(self.control("POST", "groups", {"name": name, "members": members, **fields})["id"])

    def change_user(self, user: str, **fields: Any) -> Any:
        """Block, unblock or rename a user."""
        return self.control("PATCH", f"users/{user}", fields)

    def say(self, user: str, text: str, **more: Any) -> Any:
        """Write as the user; the event and its delivery."""
        return self.control("POST", f"users/{user}/say", {"text": text, **more})

    def press(self, user: str, data: str, **more: Any) -> Any:
        """Press a postback button as the user."""
        return self.control("POST", f"users/{user}/say", {"postback": {"data": data}, **more})

    def messages(self, chat: str) -> list[dict[str, Any]]:
        """A chat's entries, oldest first: `{"from", "kind", "retry_key", "message", …}`."""
        return list(self.control("GET", f"chats/{chat}")["messages"])

    def received(self, chat: str) -> list[dict[str, Any]]:
        """The message objects the account sent into a chat."""
        return [entry["message"] for entry in self.messages(chat) if entry["from"] == "bot"]

    def sends(self, **filters: str) -> list[dict[str, Any]]:
        """Accepted sends with their retry keys."""
        answer = self.http.get("/_double/sends", params=filters)
        answer.raise_for_status()
        return list(answer.json()["sends"])

    def fault(self, on: str, do: str | None = None, **rule: Any) -> str:
        """One more fault rule; its id."""
        return str(self.control("POST", "faults", {"on": on, **({"do": do} if do else {}), **rule})["id"])

    def clear_faults(self) -> None:
        """No faults any more."""
        self.control("DELETE", "faults")

    def settings(self, **changes: Any) -> Any:
        """Change settings such as quota, rates and webhook_url."""
        return self.control("PATCH", "settings", changes)

    def advance(self, seconds: float) -> None:
        """Move the double's clock."""
        self.control("POST", "clock", {"advance": seconds})

    def access_token(self) -> str:
        """A stateless channel access token."""
        form = {
            "grant_type": "client_credentials",
            "client_id": self.channel_id,
            "client_secret": self.channel_secret,
        }
        answer = self.http.post("/oauth2/v3/token", data=form)
        answer.raise_for_status()
        return str(answer.json()["access_token"])

    def liff_token(self, user: str, **asked: Any) -> dict[str, str]:
        """What `liff.getIDToken` and `liff.getAccessToken` give in an app of this user."""
        return dict(self.control("POST", "liff-token", {"user_id": user, **asked}))

    def decide_payment(self, transaction: int | str, decision: str, **more: Any) -> Any:
        """approve, cancel or fail a LINE Pay payment as the user; the address the browser would go to."""
        return self.control("POST", f"payments/{transaction}/{decision}", more)

"""Somebody's LINE app, played on the double."""

import re
import time
from typing import Any

import httpx

from chassis.clock import parse
from yeshi_local.line.client import LineDouble
from yeshi_local.story.people import Person

LINK = re.compile(r"linkToken=([A-Za-z0-9_\-]+)")


class LineUser:
    """A friend of the official account."""

    def __init__(self, url: str, name: str) -> None:
        self.double = LineDouble(url)
        self.id = self.double.user(name)

    def bind(self, person: Person, patience: float = 20) -> None:
        """Says 綁定 in the chat, follows the bot's link, and links the accounts. Raises TimeoutError."""
        self.double.say(self.id, "綁定")
        token = self._link_token(patience)
        answer = person.api.post("/v1/line/bind", {"link_token": token})
        httpx.get(answer["url"], trust_env=False, follow_redirects=False).raise_for_status()
        deadline = time.monotonic() + patience
        while not person.api.get("/v1/me")["line_bound"]:
            if time.monotonic() > deadline:
                raise TimeoutError("the accounts were not linked")
            time.sleep(0.05)

    def pushes(self) -> list[dict[str, Any]]:
        """Messages the account pushed to this user, with their retry keys."""
        return self.double.sends(kind="push", to=self.id)

    def arrived(self, push: dict[str, Any]) -> float:
        """When the double took it, in seconds since the epoch: the double's own clock may have been moved ahead."""
        ahead = float(self.double.control("GET", "state")["settings"]["clock_offset"])
        return parse(push["at"]).timestamp() - ahead

    def text_of(self, push: dict[str, Any]) -> str:
        """What can be read of a push, in one line."""
        return " ".join(text.replace("\n", " ") for text in map(_text_of, push["messages"]))

    def texts(self) -> list[str]:
        """What can be read in the chat of the account's messages."""
        return [_text_of(message) for message in self.double.received(self.id)]

    def _link_token(self, patience: float) -> str:
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            for message in self.double.received(self.id):
                if found := LINK.search(str(message)):
                    return found.group(1)
            time.sleep(0.05)
        raise TimeoutError("the bot did not answer with a link")


def _text_of(message: dict[str, Any]) -> str:
    return str(message.get("text") or message.get("altText") or message.get("type"))

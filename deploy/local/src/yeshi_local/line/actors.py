"""What people do: become friends, block, write, press buttons, join groups. Each act fires its webhook."""

import base64
import math
import secrets
from typing import Any

import msgspec

from yeshi_local.line.config import Config
from yeshi_local.line.model import Channel, Document, Event, Group, Incoming, Person, Token
from yeshi_local.line.state import World
from yeshi_local.line.webhooks import Webhooks


def new_id(letter: str) -> str:
    """A fresh id: the letter and 32 lower-case hex digits."""
    return letter + secrets.token_hex(16)


class Actors:
    """The people of the double and the console that set up its channels."""

    def __init__(self, world: World, webhooks: Webhooks, config: Config) -> None:
        self.world = world
        self.webhooks = webhooks
        self.config = config

    # -- set-up ------------------------------------------------------------------------------------------------

    def set_up(self) -> None:
        """Channels, token, webhook address and first people from the configuration."""
        config = self.config
        for channel in (
            Channel(id=config.channel_id, secret=config.channel_secret, kind="bot"),
            Channel(
                id=config.login_channel_id,
                secret=config.login_channel_secret,
                kind="login",
                redirect_uris=config.login_redirect_uris,
            ),
            Channel(id=config.pay_channel_id, secret=config.pay_channel_secret, kind="pay"),
        ):
            known = self.world.channels.get(channel.id)
            if known is not None:
                channel.keys = known.keys
            self.world.channels.put(channel.id, channel)
        self.refresh_channels()
        self.long_lived_token()
        if config.webhook_url:
            self.world.change_options(webhook_url=config.webhook_url)
        if not len(self.world.people):
            for name in config.people:
                self.add_person({"name": name})

    def refresh_channels(self) -> None:
        """Point the world at its own channels."""
        self.world.bot = self.world.channels.get(self.config.channel_id)
        self.world.login = self.world.channels.get(self.config.login_channel_id)
        self.world.pay = self.world.channels.get(self.config.pay_channel_id)

    def long_lived_token(self) -> None:
        """The console's token, when one is configured."""
        value = self.config.access_token
        if value:
            token = Token(value=value, kind="long", channel=self.config.channel_id, expires=math.pow(10, 12))
            self.world.tokens.put(value, token)

    # -- people ------------------------------------------------------------------------------------------------

    def add_person(self, asked: dict[str, Any]) -> Person:
        """A user. Raises msgspec.ValidationError for unfit fields."""
        number = len(self.world.people) + 1
        merged = {"id": new_id("U"), "name": f"用戶 {number}", "created": self.world.now()} | asked
        merged.setdefault("email", f"user{number}@example.com")
        person = msgspec.convert(merged, Person)
        return self.world.people.put(person.id, person)

    async def change_person(self, person: Person, asked: dict[str, Any]) -> Event | None:
        """Change fields of a user; a change of friendship fires follow or unfollow."""
        before, wait = person.state, bool(asked.pop("wait", True))
        changed = msgspec.convert(msgspec.structs.asdict(person) | asked | {"id": person.id}, Person)
        for name in changed.__struct_fields__:
            setattr(person, name, getattr(changed, name))
        self.world.people.put(person.id, person)
        source = {"type": "user", "userId": person.id}
        if before != "friend" and person.state == "friend":
            unblocked = {"follow": {"isUnblocked": before == "blocked"}}
            return await self.webhooks.fire("follow", source, unblocked, wait=wait)
        if before == "friend" and person.state == "blocked":
            return await self.webhooks.fire("unfollow", source, {}, wait=wait)
        return None

    async def say(self, person: Person, asked: dict[str, Any]) -> Event:
        """One act of a user in a chat. Raises KeyError or ValueError when the request makes no sense."""
        chat, wait = str(asked.get("chat", person.id)), bool(asked.get("wait", True))
        source = self._source(person, chat)
        kind, extra = self._act(asked)
        person.wrote = self.world.now()
        self.world.people.put(person.id, person)
        entry = Incoming(
            seq=self.world.next_seq(),
            chat=chat,
            user=person.id,
            type=kind,
            content=extra,
            event_id="",
            at=self.world.now(),
        )
        self.world.add_incoming(entry)
        event = await self.webhooks.fire(kind, source, extra, wait=wait)
        entry.event_id = event.id
        self.world.incoming.put(str(entry.seq), entry)
        return event

    def _source(self, person: Person, chat: str) -> dict[str, str]:
        if chat == person.id:
            return {"type": "user", "userId": person.id}
        group = self.world.groups.get(chat)
        if group is None or person.id not in group.members:
            raise ValueError("the user is not in this chat")
        kind = "group" if chat.startswith("C") else "room"
        return {"type": kind, f"{kind}Id": chat, "userId": person.id}

    def _act(self, asked: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """The event's type and own fields."""
        if "postback" in asked:
            given = asked["postback"]
            return "postback", {"postback": {"data": str(given["data"])} | _some(given, "params", "displayText")}
        if "event" in asked:
            return str(asked["event"]), dict(asked.get("fields", {}))
        number = self.world.new_message_id()
        if "text" in asked:
            message = {"type": "text", "text": str(asked["text"]), "quoteToken": f"q{number}"}
        elif "content" in asked:
            message = self._upload(number, asked)
        else:
            message = dict(asked["message"])
        return "message", {"message": {"id": number, **message}}

    def _upload(self, number: str, asked: dict[str, Any]) -> dict[str, Any]:
        base64.b64decode(asked["content"], validate=True)
        kind = str(asked.get("content_type", "image/jpeg"))
        stored = {"bytes": asked["content"], "content_type": kind, "state": asked.get("state", "ready")}
        self.world.documents.put(f"content:{number}", Document(value=stored))
        name = kind.partition("/")[0]
        message: dict[str, Any] = {"type": name if name in ("image", "video", "audio") else "file"}
        if message["type"] in ("image", "video"):
            message |= {"contentProvider": {"type": "line"}, "quoteToken": f"q{number}"}
        return message

    # -- groups ------------------------------------------------------------------------------------------------

    async def add_group(self, asked: dict[str, Any]) -> tuple[Group, Event | None]:
        """A group of known users; if the account is in it, it has just joined."""
        wait = bool(asked.pop("wait", True))
        group = msgspec.convert({"id": new_id("C"), "name": "群組"} | asked, Group)
        self._know(group.members)
        self.world.groups.put(group.id, group)
        if not group.bot_in:
            return group, None
        return group, await self.webhooks.fire("join", {"type": "group", "groupId": group.id}, {}, wait=wait)

    async def change_group(self, group: Group, asked: dict[str, Any]) -> list[Event]:
        """Members and the account come and go."""
        source = {"type": "group", "groupId": group.id}
        joining, leaving = list(asked.get("join", [])), list(asked.get("leave", []))
        self._know(joining)
        was_in, group.bot_in = group.bot_in, bool(asked.get("bot_in", group.bot_in))
        group.members = [each for each in dict.fromkeys([*group.members, *joining]) if each not in leaving]
        self.world.groups.put(group.id, group)
        events = []
        if was_in != group.bot_in:
            events.append(await self.webhooks.fire("join" if group.bot_in else "leave", source, {}))
        for kind, field, ids in (("memberJoined", "joined", joining), ("memberLeft", "left", leaving)):
            if ids and group.bot_in:
                members = [{"type": "user", "userId": each} for each in ids]
                events.append(await self.webhooks.fire(kind, source, {field: {"members": members}}))
        return events

    def _know(self, ids: list[str]) -> None:
        if unknown := [each for each in ids if each not in self.world.people]:
            raise ValueError(f"no such users: {unknown}")


def _some(given: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: given[name] for name in names if given.get(name) is not None}

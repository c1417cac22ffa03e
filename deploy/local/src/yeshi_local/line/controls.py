"""The test controls under `/_double/`: people, faults, clock, switches, what was sent, and acting as a user."""

from datetime import datetime

import msgspec

from yeshi_local.line.actors import Actors, new_id
from yeshi_local.line.faults import ACTIONS, BadRule, Faults, Rule
from yeshi_local.line.guard import Guard
from yeshi_local.line.http import App, Handler, Refused, Request, Response, json_answer
from yeshi_local.line.model import Channel, Person, Send
from yeshi_local.line.state import World, rfc3339
from yeshi_local.line.views import chat_view, event_view, group_view, person_view, send_view, state_view
from yeshi_local.line.webhooks import Webhooks


def complaint(text: str, status: int = 422) -> Refused:
    """A refusal of a control."""
    return Refused(json_answer({"message": text}, status))


def guarded(handler: Handler) -> Handler:
    """A control whose mistakes in the caller's JSON become 422."""

    async def serve(request: Request) -> Response:
        try:
            return await handler(request)
        except (msgspec.MsgspecError, BadRule, KeyError, TypeError, ValueError) as error:
            raise complaint(f"{type(error).__name__}: {error}") from error

    return serve


class Controls:
    """The routes a test or the phone page drives the double with."""

    def __init__(self, world: World, faults: Faults, guard: Guard, webhooks: Webhooks, actors: Actors) -> None:
        self.world = world
        self.faults = faults
        self.guard = guard
        self.webhooks = webhooks
        self.actors = actors

    def mount(self, app: App) -> None:
        """Put the routes in place."""
        for method, path, handler in (
            ("GET", "state", self.state),
            ("GET", "version", self.version),
            ("POST", "reset", self.reset),
            ("GET", "clock", self.clock),
            ("POST", "clock", self.move_clock),
            ("GET", "settings", self.settings),
            ("PATCH", "settings", self.change_settings),
            ("GET", "users", self.users),
            ("POST", "users", self.add_users),
            ("GET", "users/{id}", self.user),
            ("PATCH", "users/{id}", self.change_user),
            ("POST", "users/{id}/say", self.say),
            ("GET", "groups", self.groups),
            ("POST", "groups", self.add_group),
            ("PATCH", "groups/{id}", self.change_group),
            ("GET", "chats/{id}", self.chat),
            ("GET", "sends", self.sends),
            ("GET", "webhooks", self.events),
            ("POST", "webhooks/empty", self.send_empty),
            ("POST", "webhooks/flush", self.flush),
            ("POST", "webhooks/{id}/redeliver", self.redeliver),
            ("GET", "faults", self.list_faults),
            ("POST", "faults", self.add_fault),
            ("PUT", "faults", self.put_faults),
            ("DELETE", "faults", self.clear_faults),
            ("DELETE", "faults/{id}", self.remove_fault),
            ("GET", "channels", self.channels),
            ("POST", "channels", self.add_channel),
        ):
            app.add(method, f"/_double/{path}", guarded(handler), f"control.{path}")
        app.add("GET", "/healthz", self.health, "control.health")

    async def health(self, _request: Request) -> Response:
        """Alive."""
        return json_answer({"status": "ok"})

    # -- the whole ---------------------------------------------------------------------------------------------

    async def state(self, _request: Request) -> Response:
        """All that the phone page shows, chats excepted."""
        return json_answer(state_view(self.world, self.faults))

    async def version(self, _request: Request) -> Response:
        """A word that differs after every change."""
        return json_answer({"version": self.world.version, "now": rfc3339(self.world.now())})

    async def reset(self, request: Request) -> Response:
        """Forget what happened, see `World.reset`; `{"keep_people": true}` keeps users and groups."""
        keep = bool((request.json() or {}).get("keep_people"))
        self.world.reset(keep_people=keep)
        self.faults.replace([])
        self.guard.buckets.clear()
        self.webhooks.forget()
        self.actors.long_lived_token()
        return json_answer({"version": self.world.version})

    async def clock(self, _request: Request) -> Response:
        """The double's time and how far it is ahead of the machine's."""
        return json_answer({"now": rfc3339(self.world.now()), "offset_seconds": self.world.options.clock_offset})

    async def move_clock(self, request: Request) -> Response:
        """`{"advance": seconds}`, `{"to": RFC 3339}` or `{"reset": true}`."""
        asked = request.json() or {}
        offset = self.world.options.clock_offset
        if asked.get("reset"):
            offset = 0.0
        elif "to" in asked:
            offset += datetime.fromisoformat(asked["to"]).timestamp() - self.world.now()
        else:
            offset += float(asked["advance"])
        self.world.change_options(clock_offset=offset)
        return await self.clock(request)

    async def settings(self, _request: Request) -> Response:
        """The switches that are not faults."""
        return json_answer(self.world.options)

    async def change_settings(self, request: Request) -> Response:
        """Set some switches: quota, rates, webhook address, redelivery and so on."""
        changes = request.json()
        known = self.world.options.__struct_fields__
        if unknown := set(changes) - set(known):
            raise complaint(f"unknown settings {sorted(unknown)}; known are {sorted(known)}")
        return json_answer(self.world.change_options(**changes))

    # -- people and chats --------------------------------------------------------------------------------------

    def _person(self, request: Request) -> Person:
        person = self.world.people.get(request.params["id"])
        if person is None:
            raise complaint("no such user", 404)
        return person

    async def users(self, _request: Request) -> Response:
        """All users."""
        return json_answer({"users": [person_view(self.world, person) for person in self.world.people]})

    async def add_users(self, request: Request) -> Response:
        """`{"name"?, "state"?, "foreign"?, "email"?, "id"?, …}` or `{"count": n}`; no events are fired."""
        asked = request.json() or {}
        count = int(asked.pop("count", 0))
        if not count:
            return json_answer(person_view(self.world, self.actors.add_person(asked)), 201)
        made = [self.actors.add_person({**asked, "name": f"{asked.get('name', '用戶')} {n + 1}"}) for n in range(count)]
        return json_answer({"users": [person_view(self.world, person) for person in made]}, 201)

    async def user(self, request: Request) -> Response:
        """One user."""
        return json_answer(person_view(self.world, self._person(request)))

    async def change_user(self, request: Request) -> Response:
        """Change a user; going to or from `blocked`, or becoming a friend, fires follow or unfollow."""
        person, asked = self._person(request), dict(request.json())
        event = await self.actors.change_person(person, asked)
        answer = person_view(self.world, person)
        return json_answer(answer | ({"event": event_view(event)} if event else {}))

    async def say(self, request: Request) -> Response:
        """As the user: `{"text"}`, `{"postback": {"data", "params"?, "displayText"?}}`, `{"message": {…}}`,
        `{"content": base64, "content_type"}`, or `{"event": type, "fields": {…}}`; in a group with `chat`.

        Fires the signed webhook and answers with the event and how its delivery went (`wait` false: at once).
        """
        event = await self.actors.say(self._person(request), dict(request.json()))
        return json_answer(event_view(event))

    async def groups(self, _request: Request) -> Response:
        """All groups."""
        return json_answer({"groups": [group_view(self.world, group) for group in self.world.groups]})

    async def add_group(self, request: Request) -> Response:
        """`{"name", "members": [user ids], "bot_in"?: true}`; the account's joining fires a join event."""
        group, event = await self.actors.add_group(dict(request.json()))
        answer = group_view(self.world, group)
        return json_answer(answer | ({"event": event_view(event)} if event else {}), 201)

    async def change_group(self, request: Request) -> Response:
        """`{"join": [ids]}`, `{"leave": [ids]}`, `{"bot_in": bool}`; fires the matching events."""
        group = self.world.groups.get(request.params["id"])
        if group is None:
            raise complaint("no such group", 404)
        events = await self.actors.change_group(group, dict(request.json()))
        return json_answer(group_view(self.world, group) | {"events": [event_view(event) for event in events]})

    async def chat(self, request: Request) -> Response:
        """What a user or group received and sent, oldest first; `limit` keeps the newest."""
        name = request.params["id"]
        if name not in self.world.people and name not in self.world.groups:
            raise complaint("no such chat", 404)
        limit = int(request.query.get("limit", "0"))
        return json_answer({"id": name, "messages": chat_view(self.world, name, limit)})

    async def sends(self, request: Request) -> Response:
        """Accepted sends, oldest first; filters `kind`, `to`, `retry_key`, `after` (a seq), `limit`."""
        query = request.query

        def fits(send: Send) -> bool:
            return (
                send.kind == query.get("kind", send.kind)
                and ("to" not in query or query["to"] in send.to)
                and ("retry_key" not in query or send.retry_key == query["retry_key"])
                and send.seq > int(query.get("after", "0"))
            )

        found = [send_view(send) for send in self.world.sends if fits(send)]
        limit = int(query.get("limit", "0"))
        return json_answer(
            {"total": len(found), "used": self.world.used(), "sends": found[-limit:] if limit else found}
        )

    # -- webhooks ----------------------------------------------------------------------------------------------

    async def events(self, request: Request) -> Response:
        """Webhook events and their deliveries, oldest first; `limit` keeps the newest."""
        found = [event_view(event) for event in self.world.events]
        limit = int(request.query.get("limit", "0"))
        return json_answer({"events": found[-limit:] if limit else found})

    async def redeliver(self, request: Request) -> Response:
        """Deliver an event again, marked as redelivery."""
        event = self.world.events.get(request.params["id"])
        if event is None:
            raise complaint("no such event", 404)
        return json_answer(event_view(await self.webhooks.redeliver(event)))

    async def flush(self, _request: Request) -> Response:
        """Deliver the events held back by a reorder fault."""
        return json_answer({"delivered": await self.webhooks.flush()})

    async def send_empty(self, _request: Request) -> Response:
        """The console's check: a signed body without events."""
        status, reason = await self.webhooks.deliver_raw([])
        return json_answer({"status": status, "reason": reason})

    # -- faults ------------------------------------------------------------------------------------------------

    async def list_faults(self, _request: Request) -> Response:
        """The rules with how often they were looked at and struck."""
        return json_answer({"rules": self.faults.rules, "actions": sorted(ACTIONS)})

    async def add_fault(self, request: Request) -> Response:
        """One more rule, see `faults.Rule`."""
        rule = self.faults.add(msgspec.convert(request.json(), Rule))
        self.world.store.version += 1
        return json_answer(rule, 201)

    async def put_faults(self, request: Request) -> Response:
        """`{"rules": […]}` instead of all rules."""
        self.faults.replace(msgspec.convert(request.json()["rules"], list[Rule]))
        self.world.store.version += 1
        return await self.list_faults(request)

    async def clear_faults(self, _request: Request) -> Response:
        """No faults any more; token buckets are full again."""
        self.faults.replace([])
        self.guard.buckets.clear()
        self.world.store.version += 1
        return Response(204)

    async def remove_fault(self, request: Request) -> Response:
        """One rule less."""
        if not self.faults.remove(request.params["id"]):
            raise complaint("no such rule", 404)
        self.world.store.version += 1
        return Response(204)

    # -- channels ----------------------------------------------------------------------------------------------

    async def channels(self, _request: Request) -> Response:
        """All channels, with their local secrets."""
        return json_answer({"channels": list(self.world.channels)})

    async def add_channel(self, request: Request) -> Response:
        """A channel, new or changed: `{"id", "secret", "kind", "provider"?, "redirect_uris"?, "keys"?: {kid: JWK}}`.

        A Login channel of another provider sees the same person under another id.
        """
        asked = dict(request.json())
        known = self.world.channels.get(str(asked.get("id", "")))
        merged = (msgspec.structs.asdict(known) if known else {"id": new_id("")[:10]}) | asked
        channel = msgspec.convert(merged, Channel)
        self.world.channels.put(channel.id, channel)
        self.actors.refresh_channels()
        return json_answer(channel, 201)

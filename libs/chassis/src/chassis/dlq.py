"""The dead queue: what nobody could handle, with the reason. `python -m chassis.dlq list | replay | drop`.

`list` shows and leaves everything where it is. `replay` sends events back to the queue they came from, with their
attempts forgotten; the inbox makes sure that none takes effect twice. `drop` deletes for good, one id at a time.
"""

import argparse
import asyncio
import logging
import os
import sys
from dataclasses import dataclass

import aio_pika
import msgspec
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage

import contracts
from contracts.naming import DEAD

MOST = 10_000


@dataclass(frozen=True)
class Dead:
    """One message of the dead queue, in words."""

    id: str
    topic: str
    queue: str
    error: str
    attempts: int


def described(message: AbstractIncomingMessage) -> Dead:
    """What a dead message says of itself; what the broker dead-lettered has its queue and reason in `x-death`."""
    headers = message.headers
    deaths = headers.get("x-death")
    first_death = deaths[0] if isinstance(deaths, list) and deaths else {}
    death = first_death if isinstance(first_death, dict) else {}
    attempts = headers.get("x-attempt", 0)
    try:
        if contracts.is_bundle(message.content_type):
            bodies = contracts.decode_bundle(message.body)
            first = contracts.decode(bodies[0])
            identifier, topic = first.id, f"{first.type} (bundle of {len(bodies)})"
        else:
            event = contracts.decode(message.body)
            identifier, topic = event.id, event.type
    except (contracts.Undecodable, IndexError):
        identifier, topic = message.message_id or "-", "(cannot be read)"
    queue = headers.get("x-origin-queue") or death.get("queue", "-")
    error = headers.get("x-error") or f"dead-lettered by the broker: {death.get('reason', 'unknown')!s}"
    return Dead(identifier, topic, str(queue), str(error), attempts if isinstance(attempts, int) else 0)


async def take_all(channel: AbstractChannel) -> list[AbstractIncomingMessage]:
    """Every message of the dead queue, unacknowledged: closing the channel puts them back."""
    queue = await channel.declare_queue(DEAD, passive=True)
    taken: list[AbstractIncomingMessage] = []
    while len(taken) < MOST and (message := await queue.get(fail=False)) is not None:
        taken.append(message)
    return taken


async def listing(url: str) -> list[Dead]:
    """What lies in the dead queue."""
    async with await aio_pika.connect(url, timeout=10) as connection:
        return [described(message) for message in await take_all(await connection.channel())]


async def replay(url: str, ids: set[str], queues: set[str]) -> list[Dead]:
    """Sends the chosen messages (all, when nothing is named) back where they came from, then forgets them."""
    sent = []
    async with await aio_pika.connect(url, timeout=10) as connection:
        channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
        for message in await take_all(channel):
            dead = described(message)
            if (ids and dead.id not in ids) or (queues and dead.queue not in queues) or dead.queue == "-":
                continue
            again = aio_pika.Message(
                message.body,
                content_type=message.content_type,
                message_id=message.message_id,
                delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
            )
            await channel.default_exchange.publish(again, dead.queue, mandatory=True, timeout=10)
            await message.ack()
            sent.append(dead)
    return sent


async def drop(url: str, ids: set[str]) -> list[Dead]:
    """Deletes the named messages for good."""
    dropped = []
    async with await aio_pika.connect(url, timeout=10) as connection:
        for message in await take_all(await connection.channel()):
            dead = described(message)
            if dead.id in ids:
                await message.ack()
                dropped.append(dead)
    return dropped


def _show(rows: list[Dead], as_json: bool) -> None:
    if as_json:
        print(msgspec.json.encode(rows).decode())  # noqa: T201 - a command that answers a person
        return
    for row in rows:
        print(f"{row.id}  {row.topic}  {row.queue}  attempts {row.attempts}  {row.error}")  # noqa: T201 - the same
    print(f"{len(rows)} message(s)")  # noqa: T201 - the same


def main(arguments: list[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m chassis.dlq", description="The dead queue")
    parser.add_argument("action", choices=["list", "replay", "drop"])
    parser.add_argument("--id", action="append", default=[], help="only this event; may be repeated")
    parser.add_argument("--queue", action="append", default=[], help="only from this queue; may be repeated")
    parser.add_argument("--json", action="store_true", help="answer JSON")
    chosen = parser.parse_args(arguments)
    url = os.environ.get("AMQP_URL", "")
    if not url:
        parser.error("AMQP_URL is not set")
    if chosen.action == "drop" and not chosen.id:
        parser.error("drop needs at least one --id")
    work = {
        "list": lambda: listing(url),
        "replay": lambda: replay(url, set(chosen.id), set(chosen.queue)),
        "drop": lambda: drop(url, set(chosen.id)),
    }[chosen.action]
    logging.getLogger("aiormq").setLevel(logging.CRITICAL)  # it says with a traceback what is said below
    try:
        rows = asyncio.run(work())
    except (OSError, aio_pika.exceptions.AMQPError, TimeoutError) as error:
        print(f"the bus cannot be used: {error or type(error).__name__}", file=sys.stderr)  # noqa: T201 - the same
        return 1
    _show(rows, chosen.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""A loop whose connection another greenlet drops, as an acknowledgement that failed does: `dropped.py` with AMQP_URL.

Says that it came back, once when it was reading just then and once when it was working; its error ends the process.
"""

import os
import socket
import warnings

warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")
import eventlet

eventlet.monkey_patch()

from collections.abc import Callable

import amqp

from chassis.green.loop import Loop, Session
from contracts.naming import event_queue

working = eventlet.Event()
going_on = eventlet.Event()


def work(session: Session, _batch: list[object]) -> None:
    """The first batch is still worked on when its connection is gone."""
    if not working.ready():
        working.send(True)
        going_on.wait()


QUEUE = event_queue("notify")
loop = Loop(os.environ["AMQP_URL"], "dropped", queue=QUEUE, prefetch=4, most=2, heartbeat=10, on_batch=work)


def until(check: Callable[[], object]) -> None:
    """Returns when it holds. Raises eventlet.Timeout."""
    with eventlet.Timeout(20):
        while not check():
            eventlet.sleep(0.02)


def dropped(greenlet: eventlet.greenthread.GreenThread, when: str) -> None:
    """Drops the loop's connection, and says what the loop did then."""
    session = loop.session
    session._connection.amqp.sock.close()  # py-amqp cannot shut down first what the broker has left
    another = socket.socket()  # has its number now
    session._connection.drop()
    if when == "working":
        going_on.send(True)
    until(lambda: greenlet.dead or (loop.session is not None and loop.session is not session))
    if greenlet.dead:
        greenlet.wait()
    another.close()
    print(f"came back while {when}")


def main() -> None:
    """One after the other."""
    greenlet = eventlet.spawn(loop.run)
    until(lambda: loop.session)
    eventlet.sleep(0.2)
    dropped(greenlet, "reading")
    eventlet.sleep(0.2)
    loop.session.channel.basic_publish(amqp.Message("x"), "", QUEUE)
    with eventlet.Timeout(20):
        working.wait()
    dropped(greenlet, "working")
    loop.end()
    greenlet.wait()


if __name__ == "__main__":
    main()

"""Calls the peer's echo the usual way: `caller.py CALLS IN_FLIGHT` with AMQP_URL; prints calls a second."""

import collections
import os
import sys
import time
import warnings

warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")
import eventlet

eventlet.monkey_patch()

from nameko.standalone.rpc import ClusterRpcProxy


def main() -> None:
    """Keeps so many calls in flight."""
    calls, in_flight = int(sys.argv[1]), int(sys.argv[2])
    with ClusterRpcProxy({"AMQP_URI": os.environ["AMQP_URL"]}) as cluster:
        cluster.echo.echo(None, {"number": 0})
        waiting = collections.deque()
        began = time.monotonic()
        for number in range(calls):
            if len(waiting) == in_flight:
                waiting.popleft().result()
            waiting.append(cluster.echo.echo.call_async(None, {"number": number * 2}))
        while waiting:
            waiting.popleft().result()
        print(calls / (time.monotonic() - began))


if __name__ == "__main__":
    main()

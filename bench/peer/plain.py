"""The peer: a service the usual nameko way, with the drivers ours has. `nameko run plain --config peer.yaml`.

Written fairly: stock entry points, no database work in the handler, ten workers, what the documentation shows.
"""

import boto3
import psycopg2
import pymongo
from nameko.events import event_handler
from nameko.rpc import rpc

DRIVERS = (boto3, psycopg2, pymongo)  # imported so that memory is compared like with like


class PlainService:
    """Answers calls and hears events, and does nothing with either."""

    name = "plain"

    @rpc
    def echo(self, principal: dict | None, payload: dict) -> dict:
        """The smallest call."""
        return payload

    @event_handler("bench", "bench.happened")
    def happened(self, payload: dict) -> None:
        """The smallest handler."""

"""Brings a service's MongoDB database up to date: collections, their validators and indexes. Repeating changes nothing.

What is described is there afterwards; an index that is not described any more is dropped, so expand first and contract
in a later release.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pymongo
from pymongo import IndexModel
from pymongo.errors import CollectionInvalid, OperationFailure

from chassis.mongo import inbox, lease, outbox
from chassis.mongo.database import Database
from chassis.mongo.errors import translate

log = logging.getLogger(__name__)

LIFETIME = 8  # seconds, above TRANSACTION_TIMEOUT
TIMEOUT = 120.0  # seconds; an index on a large collection takes its time
_OTHER_OPTIONS = 85, 86  # IndexOptionsConflict, IndexKeySpecsConflict


@dataclass(frozen=True)
class CollectionPlan:
    """What a collection must look like. `schema` is a $jsonSchema that every written document has to match."""

    indexes: Sequence[IndexModel] = ()
    schema: Mapping[str, Any] | None = None


MESSAGING: Mapping[str, CollectionPlan] = {
    outbox.COLLECTION: CollectionPlan(outbox.INDEXES),
    inbox.COLLECTION: CollectionPlan(inbox.INDEXES),
    lease.COLLECTION: CollectionPlan(),
}


def migrate(database: Database, plans: Mapping[str, CollectionPlan]) -> None:
    """Makes the chassis' and these collections as described. Raises DatabaseUnavailable."""
    with translate(), pymongo.timeout(TIMEOUT):
        _judge_lifetime(database)
        for name, plan in {**MESSAGING, **plans}.items():
            _make(database, name, plan)


def _judge_lifetime(database: Database) -> None:
    """Says when a killed process would stop others for long: nobody else ends its open transaction."""
    try:
        answer = database.client.admin.command({"getParameter": 1, "transactionLifetimeLimitSeconds": 1})
    except OperationFailure as error:
        log.warning("how long a transaction may live is not told: %s", error)
        return
    seconds = answer["transactionLifetimeLimitSeconds"]
    if seconds > LIFETIME:
        log.warning(
            "a killed process' transaction keeps its documents for %s s: set transactionLifetimeLimitSeconds to %s",
            seconds,
            LIFETIME,
        )


def _make(database: Database, name: str, plan: CollectionPlan) -> None:
    try:
        database.raw.create_collection(name)
        log.info("made collection %s", name)
    except CollectionInvalid:
        log.debug("collection %s is there", name)
    validator = {"$jsonSchema": dict(plan.schema)} if plan.schema else {}
    database.raw.command("collMod", name, validator=validator, validationLevel="strict", validationAction="error")
    wanted = {index.document["name"]: index for index in plan.indexes}
    for known in database[name].index_information():
        if known != "_id_" and known not in wanted:
            database[name].drop_index(known)
            log.info("dropped index %s of %s", known, name)
    for index_name, index in wanted.items():
        try:
            database[name].create_indexes([index])
        except OperationFailure as error:
            if error.code not in _OTHER_OPTIONS:
                raise
            database[name].drop_index(index_name)
            database[name].create_indexes([index])
            log.info("made index %s of %s anew", index_name, name)

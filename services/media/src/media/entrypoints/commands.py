"""The one-shot commands and the relay."""

import argparse
import logging

from chassis import logs, relay
from chassis.errors import Unavailable
from chassis.mongo.migrate import migrate as apply
from chassis.mongo.outbox import MongoFeed
from chassis.settings import load_or_exit
from media.adapters.rows import PLANS
from media.bootstrap import build_copy, database
from media.settings import MirrorSettings, MongoSettings, RelaySettings

log = logging.getLogger(__name__)


def migrate(_arguments: list[str]) -> int:
    """Collections, validators and indexes. Repeating it changes nothing."""
    settings = load_or_exit(MongoSettings)
    logs.configure("media", settings.log_level)
    on = database(settings, "media-migrate")
    try:
        apply(on, PLANS)
    except Unavailable as error:
        log.error("not migrated: %s", error)
        return 1
    finally:
        on.close()
    return 0


def publish(_arguments: list[str]) -> int:
    """`relay`: publishes the outbox until SIGTERM."""
    settings = load_or_exit(RelaySettings)
    logs.configure("media-relay", settings.log_level)
    on = database(settings, "media-relay")
    try:
        return relay.publish_all(settings, settings.amqp_url, {"media": MongoFeed(on)})
    finally:
        on.close()


def mirror_check(arguments: list[str]) -> int:
    """Compares every document with its object, and reports each difference as a line of the log.

    0 when the mirror is right, or was made right with `--repair`; 1 otherwise. What changes at this moment may show.
    """
    parser = argparse.ArgumentParser(prog="python -m media mirror-check")
    parser.add_argument("--repair", action="store_true", help="write what is missing or different, delete leftovers")
    repair = parser.parse_args(arguments).repair
    settings = load_or_exit(MirrorSettings)
    logs.configure("media-mirror-check", settings.log_level)
    on = database(settings, "media-mirror-check")
    copy, objects = build_copy(on, settings)
    documents, differences, after = 0, 0, None
    try:
        while True:
            piece = copy.compare(after, repair=repair, still=lambda: True)
            documents += piece.documents
            differences += sum(1 for one in piece.differences if one.what != "foreign")
            for one in piece.differences:
                log.warning("%s is %s", one.key, one.what)
            after = piece.last
            if after is None:
                break
    except Unavailable as error:
        log.error("not compared to the end: %s", error)
        return 1
    finally:
        copy.close()
        objects.close()
        on.close()
    log.info("%s documents compared, %s differences%s", documents, differences, ", repaired" if repair else "")
    return 1 if differences and not repair else 0

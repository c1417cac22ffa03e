"""Events, copies and processes: everything arrives, and everybody comes back, in time."""

from collections.abc import Iterator

from yeshi_local.faults.evidence import Evidence
from yeshi_local.faults.ledger import Ledger

READY_WITHIN, PUBLISHED_WITHIN = 30.0, 10.0  # seconds


def everything_published(_ledger: Ledger, evidence: Evidence) -> Iterator[str]:
    """I6: outboxes are empty, soon after everybody is back."""
    if evidence.unpublished:
        yield f"{evidence.unpublished} events are not published"
    if evidence.published_after > PUBLISHED_WITHIN:
        yield f"outboxes were empty after {evidence.published_after:.1f} s"


def everything_taken(_ledger: Ledger, evidence: Evidence) -> Iterator[str]:
    """I7: every consumer has taken every event it hears."""
    for consumer, events in evidence.expected.items():
        missing = events - evidence.taken.get(consumer, set())
        if missing:
            yield f"{consumer} never took {len(missing)} events, among them {sorted(missing)[0]}"


def nothing_is_dead(_ledger: Ledger, evidence: Evidence) -> Iterator[str]:
    """I10: the dead queue is empty."""
    if evidence.dead:
        yield f"{evidence.dead} messages in the dead queue"


def copies_are_true(_ledger: Ledger, evidence: Evidence) -> Iterator[str]:
    """I13: read models equal their source."""
    yield from evidence.stale_copies


def processes_recover(_ledger: Ledger, evidence: Evidence) -> Iterator[str]:
    """I14: everything is ready, in time, and nothing restarted more often than it was killed."""
    for name in evidence.not_ready:
        yield f"{name} is not ready"
    if evidence.ready_after > READY_WITHIN:
        yield f"all were ready after {evidence.ready_after:.1f} s"
    for name, restarts in evidence.restarts.items():
        if restarts > evidence.kills.get(name, 0):
            yield f"{name} restarted {restarts} times after {evidence.kills.get(name, 0)} kills"


def photos_are_seen(_ledger: Ledger, evidence: Evidence) -> Iterator[str]:
    """I15: an accepted photo is in its product's document and served; the document says what was written last."""
    for photo in evidence.photos_promised - evidence.photos_seen:
        yield f"photo {photo} was promised and cannot be seen"
    for metadata, number in evidence.wanted_descriptions.items():
        if evidence.described.get(metadata) != number:
            yield f"document {metadata} says {evidence.described.get(metadata)}, {number} was written last"


def everybody_is_counted(_ledger: Ledger, evidence: Evidence) -> Iterator[str]:
    """I16: whoever passed the door is counted, once."""
    if evidence.counted != evidence.passed:
        yield f"{evidence.passed} people passed the door, {evidence.counted} were counted"

"""What the outside hears of what happened inside: the only door from our words to the contracts'."""

from chassis.clock import rfc3339
from contracts import edge as contract
from edge_gateway.domain.reading import CountsRecorded


def to_contract(event: CountsRecorded) -> contract.CountsRecordedV1:
    """The message of an event."""
    return contract.CountsRecordedV1(
        shop_id=str(event.shop_id),
        device_id=str(event.device_id),
        minutes=[
            contract.MinuteBucket(start=rfc3339(minute.start), entered=minute.entered, left=minute.left)
            for minute in event.minutes
        ],
    )

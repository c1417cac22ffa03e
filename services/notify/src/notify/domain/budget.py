"""The monthly budget of LINE messages: when it is used up, nothing is pushed until the next month.

LINE does not document the time zone of its month; its statistics use UTC+9. So shortly after a month began by that
clock, a refusal is believed for an hour only: the month may not have begun for LINE.
"""

from datetime import datetime, timedelta, timezone

LINE_TIME = timezone(timedelta(hours=9))
DOUBTFUL = timedelta(days=1)
SOON = timedelta(hours=1)


def closed_until(refused_at: datetime) -> datetime:
    """Until when nothing is pushed, after LINE refused a push for the month's quota."""
    local = refused_at.astimezone(LINE_TIME)
    began = local.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    if local - began < DOUBTFUL:
        return refused_at + SOON
    return (began + timedelta(days=32)).replace(day=1)

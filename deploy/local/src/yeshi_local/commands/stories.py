"""Stories that are played on the stack that runs here."""

from collections.abc import Callable

from yeshi_local.commands.here import Trouble, machine


def demo() -> int:
    """Plays one order's story on the stack that runs here."""
    from yeshi_local.story import demo as story

    return _told(lambda: story.play(machine()))


def seed() -> int:
    """Fills the market that runs here."""
    from yeshi_local.story import seed as market

    return _told(lambda: market.fill(machine()))


def _told(story: Callable[[], int]) -> int:
    """A story that breaks off says where."""
    from httpx import TransportError

    from yeshi_local.story.api import ApiError

    try:
        return story()
    except (ApiError, AssertionError) as broken:
        raise Trouble(f"the story broke off: {broken}") from broken
    except TransportError as error:
        raise Trouble(f"nothing answers at {machine().public_url} ({error}): make up") from error

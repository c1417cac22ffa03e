"""Stories that are played on the stack that runs here."""

from collections.abc import Callable

from yeshi_local.commands.here import Trouble
from yeshi_local.commands.up import bring_up
from yeshi_local.machine import Machine


def demo() -> int:
    """Plays one order's story on the stack that runs here, which is started if it does not."""
    from yeshi_local.story import demo as story

    return told(lambda: story.play(_stage()))


def seed() -> int:
    """Fills the market that runs here, which is started if it does not."""
    from yeshi_local.story import seed as market

    return told(lambda: market.fill(_stage()))


def _stage() -> Machine:
    """What runs already is not spoken of."""
    return bring_up().here


def told(story: Callable[[], int]) -> int:
    """A story that breaks off says where, in a sentence. Raises Trouble."""
    from botocore.exceptions import BotoCoreError, ClientError
    from httpx import HTTPStatusError, TransportError

    from yeshi_local.story.api import ApiError
    from yeshi_local.story.photos import NoPhotos
    from yeshi_local.story.sheet import NotImported

    try:
        return story()
    except TransportError as error:
        raise Trouble(
            f"{error.request.url} 沒有回應：先 make status，再 make up。Nothing answers there: make status, make up."
            f"\n  {error}"
        ) from error
    except NoPhotos as missing:
        raise Trouble(
            "示範用的照片只在第一次下載，現在拿不到：請連上網路再試一次。"
            f"The pictures are fetched once and cannot be had now: go online and try again.\n  {missing}"
        ) from missing
    except (ApiError, NotImported, HTTPStatusError, BotoCoreError, ClientError, TimeoutError, AssertionError) as broken:
        raise Trouble(
            f"故事在這裡停了，原因可看 make logs。The story broke off here; make logs tells more.\n  {broken}"
        ) from broken

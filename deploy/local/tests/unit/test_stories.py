"""What a person reads when a story breaks off: a sentence in both languages, never a traceback."""

import httpx
import pytest
from botocore.exceptions import EndpointConnectionError

from yeshi_local.commands.here import Trouble
from yeshi_local.commands.stories import told
from yeshi_local.story.api import Api, ApiError
from yeshi_local.story.photos import NoPhotos, photo
from yeshi_local.story.scene import until
from yeshi_local.story.sheet import NotImported


def raising(error: Exception):
    def story() -> int:
        raise error

    return story


def refusal() -> httpx.HTTPStatusError:
    request = httpx.Request("POST", "http://127.0.0.1:1/_double/users")
    return httpx.HTTPStatusError("503 from the double", request=request, response=httpx.Response(503, request=request))


@pytest.mark.parametrize(
    ("error", "detail"),
    [
        (ApiError(409, {"code": "price_changed", "detail": "the price is another"}), "409 price_changed"),
        (NotImported("the sheet is refused too_many_rows: []"), "too_many_rows"),
        (TimeoutError("the accounts were not linked"), "the accounts were not linked"),
        (AssertionError("not heard within 15 s"), "not heard within 15 s"),
        (EndpointConnectionError(endpoint_url="http://127.0.0.1:1"), "http://127.0.0.1:1"),
        (refusal(), "503 from the double"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_story_that_breaks_off_says_where(error, detail):
    with pytest.raises(Trouble) as told_off:
        told(raising(error))
    sentence, _, rest = str(told_off.value).partition("\n")
    assert sentence == "故事在這裡停了，原因可看 make logs。The story broke off here; make logs tells more."
    assert detail in rest


def test_a_platform_that_is_not_there_is_named():
    with pytest.raises(Trouble) as told_off:
        told(lambda: Api("http://127.0.0.1:1").get("/v1/categories"))
    assert str(told_off.value).startswith("http://127.0.0.1:1/v1/categories 沒有回應")
    assert "make up" in str(told_off.value)


def test_without_a_network_the_pictures_are_missed_in_a_sentence_and_pip_is_silent(tmp_path, monkeypatch, capfd):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    with pytest.raises(Trouble) as told_off:
        told(lambda: len(photo(tmp_path, "coffee")))
    sentence, _, rest = str(told_off.value).partition("\n")
    assert "請連上網路再試一次" in sentence
    assert "go online" in sentence
    assert "scikit-image" in rest
    assert isinstance(told_off.value.__cause__, NoPhotos)
    assert capfd.readouterr() == ("", "")


def test_what_does_not_come_is_named(monkeypatch):
    monkeypatch.setattr("yeshi_local.story.scene.PATIENCE", 0.1)
    with pytest.raises(TimeoutError, match="LINE 推播 the LINE push 在 0 秒內沒有來 did not come within 0 s"):
        until(lambda: None, "LINE 推播 the LINE push")

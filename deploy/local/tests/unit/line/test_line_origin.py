"""The double names its own pages as browsers find them."""

from yeshi_local.line.config import read
from yeshi_local.line.http import Request

SCOPE = {"method": "GET", "path": "/", "headers": [(b"host", b"line:8090")]}


async def _nothing():
    return {"type": "http.disconnect"}


def test_pages_are_where_the_client_found_the_double():
    assert Request(SCOPE, b"", _nothing).origin == "http://line:8090"
    assert read([], {}).public_url == ""


def test_a_public_address_is_used_instead():
    public = read([], {"LINE_DOUBLE_PUBLIC_URL": "http://127.0.0.1:8090"}).public_url
    assert Request(SCOPE, b"", _nothing, public).origin == "http://127.0.0.1:8090"

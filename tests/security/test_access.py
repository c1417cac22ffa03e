"""Who may call what: every operation of the API by everybody, on what is theirs, what is not, and what is missing."""

import io
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from chassis.ids import uuid7
from yeshi_local.story.people import new_key, simple_category

TABLE = Path(__file__).with_name("access.toml")
ROWS: dict[str, dict[str, Any]] = {
    name: row for section in tomllib.loads(TABLE.read_text()).values() for name, row in section.items()
}
SIGNED_IN = ("buyer", "other_buyer", "seller", "other_seller", "manager", "packer", "operator")
EVERYBODY = ("anonymous", *SIGNED_IN)
PARAMETER = re.compile(r"\{(\w+)\}")
OPERATIONS = {"get", "put", "post", "delete", "patch"}


def documented(cast) -> set[str]:
    paths = cast.anonymous.get("/openapi.json")["paths"]
    return {f"{method.upper()} {path}" for path, known in paths.items() for method in known if method in OPERATIONS}


def test_every_operation_has_a_row_and_every_row_an_operation(cast):
    assert documented(cast) - set(ROWS) == set(), "operations without a row in access.toml"
    assert set(ROWS) - documented(cast) == set(), "rows without an operation"


class Asked:
    """One operation with its row, to be called by anybody on anything."""

    def __init__(self, cast, name: str) -> None:
        self.cast = cast
        self.row = ROWS[name]
        self.method, self.path = name.split(" ")
        self.parameters = PARAMETER.findall(self.path)
        self.may = self._who(self.row["for"])
        self.lesser = tuple(self.row.get("lesser", "").split())

    def _who(self, names: str) -> tuple[str, ...]:
        return {"public": EVERYBODY, "all": SIGNED_IN}.get(names) or tuple(names.split())

    def by(self, caller: str, things: dict[str, Any]) -> tuple[int, str | None]:
        """The status, and the code of a problem."""
        category = simple_category_of(self.cast)
        known = {"category_id": category, **things, "category": category, "missing": str(uuid7()), "sha256": "0" * 64}
        options: dict[str, Any] = {"params": self.row.get("query"), "headers": {"Idempotency-Key": new_key()}}
        if "body" in self.row:
            options["json"] = filled(self.row["body"], known)
        if self.row.get("photo"):
            options["files"] = {"file": ("a.jpg", another_photo(), "image/jpeg")}
        api = self.cast.api(caller)
        if api.token:
            options["headers"]["Authorization"] = f"Bearer {api.token}"
        path = PARAMETER.sub(lambda found: str(known[found[1]]), self.path)
        with api.http.stream(self.method, path, follow_redirects=False, **options) as answer:
            return answer.status_code, code_of(answer)


def code_of(answer: httpx.Response) -> str | None:
    if not answer.headers.get("content-type", "").startswith("application/problem+json"):
        return None
    answer.read()
    return str(answer.json()["code"])


def filled(value: Any, things: dict[str, Any]) -> Any:
    """A row's body with the ids of this call."""
    if isinstance(value, dict):
        return {name: filled(one, things) for name, one in value.items()}
    if isinstance(value, list):
        return [filled(one, things) for one in value]
    return PARAMETER.sub(lambda found: str(things[found[1]]), value) if isinstance(value, str) else value


_category: list[str] = []
_photos: Iterator[int] = iter(range(10_000, 99_999))


def simple_category_of(cast) -> str:
    if not _category:
        _category.append(simple_category(cast.seller.api))
    return _category[0]


def another_photo() -> bytes:
    written = io.BytesIO()
    number = next(_photos)
    Image.new("RGB", (24, 24), (number % 256, number // 256 % 256, 7)).save(written, "PNG")
    return written.getvalue()


@pytest.fixture
def asked(cast, request) -> Asked:
    return Asked(cast, request.param)


each_operation = pytest.mark.parametrize("asked", ROWS, indirect=True)


def standing(cast) -> dict[str, Any]:
    """What the owner and the buyer see of their things."""
    shop, product = cast.things["shop_id"], cast.things["product_id"]
    seen = [f"/v1/shops/{shop}", f"/v1/shops/{shop}/staff", f"/v1/shops/{shop}/devices", "/v1/seller/dashboard"]
    seen += [f"/v1/products/{product}?view=shop", "/v1/notifications", "/v1/me", "/v1/me/addresses"]
    found = {f"seller {path}": cast.seller.api.get(path) for path in seen}
    for path in ("/v1/me", "/v1/me/addresses", "/v1/cart", f"/v1/orders/{cast.things['order_id']}"):
        found[f"buyer {path}"] = cast.buyer.api.get(path)
    return found


@pytest.fixture(scope="module")
def before(cast) -> dict[str, Any]:
    """How things stood before anybody tried."""
    return standing(cast)


@each_operation
@pytest.mark.usefixtures("before")
def test_whoever_may_not_is_told_so_and_others_things_look_missing(cast, asked):
    for caller in EVERYBODY:
        if caller in asked.may:
            continue
        found = asked.by(caller, cast.things)
        if caller == "anonymous":
            assert found == (401, "unauthenticated"), caller
            continue
        if caller in asked.lesser:
            assert found[0] == asked.row.get("lesser_status", 403), (caller, found)
            continue
        assert found[0] == asked.row.get("else", 404), (caller, found)
        for parameter in asked.parameters:
            nothing = asked.by(caller, {**cast.things, parameter: str(uuid7())})
            assert nothing == found, (caller, parameter)


def test_nothing_of_it_has_changed_anything(cast, before):
    assert standing(cast) == before


@each_operation
def test_whoever_may_gets_through_and_what_is_missing_is_missing(cast, asked):
    for caller in asked.row.get("only", "").split() or asked.may:
        things = cast.fresh(asked.row["fresh"]) if "fresh" in asked.row else cast.things
        status, code = asked.by(caller, things)
        wanted = asked.row.get("ok", (200, 201, 202, 204))
        assert status in wanted, (caller, status, code)
        for parameter in asked.parameters:
            if parameter not in asked.row.get("missing_ok", ()):
                status, code = asked.by(caller, {**things, parameter: str(uuid7())})
                assert status == 404, (caller, parameter, status, code)


@each_operation
def test_ones_own_shop_or_product_opens_nothing_of_anothers(cast, asked):
    if len(asked.parameters) < 2:
        return
    first, *rest = asked.parameters
    crossed = {**cast.things, first: cast.other_things[first]}
    before = [cast.things[parameter] for parameter in rest]
    found = asked.by("other_seller", crossed)
    nothing = asked.by("other_seller", {**crossed, rest[0]: str(uuid7())})
    assert found == nothing, (found, nothing)
    assert before == [cast.things[parameter] for parameter in rest]

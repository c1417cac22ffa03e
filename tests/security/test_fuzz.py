"""Requests made up from /openapi.json, by everybody: no answer is a 5xx, and each is one that the document promises.

A few for each operation here; more with YESHI_FUZZ_EXAMPLES=200, others with YESHI_FUZZ_SEED.
"""

import os
import re
import time
import tomllib
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from yeshi_local.story.api import Api
from yeshi_local.story.people import Buyer, login

EXAMPLES = int(os.environ.get("YESHI_FUZZ_EXAMPLES", "4"))  # of each kind, for each operation
SEED = int(os.environ.get("YESHI_FUZZ_SEED", "20261124"))
PATIENCE = 30  # seconds for one answer
RENEWED_AFTER = 300  # seconds; a token lives for 600
ROLES = ("seller", "buyer", "packer", "operator", "anonymous")
CHECKS = [
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]
ENDLESS = "GET /v1/notifications/stream"  # its answer does not end; the bell's own tests read it
ENDS_SESSIONS = {"POST /v1/auth/logout"}  # by strangers only, or the next call is a stranger's
TABLE = tomllib.loads(Path(__file__).with_name("access.toml").read_text())
OPERATIONS = [name for section in TABLE.values() for name in section if name != ENDLESS]


@pytest.fixture(scope="module")
def api(platform):
    """The document as it is published."""
    return schemathesis.openapi.from_dict(Buyer(platform.url, "讀者").api.get("/openapi.json"))


class Sessions:
    """A session of each role, of people whose things may be broken. Another begins long before its token ends: the 401
    of a token that is over is promised as well, and whoever is told nothing else has asked nothing.
    """

    def __init__(self, cast) -> None:
        self._cast = cast
        self._begun: dict[str, tuple[float, Api]] = {}

    def api(self, role: str) -> Api:
        """How this one calls."""
        if role == "anonymous":
            return self._cast.anonymous
        begun = self._begun.get(role)
        if begun is None or time.monotonic() - begun[0] > RENEWED_AFTER:
            begun = self._begun[role] = time.monotonic(), login(self._cast.url, getattr(self._cast, role).email)
        return begun[1]

    def ended(self) -> list[str]:
        """Whose session is over."""
        return [role for role, (_, api) in self._begun.items() if api.send("GET", "/v1/me").status_code != 200]


@pytest.fixture(scope="module")
def sessions(cast) -> Sessions:
    """Those of this module."""
    return Sessions(cast)


@pytest.fixture(scope="module")
def breakable(cast) -> dict[str, Any]:
    """Ids that exist, of things nobody else needs."""
    return {**cast.things, **cast.fresh("photo"), **cast.fresh("device"), **cast.fresh("order")}


def told(path: str, things: dict[str, Any], drawn: dict[str, Any]) -> dict[str, Any]:
    """The path's parameters, with ids that exist in place of those made up."""
    return {name: things.get(name, drawn.get(name)) for name in re.findall(r"\{(\w+)\}", path)}


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["fitting", "unfitting"])
@pytest.mark.parametrize("name", OPERATIONS)
def test_every_answer_is_one_that_the_document_promises(platform, api, sessions, breakable, name, mode):
    method, path = name.split(" ")
    operation = api[path][method]
    roles = ("anonymous",) if name in ENDS_SESSIONS else ROLES

    @hypothesis.seed(SEED)
    @hypothesis.settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )
    @hypothesis.given(
        case=operation.as_strategy(generation_mode=mode), role=st.sampled_from(roles), exists=st.booleans()
    )
    def ask(case, role: str, exists: bool) -> None:
        if exists and case.path_parameters:
            case.path_parameters.update(told(path, breakable, case.path_parameters))
        token = sessions.api(role).token
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        answer = case.call(base_url=platform.url, headers=headers, timeout=PATIENCE, allow_redirects=False)
        assert answer.status_code < 500, (role, case.as_curl_command(), answer.content)
        try:
            case.validate_response(answer, checks=CHECKS)
        except FailureGroup as found:
            wrong = [f"{one.title}: {one.message}" for one in found.exceptions]
            raise AssertionError((role, case.as_curl_command(), answer.content, wrong)) from None

    try:
        ask()
    except hypothesis.errors.Unsatisfiable:
        assert mode is GenerationMode.NEGATIVE
        assert method == "GET"  # without a body and with free parameters there is nothing that does not fit
    assert sessions.ended() == []

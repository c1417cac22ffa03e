"""The OpenAPI document tells the truth about every route."""

import asyncio
from typing import Any

import pytest

from gateway.bootstrap import build
from gateway.entrypoints.app import ROUTES, build_framework
from gateway.settings import GatewaySettings


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    async def make() -> dict[str, Any]:
        gateway = build(GatewaySettings(amqp_url="amqp://nobody.test/"))
        try:
            return build_framework(gateway.door).openapi_schema.to_schema()
        finally:
            await gateway.close()

    return asyncio.run(make())


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in ("get", "post", "put", "patch", "delete")
    ]


def test_the_document_is_openapi_3_1(document):
    assert document["openapi"].startswith("3.1")


def test_every_route_is_documented_and_nothing_else(document):
    served = {
        (path.replace(":str}", "}").replace(":path}", "}"), method.lower())
        for module in ROUTES
        for handler in module.HANDLERS
        for path in handler.paths
        for method in handler.http_methods
    }
    assert {(path, method) for path, method, _ in operations(document)} == served


def test_every_route_documents_its_errors_as_problems(document):
    for path, method, operation in operations(document):
        statuses = {int(status) for status in operation["responses"]}
        assert {429, 500, 503} <= statuses, (path, method)
        if operation.get("security"):
            assert 401 in statuses, (path, method)
        if "requestBody" in operation:
            assert {400, 413} <= statuses, (path, method)
        for status, response in operation["responses"].items():
            if int(status) >= 400 and (path, status) != ("/readyz", "503"):
                assert list(response["content"]) == ["application/problem+json"], (path, method, status)


def test_every_change_with_a_cookie_may_be_refused_for_its_missing_token(document):
    for path, method, operation in operations(document):
        if method != "get" and operation.get("security"):
            assert "403" in operation["responses"], (path, method)


def test_every_route_is_told_in_both_languages(document):
    for path, method, operation in operations(document):
        chinese, _, english = operation["summary"].partition(" · ")
        assert chinese, (path, method)
        assert english.isascii(), (path, method)
        assert operation["tags"], (path, method)


def test_operation_ids_are_unique(document):
    ids = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(ids) == len(set(ids))


def test_every_reference_leads_somewhere(document):
    schemas = document["components"]["schemas"]

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            if "$ref" in value:
                assert value["$ref"].removeprefix("#/components/schemas/") in schemas
            for one in value.values():
                walk(one)
        elif isinstance(value, list):
            for one in value:
                walk(one)

    walk(document["paths"])
    walk(schemas)

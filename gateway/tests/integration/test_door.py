"""What holds for every request: parameters, limits, addresses, origins, methods, traces."""

import httpx


def test_a_parameter_that_does_not_fit_is_named(http, behind, person):
    for query, field in (("limit=0", "limit"), ("limit=101", "limit"), ("limit=x", "limit"), ("status=lost", "status")):
        answer = http.get(f"/v1/orders?{query}", headers=person.headers)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
        assert answer.json()["fields"] == {"field": field}
    assert {name for name, _, _ in behind.calls} <= {"users.jwks"}  # the keys for the caller's token, and nothing more


def test_a_parameter_that_is_missing_is_named(http, person):
    answer = http.get("/v1/shops/s1/footfall?from=2026-12-01T00:00:00Z", headers=person.headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert answer.json()["fields"] == {"field": "to"}


def test_too_many_reads_from_one_address_are_429(world):
    program = world.start(LIMIT_FACTOR=1, READS_BURST=20, READS_PER_SECOND=0.01)
    with httpx.Client(base_url=program.url) as client:
        statuses = [client.get("/v1/shops/x", headers={"x-forwarded-for": f"9.9.9.{i}"}).status_code for i in range(30)]
        refused = client.get("/v1/me")
    assert 429 not in statuses[:20]
    assert statuses[-1] == 429
    assert refused.json()["code"] == "too_many_requests"
    assert int(refused.headers["retry-after"]) >= 1
    assert httpx.get(f"{program.url}/healthz").status_code == 200


def test_forwarded_addresses_count_from_trusted_proxies(world):
    program = world.start(LIMIT_FACTOR=1, READS_BURST=5, READS_PER_SECOND=1, TRUSTED_PROXIES="127.0.0.0/8")
    world.behind.on(
        "users.login",
        lambda _, payload: {
            "user": {},
            "access_token": "a",
            "refresh_token": "r",
            "expires_in": 1,
            "ip": payload["client_ip"],
        },
    )
    for number in range(30):
        answer = httpx.post(
            f"{program.url}/v1/auth/login",
            json={"email": "a", "password": "b"},
            headers={"x-forwarded-for": f"evil, 9.9.9.{number}"},
        )
        assert answer.json()["ip"] == f"9.9.9.{number}"


def test_other_origins_may_ask_only_when_they_are_named(world, http):
    asked = {"origin": "https://shop.test", "access-control-request-method": "GET"}
    assert "access-control-allow-origin" not in http.options("/v1/products", headers=asked).headers
    program = world.start(CORS_ORIGINS="https://shop.test")
    allowed = httpx.options(f"{program.url}/v1/products", headers=asked)
    assert allowed.headers["access-control-allow-origin"] == "https://shop.test"
    other = httpx.options(f"{program.url}/v1/products", headers={**asked, "origin": "https://evil.test"})
    assert "access-control-allow-origin" not in other.headers


def test_head_is_get_without_a_body_and_options_names_the_methods(http):
    head = http.head("/healthz")
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", "18")
    options = http.options("/v1/me")
    assert options.status_code == 204
    assert {"GET", "PATCH"} <= {method.strip() for method in options.headers["allow"].split(",")}


def test_a_request_belongs_to_its_callers_trace(http):
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    answer = http.get("/healthz", headers={"traceparent": trace, "x-request-id": "my-request"})
    assert answer.headers["x-request-id"] == "my-request"
    fresh = http.get("/healthz", headers={"x-request-id": "not an id\t!"})
    assert fresh.headers["x-request-id"] not in ("", "not an id\t!")

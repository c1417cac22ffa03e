"""If-Match lets a change through only for the version that was seen."""

import pytest

from chassis.errors import Kind, Refusal, StaleVersion

CHANGES = [
    ("PATCH", "/v1/products/p1", {"price": 90}, "catalog.patch_product"),
    ("DELETE", "/v1/products/p1", None, "catalog.delete_product"),
    ("POST", "/v1/products/p1/list", None, "catalog.list_product"),
    ("POST", "/v1/products/p1/unlist", None, "catalog.unlist_product"),
    ("POST", "/v1/products/p1/schedule", {"list_at": "2027-01-01T00:00:00Z"}, "catalog.schedule_product"),
    ("PUT", "/v1/products/p1/options", {"options": []}, "catalog.put_options"),
    ("POST", "/v1/products/p1/variants", {"options": ["紅"]}, "catalog.add_variant"),
    ("PATCH", "/v1/variants/v1", {"price": 90}, "catalog.patch_variant"),
    ("DELETE", "/v1/variants/v1", None, "catalog.delete_variant"),
]


@pytest.mark.parametrize(("method", "path", "body", "asked"), CHANGES)
def test_if_match_lets_a_change_through_only_for_the_version_that_was_seen(
    http, behind, person, method, path, body, asked
):
    def at_version_four(_, payload):
        if payload.get("expected_version", 4) != 4:
            stale = Refusal("changed", version=4)
            stale.code, stale.kind = "stale_version", Kind.CONFLICT
            raise stale
        return {"version": 5}

    behind.on(asked, at_version_four)

    def ask(tag):
        return http.request(method, path, json=body, headers={**person.headers, "if-match": tag})

    for fits in ('"c4"', '"c4.m2.s9"', '"c3", "c4"', "*"):
        answer = ask(fits)
        assert answer.status_code < 300, answer.text
    if answer.content:
        assert answer.headers["etag"] == '"c5"'
    for wrong in ('"c3"', 'W/"c4"', "4", '"x"', '"c4', ""):
        answer = ask(wrong)
        assert (answer.status_code, answer.json()["code"]) == (412, "stale_version")


def test_a_body_that_names_a_stale_version_is_a_conflict_and_two_versions_are_a_mistake(http, behind, person):
    def refuse(*_):
        stale = Refusal("changed", version=4)
        stale.code, stale.kind = "stale_version", Kind.CONFLICT
        raise stale

    behind.on("catalog.patch_product", refuse)
    answer = http.patch("/v1/products/p1", json={"expected_version": 3}, headers=person.headers)
    assert (answer.status_code, answer.json()["fields"]) == (409, {"version": 4})
    both = http.patch("/v1/products/p1", json={"expected_version": 3}, headers={**person.headers, "if-match": '"c4"'})
    assert (both.status_code, both.json()["code"]) == (422, "invalid")


@pytest.mark.parametrize("path", ["/v1/shops/s1", "/v1/me"])
def test_if_match_is_the_version_that_was_seen(http, behind, person, path):
    asked = "users.patch_me" if path == "/v1/me" else "catalog.patch_shop"
    behind.on(asked, {"version": 4})
    answer = http.patch(path, json={"name": "新"}, headers={**person.headers, "if-match": '"c3"'})
    assert (answer.status_code, answer.headers["etag"]) == (200, '"c4"')
    assert behind.asked(asked)[-1][1]["expected_version"] == 3
    for tag, status in (("*", 200), ('W/"c3"', 412), ('"c2", "c3"', 200), ('"3"', 412)):
        assert http.patch(path, json={"name": "新"}, headers={**person.headers, "if-match": tag}).status_code == status

    def was_changed(_principal, _payload):
        raise StaleVersion("somebody was first", version=5)

    behind.on(asked, was_changed)
    stale = http.patch(path, json={"name": "新"}, headers={**person.headers, "if-match": '"c3"'})
    assert (stale.status_code, stale.json()["code"], stale.json()["fields"]) == (412, "stale_version", {"version": 5})
    assert stale.headers["content-type"] == "application/problem+json"

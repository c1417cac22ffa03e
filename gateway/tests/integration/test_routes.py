"""Routes hand over exactly what was asked, with ids made at the door, and answer what the service said."""

import httpx
import pytest

from chassis.errors import Kind, Missing, Refusal, StaleVersion, Unavailable

PRODUCT = {
    "product_id": "p1",
    "shop_id": "s1",
    "name": "茶",
    "metadata_id": "m1",
    "variants": [{"product_variant_id": "v1", "metadata_id": None, "available": 3, "stock_version": 1}],
    "version": 1,
    "state": "listed",
}
ADDRESS = {"city": "台北市", "district": "大安區", "postal_code": "106", "line": "1"}
SHOP = {"name": "夜市一號", "kind": "小吃", "address": ADDRESS}
SELLER = {"kind": "person", "display_name": "阿明", "phone": "0922333444"}

CASES = [
    ("POST", "/v1/seller", SELLER, "users.become_seller", SELLER, 201),
    ("GET", "/v1/seller", None, "users.get_seller", {}, 200),
    (
        "GET",
        "/v1/operator/sellers?state=pending",
        None,
        "users.list_sellers",
        {"state": "pending", "cursor": None, "limit": 20},
        200,
    ),
    (
        "PUT",
        "/v1/operator/sellers/u2",
        {"state": "approved"},
        "users.decide_seller",
        {"seller_id": "u2", "state": "approved"},
        200,
    ),
    ("GET", "/v1/me/addresses", None, "users.list_addresses", {}, 200),
    ("DELETE", "/v1/me/addresses/a1", None, "users.delete_address", {"address_id": "a1"}, 204),
    ("POST", "/v1/line/bind", {"link_token": "t"}, "users.bind_line", {"link_token": "t"}, 200),
    ("POST", "/v1/line/bind", None, "users.bind_line", {}, 200),
    ("DELETE", "/v1/line/bind", None, "users.unbind_line", {}, 204),
    ("GET", "/v1/seller/shops", None, "catalog.list_my_shops", {"cursor": None, "limit": 20}, 200),
    ("GET", "/v1/shops/s1", None, "catalog.get_shop", {"shop_id": "s1"}, 200),
    ("PATCH", "/v1/shops/s1", {"name": "新"}, "catalog.patch_shop", {"shop_id": "s1", "name": "新"}, 200),
    ("PATCH", "/v1/shops/s1", {"holiday": None}, "catalog.patch_shop", {"shop_id": "s1", "holiday": None}, 200),
    (
        "PATCH",
        "/v1/shops/s1",
        {"holiday": {"until": "2026-12-31"}, "days_to_ship": 3},
        "catalog.patch_shop",
        {"shop_id": "s1", "holiday": {"until": "2026-12-31"}, "days_to_ship": 3},
        200,
    ),
    ("GET", "/v1/shops/s1/staff", None, "catalog.list_staff", {"shop_id": "s1"}, 200),
    ("GET", "/v1/shops/s1/invitations", None, "catalog.list_invitations", {"shop_id": "s1"}, 200),
    (
        "DELETE",
        "/v1/shops/s1/invitations/i1",
        None,
        "catalog.revoke_invitation",
        {"shop_id": "s1", "invitation_id": "i1"},
        204,
    ),
    ("GET", "/v1/me/invitations", None, "catalog.list_my_invitations", {}, 200),
    ("POST", "/v1/me/invitations/i1/accept", None, "catalog.accept_invitation", {"invitation_id": "i1"}, 200),
    ("POST", "/v1/me/invitations/i1/decline", None, "catalog.decline_invitation", {"invitation_id": "i1"}, 200),
    (
        "POST",
        "/v1/me/email",
        {"email": "a@example.com", "password": "p"},
        "users.change_email",
        {"email": "a@example.com", "password": "p"},
        204,
    ),
    (
        "PUT",
        "/v1/shops/s1/staff/u2",
        {"role": "manager"},
        "catalog.put_staff",
        {"shop_id": "s1", "user_id": "u2", "role": "manager"},
        200,
    ),
    ("DELETE", "/v1/shops/s1/staff/u2", None, "catalog.delete_staff", {"shop_id": "s1", "user_id": "u2"}, 204),
    ("GET", "/v1/shops/s1/devices", None, "edge-gateway.list_devices", {"shop_id": "s1"}, 200),
    (
        "DELETE",
        "/v1/shops/s1/devices/d1",
        None,
        "edge-gateway.remove_device",
        {"shop_id": "s1", "device_id": "d1"},
        204,
    ),
    (
        "GET",
        "/v1/shops/s1/footfall?from=2026-11-24T00:00:00Z&to=2026-11-25T00:00:00Z&bucket=day",
        None,
        "edge-gateway.footfall",
        {"shop_id": "s1", "from": "2026-11-24T00:00:00Z", "to": "2026-11-25T00:00:00Z", "bucket": "day"},
        200,
    ),
    ("PATCH", "/v1/products/p1", {"price": 90}, "catalog.patch_product", {"product_id": "p1", "price": 90}, 200),
    (
        "POST",
        "/v1/products/p1/schedule",
        {"list_at": "2027-01-01T00:00:00+08:00"},
        "catalog.schedule_product",
        {"product_id": "p1", "list_at": "2027-01-01T00:00:00+08:00"},
        200,
    ),
    (
        "PUT",
        "/v1/products/p1/options",
        {"options": [{"name": "顏色", "values": ["紅"], "renamed": {"赤": "紅"}}]},
        "catalog.put_options",
        {
            "product_id": "p1",
            "options": [{"name": "顏色", "values": ["紅"], "was": None, "renamed": {"赤": "紅"}}],
        },
        200,
    ),
    (
        "GET",
        "/v1/operator/products/blocked?cursor=5.x&limit=2",
        None,
        "catalog.list_blocked_products",
        {"cursor": "5.x", "limit": 2},
        200,
    ),
    (
        "POST",
        "/v1/operator/products/p1/block",
        {"reason": "仿冒"},
        "catalog.block_product",
        {"product_id": "p1", "reason": "仿冒"},
        200,
    ),
    (
        "PATCH",
        "/v1/products/p1",
        {"parent_sku": None},
        "catalog.patch_product",
        {"product_id": "p1", "parent_sku": None},
        200,
    ),
    ("POST", "/v1/operator/products/p1/unblock", None, "catalog.unblock_product", {"product_id": "p1"}, 200),
    ("GET", "/v1/operator/categories", None, "catalog.get_category_tree", {}, 200),
    (
        "PATCH",
        "/v1/operator/categories/c1",
        {"parent_id": None, "retired": True},
        "catalog.patch_category",
        {"category_id": "c1", "parent_id": None, "retired": True},
        200,
    ),
    (
        "PUT",
        "/v1/operator/categories/c1/attributes",
        {
            "attributes": [
                {"attribute_id": "weight", "name": "重量", "name_en": "Weight", "type": "number", "unit": "g"}
            ]
        },
        "catalog.put_attributes",
        {
            "category_id": "c1",
            "attributes": [
                {
                    "attribute_id": "weight",
                    "name": "重量",
                    "name_en": "Weight",
                    "type": "number",
                    "required": False,
                    "choices": [],
                    "unit": "g",
                }
            ],
        },
        200,
    ),
    (
        "GET",
        "/v1/variants/v1/stock/ledger?cursor=7",
        None,
        "catalog.list_ledger",
        {"variant_id": "v1", "cursor": "7", "limit": 20},
        200,
    ),
    ("GET", "/v1/seller/orders/o1/stock", None, "catalog.get_order_stock", {"order_id": "o1"}, 200),
    ("DELETE", "/v1/products/p1", None, "catalog.delete_product", {"product_id": "p1"}, 204),
    ("POST", "/v1/products/p1/list", None, "catalog.list_product", {"product_id": "p1"}, 200),
    ("POST", "/v1/products/p1/unlist", None, "catalog.unlist_product", {"product_id": "p1"}, 200),
    ("PATCH", "/v1/variants/v1", {"sku": None}, "catalog.patch_variant", {"variant_id": "v1", "sku": None}, 200),
    ("DELETE", "/v1/variants/v1", None, "catalog.delete_variant", {"variant_id": "v1"}, 204),
    ("PUT", "/v1/variants/v1/stock", {"quantity": 5}, "catalog.put_stock", {"variant_id": "v1", "quantity": 5}, 200),
    ("GET", "/v1/cart", None, "orders.get_cart", {}, 200),
    ("PUT", "/v1/cart/items/v1", {"quantity": 2}, "orders.put_cart_item", {"variant_id": "v1", "quantity": 2}, 200),
    ("DELETE", "/v1/cart/items/v1", None, "orders.delete_cart_item", {"variant_id": "v1"}, 200),
    (
        "GET",
        "/v1/orders?status=to_ship&limit=5",
        None,
        "orders.list_orders",
        {"status": "to_ship", "cursor": None, "limit": 5},
        200,
    ),
    ("GET", "/v1/orders/o1", None, "orders.get_order", {"order_id": "o1"}, 200),
    ("POST", "/v1/orders/o1/cancel", None, "orders.cancel_order", {"order_id": "o1"}, 200),
    ("POST", "/v1/orders/o1/ship", None, "orders.ship_order", {"order_id": "o1", "tracking_number": None}, 200),
    (
        "POST",
        "/v1/orders/o1/ship",
        {"tracking_number": "TW1"},
        "orders.ship_order",
        {"order_id": "o1", "tracking_number": "TW1"},
        200,
    ),
    ("POST", "/v1/orders/o1/receive", None, "orders.receive_order", {"order_id": "o1"}, 200),
    (
        "GET",
        "/v1/seller/orders?shop_id=s1",
        None,
        "orders.list_seller_orders",
        {"status": None, "shop_id": "s1", "cursor": None, "limit": 20},
        200,
    ),
    ("GET", "/v1/seller/dashboard", None, "orders.seller_dashboard", {}, 200),
    (
        "GET",
        "/v1/notifications?unread=true&cursor=c",
        None,
        "notify.list_notifications",
        {"unread": True, "cursor": "c", "limit": 20},
        200,
    ),
    ("GET", "/v1/notifications/unread-count", None, "notify.unread_count", {}, 200),
    ("POST", "/v1/notifications/n1/read", None, "notify.read_notification", {"notification_id": "n1"}, 200),
    ("POST", "/v1/notifications/read-all", None, "notify.read_all", {}, 200),
    ("GET", "/v1/notifications/preferences", None, "notify.get_preferences", {}, 200),
    (
        "PUT",
        "/v1/notifications/preferences",
        {"sns": True, "version": 3},
        "notify.put_preferences",
        {"line": True, "sns": True, "quiet_from": None, "quiet_to": None, "muted_types": [], "version": 3},
        200,
    ),
]


@pytest.mark.parametrize(("method", "path", "body", "asked", "payload", "status"), CASES)
def test_a_route_asks_its_service_for_the_caller(http, behind, person, method, path, body, asked, payload, status):
    behind.on(asked, {"told": "as it is", "version": 3} if status != 204 else None)
    answer = (
        http.request(method, path, json=body, headers=person.headers)
        if body
        else http.request(method, path, headers=person.headers)
    )
    assert answer.status_code == status, answer.text
    assert answer.content == b"" if status == 204 else answer.json() == {"told": "as it is", "version": 3}
    ((principal, sent),) = behind.asked(asked)
    assert principal["user_id"] == person.user_id
    assert sent == payload


@pytest.mark.parametrize(
    ("path", "body", "asked", "made", "fixed"),
    [
        ("/v1/shops", SHOP, "catalog.create_shop", "shop_id", {}),
        (
            "/v1/shops/s1/products",
            {"name": "茶", "price": 100, "category": "c1", "desc": "好茶"},
            "catalog.create_product",
            "product_id",
            {"shop_id": "s1"},
        ),
        (
            "/v1/products/p1/variants",
            {"options": ["紅"], "price": 120},
            "catalog.add_variant",
            "product_variant_id",
            {"product_id": "p1"},
        ),
        ("/v1/shops/s1/devices", {"name": "前門"}, "edge-gateway.enrol_device", "device_id", {"shop_id": "s1"}),
        (
            "/v1/me/addresses",
            {"name": "阿明", "phone": "09", **ADDRESS},
            "users.put_address",
            "address_id",
            {},
        ),
    ],
)
def test_what_is_made_gets_its_id_at_the_door(http, behind, person, path, body, asked, made, fixed):
    behind.on(asked, {"made": True, "version": 1})
    assert http.post(path, json=body, headers=person.headers).status_code == 201
    ((_, sent),) = behind.asked(asked)
    assert sent[made][14] == "7"  # a UUIDv7
    assert {name: sent[name] for name in [*body, *fixed]} == {**body, **fixed}


def test_a_devices_password_is_made_at_the_door_and_never_the_same(http, behind, person):
    behind.on("edge-gateway.enrol_device", {"made": True})
    for _ in range(2):
        http.post("/v1/shops/s1/devices", json={"name": "前門"}, headers=person.headers)
    (_, first), (_, second) = behind.asked("edge-gateway.enrol_device")
    assert len(first["password"]) >= 32
    assert first["password"] != second["password"]


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


def test_stock_is_changed_once_for_each_key(http, behind, person):
    behind.on("catalog.change_stock", {"quantity": 5, "reserved": 0, "available": 5})
    path, key = "/v1/variants/v1/stock/changes", {"idempotency-key": "delivery-7"}
    assert http.post(path, json={"add": 5}, headers={**person.headers, **key}).status_code == 200
    ((_, sent),) = behind.asked("catalog.change_stock")
    assert sent == {"variant_id": "v1", "add": 5, "order_id": None, "key": "delivery-7"}
    refused = http.post(path, json={"add": 5}, headers=person.headers)
    assert (refused.status_code, refused.json()["code"]) == (400, "idempotency_key_required")


def test_a_page_of_products_is_one_question_to_each_service(http, behind):
    items = [{**PRODUCT, "product_id": f"p{number}", "metadata_id": f"m{number}"} for number in range(50)]
    behind.on("catalog.search_products", {"items": items, "next_cursor": "c2"})
    behind.on("media.get_metadata", lambda _, payload: {"items": {one: document(one) for one in payload["ids"]}})
    answer = http.get("/v1/products", params={"q": "茶", "limit": 50})
    assert answer.status_code == 200
    page = answer.json()
    assert page["next_cursor"] == "c2"
    assert page["items"][7]["metadata"] == {"of": "m7"}
    assert page["items"][7]["photos"][0]["url"] == "/media/m7.webp"
    assert [name for name, _, _ in behind.calls] == ["catalog.search_products", "media.get_metadata"]


def document(metadata_id):
    return {
        "metadata_id": metadata_id,
        "product_id": "p",
        "version": 1,
        "document": {"of": metadata_id},
        "photos": [{"photo_id": "f", "url": f"/media/{metadata_id}.webp", "width": 1, "height": 1, "urls": {}}],
    }


def test_while_media_is_away_products_are_shown_without_their_documents(world):
    def away(*_):
        raise Unavailable("media is not there")

    world.behind.on("media.get_metadata", away)
    world.behind.on("catalog.search_products", {"items": [PRODUCT], "next_cursor": None})
    program = world.start()
    (item,) = httpx.get(f"{program.url}/v1/products").json()["items"]
    assert item["degraded"] is True
    assert item["metadata"] == {}


def test_the_shops_people_see_their_product_as_it_is(http, behind, person):
    seen = {**PRODUCT, "state": "draft"}
    behind.on("catalog.get_product", lambda principal, _: seen if principal else missing())
    behind.on("media.get_metadata", {"items": {}})
    assert http.get("/v1/products/p1?view=shop", headers=person.headers).json()["state"] == "draft"
    assert http.get("/v1/products/p1?view=shop").status_code == 404


def missing():
    raise Missing("there is no such product")


def test_a_document_is_seen_by_those_who_may_see_its_product(http, behind, person):
    behind.on(
        "media.get_metadata",
        lambda _, payload: {"items": {"m1": document("m1")}} if "m1" in payload["ids"] else {"items": {}},
    )
    behind.on("catalog.get_product", lambda principal, _: PRODUCT if principal else missing())
    assert http.get("/v1/metadata/m1", headers=person.headers).json()["document"] == {"of": "m1"}
    assert http.get("/v1/metadata/m1").status_code == 404
    assert http.get("/v1/metadata/other", headers=person.headers).status_code == 404


def test_the_category_tree_is_asked_for_once(world):
    tree = {"items": [{"category_id": "c1", "name": "食品", "children": [], "attributes": []}]}
    world.behind.on("catalog.get_categories", tree)
    program = world.start()
    world.behind.calls.clear()
    for _ in range(3):
        answer = httpx.get(f"{program.url}/v1/categories")
        assert answer.json() == tree
    assert answer.headers["cache-control"] == "public, max-age=60"
    assert len(world.behind.asked("catalog.get_categories")) == 1


def test_paying_waits_a_moment_for_line_pays_page(http, behind, person):
    answers = iter([None, None, "https://line.test/pay"])
    behind.on(
        "orders.pay_order",
        lambda *_: {"order": {"order_id": "o1"}, "payment_status": "requested", "payment_url": next(answers)},
    )
    answer = http.post("/v1/orders/o1/pay", headers={**person.headers, "idempotency-key": "key-12345"})
    assert (answer.status_code, answer.json()["payment_url"]) == (200, "https://line.test/pay")
    keys = {payload["key"] for _, payload in behind.asked("orders.pay_order")}
    assert keys == {"key-12345"}


def test_a_payment_without_a_page_yet_is_202_and_without_a_key_400(http, behind, person):
    behind.on("orders.pay_order", {"order": {}, "payment_status": "requested", "payment_url": None})
    answer = http.post("/v1/orders/o1/pay", headers={**person.headers, "idempotency-key": "key-12345"})
    assert (answer.status_code, answer.headers["retry-after"]) == (202, "1")
    refused = http.post("/v1/orders/o1/pay", headers=person.headers)
    assert (refused.status_code, refused.json()["code"]) == (400, "idempotency_key_required")


def test_a_parameter_that_does_not_fit_is_named(http, behind, person):
    for query, field in (("limit=0", "limit"), ("limit=101", "limit"), ("limit=x", "limit"), ("status=lost", "status")):
        answer = http.get(f"/v1/orders?{query}", headers=person.headers)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
        assert answer.json()["fields"] == {"field": field}
    assert behind.calls == []


def test_a_parameter_that_is_missing_is_named(http, person):
    answer = http.get("/v1/shops/s1/footfall?from=2026-12-01T00:00:00Z", headers=person.headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert answer.json()["fields"] == {"field": "to"}


def test_too_many_reads_from_one_address_are_429(world):
    program = world.start(LIMIT_FACTOR=1, READS_BURST=20, READS_PER_SECOND=1)
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


@pytest.mark.parametrize("kind", ["logo", "cover"])
def test_a_shops_picture_is_taken_away_with_its_file(http, behind, person, kind):
    behind.on("catalog.put_shop_picture", {"shop_id": "s1", "version": 2})
    behind.on("catalog.may_edit_shop", {"product_id": "s1", "shop_id": "s1", "metadata_id": "m1", "variant_id": "m1"})
    behind.on("media.delete_photo", {"metadata_id": "m1", "version": 2, "photos": []})
    answer = http.delete(f"/v1/shops/s1/{kind}", headers=person.headers)
    assert answer.status_code == 200, answer.text
    assert behind.asked("catalog.put_shop_picture")[-1][1] == {"shop_id": "s1", "kind": kind}
    assert behind.asked("media.delete_photo")[-1][1] == {"metadata_id": "m1", "photo_id": None}

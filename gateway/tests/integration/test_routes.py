"""Routes hand over exactly what was asked, with ids made at the door, and answer what the service said."""

import pytest

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


RENEWED = "/v1/shops/s1/devices/d1/password"


def test_a_devices_password_is_made_at_the_door_and_never_the_same(http, behind, person):
    made = {"enrol_device": ("/v1/shops/s1/devices", {"name": "前門"}), "renew_device": (RENEWED, None)}
    told = []
    for method, (path, body) in made.items():
        behind.on(f"edge-gateway.{method}", {"made": True})
        for _ in range(2):
            assert http.post(path, json=body, headers=person.headers).status_code in (200, 201)
        told += [sent for _, sent in behind.asked(f"edge-gateway.{method}")]
    assert len({sent["password"] for sent in told}) == 4
    assert all(len(sent["password"]) >= 32 for sent in told)
    assert (told[2]["shop_id"], told[2]["device_id"]) == ("s1", "d1")


def test_stock_is_changed_once_for_each_key(http, behind, person):
    behind.on("catalog.change_stock", {"quantity": 5, "reserved": 0, "available": 5})
    path, key = "/v1/variants/v1/stock/changes", {"idempotency-key": "delivery-7"}
    assert http.post(path, json={"add": 5}, headers={**person.headers, **key}).status_code == 200
    ((_, sent),) = behind.asked("catalog.change_stock")
    assert sent == {"variant_id": "v1", "add": 5, "order_id": None, "key": "delivery-7"}
    refused = http.post(path, json={"add": 5}, headers=person.headers)
    assert (refused.status_code, refused.json()["code"]) == (400, "idempotency_key_required")


@pytest.mark.parametrize("kind", ["logo", "cover"])
def test_a_shops_picture_is_taken_away_with_its_file(http, behind, person, kind):
    behind.on("catalog.put_shop_picture", {"shop_id": "s1", "version": 2})
    behind.on("catalog.may_edit_shop", {"product_id": "s1", "shop_id": "s1", "metadata_id": "m1", "variant_id": "m1"})
    behind.on("media.delete_photo", {"metadata_id": "m1", "version": 2, "photos": []})
    answer = http.delete(f"/v1/shops/s1/{kind}", headers=person.headers)
    assert answer.status_code == 200, answer.text
    assert behind.asked("catalog.put_shop_picture")[-1][1] == {"shop_id": "s1", "kind": kind}
    assert behind.asked("media.delete_photo")[-1][1] == {"metadata_id": "m1", "photo_id": None}

"""Paying waits a moment for LINE Pay."""


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

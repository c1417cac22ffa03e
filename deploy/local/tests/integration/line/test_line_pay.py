"""LINE Pay: signed calls, the user's page, and money that moves although the answer says otherwise."""

import json
import threading
import uuid

import httpx
import pytest

from yeshi_local.line.pay import pay_signature

CHANNEL, SECRET = "2000000003", "local-line-pay-secret-000000003"


class Merchant:
    """A shop's signed calls."""

    def __init__(self, line):
        self.line = line

    def call(self, method, path, body=None, *, query="", secret=SECRET, timeout=30, version="v4"):
        path = f"/{version}/payments{path}"
        payload = query if method == "GET" else json.dumps(body if body is not None else {})
        nonce = str(uuid.uuid4())
        headers = {
            "content-type": "application/json",
            "x-line-channelid": CHANNEL,
            "x-line-authorization-nonce": nonce,
            "x-line-authorization": pay_signature(secret, path, payload, nonce),
        }
        address = self.line.url + path + (f"?{query}" if query else "")
        content = payload if method == "POST" else None
        answer = httpx.request(method, address, content=content, headers=headers, timeout=timeout, trust_env=False)
        assert answer.status_code == 200
        return answer.json()

    def request(self, order="order-1", amount=1280, *, capture=True, kind="CLIENT", confirm_url="", **more):
        body = {
            "amount": amount,
            "currency": "TWD",
            "orderId": order,
            "packages": [
                {"id": "1", "amount": amount, "products": [{"name": "鳳梨酥", "quantity": 1, "price": amount}]},
            ],
            "redirectUrls": {
                "confirmUrl": confirm_url or "http://127.0.0.1:8000/confirm?from=pay",
                "cancelUrl": "http://127.0.0.1:8000/cancel",
                "confirmUrlType": kind,
            },
            "options": {"payment": {"capture": capture}},
        } | more
        return self.call("POST", "/request", body)

    def confirm(self, transaction, amount=1280, **more):
        return self.call("POST", f"/{transaction}/confirm", {"amount": amount, "currency": "TWD"}, **more)

    def refund(self, transaction, amount=None):
        body = {"refundAmount": amount} if amount is not None else {}
        return self.call("POST", f"/{transaction}/refund", body)["returnCode"]

    def check(self, transaction):
        return self.call("GET", f"/requests/{transaction}/check")["returnCode"]

    def details(self, transaction):
        return self.call("GET", "", query=f"transactionId={transaction}")


@pytest.fixture
def merchant(line):
    return Merchant(line)


@pytest.fixture
def paid(line, merchant):
    """A confirmed payment's transaction id."""
    transaction = merchant.request()["info"]["transactionId"]
    line.decide_payment(transaction, "approve")
    assert merchant.confirm(transaction)["returnCode"] == "0000"
    return transaction


@pytest.mark.parametrize("version", ["v3", "v4"])
def test_a_payment_from_request_to_details(line, merchant, version):
    asked = merchant.request()
    transaction = asked["info"]["transactionId"]
    assert len(str(transaction)) == 19
    assert merchant.check(transaction) == "0000"
    assert merchant.confirm(transaction)["returnCode"] == "1169"
    page = asked["info"]["paymentUrl"]["web"]
    assert "NT$1,280" in httpx.get(page, trust_env=False).text
    sent = httpx.post(page, data={"decision": "approve", "method": "POINT"}, trust_env=False)
    assert sent.headers["location"] == (
        f"http://127.0.0.1:8000/confirm?from=pay&transactionId={transaction}&orderId=order-1"
    )
    assert merchant.check(transaction) == "0110"
    confirmed = merchant.confirm(transaction, version=version)
    assert (confirmed["returnCode"], confirmed["info"]["orderId"]) == ("0000", "order-1")
    assert sum(part["amount"] for part in confirmed["info"]["payInfo"]) == 1280
    assert merchant.check(transaction) == "0123"
    [detail] = merchant.details(transaction)["info"]
    assert (detail["payStatus"], detail["transactionId"]) == ("CAPTURE", transaction)


def test_the_bare_number_is_exact_in_the_body(line, merchant):
    path, body = "/v4/payments/request", json.dumps({})
    nonce = str(uuid.uuid4())
    signature = pay_signature(SECRET, path, body, nonce)
    headers = {"x-line-channelid": CHANNEL, "x-line-authorization-nonce": nonce, "x-line-authorization": signature}
    assert line.http.post(path, content=body, headers=headers).json()["returnCode"] == "1124"
    assert isinstance(merchant.request()["info"]["transactionId"], int)


def test_a_wrong_signature_is_1106_with_http_200(line, merchant):
    assert merchant.call("POST", "/request", {}, secret="wrong")["returnCode"] == "1106"
    assert line.http.post("/v4/payments/request", json={}).json()["returnCode"] == "1104"


def test_an_order_id_is_used_once(merchant):
    assert merchant.request()["returnCode"] == "0000"
    assert merchant.request()["returnCode"] == "1172"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"amount": 12.5}, "1124"),
        ({"amount": True}, "1124"),
        ({"currency": "JPY"}, "1178"),
        ({"packages": []}, "2101"),
        ({"orderId": "x" * 101}, "2101"),
        ({"redirectUrls": {}}, "2101"),
    ],
)
def test_wrong_requests_are_named(merchant, change, code):
    assert merchant.request(**change)["returnCode"] == code


def test_a_confirm_must_name_the_amount_and_works_once(line, merchant):
    transaction = merchant.request()["info"]["transactionId"]
    line.decide_payment(transaction, "approve")
    assert merchant.confirm(transaction, amount=1)["returnCode"] == "1153"
    assert merchant.confirm(transaction)["returnCode"] == "0000"
    assert merchant.confirm(transaction)["returnCode"] == "1152"
    assert merchant.confirm(1234567890123456789)["returnCode"] == "1150"


def test_nobody_approves_for_20_minutes(line, merchant):
    transaction = merchant.request()["info"]["transactionId"]
    line.advance(20 * 60 + 1)
    assert merchant.check(transaction) == "0121"
    assert merchant.confirm(transaction)["returnCode"] == "1180"


@pytest.mark.parametrize(("decision", "code"), [("cancel", "0121"), ("fail", "0122")])
def test_a_user_may_change_their_mind(line, merchant, decision, code):
    transaction = merchant.request()["info"]["transactionId"]
    line.decide_payment(transaction, decision)
    assert merchant.check(transaction) == code
    assert merchant.confirm(transaction)["returnCode"] == "1179"
    assert merchant.details(transaction)["returnCode"] == "1150"


def test_refunds_stop_at_what_was_paid(merchant, paid):
    assert [merchant.refund(paid, amount) for amount in (1000, 281, 280, 1)] == ["0000", "1164", "0000", "1165"]
    [detail] = merchant.details(paid)["info"]
    assert [refund["refundAmount"] for refund in detail["refundList"]] == [-1000, -280]


def test_an_authorization_is_captured_or_voided(line, merchant):
    first, second = (merchant.request(name, capture=False)["info"]["transactionId"] for name in "ab")
    for transaction in (first, second):
        line.decide_payment(transaction, "approve")
        assert merchant.confirm(transaction)["returnCode"] == "0000"
    body = {"amount": 1000, "currency": "TWD"}
    assert merchant.call("POST", f"/authorizations/{first}/capture", body)["returnCode"] == "0000"
    assert merchant.refund(first, 1001) == "1164"
    assert merchant.call("POST", f"/authorizations/{second}/void")["returnCode"] == "0000"
    assert merchant.call("POST", f"/authorizations/{second}/void")["returnCode"] == "1165"
    assert merchant.details(second)["info"][0]["payStatus"] == "VOIDED_AUTHORIZATION"


@pytest.mark.parametrize("code", ["1199", "9000"])
def test_the_money_may_move_although_the_answer_is_an_error(line, merchant, code):
    transaction = merchant.request()["info"]["transactionId"]
    line.decide_payment(transaction, "approve")
    line.fault("pay.confirm", "code_after_move", code=code, times=1)
    assert merchant.confirm(transaction)["returnCode"] == code
    assert merchant.details(transaction)["info"][0]["payStatus"] == "CAPTURE"
    assert merchant.confirm(transaction)["returnCode"] == "1152"


def test_a_confirm_that_times_out_has_been_done(line, merchant):
    transaction = merchant.request()["info"]["transactionId"]
    line.decide_payment(transaction, "approve")
    line.fault("pay.confirm", "timeout_after_accept", seconds=20, times=1)
    with pytest.raises(httpx.ReadTimeout):
        merchant.confirm(transaction, timeout=0.5)
    assert merchant.details(transaction)["info"][0]["payStatus"] == "CAPTURE"


def test_the_same_call_twice_at_once_is_1198(line, merchant):
    transaction = merchant.request()["info"]["transactionId"]
    line.decide_payment(transaction, "approve")
    line.fault("pay.confirm", "slow", seconds=1, times=1)
    codes: list[str] = []
    calls = [
        threading.Thread(target=lambda: codes.append(merchant.confirm(transaction)["returnCode"])) for _ in range(2)
    ]
    for call in calls:
        call.start()
    for call in calls:
        call.join()
    assert sorted(codes) == ["0000", "1198"]


def test_a_server_confirmation_is_called_by_line_pay_itself(line, merchant, shop):
    transaction = merchant.request(kind="SERVER", confirm_url=shop.url)["info"]["transactionId"]
    assert line.decide_payment(transaction, "approve")["confirm_status"] == 200
    assert len(shop.bodies) == 1

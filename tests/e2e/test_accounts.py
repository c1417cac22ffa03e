"""Accounts on the whole platform: mailed links, operators, and leaving."""

import subprocess
import sys
import time

import httpx
import pytest

from yeshi_local.story.api import Api, ApiError
from yeshi_local.story.people import PASSWORD, Buyer, Seller, login, variant_of
from yeshi_local.testing import until

NEW_PASSWORD = "另一個夜市密碼-2027"
VERIFY, RESET = "/account/verify-email", "/account/reset-password"


def test_a_mailed_link_proves_the_address_once(platform, buyer, mailbox, anybody):
    assert buyer.api.get("/v1/me")["email_verified"] is False
    token = mailbox.token(buyer.email, VERIFY)
    link = f"{platform.url}{VERIFY}"
    page = httpx.get(link, trust_env=False)
    assert (page.status_code, "mailed-link.js" in page.text) == (200, True)
    anybody.post("/v1/auth/verify-email", {"token": token})
    assert buyer.api.get("/v1/me")["email_verified"] is True
    again = anybody.problem("POST", "/v1/auth/verify-email", json={"token": token})
    assert again == (422, "invalid_link")
    assert buyer.api.send("POST", "/v1/auth/verify-email/resend").status_code == 204
    assert len(mailbox.letters(buyer.email)) == 1


def test_another_verification_letter_comes_when_it_is_asked_for(buyer, mailbox, anybody):
    first = mailbox.token(buyer.email, VERIFY)
    assert buyer.api.send("POST", "/v1/auth/verify-email/resend").status_code == 204
    until(lambda: len(mailbox.letters(buyer.email)) == 2)
    second = mailbox.token(buyer.email, VERIFY)
    assert first != second
    anybody.post("/v1/auth/verify-email", {"token": second})
    assert Api(anybody.url).problem("POST", "/v1/auth/verify-email/resend")[0] == 401


def test_a_forgotten_password_is_replaced_and_every_session_ends(platform, buyer, mailbox, anybody):
    other = login(platform.url, buyer.email, PASSWORD)
    anybody.post("/v1/auth/password/forgot", {"email": buyer.email.upper()})
    token = mailbox.token(buyer.email, RESET)
    weak = anybody.problem("POST", "/v1/auth/password/reset", json={"token": token, "password": "password"})
    assert weak == (422, "weak_password")
    anybody.post("/v1/auth/password/reset", {"token": token, "password": NEW_PASSWORD})
    again = {"token": token, "password": "yet another password"}
    assert anybody.problem("POST", "/v1/auth/password/reset", json=again) == (422, "invalid_link")
    for gateway in platform.gateways:
        until(lambda where=gateway: buyer.at(where).send("GET", "/v1/me").status_code == 401)
        until(lambda where=gateway: Api(where, other.token).send("GET", "/v1/me").status_code == 401)
    assert anybody.problem("POST", "/v1/auth/refresh", json={"refresh_token": buyer.refresh_token})[0] == 401
    with pytest.raises(ApiError, match="invalid_credentials"):
        login(platform.url, buyer.email, PASSWORD)
    assert login(platform.url, buyer.email, NEW_PASSWORD).get("/v1/me")["email_verified"] is True
    until(lambda: any("密碼已變更" in letter["subject"] for letter in mailbox.letters(buyer.email)))


def test_whether_somebody_has_an_account_is_told_to_nobody(buyer, mailbox, anybody):
    stranger = f"nobody-{time.time_ns()}@example.com"
    answers = {}
    for email in (buyer.email, stranger):
        answer = anybody.send("POST", "/v1/auth/password/forgot", json={"email": email})
        answers[email] = (answer.status_code, answer.content)
    assert answers[buyer.email] == answers[stranger] == (204, b"")
    mailbox.token(buyer.email, RESET)
    assert mailbox.letters(stranger) == []


def test_a_changed_password_ends_the_other_sessions_only(platform, buyer, anybody):
    other = login(platform.url, buyer.email, PASSWORD)
    wrong = {"current_password": "not this one", "new_password": NEW_PASSWORD}
    assert buyer.api.problem("POST", "/v1/me/password", json=wrong) == (403, "wrong_password")
    buyer.api.post("/v1/me/password", {"current_password": PASSWORD, "new_password": NEW_PASSWORD})
    until(lambda: other.send("GET", "/v1/me").status_code == 401)
    assert buyer.api.get("/v1/me")["user_id"] == buyer.user_id
    login(platform.url, buyer.email, NEW_PASSWORD)


@pytest.fixture(scope="module")
def operator(platform) -> Api:
    person = Buyer(platform.url, "平台營運")
    command = [sys.executable, "-m", "users", "make-operator", person.email]
    dsn = {"POSTGRES_DSN": platform.values["postgres.users"]}
    done = subprocess.run(command, env=dsn, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return login(platform.url, person.email, PASSWORD)


def on_the_market(api: Api, product_id: str) -> bool:
    found = api.send("GET", f"/v1/products/{product_id}")
    assert found.status_code in (200, 404), found.text
    return found.status_code == 200


def test_a_suspended_sellers_products_leave_the_market_and_come_back(platform, operator):
    seller = Seller(platform.url, "違規賣家", "違規的店")
    product_id = seller.sell("爭議商品", 100, 5)["product_id"]
    anybody = [Api(gateway) for gateway in platform.gateways]
    until(lambda: all(on_the_market(api, product_id) for api in anybody))
    path = f"/v1/operator/sellers/{seller.user_id}"
    assert seller.api.problem("POST", f"{path}/suspend") == (403, "forbidden")
    assert operator.post(f"{path}/suspend")["state"] == "suspended"
    until(lambda: not any(on_the_market(api, product_id) for api in anybody))
    shop = {"shop_id": seller.shop_id}
    assert anybody[0].get("/v1/products", **shop)["items"] == []
    listed = operator.get("/v1/operator/sellers", state="suspended", limit=100)["items"]
    assert seller.user_id in [one["seller_id"] for one in listed]
    buyer = Buyer(platform.url, "想買的人")
    product = seller.api.get(f"/v1/products/{product_id}", view="shop")

    def put():
        return buyer.api.send("PUT", f"/v1/cart/items/{variant_of(product)}", json={"quantity": 1}).status_code

    until(lambda: put() in (404, 409, 422))  # orders hears of it by itself
    for decision in ("reject", "approve"):
        assert operator.problem("POST", f"{path}/{decision}") == (409, "illegal_transition")
    assert operator.post(f"{path}/reopen")["state"] == "approved"
    until(lambda: all(on_the_market(api, product_id) for api in anybody))
    until(lambda: len(anybody[0].get("/v1/products", **shop)["items"]) == 1)
    until(lambda: put() == 200)
    missing = "/v1/operator/sellers/00000000-0000-7000-8000-000000000000/suspend"
    assert operator.problem("POST", missing) == (404, "not_found")


def test_an_account_goes_and_nothing_of_the_person_is_left(platform, mailbox, anybody):
    seller = Seller(platform.url, "要離開的人", "要關的店")
    product_id = seller.sell("最後一件", 100, 5)["product_id"]
    until(lambda: on_the_market(anybody, product_id))
    mailbox.token(seller.email, VERIFY)
    for wrong in ({}, {"password": "not this one"}):
        assert seller.api.problem("DELETE", "/v1/me", json=wrong) == (403, "wrong_password")
    assert seller.api.send("DELETE", "/v1/me", json={"password": PASSWORD}).status_code == 204
    for gateway in platform.gateways:
        until(lambda where=gateway: seller.at(where).send("GET", "/v1/me").status_code == 401)
    until(lambda: not on_the_market(anybody, product_id))
    with pytest.raises(ApiError, match="invalid_credentials"):
        login(platform.url, seller.email, PASSWORD)
    assert anybody.problem("POST", "/v1/auth/refresh", json={"refresh_token": seller.refresh_token})[0] == 401
    for table in ("accounts", "sellers", "addresses", "mails", "mail_tokens"):
        rows = repr(platform.rows("users", f"SELECT * FROM {table} WHERE {table}::text LIKE %s", f"%{seller.user_id}%"))
        for personal in (seller.email, "要離開的人", "922333444"):
            assert personal not in rows, table
    Buyer(platform.url, "又回來了", seller.email)


def test_nobody_leaves_while_orders_are_open(platform, seller):
    product = seller.sell("還沒寄出的東西", 100, 5)
    buyer = Buyer(platform.url, "下了單的人")
    buyer.put(variant_of(product))
    order = buyer.checkout(seller.shop_id)["orders"][0]
    until(lambda: buyer.order(order["order_id"])["status"] == "to_ship")
    for person in (buyer, seller):
        refusal = person.api.problem("DELETE", "/v1/me", json={"password": PASSWORD})
        assert refusal == (409, "orders_open")
    buyer.api.post(f"/v1/orders/{order['order_id']}/cancel")
    until(lambda: buyer.order(order["order_id"])["status"] == "void")
    assert buyer.api.send("DELETE", "/v1/me", json={"password": PASSWORD}).status_code == 204


def test_whoever_came_by_line_leaves_right_after_a_login(platform, line, anybody):
    token = {"id_token": line.liff_token(line.user("LINE 訪客"))["id_token"]}
    session = anybody.post("/v1/auth/liff", token)
    api = Api(platform.url, session["access_token"])
    assert api.send("DELETE", "/v1/me").status_code == 204
    again = anybody.post("/v1/auth/liff", token)
    assert again["user"]["user_id"] != session["user"]["user_id"]

"""LINE Login and LIFF on the whole platform."""

import json
import time
import weakref
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from yeshi_local.abuse.forger import segment
from yeshi_local.story.api import Api
from yeshi_local.story.people import Buyer
from yeshi_local.testing import until

LINE_COOKIE, ACCESS_COOKIE = "__Host-yeshi_line", "__Host-yeshi_access"


class Browser:
    """Keeps the cookies of this platform as a browser on loopback would, also those that are `Secure`."""

    def __init__(self, platform, token: str | None = None) -> None:
        self.url = platform.url
        self.cookies: dict[str, str] = {}
        self.token = token
        self.http = httpx.Client(timeout=30, trust_env=False, follow_redirects=False)
        weakref.finalize(self, self.http.close)

    def get(self, url: str, **options) -> httpx.Response:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        url = url if url.startswith("http") else self.url + url
        answer = self.http.get(url, headers={**headers, **options.pop("headers", {})}, **options)
        for line in answer.headers.get_list("set-cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value.strip('"')
            if not self.cookies[name]:
                del self.cookies[name]
        return answer

    def authorize(self, **query) -> str:
        """The address at LINE that the browser is sent to."""
        answer = self.get("/v1/auth/line/authorize", params=query)
        assert answer.status_code == 302, answer.text
        return answer.headers["location"]

    def at_line(self, address: str, user: str, decision: str = "allow") -> str:
        """Presses a button on LINE's page as this user; where LINE sends the browser back to."""
        page = self.http.get(address)
        assert "用 LINE 登入" in page.text, page.text
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        form = {**asked, "user_id": user, "decision": decision, "scope_email": "on"}
        answer = self.http.post(address.partition("?")[0], data=form)
        assert answer.status_code == 302, answer.text
        return answer.headers["location"]

    def log_in(self, user: str, **query) -> httpx.Response:
        """The whole way there and back."""
        return self.get(self.at_line(self.authorize(**query), user))

    def me(self) -> dict:
        return Api(self.url, self.cookies[ACCESS_COOKIE]).get("/v1/me")


def test_line_login_makes_an_account_and_finds_it_again(platform, line):
    email = f"mei-{time.time_ns()}@example.com"
    user = line.user("小美 🍵", email=email)
    browser = Browser(platform)
    answer = browser.log_in(user, next="/docs")
    assert (answer.status_code, answer.headers["location"]) == (303, "/docs")
    assert LINE_COOKIE not in browser.cookies
    me = browser.me()
    assert (me["name"], me["email"], me["email_verified"]) == ("小美 🍵", email, True)
    assert (me["line_bound"], me["has_password"]) == (True, False)
    bound = "SELECT line_user_id FROM line_bindings WHERE user_id = %s"
    until(lambda: platform.rows("notify", bound, me["user_id"]) == [(user,)])
    again = Browser(platform)
    answer = again.log_in(user)
    assert answer.headers["location"] == "/line/done"
    assert again.get("/line/done").status_code == 200
    assert again.me()["user_id"] == me["user_id"]


def test_an_address_that_is_taken_is_left_to_its_owner(platform, line, buyer):
    browser = Browser(platform)
    browser.log_in(line.user("撞名", email=buyer.email))
    me = browser.me()
    assert (me["email"], me["user_id"] != buyer.user_id) == (None, True)
    member = Api(platform.url, browser.cookies[ACCESS_COOKIE])
    assert member.problem("DELETE", "/v1/line/bind") == (409, "last_way_in")


def test_a_member_links_line_and_logs_in_with_it_and_lets_it_go(platform, line, buyer):
    user = line.user("林小美的 LINE")
    answer = Browser(platform, buyer.api.token).log_in(user, link=1)
    assert answer.status_code == 303, answer.text
    assert ACCESS_COOKIE not in answer.headers.get("set-cookie", "")
    assert buyer.api.get("/v1/me")["line_bound"] is True
    browser = Browser(platform)
    browser.log_in(user)
    assert browser.me()["user_id"] == buyer.user_id
    other = Buyer(platform.url, "別人")
    answer = Browser(platform, other.api.token).log_in(user, link=1)
    assert (answer.status_code, answer.json()["code"]) == (409, "line_taken")
    buyer.api.delete("/v1/line/bind")
    assert buyer.api.get("/v1/me")["line_bound"] is False
    assert Browser(platform).get("/v1/auth/line/authorize", params={"link": 1}).status_code == 401


def test_line_is_asked_with_pkce_a_state_and_a_nonce_that_are_new_each_time(platform):
    browser = Browser(platform)
    asked = [parse_qs(urlsplit(browser.authorize()).query) for _ in range(2)]
    assert asked[0]["code_challenge_method"] == ["S256"]
    assert asked[0]["redirect_uri"] == [f"{platform.url}/v1/auth/line/callback"]
    for name in ("state", "nonce", "code_challenge"):
        assert len(asked[0][name][0]) >= 43
        assert asked[0][name] != asked[1][name]
    assert asked[0]["state"][0] not in browser.cookies[LINE_COOKIE]


@pytest.mark.parametrize("target", ["https://evil.test/", "//evil.test", "/\\evil.test", "javascript:alert(1)", "docs"])
def test_nobody_is_sent_to_another_host_afterwards(platform, line, target):
    answer = Browser(platform).log_in(line.user("轉址"), next=target)
    assert answer.headers["location"] == "/line/done"


def test_only_the_browser_that_was_sent_comes_back(platform, line):
    victim, attacker = Browser(platform), Browser(platform)
    back = attacker.at_line(attacker.authorize(), line.user("攻擊者"))
    assert refused_at(victim.get(back)) == (403, "line_state_invalid")  # a stranger's link logs nobody in
    victim.authorize()
    assert refused_at(victim.get(back)) == (403, "line_state_invalid")
    assert ACCESS_COOKIE not in victim.cookies
    attacker.cookies[LINE_COOKIE] = attacker.cookies[LINE_COOKIE][:-8] + "AAAAAAAA"
    assert refused_at(attacker.get(back)) == (403, "line_state_invalid")


def test_a_code_is_good_once_and_a_cancelled_login_says_so(platform, line):
    user, browser = line.user("重複"), Browser(platform)
    back = browser.at_line(browser.authorize(), user)
    journey = browser.cookies[LINE_COOKIE]
    assert browser.get(back).status_code == 303
    browser.cookies[LINE_COOKIE] = journey
    assert refused_at(browser.get(back)) == (401, "line_token_invalid")
    back = browser.at_line(browser.authorize(), user, "cancel")
    answer = browser.get(back, headers={"Accept": "text/html"})
    assert (answer.status_code, "你取消了 LINE 登入" in answer.text) == (403, True)
    assert answer.headers["content-type"].startswith("text/html")


def test_line_away_is_said_and_the_login_works_later(platform, line):
    user, browser = line.user("等一下"), Browser(platform)
    back = browser.at_line(browser.authorize(), user)
    rule = line.fault("login.token", "error", times=1)
    try:
        answer = browser.get(back)
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable"), answer.text
    finally:
        line.control("DELETE", f"faults/{rule}")
    assert browser.log_in(user).status_code == 303


def refused_at(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def liff(api, token) -> httpx.Response:
    return api.send("POST", "/v1/auth/liff", json={"id_token": token})


def test_a_liff_app_logs_in_with_its_id_token(platform, line, anybody):
    user = line.user("LIFF 小美")
    token = line.liff_token(user)["id_token"]
    answer = liff(anybody, token)
    assert answer.status_code == 200, answer.text
    session = answer.json()
    assert (session["user"]["name"], session["user"]["line_bound"]) == ("LIFF 小美", True)
    assert Api(platform.url, session["access_token"]).get("/v1/me") == session["user"]
    browser = Browser(platform)
    browser.log_in(user)  # the same LINE user, whichever way they come
    assert browser.me()["user_id"] == session["user"]["user_id"]
    line.control("POST", "keys/rotate")
    rotated = line.liff_token(user)["id_token"]
    until(lambda: liff(anybody, rotated).status_code == 200)  # keys are asked for again after a few seconds


def test_what_line_did_not_sign_for_us_logs_nobody_in(platform, line, anybody):
    user = line.user("偽造")
    good = line.liff_token(user)["id_token"]
    head, body, signature = good.split(".")
    header = jwt.get_unverified_header(good)
    claims = jwt.decode(good, options={"verify_signature": False})
    secret, own = platform.values["secret.line_login"], ec.generate_private_key(ec.SECP256R1())
    line.control("POST", "channels", {"id": "2999999999", "secret": "x" * 32, "kind": "login", "provider": "other"})

    def made(**changes) -> str:
        return line.liff_token(user, claims=changes)["id_token"]

    forgeries = {
        "a stranger's key": line.liff_token(user, forged=True)["id_token"],
        "expired": made(exp=int(time.time()) - 60),
        "of another channel": line.liff_token(user, client_id="2999999999")["id_token"],
        "for another channel": made(aud="2999999999"),
        "for several channels": made(aud=[claims["aud"], "2999999999"]),
        "by another issuer": made(iss="https://access.line.me.evil.test"),
        "from the future": made(iat=int(time.time()) + 3600),
        "without an end": made(exp=None),
        "without a subject": made(sub=None),
        "of nobody": made(sub="U123"),
        "of a number": made(sub=1),
        "none": f"{segment({**header, 'alg': 'none'})}.{body}.",
        "by the web's secret": jwt.encode(claims, secret, "HS256"),
        "by another secret": jwt.encode(claims, "y" * 32, "HS256"),
        "its own key in it": jwt.encode(
            claims, own, "ES256", headers={"kid": header["kid"], "jwk": json.loads(_jwk(own))}
        ),
        "its key elsewhere": jwt.encode(
            claims, own, "ES256", headers={"kid": header["kid"], "jku": "https://evil.test/jwks.json"}
        ),
        "of an unknown key": jwt.encode(claims, own, "ES256", headers={"kid": "nobody"}),
        "of no key": jwt.encode(claims, own, "ES256"),
        "other claims": f"{head}.{segment({**claims, 'sub': 'U' + '0' * 32})}.{signature}",
        "no signature": f"{head}.{body}.",
        "cut off": good[:-10],
        "ours, not LINE's": Buyer(platform.url, "自己").api.token,
        "an access token": line.liff_token(user)["access_token"],
        "no token": "id_token",
        "nothing": "",
    }
    for name, forged in forgeries.items():
        answer = liff(anybody, forged)
        expected = "line_token_expired" if name == "expired" else "line_token_invalid"
        assert (answer.status_code, answer.json()["code"]) == (401, expected), (name, answer.text)
    assert anybody.problem("POST", "/v1/auth/liff", json={"user_id": user}) == (422, "unknown_field")
    assert liff(anybody, good).status_code == 200


def _jwk(key: ec.EllipticCurvePrivateKey) -> str:
    return jwt.algorithms.ECAlgorithm.to_jwk(key.public_key())

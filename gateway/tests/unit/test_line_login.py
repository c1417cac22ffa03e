"""LINE Login at the door: which ID tokens count, what a browser carries, and where it goes."""

import asyncio
import base64
import hmac
import json
import time
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from chassis.errors import Missing, Refusal, Unauthenticated, Unavailable
from gateway.adapters.line_login import HttpLine, LineIdTokens, SealedJourneys
from gateway.adapters.tokens import KeyRing
from gateway.application.access import Caller
from gateway.application.leaving import LeavingDesk, OrdersOpen
from gateway.application.line_login import (
    PATIENCE,
    Channel,
    Journey,
    LineLogin,
    LineLoginRefused,
    LinePerson,
    LineSessionEnded,
    LineStateInvalid,
    LineTokenExpired,
    LineTokenInvalid,
)

CHANNEL, SECRET, NONCE = "2000000002", "s" * 32, "n" * 43
USER = "U" + "0" * 31 + "1"
KEY, STRANGER = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
CALLER = Caller("user-1", "session-1", (), 0.0)


def jwks() -> dict:
    return {"keys": [{**json.loads(jwt.algorithms.ECAlgorithm.to_jwk(KEY.public_key())), "kid": "k1", "alg": "ES256"}]}


def claims(**changes) -> dict:
    now = int(time.time())
    made = {"iss": "https://access.line.me", "aud": CHANNEL, "sub": USER, "iat": now, "exp": now + 3600, "name": "小美"}
    return {name: value for name, value in {**made, **changes}.items() if value is not None}


def es256(key=KEY, headers=None, **changes) -> str:
    return jwt.encode(claims(**changes), key, "ES256", headers={"kid": "k1", **(headers or {})})


def hs256(secret=SECRET, **changes) -> str:
    return jwt.encode(claims(**{"nonce": NONCE, **changes}), secret, "HS256")


def verify(token: str, nonce: str | None = None, fetch=None) -> LinePerson:
    async def keys() -> dict:
        return jwks()

    return asyncio.run(LineIdTokens(KeyRing(fetch or keys), CHANNEL, SECRET).verify(token, nonce))


def test_a_liff_token_names_the_person():
    assert verify(es256(email="mei@example.tw")) == LinePerson(USER, "小美", "mei@example.tw")
    assert verify(es256(name=None, email=None)) == LinePerson(USER, "", None)
    assert verify(es256(name=5, email=["x"])) == LinePerson(USER, "", None)


def test_a_web_login_may_be_signed_either_way():
    assert verify(hs256(), NONCE).user_id == USER
    assert verify(es256(nonce=NONCE), NONCE).user_id == USER


FORGED = {
    "a stranger's key": lambda: es256(STRANGER),
    "another issuer": lambda: es256(iss="https://access.line.me.evil.test"),
    "no issuer": lambda: es256(iss=None),
    "another channel": lambda: es256(aud="2999999999"),
    "several channels": lambda: es256(aud=[CHANNEL]),
    "no channel": lambda: es256(aud=None),
    "no end": lambda: es256(exp=None),
    "no beginning": lambda: es256(iat=None),
    "begins tomorrow": lambda: es256(iat=int(time.time()) + 86400),
    "not yet good": lambda: es256(nbf=int(time.time()) + 86400),
    "no subject": lambda: es256(sub=None),
    "a group": lambda: es256(sub="C" + "0" * 32),
    "a name as subject": lambda: es256(sub="admin"),
    "a longer subject": lambda: es256(sub=USER + "\n"),
    "unknown kid": lambda: es256(headers={"kid": "k2"}),
    "kid as path": lambda: es256(headers={"kid": "../../etc/passwd"}),
    "a key in the header": lambda: es256(STRANGER, headers={"jwk": jwks()["keys"][0]}),
    "an address in the header": lambda: es256(STRANGER, headers={"jku": "https://evil.test"}),
    "critical": lambda: es256(headers={"crit": ["exp"]}),
    "none": lambda: jwt.encode(claims(), None, "none"),
    "HS384": lambda: jwt.encode(claims(), "s" * 48, "HS384"),
    "the web's secret": lambda: jwt.encode(claims(), SECRET, "HS256"),
    "not a token": lambda: "id_token",
    "nothing": lambda: "",
    "dots": lambda: "..",
    "long": lambda: es256() + "A" * 5000,
    "not ASCII": lambda: es256() + "é",
    "cut off": lambda: es256()[:-5],
}


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
def test_what_line_did_not_sign_for_us_is_no_token(forge):
    with pytest.raises(LineTokenInvalid):
        verify(forge())


@pytest.mark.parametrize(
    "token",
    [
        hs256("x" * 32),
        hs256(nonce="another"),
        hs256(nonce=None),
        hs256(nonce=5),
        es256(),
        hs256(aud="2999999999"),
        hs256(iss="https://evil.test"),
    ],
)
def test_a_web_login_is_for_this_browser_and_channel(token):
    with pytest.raises(LineTokenInvalid):
        verify(token, NONCE)


def test_a_published_key_is_no_secret():
    public = json.dumps(jwks()["keys"][0]).encode()
    signed = ".".join(hs256().split(".")[:2])
    forged = base64.urlsafe_b64encode(hmac.digest(public, signed.encode(), "sha256")).rstrip(b"=").decode()
    with pytest.raises(LineTokenInvalid):
        verify(f"{signed}.{forged}", NONCE)


@pytest.mark.parametrize("token", [es256(exp=int(time.time()) - 60), es256(exp=1)])
def test_an_expired_token_is_told_apart(token):
    with pytest.raises(LineTokenExpired):
        verify(token)


def test_without_lines_keys_nobody_can_say():
    async def away() -> dict:
        raise Unavailable("LINE is away")

    with pytest.raises(Unavailable):
        verify(es256(), fetch=away)


class Line:
    """Hands out one ID token for one code."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, str]] = []

    async def id_token(self, code: str, verifier: str, redirect_uri: str) -> str:
        self.asked.append((code, verifier, redirect_uri))
        return f"token for {code}"


class Tokens:
    """Believes everything, and remembers the nonce."""

    nonce: str | None = "never asked"

    async def verify(self, token: str, nonce: str | None) -> LinePerson:
        self.nonce = nonce
        return LinePerson(USER, token)


class World:
    def __init__(self, channel: str = CHANNEL) -> None:
        self.line, self.tokens, self.now, self.ended = Line(), Tokens(), 1000.0, set()
        self.seal = SealedJourneys(SECRET)
        self.login = LineLogin(
            Channel(channel, "profile openid", "https://access.line.me/", "https://yeshi.test/"),
            self.line,
            self.tokens,
            self.seal,
            lambda session: session not in self.ended,
            lambda: self.now,
        )

    def begin(self, caller=None, afterwards=None) -> tuple[dict, str]:
        url, sealed = self.login.begin(caller, afterwards)
        assert url.startswith("https://access.line.me/oauth2/v2.1/authorize?")
        return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}, sealed

    def finish(self, sealed, state, code="c1", error=None):
        return asyncio.run(self.login.finish(sealed, state, code, error))


@pytest.fixture
def world() -> World:
    return World()


def test_the_way_there_and_back(world):
    asked, sealed = world.begin(afterwards="/orders?tab=unpaid")
    came = world.finish(sealed, asked["state"])
    assert (came.person.user_id, came.next, came.principal) == (USER, "/orders?tab=unpaid", None)
    assert world.tokens.nonce == asked["nonce"]
    ((code, verifier, redirect_uri),) = world.line.asked
    assert (code, redirect_uri) == ("c1", asked["redirect_uri"]) == ("c1", "https://yeshi.test/v1/auth/line/callback")
    assert verifier not in json.dumps(asked)
    assert 43 <= len(verifier) <= 128
    assert all(secret not in sealed for secret in (asked["state"], asked["nonce"], verifier))


@pytest.mark.parametrize("state", [None, "", "another"])
def test_another_state_is_another_login(world, state):
    _, sealed = world.begin()
    with pytest.raises(LineStateInvalid):
        world.finish(sealed, state)
    assert world.line.asked == []


def test_a_journey_ends_after_ten_minutes(world):
    asked, sealed = world.begin()
    world.now += PATIENCE
    with pytest.raises(LineStateInvalid):
        world.finish(sealed, asked["state"])


def test_only_what_this_platform_sealed_is_opened(world):
    asked, sealed = world.begin()
    elsewhere = SealedJourneys("another secret").seal(Journey("s", "n", "v", "/", 9e9))
    for other in (None, "", "AAAA", "é", sealed[:-8] + "AAAAAAAA", sealed[:40], elsewhere):
        with pytest.raises(LineStateInvalid):
            world.finish(other, asked["state"])


@pytest.mark.parametrize(("code", "error"), [(None, "ACCESS_DENIED"), ("c1", "SERVER_ERROR"), (None, None), ("", None)])
def test_a_login_that_line_did_not_let_pass(world, code, error):
    asked, sealed = world.begin()
    with pytest.raises(LineLoginRefused):
        world.finish(sealed, asked["state"], code, error)
    assert world.line.asked == []


def test_a_link_is_for_whoever_began_it_while_their_session_stands(world):
    asked, sealed = world.begin(CALLER)
    assert world.finish(sealed, asked["state"]).principal == CALLER.principal
    world.ended.add("session-1")
    with pytest.raises(LineSessionEnded):
        world.finish(sealed, asked["state"])


@pytest.mark.parametrize(
    "target", [None, "", "docs", "//evil.test", "/\\evil.test", "https://evil.test", "/a\nb", "/a\\b", "/" + "x" * 600]
)
def test_afterwards_is_a_path_of_this_host(world, target):
    asked, sealed = world.begin(afterwards=target)
    assert world.finish(sealed, asked["state"]).next == "/line/done"


def test_without_a_channel_there_is_no_line_login():
    world = World(channel="")
    with pytest.raises(Missing):
        world.login.begin(None, None)
    with pytest.raises(Missing):
        asyncio.run(world.login.liff(es256()))
    with pytest.raises(Missing):
        world.finish("x", "y")


def ask_line(answer, work):
    async def run():
        line = HttpLine("https://line.test", CHANNEL, SECRET)
        line._http = httpx.AsyncClient(base_url="https://line.test", transport=httpx.MockTransport(answer))
        try:
            return await work(line)
        finally:
            await line.close()

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("answer", "refusal"),
    [
        (httpx.Response(400, json={"error": "invalid_grant"}), LineTokenInvalid),
        (httpx.Response(500), Unavailable),
        (httpx.Response(302, headers={"location": "https://evil.test"}), Unavailable),
        (httpx.Response(200, text="<html>"), Unavailable),
        (httpx.Response(200, json={}), Unavailable),
        (httpx.Response(200, json={"id_token": 5}), Unavailable),
    ],
)
def test_what_line_may_answer_to_a_code(answer, refusal):
    with pytest.raises(refusal):
        ask_line(lambda _: answer, lambda line: line.id_token("c", "v", "https://yeshi.test"))


@pytest.mark.parametrize("body", [{}, {"keys": 1}, {"keys": [1]}, {"keys": [{"kty": "EC"}]}])
def test_what_are_no_keys(body):
    with pytest.raises(Unavailable):
        ask_line(lambda _: httpx.Response(200, json=body), lambda line: line.keys())


def test_line_away_is_unavailable():
    def away(request):
        raise httpx.ConnectError("no route", request=request)

    with pytest.raises(Unavailable):
        ask_line(away, lambda line: line.keys())


class Behind:
    """Users and orders, as far as leaving needs them."""

    def __init__(self, selling=0, buying=(), trouble: Refusal | None = None) -> None:
        self.selling, self.buying, self.trouble = selling, buying, trouble
        self.deleted: list[object] = []

    async def ask(self, service, method, principal, payload=None):
        if self.trouble and service == "orders":
            raise self.trouble
        if method == "seller_dashboard":
            return {"counts": {"to_ship": self.selling, "completed": 7}}
        if method == "list_orders":
            return {"items": [{}] if payload["status"] in self.buying else []}
        assert (service, method) == ("users", "delete_account")
        self.deleted.append((principal, payload))
        return None


def test_an_account_goes_when_nobody_waits_for_it():
    behind = Behind()
    asyncio.run(LeavingDesk(behind).leave(CALLER.principal, "secret"))
    assert behind.deleted == [(CALLER.principal, {"password": "secret"})]


@pytest.mark.parametrize("status", ["pending", "unpaid", "to_ship", "shipping"])
def test_a_buyer_with_an_open_order_stays(status):
    behind = Behind(buying=(status,))
    with pytest.raises(OrdersOpen) as refusal:
        asyncio.run(LeavingDesk(behind).leave(CALLER.principal, "secret"))
    assert refusal.value.fields == {"buying": True, "selling": False}
    assert behind.deleted == []


def test_a_seller_with_an_open_order_stays():
    with pytest.raises(OrdersOpen) as refusal:
        asyncio.run(LeavingDesk(Behind(selling=1)).leave(CALLER.principal, "secret"))
    assert refusal.value.fields == {"buying": False, "selling": True}


@pytest.mark.parametrize("trouble", [Unavailable("orders is away"), Unauthenticated("who?")])
def test_without_orders_answer_nobody_goes(trouble):
    behind = Behind(trouble=trouble)
    with pytest.raises(type(trouble)):
        asyncio.run(LeavingDesk(behind).leave(CALLER.principal, None))
    assert behind.deleted == []


def test_a_journey_survives_its_seal():
    journey = Journey("s", "n", "v", "/x", 5.0, CALLER.principal)
    seal = SealedJourneys(SECRET)
    assert seal.open(seal.seal(journey)) == journey
    assert seal.seal(journey) != seal.seal(journey)
    assert "v" * 64 not in repr(replace(journey, verifier="v" * 64))

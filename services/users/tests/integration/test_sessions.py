"""Register, log in, stay in, leave: on the real process."""

import asyncio

import jwt
import pytest

from chassis.errors import Refusal
from chassis.ids import uuid7
from users.application.entry import counted
from yeshi_local.testing import until


def refused(code: str):
    return pytest.raises(Refusal, check=lambda refusal: refusal.code == code)


def test_the_whole_way_from_register_to_reuse(world):
    session = world.register(email="Ming@Yeshi.TEST", name="  王小明 ")
    assert session["user"] | {"user_id": "", "created_at": ""} == {
        "user_id": "",
        "email": "ming@yeshi.test",
        "name": "王小明",
        "roles": [],
        "created_at": "",
        "version": 1,
        "seller_state": None,
        "phone": None,
        "line_bound": False,
        "email_verified": False,
        "has_password": True,
        "locale": "zh-TW",
    }
    assert session["expires_in"] == 600
    again = world.ask(
        "login", None, {"session_id": str(uuid7()), "email": "MING@yeshi.test", "password": "correct horse battery"}
    )
    assert again["user"] == session["user"]
    assert world.ask("me", world.principal(again)) == session["user"]

    first = again["refresh_token"]
    second = world.ask("refresh", None, {"refresh_token": first})["refresh_token"]
    third = world.ask("refresh", None, {"refresh_token": second})["refresh_token"]
    with refused("invalid_refresh_token"):
        world.ask("refresh", None, {"refresh_token": first})
    with refused("invalid_refresh_token"):
        world.ask("refresh", None, {"refresh_token": third})  # the whole family is gone
    (revoked,) = world.published(1)
    assert revoked.session_id == world.principal(again)["session_id"]
    items = world.ask("revoked_sessions", None, {"seconds": 660})["items"]
    assert {"session_id": revoked.session_id, "until": revoked.until} in items


def test_an_access_token_is_verified_by_the_published_keys(world):
    session = world.register()
    (key,) = world.ask("jwks")["keys"]
    assert {name: key[name] for name in ("kty", "crv", "alg", "use")} == {
        "kty": "EC",
        "crv": "P-256",
        "alg": "ES256",
        "use": "sig",
    }
    assert "d" not in key
    header = jwt.get_unverified_header(session["access_token"])
    assert header == {"alg": "ES256", "kid": key["kid"], "typ": "at+jwt"}
    said = jwt.decode(
        session["access_token"],
        jwt.PyJWK(key).key,
        algorithms=["ES256"],
        issuer=world.issuer,
        audience=world.audience,
        options={"require": ["iss", "aud", "sub", "sid", "roles", "iat", "nbf", "exp", "jti"]},
    )
    assert said["sub"] == session["user"]["user_id"]
    assert said["exp"] - said["iat"] == 600


def test_logout_is_heard_on_the_bus_once(world):
    session = world.register()
    principal = world.principal(session)
    world.ask("logout", principal, {})
    world.ask("logout", principal, {"refresh_token": session["refresh_token"]})
    other = world.register()
    world.ask("logout", None, {"refresh_token": other["refresh_token"]})
    revoked = world.published(2)
    assert [one.session_id for one in revoked] == [principal["session_id"], world.principal(other)["session_id"]]
    with refused("invalid_refresh_token"):
        world.ask("refresh", None, {"refresh_token": session["refresh_token"]})


def test_two_runs_of_one_call_beside_each_other_make_one_account_and_live_on(world):
    """What a lost connection does to a call: it runs again beside the first run."""
    ids = {"user_id": str(uuid7()), "session_id": str(uuid7()), "email": "twice@yeshi.test"}
    payload = {**ids, "password": "correct horse battery", "name": "兩次"}

    answers = world.together(*[("register", None, payload)] * 4)
    assert {answer["user"]["user_id"] for answer in answers} == {ids["user_id"]}
    assert world.rows("SELECT count(*) FROM sessions WHERE user_id = %s", ids["user_id"]) == [(1,)]

    answers = world.together(*[("refresh", None, {"refresh_token": answers[2]["refresh_token"]})] * 4)
    world.ask("refresh", None, {"refresh_token": answers[1]["refresh_token"]})


def test_hashing_keeps_no_other_call_waiting(world):
    """While a password is checked, which is made to take seconds, other calls are asked and answered in turn.

    Were it checked in the process's hub, the first of them would be answered before it at best, the last one after it.
    """
    email = "busy@yeshi.test"
    world.register(email=email)
    slow = "UPDATE accounts SET password_hash = replace(password_hash, ',t=2,', ',t=150,') WHERE email = %s RETURNING 1"
    assert world.rows(slow, email) == [(1,)]
    begun = "SELECT failures FROM login_failures WHERE account = %s"  # counted just before the check

    async def race() -> list[bool]:
        rpc = world.client.bus.rpc
        wrong = {"email": email, "password": "not this one at all", "session_id": str(uuid7())}
        login = asyncio.ensure_future(rpc("users", "login", None, wrong, timeout=60))
        await asyncio.to_thread(until, lambda: world.rows(begun, counted(email)) == [(1,)])
        under_way = []
        for _ in range(3):
            await rpc("users", "jwks", None, None, timeout=60)
            under_way.append(not login.done())
        with refused("invalid_credentials"):
            await login
        return under_way

    assert world.client.run(race()) == [True, True, True]


@pytest.mark.parametrize(
    ("method", "payload", "code"),
    [
        ("register", {}, "invalid"),
        ("register", {"user_id": "x", "session_id": "x", "email": "a", "password": "b", "name": "c"}, "invalid"),
        ("login", {"session_id": str(uuid7()), "email": {"$ne": None}, "password": "x"}, "invalid"),
        ("login", {"session_id": str(uuid7()), "email": "' OR 1=1 --", "password": "x\0"}, "invalid_credentials"),
        ("refresh", {"refresh_token": "x\0y"}, "invalid_refresh_token"),
        ("refresh", None, "invalid"),
        ("logout", None, "unauthenticated"),
        ("me", None, "unauthenticated"),
        ("patch_me", {"name": "x"}, "unauthenticated"),
        ("list_addresses", None, "unauthenticated"),
        ("become_seller", {"kind": "person", "display_name": "x", "phone": "0912345678"}, "unauthenticated"),
        ("get_seller", None, "unauthenticated"),
        ("decide_seller", {"seller_id": "x", "state": "approved"}, "unauthenticated"),
        ("list_sellers", {}, "unauthenticated"),
        ("bind_line", {}, "unauthenticated"),
        ("unbind_line", None, "unauthenticated"),
        ("revoked_sessions", {"seconds": 10**9}, "invalid"),
    ],
)
def test_what_cannot_be_asked_gets_a_code(world, method, payload, code):
    with refused(code):
        world.ask(method, None, payload)


def test_an_address_is_taken_however_it_is_written(world):
    world.register(email="taken@yeshi.test")
    with refused("email_taken"):
        world.register(email="Taken@YESHI.test")

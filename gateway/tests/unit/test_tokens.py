"""Only tokens that users made are taken: forgeries of every kind are refused."""

import asyncio
import base64
import hashlib
import hmac
import json
import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from chassis.errors import Unavailable
from gateway.adapters.tokens import Es256Verifier, KeyRing
from gateway.application.access import Access, Caller, SessionRevoked, TokenExpired, TokenInvalid
from gateway.application.sessions import RevokedSessions

ISSUER, AUDIENCE = "https://yeshi.test", "yeshi"
KEY = ec.generate_private_key(ec.SECP256R1())
STRANGER = ec.generate_private_key(ec.SECP256R1())
RSA = rsa.generate_private_key(65537, 2048)


def public(key: ec.EllipticCurvePrivateKey, kid: str = "k1") -> dict[str, Any]:
    return {**json.loads(jwt.algorithms.ECAlgorithm.to_jwk(key.public_key())), "kid": kid, "use": "sig"}


def claims(**changed: Any) -> dict[str, Any]:
    now = int(time.time())
    found = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "u1",
        "sid": "s1",
        "roles": [],
        "iat": now,
        "nbf": now,
        "exp": now + 86_400,
        "jti": "j1",
        **changed,
    }
    return {name: value for name, value in found.items() if value is not None}


def token(key: Any = KEY, alg: str = "ES256", header: dict[str, Any] | None = None, **changed: Any) -> str:
    headers = {"kid": "k1", "typ": "at+jwt", **(header or {})}
    return jwt.encode(claims(**changed), key, alg, headers=headers)


def piece(value: Any) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def spliced(header: dict[str, Any], body: dict[str, Any] | None = None) -> str:
    """A true signature under another header or body."""
    first, second, third = token().split(".")
    return ".".join([piece(header), piece(body) if body else second, third]) if first else ""


def hs256_with_the_public_key() -> str:
    pem = KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    head = piece({"alg": "HS256", "kid": "k1", "typ": "at+jwt"})
    signed = f"{head}.{piece(claims())}"
    return f"{signed}.{piece(hmac.new(pem, signed.encode(), hashlib.sha256).digest())}"


FORGERIES: dict[str, Any] = {
    "nothing": "",
    "no token at all": "abc",
    "two parts": ".".join(token().split(".")[:2]),
    "truncated signature": token()[:-8],
    "signature of zeros": ".".join([*token().split(".")[:2], piece(b"\0" * 64)]),
    "alg none": f"{piece({'alg': 'none', 'kid': 'k1', 'typ': 'at+jwt'})}.{piece(claims())}.",
    "alg None in capitals": f"{piece({'alg': 'NONE', 'kid': 'k1', 'typ': 'at+jwt'})}.{piece(claims())}.",
    "HS256 with the public key": hs256_with_the_public_key(),
    "RS256 by another key": token(RSA, "RS256"),
    "ES384 by another curve": token(ec.generate_private_key(ec.SECP384R1()), "ES384"),
    "a stranger's key": token(STRANGER),
    "unknown kid": token(header={"kid": "k2"}),
    "kid that is a path": token(header={"kid": "../../k1"}),
    "kid with a query": token(header={"kid": "k1' OR '1'='1"}),
    "no kid": jwt.encode(claims(), KEY, "ES256", headers={"typ": "at+jwt"}),
    "kid that is a number": spliced({"alg": "ES256", "kid": 1, "typ": "at+jwt"}),
    "jku to follow": token(STRANGER, header={"jku": "https://evil.test/jwks.json"}),
    "own key in jwk": token(STRANGER, header={"jwk": public(STRANGER)}),
    "x5u to follow": token(STRANGER, header={"x5u": "https://evil.test/cert.pem"}),
    "x5c of its own": token(STRANGER, header={"x5c": ["MIIB"]}),
    "jku beside a true signature": token(header={"jku": "https://evil.test/jwks.json"}),
    "critical extension": token(header={"crit": ["x"], "x": 1}),
    "unencoded payload": token(header={"b64": False, "crit": ["b64"]}),
    "typ JWT": token(header={"typ": "JWT"}),
    "an ID token": token(header={"typ": "id+jwt"}),
    "another issuer": token(iss="https://evil.test"),
    "issuer with a tail": token(iss=ISSUER + "/"),
    "another audience": token(aud="other"),
    "a list of audiences": token(aud=["other", AUDIENCE]),
    "no audience": token(aud=None),
    "no subject": token(sub=None),
    "empty subject": token(sub=""),
    "no session": token(sid=None),
    "session that is a number": token(sid=1),
    "no expiry": token(exp=None),
    "expiry that is a text": token(exp="tomorrow"),
    "not yet": token(nbf=int(time.time()) + 86_400),
    "issued tomorrow": token(iat=int(time.time()) + 86_400),
    "roles that are a text": token(roles="operator"),
    "roles added after signing": spliced({"alg": "ES256", "kid": "k1", "typ": "at+jwt"}, claims(roles=["operator"])),
    "100 kB": token(junk="x" * 100_000),
    "other characters": "é" + token(),
    "deep nonsense": f"{piece(b'[' * 2000)}.{piece(claims())}.{piece(b'x' * 64)}",
}


def ring(*keys: dict[str, Any]) -> KeyRing:
    async def fetch() -> dict[str, Any]:
        return {"keys": list(keys)}

    return KeyRing(fetch)


def verify(text: str) -> Caller:
    async def work() -> Caller:
        return await Es256Verifier(ring(public(KEY)), ISSUER, AUDIENCE).verify(text)

    return asyncio.run(work())


def test_a_token_of_users_is_taken():
    caller = verify(token(roles=["operator"]))
    assert (caller.user_id, caller.session_id, caller.roles) == ("u1", "s1", ("operator",))


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forgery_is_refused(name):
    with pytest.raises(TokenInvalid):
        verify(FORGERIES[name])


def test_an_expired_token_says_so_and_clocks_may_differ_by_half_a_minute():
    now = int(time.time())
    assert verify(token(exp=now - 20)).user_id == "u1"
    with pytest.raises(TokenExpired):
        verify(token(exp=now - 40))


def test_keys_of_other_kinds_are_left_aside():
    symmetric = {"kty": "oct", "kid": "k1", "k": "c2VjcmV0"}
    encrypting = {**public(KEY), "use": "enc"}

    async def work(entry: dict[str, Any]) -> Any:
        return await ring(entry).key("k1")

    assert asyncio.run(work(symmetric)) is None
    assert asyncio.run(work(encrypting)) is None
    assert asyncio.run(work(public(KEY))) is not None


class Moving:
    """A clock moved by hand."""

    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time


def test_an_unknown_kid_asks_once_and_then_waits():
    asked = []
    clock = Moving()

    async def fetch() -> dict[str, Any]:
        asked.append(clock.time)
        return {"keys": [public(KEY)]}

    async def work() -> None:
        keys = KeyRing(fetch, clock)
        assert await keys.key("k1") is not None
        for _ in range(100):
            assert await keys.key("unknown") is None
        assert len(asked) == 1
        clock.time += 6
        assert await keys.key("unknown") is None
        assert len(asked) == 2

    asyncio.run(work())


def test_a_new_key_is_found_and_a_retired_one_ends():
    clock = Moving()
    current = [public(KEY, "old")]

    async def fetch() -> dict[str, Any]:
        return {"keys": list(current)}

    async def work() -> None:
        keys = KeyRing(fetch, clock)
        changes = []
        keys.on_changed(lambda: changes.append(1))
        assert await keys.key("old") is not None
        current[:] = [public(STRANGER, "new")]
        clock.time += 6
        assert await keys.key("new") is not None
        assert await keys.key("old") is None
        assert len(changes) == 2

    asyncio.run(work())


def test_known_keys_serve_while_users_is_away():
    clock = Moving()
    away = []

    async def fetch() -> dict[str, Any]:
        if away:
            raise Unavailable("users is not there")
        return {"keys": [public(KEY)]}

    async def work() -> None:
        keys = KeyRing(fetch, clock)
        assert await keys.key("k1") is not None
        away.append(1)
        clock.time += 10_000
        assert await keys.key("k1") is not None
        with pytest.raises(Unavailable):
            await keys.key("k2")

    asyncio.run(work())


class Counting:
    """Verifies everything, and counts."""

    def __init__(self) -> None:
        self.times = 0

    async def verify(self, token: str) -> Caller:
        self.times += 1
        return Caller("u1", "s1", (), 2000.0)


def access(verifier: Counting, clock: Moving, revoked: RevokedSessions) -> Access:
    revoked.known = True
    return Access(verifier, revoked, clock)


def test_a_signature_is_checked_once_and_the_session_every_time():
    verifier, clock = Counting(), Moving()
    revoked = RevokedSessions(clock)
    door = access(verifier, clock, revoked)

    async def work() -> None:
        await door.caller("t")
        await door.caller("t")
        assert verifier.times == 1
        revoked.revoke("s1", 1500.0)
        with pytest.raises(SessionRevoked):
            await door.caller("t")
        clock.time = 2001.0
        with pytest.raises(TokenExpired):
            await door.caller("t")

    asyncio.run(work())


def test_nobody_is_let_in_before_the_ended_sessions_are_known():
    door = Access(Counting(), RevokedSessions(), time.time)

    async def work() -> None:
        with pytest.raises(Unavailable):
            await door.caller("t")

    asyncio.run(work())


def test_ended_sessions_are_forgotten_when_their_last_token_has_expired():
    clock = Moving()
    revoked = RevokedSessions(clock)
    revoked.revoke("s1", 1100.0)
    clock.time = 1200.0
    revoked.revoke("s2", 1300.0)
    assert "s1" not in revoked
    assert "s2" in revoked
    assert len(revoked) == 1

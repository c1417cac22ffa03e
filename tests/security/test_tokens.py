"""Access tokens: none that is forged, borrowed, ended or of another kind opens anything."""

import base64
import json
import time
from collections.abc import Callable

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from yeshi_local.abuse.forger import Forger, segment
from yeshi_local.story.api import Api
from yeshi_local.story.people import Buyer
from yeshi_local.testing import until


def pem(forger: Forger) -> bytes:
    return forger.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


OWN_EC = ec.generate_private_key(ec.SECP256R1())
OWN_P384 = ec.generate_private_key(ec.SECP384R1())
OWN_RSA = rsa.generate_private_key(65537, 2048)
OWN_JWK = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(OWN_EC.public_key()))
HOUR = 3600

FORGERIES: dict[str, Callable[[Forger], str]] = {
    "alg none": lambda f: f"{segment({**f.header, 'alg': 'none'})}.{f.body}.",
    "alg None, spelt otherwise": lambda f: f"{segment({**f.header, 'alg': 'nOnE'})}.{f.body}.",
    "alg none with a signature": lambda f: f.headed(alg="none"),
    "no alg": lambda f: f"{segment({'kid': f.header['kid'], 'typ': 'at+jwt'})}.{f.body}.{f.signature}",
    "HS256 by the public JWK": lambda f: f.hs256(json.dumps(f.public, separators=(",", ":")).encode()),
    "HS256 by the public PEM": lambda f: f.hs256(pem(f)),
    "HS256 by nothing": lambda f: f.hs256(b""),
    "another key": lambda f: f.by(OWN_EC),
    "another curve": lambda f: f.by(OWN_P384, "ES384"),
    "RS256": lambda f: f.by(OWN_RSA, "RS256"),
    "its own jwk": lambda f: f.by(OWN_EC, jwk=OWN_JWK),
    "its own jwk, no kid": lambda f: f.by(OWN_EC, jwk=OWN_JWK, kid="mine"),
    "jku": lambda f: f.by(OWN_EC, jku="http://127.0.0.1:1/jwks.json"),
    "x5u": lambda f: f.by(OWN_EC, x5u="http://127.0.0.1:1/cert.pem"),
    "x5c": lambda f: f.by(OWN_EC, x5c=["MIIB"]),
    "unknown kid": lambda f: f.headed(kid="nobody"),
    "kid as a path": lambda f: f.by(OWN_EC, kid="../../../dev/null"),
    "kid as SQL": lambda f: f.by(OWN_EC, kid="' UNION SELECT 1 --"),
    "kid as a number": lambda f: f"{segment({**f.header, 'kid': 1})}.{f.body}.{f.signature}",
    "crit": lambda f: f.signed({"crit": ["exp"]}),
    "another subject": lambda f: f.saying(sub="00000000-0000-7000-8000-000000000000"),
    "made operator": lambda f: f.saying(roles=["operator"]),
    "later end": lambda f: f.saying(exp=f.claims["exp"] + HOUR),
    "expired": lambda f: f.signed(exp=int(time.time()) - HOUR, iat=int(time.time()) - 2 * HOUR),
    "no end": lambda f: f.signed(exp=None),
    "not yet": lambda f: f.signed(nbf=int(time.time()) + HOUR),
    "another audience": lambda f: f.signed(aud="somebody-else"),
    "no audience": lambda f: f.signed(aud=None),
    "another issuer": lambda f: f.signed(iss="https://evil.example"),
    "no subject": lambda f: f.signed(sub=None),
    "no session": lambda f: f.signed(sid=None),
    "of another type": lambda f: f.signed({"typ": "JWT"}),
    "a refresh token's type": lambda f: f.signed({"typ": "rt+jwt"}),
    "signature cut": lambda f: f.token[:-10],
    "signature of nothing": lambda f: f"{f.head}.{f.body}.",
    "signature of zeros": lambda f: f"{f.head}.{f.body}.{base64.urlsafe_b64encode(bytes(64)).rstrip(b'=').decode()}",
    "two parts": lambda f: f"{f.head}.{f.body}",
    "five parts": lambda f: f"{f.token}.a.b",
    "100 kB": lambda f: f.token + "A" * 100_000,
    "not base64": lambda f: "a.b.c",
    "deep JSON": lambda f: f"{base64.urlsafe_b64encode(b'[' * 3000).decode()}.{f.body}.{f.signature}",
}


@pytest.fixture(scope="module")
def forger(platform) -> Forger:
    return Forger(platform, Buyer(platform.url, "偽造者").api.token)


def test_the_forger_could_sign_if_it_were_let(platform, forger):
    assert Api(platform.url, forger.signed()).get("/v1/me")["user_id"] == forger.claims["sub"]


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_token_opens_nothing(platform, forger, name):
    token = FORGERIES[name](forger)
    for path in ("/v1/me", "/v1/operator/sellers", "/v1/products"):
        answer = Api(platform.url, token).send("GET", path)
        assert answer.status_code in (401, 431), (path, answer.text)
        assert answer.json()["code"] in ("token_invalid", "token_expired", "headers_too_large")


@pytest.mark.parametrize("scheme", ["Basic {}", "Bearer", "bearer:{}", "Token {}", "{}", "Bearer {} {}"])
def test_a_token_comes_as_bearer_and_not_otherwise(platform, forger, scheme):
    header = {"Authorization": scheme.format(forger.token, forger.token)}
    assert Api(platform.url).send("GET", "/v1/me", headers=header).status_code == 401


def test_a_token_in_the_query_or_a_body_is_not_seen(platform, forger):
    anybody = Api(platform.url)
    for name in ("access_token", "token", "authorization"):
        assert anybody.send("GET", "/v1/me", params={name: forger.token}).status_code == 401


def test_a_logged_out_token_ends_at_every_gateway(platform):
    person = Buyer(platform.url, "離開的人")
    person.api.post("/v1/auth/logout", {})
    for gateway in platform.gateways:
        until(lambda where=gateway: person.at(where).send("GET", "/v1/me").status_code == 401)
    again = Api(platform.url).send("POST", "/v1/auth/refresh", json={"refresh_token": person.refresh_token})
    assert (again.status_code, again.json()["code"]) == (401, "invalid_refresh_token")


def test_a_refresh_token_used_twice_ends_its_family(platform):
    person, anybody = Buyer(platform.url, "被竊的人"), Api(platform.url)
    second = anybody.post("/v1/auth/refresh", {"refresh_token": person.refresh_token})
    third = anybody.post("/v1/auth/refresh", {"refresh_token": second["refresh_token"]})
    for stale in (person.refresh_token, third["refresh_token"], second["refresh_token"]):
        answer = anybody.send("POST", "/v1/auth/refresh", json={"refresh_token": stale})
        assert answer.status_code == 401
    for gateway in platform.gateways:
        until(lambda where=gateway: Api(where, third["access_token"]).send("GET", "/v1/me").status_code == 401)


def test_a_refresh_token_is_no_access_token_and_the_other_way_round(platform):
    person = Buyer(platform.url, "混淆的人")
    assert Api(platform.url, person.refresh_token).send("GET", "/v1/me").status_code == 401
    answer = Api(platform.url).send("POST", "/v1/auth/refresh", json={"refresh_token": person.api.token})
    assert answer.status_code == 401

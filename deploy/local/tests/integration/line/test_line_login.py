"""LINE Login with PKCE, ID tokens of both kinds, and the verify endpoint's complaints."""

import base64
import hashlib
import secrets
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest

CHANNEL, SECRET = "2000000002", "local-line-login-secret-00000002"
BACK = "http://127.0.0.1:8000/v1/auth/line/callback"


def challenge_of(verifier):
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def asked(verifier, **more):
    return {
        "response_type": "code",
        "client_id": CHANNEL,
        "redirect_uri": BACK,
        "state": "s-123",
        "scope": "profile openid",
        "nonce": "n-456",
        "code_challenge": challenge_of(verifier),
        "code_challenge_method": "S256",
    } | more


def allow(line, user, verifier, decision="allow", **more):
    """What the consent page's form sends; the callback's query."""
    form = asked(verifier, **more) | {"decision": decision, "user_id": user}
    answer = line.http.post("/oauth2/v2.1/authorize", data=form)
    assert answer.status_code == 302
    assert answer.headers["location"].startswith(BACK)
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}


def exchange(line, code, verifier, **more):
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": BACK,
        "client_id": CHANNEL,
        "client_secret": SECRET,
        "code_verifier": verifier,
    } | more
    return line.http.post("/oauth2/v2.1/token", data=form)


@pytest.fixture
def verifier():
    return secrets.token_urlsafe(48)


def test_login_with_pkce_gives_a_verifiable_identity(line, verifier):
    user = line.user("小美")
    page = line.http.get("/oauth2/v2.1/authorize", params=asked(verifier))
    assert page.status_code == 200
    assert "小美" in page.text
    back = allow(line, user, verifier)
    assert back["state"] == "s-123"
    tokens = exchange(line, back["code"], verifier).json()
    claims = jwt.decode(
        tokens["id_token"],
        SECRET,
        algorithms=["HS256"],
        audience=CHANNEL,
        issuer="https://access.line.me",
    )
    assert (claims["sub"], claims["nonce"], claims["name"]) == (user, "n-456", "小美")
    assert (tokens["scope"], tokens["token_type"]) == ("profile openid", "Bearer")
    bearer = {"authorization": f"Bearer {tokens['access_token']}"}
    assert line.http.get("/v2/profile", headers=bearer).json()["userId"] == user
    assert line.http.get("/friendship/v1/status", headers=bearer).json() == {"friendFlag": True}
    checked = line.http.get("/oauth2/v2.1/verify", params={"access_token": tokens["access_token"]}).json()
    assert checked["client_id"] == CHANNEL


@pytest.mark.parametrize("wrong", ["verifier", "redirect_uri", "secret", "late", "twice"])
def test_a_code_opens_nothing_when_anything_is_wrong(line, verifier, wrong):
    code = allow(line, line.user(), verifier)["code"]
    more = {}
    if wrong == "verifier":
        more = {"code_verifier": secrets.token_urlsafe(48)}
    elif wrong == "redirect_uri":
        more = {"redirect_uri": BACK + "/other"}
    elif wrong == "secret":
        more = {"client_secret": "x" * 32}
    elif wrong == "late":
        line.advance(601)
    else:
        assert exchange(line, code, verifier).status_code == 200
    answer = exchange(line, code, verifier, **more)
    assert answer.status_code == 400
    assert answer.json()["error"] == ("invalid_client" if wrong == "secret" else "invalid_grant")


def test_a_refused_consent_says_so(line, verifier):
    back = allow(line, line.user(), verifier, decision="cancel")
    assert (back["error"], back["state"]) == ("ACCESS_DENIED", "s-123")


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"code_challenge_method": "plain"}, "INVALID_REQUEST"),
        ({"response_type": "token"}, "UNSUPPORTED_RESPONSE_TYPE"),
        ({"scope": "profile everything"}, "INVALID_SCOPE"),
        ({"prompt": "none"}, "LOGIN_REQUIRED"),
    ],
)
def test_a_wrong_request_is_sent_back(line, verifier, change, error):
    line.user()
    line.http.cookies.clear()
    answer = line.http.get("/oauth2/v2.1/authorize", params=asked(verifier, **change))
    assert parse_qs(urlsplit(answer.headers["location"]).query)["error"] == [error]


def test_a_strange_address_is_never_redirected_to(line, verifier):
    for change in ({"client_id": "1"}, {"redirect_uri": "javascript:alert(1)"}):
        assert line.http.get("/oauth2/v2.1/authorize", params=asked(verifier, **change)).status_code == 400


def test_a_liff_token_is_signed_with_a_published_key(line):
    user = line.user()
    token = line.liff_token(user)["id_token"]
    keys = jwt.PyJWKSet.from_dict(line.http.get("/oauth2/v2.1/certs").json())
    kid = jwt.get_unverified_header(token)["kid"]
    claims = jwt.decode(token, keys[kid].key, algorithms=["ES256"], audience=CHANNEL, issuer="https://access.line.me")
    assert claims["sub"] == user
    assert claims["exp"] - claims["iat"] == 3600
    line.control("POST", "keys/rotate")
    assert jwt.get_unverified_header(line.liff_token(user)["id_token"])["kid"] != kid
    assert verify(line, token)["sub"] == user


def verify(line, token, **more):
    return line.http.post("/oauth2/v2.1/verify", data={"id_token": token, "client_id": CHANNEL} | more).json()


@pytest.mark.parametrize(
    ("asked_for", "more", "complaint"),
    [
        ({"forged": True}, {}, "Invalid IdToken."),
        ({"claims": {"iss": "https://evil.example"}}, {}, "Invalid IdToken Issuer."),
        ({"claims": {"exp": 1}}, {}, "IdToken expired."),
        ({"claims": {"aud": "123"}}, {}, "Invalid IdToken Audience."),
        ({}, {"nonce": "other"}, "Invalid IdToken Nonce."),
        ({}, {"user_id": "U" + "0" * 32}, "Invalid IdToken Subject Identifier."),
    ],
)
def test_verify_names_what_is_wrong(line, asked_for, more, complaint):
    token = line.liff_token(line.user(), **asked_for)["id_token"]
    answer = verify(line, token, **more)
    assert answer == {"error": "invalid_request", "error_description": complaint}


def test_another_provider_knows_the_same_person_by_another_id(line):
    channel = {"id": "3000000001", "secret": "s" * 32, "kind": "login", "provider": "other"}
    line.control("POST", "channels", channel)
    user = line.user()
    claims = jwt.decode(line.liff_token(user, client_id="3000000001")["id_token"], options={"verify_signature": False})
    assert claims["sub"] != user
    assert claims["sub"].startswith("U")


def test_a_refresh_token_renews_and_a_departed_user_is_forgotten(line, verifier):
    user = line.user()
    first = exchange(line, allow(line, user, verifier)["code"], verifier).json()
    form = {
        "grant_type": "refresh_token",
        "refresh_token": first["refresh_token"],
        "client_id": CHANNEL,
        "client_secret": SECRET,
    }
    second = line.http.post("/oauth2/v2.1/token", data=form).json()
    assert second["refresh_token"] == first["refresh_token"]
    gone = line.http.post(
        "/user/v1/deauthorize",
        json={"userAccessToken": second["access_token"]},
        headers={"authorization": f"Bearer {line.access_token()}"},
    )
    assert gone.status_code == 204
    bearer = {"authorization": f"Bearer {second['access_token']}"}
    assert line.http.get("/v2/profile", headers=bearer).status_code == 401

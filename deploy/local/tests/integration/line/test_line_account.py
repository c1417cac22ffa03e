"""The rest of the account: tokens by assertion, profiles, contents, rich menus, all through LINE's SDK."""

import base64
import json
import time
from collections.abc import Iterator

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from linebot.v3.messaging import (
    ApiClient,
    Configuration,
    MessageAction,
    MessagingApi,
    MessagingApiBlob,
    RichMenuArea,
    RichMenuBounds,
    RichMenuRequest,
    RichMenuSize,
    ShowLoadingAnimationRequest,
)
from linebot.v3.messaging.exceptions import ApiException, NotFoundException
from linebot.v3.oauth import ApiClient as OauthClient
from linebot.v3.oauth import ChannelAccessToken
from linebot.v3.oauth import Configuration as OauthConfiguration
from linebot.v3.oauth.exceptions import ApiException as OauthException

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@pytest.fixture
def client(line) -> Iterator[ApiClient]:
    with ApiClient(Configuration(host=line.url, access_token=line.access_token())) as client:
        yield client


@pytest.fixture
def api(client) -> MessagingApi:
    return MessagingApi(client)


@pytest.fixture
def signing_key(line) -> Iterator[tuple[rsa.RSAPrivateKey, str]]:
    """A private key whose public half is registered with the bot's channel."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key()))
    line.control("POST", "channels", {"id": line.channel_id, "keys": {"k1": public}})
    yield key, "k1"
    line.control("POST", "channels", {"id": line.channel_id, "keys": {}})


def assertion(line, key, kid, **changes):
    claims = {
        "iss": line.channel_id,
        "sub": line.channel_id,
        "aud": "https://api.line.me/",
        "exp": int(time.time()) + 600,
        "token_exp": 3600,
    } | changes
    return jwt.encode(claims, key, algorithm="RS256", headers={"kid": kid})


def test_a_v2_1_token_comes_for_a_signed_assertion(line, signing_key):
    with OauthClient(OauthConfiguration(host=line.url)) as client:
        oauth = ChannelAccessToken(client)

        def issue(**changes):
            return oauth.issue_channel_token_by_jwt(
                grant_type="client_credentials",
                client_assertion_type="urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                client_assertion=assertion(line, *signing_key, **changes),
            )

        issued = issue()
        assert issued.expires_in == 3600
        assert oauth.verify_channel_token_by_jwt(issued.access_token).client_id == line.channel_id
        for wrong in ({"exp": int(time.time()) + 7200}, {"aud": "https://example.com/"}, {"token_exp": 31 * 86_400}):
            with pytest.raises(OauthException) as error:
                issue(**wrong)
            assert error.value.status == 400
    with ApiClient(Configuration(host=line.url, access_token=issued.access_token)) as client:
        assert MessagingApi(client).get_bot_info().display_name


def test_a_profile_is_shown_to_friends_only(line, api):
    friend, stranger = line.user("小美", status="逛夜市中"), line.user(state="stranger")
    profile = api.get_profile(friend)
    assert (profile.display_name, profile.status_message, profile.language) == ("小美", "逛夜市中", "zh-TW")
    with pytest.raises(NotFoundException):
        api.get_profile(stranger)
    line.say(stranger, "請問有營業嗎")
    assert api.get_profile(stranger).user_id == stranger


def test_what_a_user_uploads_can_be_fetched(line, client):
    user = line.user()
    content = {"content": base64.b64encode(PNG).decode(), "content_type": "image/png"}
    event = line.control("POST", f"users/{user}/say", content)["event"]
    blob = MessagingApiBlob(client)
    assert event["message"]["contentProvider"] == {"type": "line"}
    assert bytes(blob.get_message_content(event["message"]["id"])) == PNG
    gone = line.control("POST", f"users/{user}/say", content | {"state": "gone"})["event"]["message"]["id"]
    with pytest.raises(ApiException) as error:
        blob.get_message_content(gone)
    assert error.value.status == 410


def test_a_rich_menu_needs_its_picture_before_anyone_sees_it(line, client, api):
    user = line.user()
    area = RichMenuArea(
        bounds=RichMenuBounds(x=0, y=0, width=800, height=270), action=MessageAction(label="訂單", text="我的訂單")
    )
    menu = api.create_rich_menu(
        RichMenuRequest(
            size=RichMenuSize(width=800, height=270), selected=True, name="main", chat_bar_text="選單", areas=[area]
        )
    ).rich_menu_id
    with pytest.raises(ApiException):
        api.link_rich_menu_id_to_user(user, menu)
    MessagingApiBlob(client).set_rich_menu_image(menu, body=PNG, _headers={"Content-Type": "image/png"})
    api.link_rich_menu_id_to_user(user, menu)
    assert api.get_rich_menu_id_of_user(user).rich_menu_id == menu
    api.set_default_rich_menu(menu)
    assert api.get_default_rich_menu_id().rich_menu_id == menu
    api.delete_rich_menu(menu)
    assert api.get_rich_menu_list().richmenus == []


@pytest.mark.parametrize(("seconds", "status"), [(20, 202), (60, 202), (7, 400), (65, 400)])
def test_the_loading_animation_lasts_whole_fives(line, seconds, status):
    user = line.user()
    answer = line.http.post(
        "/v2/bot/chat/loading/start",
        json={"chatId": user, "loadingSeconds": seconds},
        headers={"authorization": f"Bearer {line.access_token()}"},
    )
    assert answer.status_code == status


def test_the_sdk_starts_the_loading_animation(line, api):
    api.show_loading_animation(ShowLoadingAnimationRequest(chat_id=line.user(), loading_seconds=5))

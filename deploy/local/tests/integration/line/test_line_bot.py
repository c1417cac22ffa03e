"""The double driven by LINE's own SDK, the way the platform drives LINE."""

import json
import threading
import uuid
from collections.abc import Iterator

import httpx
import pytest
from linebot.v3.messaging import (
    ApiClient,
    BroadcastRequest,
    Configuration,
    FlexContainer,
    FlexMessage,
    MessagingApi,
    MulticastRequest,
    NarrowcastRequest,
    PushMessageRequest,
    ReplyMessageRequest,
    TextMessage,
    ValidateMessageRequest,
)
from linebot.v3.messaging.exceptions import ApiException, ServiceException, UnauthorizedException
from linebot.v3.oauth import ApiClient as OauthClient
from linebot.v3.oauth import ChannelAccessToken
from linebot.v3.oauth import Configuration as OauthConfiguration
from urllib3.exceptions import ReadTimeoutError


@pytest.fixture
def api(line) -> Iterator[MessagingApi]:
    with ApiClient(Configuration(host=line.url, access_token=line.access_token())) as client:
        yield MessagingApi(client)


def text(words="你有一筆新訂單"):
    return [TextMessage(text=words)]


def new_key():
    return str(uuid.uuid4())


def message_of(error):
    return json.loads(error.value.body)["message"]


def test_a_push_arrives_at_its_user(line, api):
    user = line.user("小美")
    answer = api.push_message(PushMessageRequest(to=user, messages=text()), x_line_retry_key=new_key())
    [entry] = line.messages(user)
    assert entry["message"]["text"] == "你有一筆新訂單"
    assert answer.sent_messages[0].id == entry["id"]


def test_a_stateless_token_comes_from_the_sdk_and_ends_after_15_minutes(line):
    with OauthClient(OauthConfiguration(host=line.url)) as client:
        oauth = ChannelAccessToken(client)
        issued = oauth.issue_stateless_channel_token_by_client_secret(
            client_id=line.channel_id, client_secret=line.channel_secret
        )
    assert issued.expires_in == 900
    with ApiClient(Configuration(host=line.url, access_token=issued.access_token)) as client:
        assert MessagingApi(client).get_bot_info().chat_mode == "bot"
        line.advance(901)
        with pytest.raises(UnauthorizedException):
            MessagingApi(client).get_bot_info()


def test_a_repeated_retry_key_is_refused_with_the_first_answer(line, api):
    user, key = line.user(), new_key()
    first = api.push_message_with_http_info(PushMessageRequest(to=user, messages=text()), x_line_retry_key=key)
    with pytest.raises(ApiException) as error:
        api.push_message(PushMessageRequest(to=user, messages=text()), x_line_retry_key=key)
    assert error.value.status == 409
    assert message_of(error) == "The retry key is already accepted"
    assert json.loads(error.value.body)["sentMessages"][0]["id"] == first.data.sent_messages[0].id
    assert error.value.headers["x-line-accepted-request-id"] == first.headers["x-line-request-id"]
    assert len(line.messages(user)) == 1
    assert line.sends(retry_key=key)[0]["tries"] == 2


def test_a_retry_key_is_forgotten_after_a_day(line, api):
    user, key = line.user(), new_key()
    api.push_message(PushMessageRequest(to=user, messages=text()), x_line_retry_key=key)
    line.advance(24 * 3600 + 1)
    with ApiClient(Configuration(host=line.url, access_token=line.access_token())) as client:
        MessagingApi(client).push_message(PushMessageRequest(to=user, messages=text()), x_line_retry_key=key)
    assert len(line.messages(user)) == 2


def test_calls_with_one_retry_key_at_once_are_accepted_once(line):
    user, key, token = line.user(), new_key(), line.access_token()
    statuses: list[int] = []

    def push() -> None:
        answer = httpx.post(
            f"{line.url}/v2/bot/message/push",
            json={"to": user, "messages": [{"type": "text", "text": "一次"}]},
            headers={"authorization": f"Bearer {token}", "x-line-retry-key": key},
            trust_env=False,
        )
        statuses.append(answer.status_code)

    threads = [threading.Thread(target=push) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200] + [409] * 7
    assert len(line.messages(user)) == 1


def test_a_timeout_after_accept_is_the_case_the_retry_key_exists_for(line, api):
    user, key = line.user(), new_key()
    line.fault("push", "timeout_after_accept", times=1, seconds=20)
    request = PushMessageRequest(to=user, messages=text())
    with pytest.raises(ReadTimeoutError):
        api.push_message(request, x_line_retry_key=key, _request_timeout=0.5)
    with pytest.raises(ApiException) as error:
        api.push_message(request, x_line_retry_key=key)
    assert error.value.status == 409
    assert len(line.received(user)) == 1


def test_an_error_before_accept_leaves_the_key_free(line, api):
    user, key = line.user(), new_key()
    line.fault("push", "error", times=1)
    with pytest.raises(ServiceException):
        api.push_message(PushMessageRequest(to=user, messages=text()), x_line_retry_key=key)
    assert line.received(user) == []
    api.push_message(PushMessageRequest(to=user, messages=text()), x_line_retry_key=key)
    assert len(line.received(user)) == 1


def test_the_quota_counts_recipients_and_then_refuses(line, api):
    users = [line.user(f"用戶 {n}") for n in range(3)]
    blocked = line.user("封鎖", state="blocked")
    line.settings(quota=4)
    api.push_message(PushMessageRequest(to=users[0], messages=text() * 5), x_line_retry_key=new_key())
    api.push_message(PushMessageRequest(to=blocked, messages=text()), x_line_retry_key=new_key())
    api.multicast(MulticastRequest(to=users, messages=text()), x_line_retry_key=new_key())
    assert api.get_message_quota_consumption().total_usage == 4
    assert api.get_message_quota().value == 4
    key = new_key()
    with pytest.raises(ApiException) as error:
        api.push_message(PushMessageRequest(to=users[0], messages=text()), x_line_retry_key=key)
    assert (error.value.status, message_of(error)) == (429, "You have reached your monthly limit.")
    line.settings(quota=5)
    api.push_message(PushMessageRequest(to=users[0], messages=text()), x_line_retry_key=key)


def test_too_many_calls_are_told_apart_from_the_quota_by_their_text(line, api):
    user = line.user()
    line.settings(rates={"push": 1})
    api.push_message(PushMessageRequest(to=user, messages=text()))
    with pytest.raises(ApiException) as error:
        api.push_message(PushMessageRequest(to=user, messages=text()))
    assert error.value.status == 429
    assert message_of(error) == "The API rate limit has been exceeded. Try again later."
    line.advance(1)
    api.push_message(PushMessageRequest(to=user, messages=text()))


def test_a_group_costs_its_members(line, api):
    members = [line.user(f"店員 {n}") for n in range(3)]
    group = line.group("店長群", members)
    api.push_message(PushMessageRequest(to=group, messages=text()))
    assert api.get_message_quota_consumption().total_usage == 3
    assert api.get_group_member_count(group).count == 3
    assert [message["text"] for message in line.received(group)] == ["你有一筆新訂單"]


def test_who_blocked_the_account_gets_nothing_and_nobody_is_told(line, api):
    user = line.user(state="blocked")
    api.push_message(PushMessageRequest(to=user, messages=text()))
    assert line.messages(user) == []
    with pytest.raises(ApiException) as error:
        api.get_profile(user)
    assert error.value.status == 404


def test_an_id_of_another_provider_is_refused_by_push_and_by_choice_by_multicast(line, api):
    user, foreign = line.user(), line.user(foreign=True)
    with pytest.raises(ApiException) as error:
        api.push_message(PushMessageRequest(to=foreign, messages=text()))
    assert (error.value.status, message_of(error)) == (400, "Failed to send messages")
    api.multicast(MulticastRequest(to=[user, foreign], messages=text()))
    line.settings(multicast_foreign="refuse")
    with pytest.raises(ApiException):
        api.multicast(MulticastRequest(to=[user, foreign], messages=text()))
    assert len(line.received(user)) == 1


def test_limits_the_sdk_does_not_know_are_checked(line, api):
    user = line.user()
    with pytest.raises(ApiException) as error:
        api.push_message(PushMessageRequest(to=user, messages=text("鹹" * 5001)))
    body = json.loads(error.value.body)
    assert (error.value.status, body["message"]) == (400, "The request body has 1 error(s)")
    assert body["details"] == [{"message": "Length must be between 0 and 5000", "property": "messages[0].text"}]
    with pytest.raises(ApiException):
        api.validate_push(ValidateMessageRequest(messages=[flex("字" * 1501)]))
    api.validate_push(ValidateMessageRequest(messages=[flex("新訂單")]))
    assert line.messages(user) == []


def flex(alt):
    contents = {"type": "bubble", "body": {"type": "box", "layout": "vertical", "contents": []}}
    return FlexMessage(alt_text=alt, contents=FlexContainer.from_dict(contents))


def test_a_reply_is_free_works_once_and_only_while_fresh(line, api, shop):
    user = line.user()
    token = line.say(user, "我的訂單")["event"]["replyToken"]
    api.reply_message(ReplyMessageRequest(replyToken=token, messages=text("在這裡")))
    with pytest.raises(ApiException) as error:
        api.reply_message(ReplyMessageRequest(replyToken=token, messages=text()))
    assert (error.value.status, message_of(error)) == (400, "Invalid reply token")
    late = line.say(user, "還有嗎")["event"]["replyToken"]
    line.advance(61)
    with pytest.raises(ApiException):
        api.reply_message(ReplyMessageRequest(replyToken=late, messages=text()))
    assert [message["text"] for message in line.received(user)] == ["在這裡"]
    assert api.get_message_quota_consumption().total_usage == 0


def test_a_retry_key_on_a_reply_is_refused(line, shop):
    user = line.user()
    token = line.say(user, "嗨")["event"]["replyToken"]
    answer = line.http.post(
        "/v2/bot/message/reply",
        json={"replyToken": token, "messages": [{"type": "text", "text": "嗨"}]},
        headers={"authorization": f"Bearer {line.access_token()}", "x-line-retry-key": new_key()},
    )
    assert answer.status_code == 400


def test_a_narrowcast_tells_its_progress(line, api):
    for number in range(3):
        line.user(f"朋友 {number}")
    line.settings(narrowcast_seconds=10)
    sent = api.narrowcast_with_http_info(NarrowcastRequest(messages=text()), x_line_retry_key=new_key())
    assert sent.status_code == 202
    request_id = sent.headers["x-line-request-id"]
    assert api.get_narrowcast_progress(request_id).phase == "sending"
    line.advance(10)
    done = api.get_narrowcast_progress(request_id)
    assert (done.phase, done.success_count) == ("succeeded", 3)


def test_a_broadcast_reaches_all_friends_and_the_statistics_know_it_the_next_day(line, api):
    users = [line.user(), line.user(state="stranger")]
    api.broadcast(BroadcastRequest(messages=text()))
    assert [len(line.received(user)) for user in users] == [1, 0]
    day = line.control("GET", "clock")["now"]
    line.control("POST", "clock", {"to": day[:10] + "T14:00:00+00:00"})  # 23:00 in UTC+9, the day's last hour there
    date = day[:10].replace("-", "")
    line.advance(3700)
    with ApiClient(Configuration(host=line.url, access_token=line.access_token())) as client:
        statistics = MessagingApi(client).get_number_of_sent_broadcast_messages(var_date=date)
    assert statistics.status == "ready"


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"{}", "text/plain", 415),
        (b'{"to": 7, "messages": []}', "application/json", 400),
        (b" " * (2 * 1024 * 1024 + 1), "application/json", 413),
    ],
)
def test_bodies_that_are_no_requests_get_lines_errors(line, body, kind, status):
    headers = {"authorization": f"Bearer {line.access_token()}", "content-type": kind}
    answer = line.http.post("/v2/bot/message/push", content=body, headers=headers)
    assert answer.status_code == status
    assert answer.json()["message"]
    assert answer.headers["x-line-request-id"]


def test_without_a_token_nothing_is_sent(line):
    user = line.user()
    answer = line.http.post("/v2/bot/message/push", json={"to": user, "messages": [{"type": "text", "text": "x"}]})
    assert answer.status_code == 401
    assert answer.json()["message"].startswith("Authentication failed due to the following reason")
    assert line.messages(user) == []


def test_a_script_decides_call_by_call(line, api):
    user = line.user()
    line.fault("push", script=["ok", "rate_limit", "quota", "unauthorized", "error", "ok"])
    statuses = []
    for _ in range(7):
        try:
            statuses.append(api.push_message_with_http_info(PushMessageRequest(to=user, messages=text())).status_code)
        except ApiException as error:
            statuses.append(error.status)
    assert statuses == [200, 429, 429, 401, 500, 200, 200]
    assert len(line.received(user)) == 3

"""What LINE and SNS say, and how messages look there."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from urllib.parse import parse_qs

import pytest
from linebot.v3.oauth.exceptions import ApiException

from chassis.settings import SettingsError, load
from notify.adapters import line_messages, line_messaging, line_tokens, sns
from notify.adapters.line_tokens import LineTokens, NoToken
from notify.adapters.notify_compatible import NotifyCompatible
from notify.domain.delivery import Answer
from notify.settings import work_settings

ENVIRON = {
    "POSTGRES_DSN": "postgresql://notify@127.0.0.1/notify",
    "PUBLIC_URL": "https://yeshi.example",
    "LINE_CHANNEL_ID": "1",
    "LINE_CHANNEL_SECRET": "s" * 32,
}


@pytest.mark.parametrize(
    ("status", "message", "answer"),
    [
        (409, "The retry key is already accepted", Answer.ACCEPTED),
        (429, "You have reached your monthly limit.", Answer.QUOTA),
        (429, "The API rate limit has been exceeded. Try again later.", Answer.TOO_FAST),
        (429, "something new", Answer.TOO_FAST),
        (400, "Failed to send messages", Answer.REFUSED),
        (403, "", Answer.REFUSED),
        (404, "Not found", Answer.REFUSED),
        (401, "", Answer.FAILED),
        (500, "", Answer.FAILED),
        (503, "", Answer.FAILED),
    ],
)
def test_lines_answers_are_told_apart(status, message, answer):
    assert line_messaging.answer_of(status, json.dumps({"message": message})).answer is answer


@pytest.mark.parametrize("body", [None, "", "<html>", "[]", '"text"'])
def test_an_answer_without_a_message_is_not_the_quota(body):
    assert line_messaging.answer_of(429, body).answer is Answer.TOO_FAST


@pytest.mark.parametrize(
    ("code", "status", "answer"),
    [
        ("NotFound", 404, Answer.REFUSED),
        ("InvalidParameter", 400, Answer.REFUSED),
        ("Throttled", 429, Answer.TOO_FAST),
        ("KMSThrottling", 400, Answer.TOO_FAST),
        ("Throttling", 400, Answer.TOO_FAST),
        ("InternalError", 500, Answer.FAILED),
        ("ExpiredToken", 403, Answer.FAILED),
        ("", 503, Answer.FAILED),
    ],
)
def test_snss_errors_are_told_apart(code, status, answer):
    response = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    assert sns.answer_of(response).answer is answer


def test_a_fifo_topic_gets_a_deduplication_id_per_delivery(deliveries, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "local")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "local")
    one = deliveries.add()
    arn = "arn:aws:sns:ap-northeast-1:123456789012:bell"
    plain, fifo = (sns.SnsTopic(name, "http://127.0.0.1:9", timeout=1, threads=1) for name in (arn, f"{arn}.fifo"))
    assert "MessageGroupId" not in plain._message(one)
    message = fifo._message(one)
    assert (message["MessageGroupId"], message["MessageDeduplicationId"]) == (str(one.user_id), str(one.id))
    assert "新訂單" in message["Message"]


def test_a_message_is_one_text_with_one_button_and_mentions_what_was_missed(deliveries):
    message = line_messages.notification(deliveries.add(missed=2), "https://yeshi.example")
    assert message["template"]["text"].startswith("新訂單 NT$1,280\n")
    assert "另有 2 則" in message["template"]["text"]
    assert message["template"]["actions"][0]["uri"] == "https://yeshi.example/seller/orders/1"


def test_long_words_are_cut_as_line_counts_and_the_digest_stays(deliveries):
    message = line_messages.notification(deliveries.add(body="🏮" * 200, missed=12), "https://yeshi.example")
    text = message["template"]["text"]
    assert line_messages.units(text) <= 160
    assert "🏮…\n另有 12 則" in text


class Oauth:
    """Issues numbered tokens, slowly."""

    def __init__(self):
        self.issued = 0
        self.error = None

    def issue_stateless_channel_token_by_client_secret(self, channel_id, secret, _request_timeout):
        time.sleep(0.05)
        if self.error:
            raise self.error
        self.issued += 1
        return type("Issued", (), {"access_token": f"t{self.issued}", "expires_in": 900})


@pytest.fixture
def tokens(monkeypatch):
    made = LineTokens("https://line.example", "1", "s", 1)
    made._api = Oauth()
    made.now = 0.0
    monkeypatch.setattr(line_tokens, "time", SimpleNamespace(monotonic=lambda: made.now))
    return made


def test_a_token_is_fetched_once_for_all_and_again_a_minute_before_it_ends(tokens):
    threads = [threading.Thread(target=tokens.get) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert tokens._api.issued == 1
    tokens.now = 839.0
    assert tokens.get() == "t1"
    tokens.now = 840.0
    assert tokens.get() == "t2"


def test_a_dropped_token_is_replaced_and_a_late_drop_of_an_older_one_is_not(tokens):
    first = tokens.get()
    tokens.drop(first)
    assert tokens.get() == "t2"
    tokens.drop(first)
    assert tokens.get() == "t2"


def test_no_token_says_why_in_a_word_without_the_answer(tokens):
    tokens._api.error = ApiException(status=400, reason="secret inside")
    with pytest.raises(NoToken, match=r"^token_400$"):
        tokens.get()


COMPATIBLE = {
    "POSTGRES_DSN": ENVIRON["POSTGRES_DSN"],
    "PUBLIC_URL": ENVIRON["PUBLIC_URL"],
    "LINE_DRIVER": "notify_compatible",
    "LINE_NOTIFY_URL": "http://127.0.0.1:9",
    "LINE_NOTIFY_TOKEN": "secret|{to}",
}


def loaded(environ):
    return load(work_settings(environ), environ)


@pytest.mark.parametrize(("environ", "name"), [(ENVIRON, "LINE_API_URL"), (COMPATIBLE, "LINE_NOTIFY_URL")])
@pytest.mark.parametrize("url", ["https://notify-api.line.me", "http://NOTIFY-bot.line.me/x", "notify-api.line.me"])
def test_line_notify_is_refused_by_name(environ, name, url):
    with pytest.raises(SettingsError, match="LINE Notify ended 2025-03-31"):
        loaded({**environ, name: url})


@pytest.mark.parametrize(
    ("environ", "changes", "problem"),
    [
        (ENVIRON, {"LINE_CHANNEL_SECRET": ""}, "LINE_CHANNEL_SECRET must"),
        (ENVIRON, {"LINE_DRIVER": "sms"}, "LINE_DRIVER"),
        (ENVIRON, {"DELIVERY_THREADS": "0"}, "DELIVERY_THREADS"),
        (ENVIRON, {"DELIVERY_TIMEOUT_SECONDS": "60"}, "DELIVERY_TIMEOUT_SECONDS"),
        (ENVIRON, {"SNS_TOPIC_ARN": "bell"}, "SNS_TOPIC_ARN"),
        (COMPATIBLE, {"LINE_NOTIFY_URL": "", "LINE_NOTIFY_TOKEN": "x" * 16}, "LINE_NOTIFY_URL"),
        (COMPATIBLE, {}, "LINE_NOTIFY_TOKEN must"),
    ],
)
def test_settings_that_could_deliver_nothing_are_refused(environ, changes, problem):
    with pytest.raises(SettingsError, match=problem):
        loaded({**environ, "YESHI_ENV": "production", **changes})


def test_the_defaults_speak_to_line_itself():
    settings = loaded({**ENVIRON, "YESHI_ENV": "production"})
    assert (settings.line_driver, settings.line_api_url) == ("messaging", "https://api.line.me")
    assert "s" * 32 not in repr(settings)


@pytest.fixture
def endpoint():
    """A self-hosted endpoint with LINE Notify's protocol: (url, what it was sent, statuses to answer)."""
    sent, statuses = [], []

    class Endpoint(BaseHTTPRequestHandler):
        def do_POST(self):
            form = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
            sent.append((self.path, self.headers["authorization"], form["message"][0]))
            self.send_response(statuses.pop(0) if statuses else 200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format, *args):
            """Stay quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}", sent, statuses
    server.shutdown()
    server.server_close()


def test_a_compatible_endpoint_gets_the_text_with_its_link(endpoint, deliveries):
    url, sent, statuses = endpoint
    way = NotifyCompatible(url, "secret|{to}", "https://yeshi.example", timeout=2, threads=1)
    one = deliveries.add(body="🏮" * 2000)
    assert way.send(one).answer is Answer.ACCEPTED
    [(path, bearer, text)] = sent
    assert (path, bearer) == ("/api/notify", "Bearer secret|U1")
    assert line_messages.units(text) <= 1000
    assert text.endswith("…\nhttps://yeshi.example/seller/orders/1")
    statuses += [400, 401, 429, 500]
    answers = [way.send(one).answer for _ in range(4)]
    assert answers == [Answer.REFUSED, Answer.REFUSED, Answer.TOO_FAST, Answer.FAILED]
    gone = NotifyCompatible("http://127.0.0.1:9", "t", "", timeout=1, threads=1)
    assert gone.send(one).answer is Answer.FAILED

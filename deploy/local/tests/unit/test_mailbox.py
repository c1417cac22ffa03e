"""The mail server of development keeps what it is given, and nothing else."""

import asyncio
import smtplib
from collections.abc import Callable
from email.message import EmailMessage

import pytest

from yeshi_local.mailbox.box import Box
from yeshi_local.mailbox.pages import app
from yeshi_local.mailbox.smtp import LONGEST_LINE, Smtp


@pytest.fixture
def box(tmp_path) -> Box:
    return Box(tmp_path / "mail")


def serving(box: Box, work: Callable[[int], object]) -> object:
    """What `work(port)` answers, in a thread beside the server."""

    async def run() -> object:
        server = await asyncio.start_server(Smtp(box.keep), "127.0.0.1", 0, limit=LONGEST_LINE)
        try:
            return await asyncio.to_thread(work, server.sockets[0].getsockname()[1])
        finally:
            server.close()

    return asyncio.run(run())


def a_letter(text: str = "哈囉\n") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@yeshi.test", "b@yeshi.test", "測試 test"
    message.set_content(text)
    message.add_alternative("<p>哈囉</p>", subtype="html")
    return message


def send(port: int, message: EmailMessage, *to: str) -> None:
    with smtplib.SMTP("127.0.0.1", port, timeout=5) as client:
        client.send_message(message, to_addrs=to or None)


def test_a_letter_arrives_as_it_was_sent(box):
    text = ".\n..dots\n.at the beginning\n最後\n"
    serving(box, lambda port: send(port, a_letter(text)))
    (kept,) = box.letters("B@yeshi.test")
    assert kept.part("plain") == text
    assert kept.part("html") == "<p>哈囉</p>\n"
    assert kept.shown()["subject"] == "測試 test"
    assert box.get(kept.id).to == ("b@yeshi.test",)
    assert box.letters("c@yeshi.test") == []


def test_several_letters_over_one_connection(box):
    def work(port: int) -> None:
        with smtplib.SMTP("127.0.0.1", port, timeout=5) as client:
            for number in range(3):
                client.send_message(a_letter(f"{number}\n"), to_addrs=["b@yeshi.test", "c@yeshi.test"])

    serving(box, work)
    assert [one.part("plain") for one in box.letters("c@yeshi.test")] == ["2\n", "1\n", "0\n"]


def test_a_letter_that_is_cut_off_is_not_kept(box):
    def work(port: int) -> None:
        client = smtplib.SMTP("127.0.0.1", port, timeout=5)
        client.ehlo()
        client.mail("a@yeshi.test")
        client.rcpt("b@yeshi.test")
        client.docmd("DATA")
        client.send(b"Subject: half\r\n\r\nhalf")
        client.close()

    serving(box, work)
    assert box.letters() == []


@pytest.mark.parametrize("reply", [451, 550])
def test_an_address_may_ask_to_be_refused(box, reply):
    def work(port: int) -> None:
        with pytest.raises(smtplib.SMTPRecipientsRefused) as refusal:
            send(port, a_letter(), f"refuse-{reply}@yeshi.test")
        assert [code for code, _ in refusal.value.recipients.values()] == [reply]

    serving(box, work)
    assert box.letters() == []


def test_data_without_a_recipient_and_unknown_words_are_refused(box):
    def work(port: int) -> list[int]:
        with smtplib.SMTP("127.0.0.1", port, timeout=5) as client:
            client.ehlo()
            return [client.docmd("DATA")[0], client.docmd("VRFY x")[0], client.docmd("RCPT TO:<nobody>")[0]]

    assert serving(box, work) == [503, 502, 501]


def test_old_letters_are_thrown_away(tmp_path):
    box = Box(tmp_path, most=3)
    for number in range(5):
        box.keep(["b@yeshi.test"], f"Subject: {number}\r\n\r\nx".encode())
    assert [one.shown()["subject"] for one in box.letters()] == ["4", "3", "2"]


def page(box: Box, path: str) -> tuple[int, dict[bytes, bytes], str]:
    sent: list[dict] = []

    async def run() -> None:
        async def receive() -> dict:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def take(message: dict) -> None:
            sent.append(message)

        scope = {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": []}
        await app(box)(scope, receive, take)

    asyncio.run(run())
    return sent[0]["status"], dict(sent[0]["headers"]), sent[1]["body"].decode()


def test_what_a_letter_holds_does_not_run_on_the_page(box):
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@yeshi.test", "b@yeshi.test", "<script>alert(1)</script>"
    message.set_content("<script>alert(2)</script>")
    message.add_alternative("<script>alert(3)</script>", subtype="html")
    serving(box, lambda port: send(port, message))
    (kept,) = box.letters()
    for path in ("/mailbox", f"/mailbox/letters/{kept.id}"):
        status, _, text = page(box, path)
        assert status == 200
        assert "<script>" not in text
    _, headers, _ = page(box, f"/mailbox/letters/{kept.id}/html")
    assert "sandbox" in headers[b"content-security-policy"].decode()
    assert "script-src" not in headers[b"content-security-policy"].decode()
    assert page(box, "/mailbox/letters/..%2F..%2Fetc")[0] == 404
    assert page(box, "/mailbox/letters/nothing/html")[0] == 404


def test_an_empty_box_says_so(box):
    assert "還沒有信" in page(box, "/mailbox")[2]

"""Letters by SMTP (RFC 5321), one connection each."""

import smtplib
import ssl
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from urllib.parse import unquote, urlsplit

from chassis import clock
from chassis.errors import Unavailable
from users.application.ports import Letter, Undeliverable

TIMEOUT = 10.0  # seconds for each step of the conversation
SCHEMES = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}  # and their usual ports
_FOR_GOOD = 500  # replies from here on say: do not try this again


class SmtpPost:
    """`url` is `smtp://`, `smtp+starttls://` or `smtps://`, with `user:password@` if the server asks for them."""

    def __init__(self, url: str, sender: str) -> None:
        parts = urlsplit(url)
        self._scheme = parts.scheme
        self._host = parts.hostname or ""
        self._port = parts.port or SCHEMES[parts.scheme]
        self._user, self._password = unquote(parts.username or ""), unquote(parts.password or "")
        self._sender = sender

    def send(self, letter: Letter) -> None:
        """Hands it over. Raises Undeliverable when the server refuses it for good, Unavailable otherwise."""
        try:
            with self._connected() as server:
                server.send_message(self._message(letter), parseaddr(self._sender)[1], [letter.to])
        except smtplib.SMTPRecipientsRefused as error:
            code = max((code for code, _ in error.recipients.values()), default=0)
            raise self._refused(code) from None
        except smtplib.SMTPDataError as error:
            raise self._refused(error.smtp_code) from None
        except (OSError, smtplib.SMTPException) as error:
            raise Unavailable(f"the mail server cannot be used: {type(error).__name__}") from None

    def _connected(self) -> smtplib.SMTP:
        if self._scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                self._host, self._port, timeout=TIMEOUT, context=ssl.create_default_context()
            )
        else:
            server = smtplib.SMTP(self._host, self._port, timeout=TIMEOUT)
        try:
            if self._scheme == "smtp+starttls":
                server.starttls(context=ssl.create_default_context())
            if self._user:
                server.login(self._user, self._password)
        except BaseException:
            server.close()
            raise
        return server

    def _message(self, letter: Letter) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self._sender
        message["To"] = letter.to
        message["Subject"] = letter.subject
        message["Date"] = format_datetime(clock.now())
        message["Message-ID"] = f"<{letter.id}@{parseaddr(self._sender)[1].partition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's absence notice answers it
        message.set_content(letter.text)
        message.add_alternative(letter.html, subtype="html")
        return message

    @staticmethod
    def _refused(code: int) -> Exception:
        """What a reply means. The server's words are left out: they name the address."""
        return Undeliverable(f"reply {code}") if code >= _FOR_GOOD else Unavailable(f"the mail server says {code}")

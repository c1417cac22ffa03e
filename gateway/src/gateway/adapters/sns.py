"""Amazon's side of SNS webhooks: certificates, signatures, confirmations. Only hosts that were checked are asked."""

import asyncio
import base64
import http.client
import ssl
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from datetime import datetime
from urllib.parse import urlsplit

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from chassis import clock
from chassis.errors import Malformed, Unavailable

TIMEOUT = 3.0  # seconds
LARGEST = 64 * 1024  # bytes of a certificate, or of an answer to a confirmation
MOST_CERTIFICATES = 16

Fetch = Callable[[str], Awaitable[bytes]]


def parse_sns(body: bytes) -> dict[str, str]:
    """The text fields of a message. Raises Malformed."""
    try:
        found = msgspec.json.decode(body, type=dict[str, object])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Malformed("not a message of SNS") from None
    return {name: value for name, value in found.items() if isinstance(value, str)}


async def fetch(url: str) -> bytes:
    """What is at an https URL, without following anything. Raises Unavailable."""
    return await asyncio.to_thread(_get, url)


async def visit(url: str) -> None:
    """Asks for a URL and forgets the answer. Raises Unavailable."""
    await fetch(url)


def _get(url: str) -> bytes:
    parts = urlsplit(url)
    target = parts.path or "/"
    if parts.query:
        target += f"?{parts.query}"
    connection = http.client.HTTPSConnection(
        parts.hostname or "", timeout=TIMEOUT, context=ssl.create_default_context()
    )
    try:
        connection.request("GET", target)
        answer = connection.getresponse()
        body = answer.read(LARGEST + 1)
    except (OSError, http.client.HTTPException) as error:
        raise Unavailable(f"Amazon cannot be reached: {type(error).__name__}") from None
    finally:
        connection.close()
    if answer.status != 200 or len(body) > LARGEST:
        raise Unavailable(f"Amazon answered {answer.status}")
    return body


class CertificateSignatures:
    """Checks signatures with certificates that are fetched once."""

    def __init__(self, fetch: Fetch = fetch, now: Callable[[], datetime] = clock.now) -> None:
        self._fetch = fetch
        self._now = now
        self._known: OrderedDict[str, x509.Certificate] = OrderedDict()
        self._fetching = asyncio.Lock()

    async def fits(self, certificate_url: str, version: str, text: bytes, signature: str) -> bool:
        """Whether the signature is by that certificate, which is valid now. Raises Unavailable."""
        certificate = await self._certificate(certificate_url)
        if (
            certificate is None
            or not certificate.not_valid_before_utc <= self._now() <= certificate.not_valid_after_utc
        ):
            return False
        key = certificate.public_key()
        if not isinstance(key, rsa.RSAPublicKey):
            return False
        algorithm = hashes.SHA1() if version == "1" else hashes.SHA256()  # noqa: S303 - version 1 is what SNS signs by default
        try:
            key.verify(base64.b64decode(signature, validate=True), text, padding.PKCS1v15(), algorithm)
        except (InvalidSignature, ValueError):
            return False
        return True

    async def _certificate(self, url: str) -> x509.Certificate | None:
        if url in self._known:
            return self._known[url]
        async with self._fetching:  # one at a time: whoever forges addresses waits for himself
            if url not in self._known:
                try:
                    self._known[url] = x509.load_pem_x509_certificate(await self._fetch(url))
                except ValueError:
                    return None
                if len(self._known) > MOST_CERTIFICATES:
                    self._known.popitem(last=False)
            return self._known[url]

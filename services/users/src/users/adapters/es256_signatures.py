"""ES256 keys (RFC 7518, section 3.4), their private parts sealed by AES-256-GCM under a key made from a secret.

A sealed key is `salt (16 bytes) | nonce (12) | ciphertext`; the key's id is bound to it as associated data.
"""

import base64
import hashlib
import json
import os
from datetime import datetime
from threading import Lock

import jwt
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

from users.application.ports import Sign
from users.domain.access import Claims
from users.domain.errors import KeyUnreadable
from users.domain.signing import SigningKey

TYPE = "at+jwt"  # RFC 9068, section 2.1
ALGORITHM = "ES256"
_SALT, _NONCE = 16, 12
_PURPOSE = b"yeshi users signing key 1"


class Es256Signatures:
    """`secret` is long and random, so deriving keys from it need not be slow."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()
        self._opened: dict[str, ec.EllipticCurvePrivateKey] = {}
        self._lock = Lock()

    def make(self, signs_from: datetime) -> SigningKey:
        """A new key pair on P-256, its private part sealed."""
        private = ec.generate_private_key(ec.SECP256R1())
        numbers = private.public_key().public_numbers()
        point = {
            "crv": "P-256",
            "kty": "EC",
            "x": _coordinate(numbers.x),
            "y": _coordinate(numbers.y),
        }
        identifier = _thumbprint(point)
        public = {**point, "kid": identifier, "alg": ALGORITHM, "use": "sig"}
        plain = private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        return SigningKey(identifier, public, self._seal(plain, identifier), signs_from)

    def signer(self, key: SigningKey) -> Sign:
        """Signs claims as a JWT. Raises KeyUnreadable when the key was sealed with another secret."""
        private = self._open(key)
        headers = {"kid": key.id, "typ": TYPE}

        def sign(claims: Claims) -> str:
            return jwt.encode(claims, private, algorithm=ALGORITHM, headers=headers)

        return sign

    def _open(self, key: SigningKey) -> ec.EllipticCurvePrivateKey:
        with self._lock:
            if key.id not in self._opened:
                self._opened[key.id] = self._unseal(key)
            return self._opened[key.id]

    def _seal(self, plain: bytes, identifier: str) -> bytes:
        salt, nonce = os.urandom(_SALT), os.urandom(_NONCE)
        return salt + nonce + self._cipher(salt).encrypt(nonce, plain, identifier.encode())

    def _unseal(self, key: SigningKey) -> ec.EllipticCurvePrivateKey:
        salt, nonce, sealed = key.sealed[:_SALT], key.sealed[_SALT : _SALT + _NONCE], key.sealed[_SALT + _NONCE :]
        try:
            plain = self._cipher(salt).decrypt(nonce, sealed, key.id.encode())
        except InvalidTag as error:
            raise KeyUnreadable("the signing key was sealed with another KEY_ENCRYPTION_SECRET") from error
        private = load_der_private_key(plain, password=None)
        if not isinstance(private, ec.EllipticCurvePrivateKey):
            raise KeyUnreadable("the signing key is of another kind")
        return private

    def _cipher(self, salt: bytes) -> AESGCM:
        return AESGCM(HKDF(algorithm=SHA256(), length=32, salt=salt, info=_PURPOSE).derive(self._secret))


def _coordinate(number: int) -> str:
    return _base64url(number.to_bytes(32))


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _thumbprint(point: dict[str, str]) -> str:
    """Source: RFC 7638, section 3."""
    canonical = json.dumps(point, sort_keys=True, separators=(",", ":"))
    return _base64url(hashlib.sha256(canonical.encode()).digest())

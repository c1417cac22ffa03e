"""LINE Pay's Online API v4 over HTTP.

Source: developers-pay.line.me, Online API v4. HTTP is 200 for business errors too: `returnCode` decides.
"""

import base64
import hashlib
import hmac
import logging
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import msgspec
import urllib3

from orders.application.ports import PayReply
from orders.domain.checkout import PlacedOrder

log = logging.getLogger(__name__)

CONNECT = 5.0
# At least as long as LINE Pay says its answer may take, in seconds.
READ = {"request": 15.0, "check": 20.0, "confirm": 45.0, "refund": 25.0, "details": 20.0}
LONGEST_NAME = 100

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(dict[str, Any]).decode


class HttpLinePay:
    """A merchant's calls. One instance serves all threads of a process."""

    def __init__(self, url: str, channel_id: str, channel_secret: str, public_url: str) -> None:
        self._url = url.rstrip("/")
        self._channel_id = channel_id
        self._secret = channel_secret
        self._public_url = public_url.rstrip("/")
        self._http = urllib3.PoolManager(maxsize=8, retries=False)

    def request(self, line_order_id: str, placed: PlacedOrder) -> PayReply:
        """Asks for the order's total: transaction id and the address where the buyer approves."""
        total = placed.order.total_price
        products = [
            {"name": line.name[:LONGEST_NAME], "quantity": line.quantity, "price": line.final_price}
            for line in placed.lines
        ]
        if placed.order.shipping_fee:
            products.append({"name": "運費", "quantity": 1, "price": placed.order.shipping_fee})
        back = f"{self._public_url}/v1/payments/line-pay"
        body = {
            "amount": total,
            "currency": "TWD",
            "orderId": line_order_id,
            "packages": [{"id": "1", "amount": total, "name": placed.shop_name[:LONGEST_NAME], "products": products}],
            "redirectUrls": {"confirmUrl": f"{back}/confirm", "cancelUrl": f"{back}/cancel"},
            "options": {"display": {"locale": "zh_TW"}},
        }
        code, info = self._call("request", "POST", "/v4/payments/request", body=body)
        if not isinstance(info, dict):
            return PayReply(code)
        url = (info.get("paymentUrl") or {}).get("web")
        return PayReply(code, transaction_id=str(info.get("transactionId")), payment_url=url)

    def check(self, transaction_id: str) -> PayReply:
        """How far the buyer is; the code says it."""
        code, _ = self._call("check", "GET", f"/v4/payments/requests/{transaction_id}/check")
        return PayReply(code)

    def confirm(self, transaction_id: str, amount: int) -> PayReply:
        """Takes the approved money."""
        body = {"amount": amount, "currency": "TWD"}
        code, info = self._call("confirm", "POST", f"/v4/payments/{transaction_id}/confirm", body=body)
        return _paid(code, info, captured=True) if isinstance(info, dict) else PayReply(code)

    def refund(self, transaction_id: str, amount: int) -> PayReply:
        """Gives it back."""
        code, _ = self._call("refund", "POST", f"/v4/payments/{transaction_id}/refund", body={"refundAmount": amount})
        return PayReply(code)

    def details(self, transaction_id: str) -> PayReply:
        """What was paid and what was given back."""
        query = urlencode({"transactionId": transaction_id})
        code, info = self._call("details", "GET", "/v4/payments", query=query)
        if not isinstance(info, list):
            return PayReply(code)
        for one in info:
            if str(one.get("transactionId")) == transaction_id:
                return _paid(code, one, captured=one.get("payStatus") == "CAPTURE")
        return PayReply("1150")

    def close(self) -> None:
        """Closes resting connections."""
        self._http.clear()

    def _call(
        self, name: str, method: str, path: str, *, query: str = "", body: dict[str, Any] | None = None
    ) -> tuple[str, Any]:
        """returnCode and info; an empty code when there was no answer that can be read."""
        payload = _encode(body) if body is not None else b""
        nonce = str(uuid4())
        signed = payload.decode() if body is not None else query
        headers = {
            "Content-Type": "application/json",
            "X-LINE-ChannelId": self._channel_id,
            "X-LINE-Authorization-Nonce": nonce,
            "X-LINE-Authorization": signature(self._secret, path, signed, nonce),
        }
        try:
            answer = self._http.request(
                method,
                self._url + path + (f"?{query}" if query else ""),
                body=payload or None,
                headers=headers,
                timeout=urllib3.Timeout(connect=CONNECT, read=READ[name]),
                redirect=False,
            )
            said = _decode(answer.data)
        except (urllib3.exceptions.HTTPError, msgspec.DecodeError) as error:
            log.warning("LINE Pay %s: no answer: %s", name, type(error).__name__)
            return "", None
        code = said.get("returnCode")
        if answer.status != 200 or not isinstance(code, str):
            log.warning("LINE Pay %s: HTTP %s", name, answer.status)
            return "", None
        if code != "0000":
            log.info("LINE Pay %s: %s %s", name, code, said.get("returnMessage"))
        return code, said.get("info") if code == "0000" else None


def signature(secret: str, path: str, payload: str, nonce: str) -> str:
    """`X-LINE-Authorization`: base64 of HMAC-SHA256 over secret, path, payload and nonce, keyed with the secret.

    `payload` is the exact body of a POST, or the query string of a GET.
    """
    text = (secret + path + payload + nonce).encode()
    return base64.b64encode(hmac.new(secret.encode(), text, hashlib.sha256).digest()).decode()


def _paid(code: str, info: dict[str, Any], *, captured: bool) -> PayReply:
    return PayReply(
        code,
        transaction_id=str(info.get("transactionId")),
        line_order_id=info.get("orderId"),
        amount=sum(part.get("amount", 0) for part in info.get("payInfo") or ()),
        captured=captured,
        refunded=sum(abs(one.get("refundAmount", 0)) for one in info.get("refundList") or ()),
    )

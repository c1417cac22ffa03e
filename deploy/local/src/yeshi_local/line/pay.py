"""LINE Pay Online API v3 and v4: signed calls, HTTP 200 with a returnCode, 19-digit transaction ids."""

import base64
import hashlib
import hmac
from collections.abc import Callable
from typing import Any

import msgspec

from yeshi_local.line.faults import Fault, Faults
from yeshi_local.line.guard import early
from yeshi_local.line.http import App, Handler, Request, Response, json_answer
from yeshi_local.line.ledger import Ledger, PayError
from yeshi_local.line.model import Channel, Payment
from yeshi_local.line.state import World, rfc3339

TEXTS = {
    "0000": "Success.",
    "0110": "Authorization completed.",
    "0121": "Cancelled or timed out.",
    "0122": "Payment failed.",
    "0123": "Payment completed.",
    "1104": "Merchant not found.",
    "1106": "Header information error.",
    "1124": "Amount format error.",
    "1150": "Transaction record not found.",
    "1152": "Transaction has already been made.",
    "1153": "The amount differs from the requested amount.",
    "1159": "Payment request information does not exist.",
    "1163": "Refund period has passed.",
    "1164": "The refund amount exceeds the limit.",
    "1165": "The transaction has already been refunded or voided.",
    "1169": "The user has not yet authenticated.",
    "1172": "A transaction with the same order number already exists.",
    "1177": "The number of transactions exceeds 100.",
    "1178": "The currency is not supported.",
    "1179": "The transaction is in the wrong state.",
    "1180": "The payment has expired.",
    "1183": "The amount must be greater than the minimum.",
    "1198": "The same call is already being processed.",
    "1199": "Internal request error.",
    "2101": "Parameter error.",
    "2102": "JSON data format error.",
    "9000": "Internal error.",
}
MOVES = frozenset({"pay.confirm", "pay.capture", "pay.void", "pay.refund"})  # never twice at once: 1198
Operation = Callable[[Channel, Request, Any], Any]


def pay_signature(secret: str, path: str, payload: str, nonce: str) -> str:
    """`X-LINE-Authorization`: base64(HMAC-SHA256(secret, secret + path + payload + nonce))."""
    text = (secret + path + payload + nonce).encode()
    return base64.b64encode(hmac.new(secret.encode(), text, hashlib.sha256).digest()).decode()


def pay_answer(code: str, info: object = None, message: str = "") -> Response:
    """Always HTTP 200; `info` only on success."""
    body: dict[str, object] = {"returnCode": code, "returnMessage": message or TEXTS.get(code, "Error.")}
    if info is not None:
        body["info"] = info
    return json_answer(body)


class Pay:
    """The merchant's routes. The user's page is in `pay_pages`, the money in `ledger`."""

    def __init__(self, world: World, faults: Faults, ledger: Ledger) -> None:
        self.world = world
        self.faults = faults
        self.ledger = ledger
        self._running: set[tuple[str, str]] = set()

    def mount(self, app: App) -> None:
        """Put the routes in place, for both versions."""
        for version in ("v3", "v4"):
            base = f"/{version}/payments"
            one = f"{base}/{{transaction}}"
            authorization = f"{base}/authorizations/{{transaction}}"
            app.add("POST", f"{base}/request", self._call(self.request), "pay.request")
            app.add("GET", f"{base}/requests/{{transaction}}/check", self._call(self.check), "pay.check")
            app.add("POST", f"{one}/confirm", self._call(self.confirm), "pay.confirm")
            app.add("POST", f"{one}/refund", self._call(self.refund), "pay.refund")
            app.add("POST", f"{authorization}/capture", self._call(self.capture), "pay.capture")
            app.add("POST", f"{authorization}/void", self._call(self.void), "pay.void")
            app.add("GET", base, self._call(self.details), "pay.details")

    # -- the common path ---------------------------------------------------------------------------------------

    def _call(self, operation: Operation) -> Handler:
        async def serve(request: Request) -> Response:
            try:
                return await self._serve(operation, request)
            except PayError as error:
                return pay_answer(error.code, message=error.detail)

        return serve

    async def _serve(self, operation: Operation, request: Request) -> Response:
        name = request.route.name if request.route else ""
        channel, body = self._merchant(request), self._body(request)
        running = (name, request.params.get("transaction") or request.request_id)
        if name in MOVES and running in self._running:
            raise PayError("1198")
        self._running.add(running)
        try:
            return await self._run(operation, channel, request, body, self.faults.decide(name))
        finally:
            self._running.discard(running)

    async def _run(
        self, operation: Operation, channel: Channel, request: Request, body: Any, fault: Fault | None
    ) -> Response:
        action = fault.action if fault else ""
        if fault:
            await early(request, fault)
            if action == "code_before_move":
                raise PayError(fault.code)
            if action in ("rate_limit", "quota", "user_limit"):
                return json_answer({"message": "Too many requests"}, 429)
            if action == "unauthorized":
                raise PayError("1106")
        info = operation(channel, request, body)
        if fault and action == "code_after_move":
            self._undo_failed_capture(request, fault.code)
            raise PayError(fault.code)
        if fault and action == "timeout_after_accept":
            await request.hold(fault.seconds)
            return Response(504)
        if action == "error_after_accept":
            return json_answer({"message": "Internal server error"}, 500)
        code = "0000"
        if isinstance(info, PayError):  # the check call answers with a code that is no error
            code, info = info.code, None
        return pay_answer(code, info)

    def _undo_failed_capture(self, request: Request, code: str) -> None:
        """LINE Pay cancels an authorization whose capture answers 1199 or 1280 to 1298."""
        is_capture = request.route is not None and request.route.name == "pay.capture"
        if is_capture and (code == "1199" or "1280" <= code <= "1298"):
            payment = self.ledger.find(request.params["transaction"])
            payment.state, payment.captured = "voided", 0
            self.ledger.save(payment)

    def _merchant(self, request: Request) -> Channel:
        headers = request.headers
        channel = self.world.channels.get(headers.get("x-line-channelid", ""))
        if channel is None or channel.kind != "pay":
            raise PayError("1104")
        nonce, given = headers.get("x-line-authorization-nonce", ""), headers.get("x-line-authorization", "")
        payload = request.raw_query if request.method == "GET" else request.body.decode("utf-8", "surrogateescape")
        try:
            expected = pay_signature(channel.secret, request.path, payload, nonce)
        except UnicodeEncodeError as error:
            raise PayError("1106") from error
        if not nonce or not hmac.compare_digest(expected.encode(), given.encode()):
            raise PayError("1106")
        return channel

    @staticmethod
    def _body(request: Request) -> Any:
        if request.method == "GET":
            return None
        try:
            body = request.json()
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise PayError("2102") from error
        if body is not None and not isinstance(body, dict):
            raise PayError("2102")
        return body or {}

    # -- operations --------------------------------------------------------------------------------------------

    def request(self, channel: Channel, request: Request, body: dict[str, Any]) -> dict[str, Any]:
        """A new payment for the user to approve."""
        payment = self.ledger.open(channel, body, version=request.path[1:3])
        page = f"{request.origin}/pay/{payment.page}"
        return {
            "transactionId": payment.id,
            "paymentAccessToken": f"{payment.id % 10**12:012d}",
            "paymentUrl": {"web": page, "app": f"line://pay/payment/{payment.page}"},
        }

    def check(self, channel: Channel, request: Request, _body: None) -> PayError:
        """How far the user is; the answer is the code itself."""
        payment = self._own(channel, request)
        if payment.state in ("authorized", "captured", "voided"):
            return PayError("0123")
        if payment.state == "failed":
            return PayError("0122")
        if payment.state == "cancelled" or self.ledger.expired(payment):
            return PayError("0121")
        return PayError("0110" if payment.state == "approved" else "0000")

    def confirm(self, channel: Channel, request: Request, body: dict[str, Any]) -> dict[str, Any]:
        """Take the approved money."""
        payment = self._own(channel, request)
        self.ledger.confirm(payment, body.get("amount"), body.get("currency"))
        info: dict[str, Any] = {
            "orderId": payment.order_id,
            "transactionId": payment.id,
            "payInfo": self.ledger.pay_info(payment),
            "packages": payment.request.get("packages", []),
        }
        if payment.state == "authorized":
            info["authorizationExpireDate"] = self._second(self.ledger.authorized_until(payment))
        return info

    def capture(self, channel: Channel, request: Request, body: dict[str, Any]) -> dict[str, Any]:
        """Take authorized money, or a part of it."""
        payment = self._own(channel, request)
        self.ledger.capture(payment, body.get("amount"), body.get("currency"))
        return {
            "orderId": payment.order_id,
            "transactionId": payment.id,
            "payInfo": self.ledger.pay_info(payment, payment.captured),
        }

    def void(self, channel: Channel, request: Request, _body: dict[str, Any]) -> None:
        """Give up an authorization."""
        self.ledger.void(self._own(channel, request))

    def refund(self, channel: Channel, request: Request, body: dict[str, Any]) -> dict[str, Any]:
        """Give money back, all that is left unless an amount is named."""
        refund = self.ledger.refund(self._own(channel, request), body.get("refundAmount"))
        return {"refundTransactionId": refund.id, "refundTransactionDate": self._second(refund.at)}

    def details(self, channel: Channel, request: Request, _body: None) -> list[dict[str, Any]]:
        """Paid transactions by transaction or order ids, at most 100."""
        ids = [text for name, text in request.query_pairs if name in ("transactionId", "transactionId[]")]
        orders = [text for name, text in request.query_pairs if name in ("orderId", "orderId[]")]
        if len(ids) + len(orders) > 100:
            raise PayError("1177")
        if not ids and not orders:
            raise PayError("2101")
        found = []
        for payment in self.world.payments:
            if payment.merchant != channel.id or payment.state not in ("authorized", "captured", "voided"):
                continue
            if str(payment.id) in ids or payment.order_id in orders:
                found.append(self._detail(payment))
            found += [self._refund_detail(payment, refund) for refund in payment.refunds if str(refund.id) in ids]
        if not found:
            raise PayError("1150")
        return found

    def _own(self, channel: Channel, request: Request) -> Payment:
        payment = self.ledger.find(request.params["transaction"])
        if payment.merchant != channel.id:
            raise PayError("1150")
        return payment

    def _detail(self, payment: Payment) -> dict[str, Any]:
        products = [p.get("name", "") for pack in payment.request["packages"] for p in pack.get("products", [])]
        detail: dict[str, Any] = {
            "transactionId": payment.id,
            "transactionDate": self._second(payment.paid_at or payment.created),
            "transactionType": "PAYMENT",
            "payStatus": self.ledger.status(payment),
            "productName": products[0] if products else payment.order_id,
            "merchantName": "夜市 Yeshi",
            "currency": payment.currency,
            "orderId": payment.order_id,
            "payInfo": self.ledger.pay_info(payment, payment.captured or payment.amount),
            "packages": payment.request["packages"],
        }
        if payment.state == "authorized":
            detail["authorizationExpireDate"] = self._second(self.ledger.authorized_until(payment))
        if payment.refunds:
            detail["refundList"] = [
                {
                    "refundTransactionId": refund.id,
                    "transactionType": self._refund_type(payment, refund.amount),
                    "refundAmount": -refund.amount,
                    "refundTransactionDate": self._second(refund.at),
                }
                for refund in payment.refunds
            ]
        return detail

    def _refund_detail(self, payment: Payment, refund: Any) -> dict[str, Any]:
        return {
            "transactionId": refund.id,
            "transactionDate": self._second(refund.at),
            "transactionType": self._refund_type(payment, refund.amount),
            "currency": payment.currency,
            "orderId": payment.order_id,
            "originalTransactionId": payment.id,
            "payInfo": [{"method": payment.method, "amount": -refund.amount}],
        }

    @staticmethod
    def _refund_type(payment: Payment, amount: int) -> str:
        return "PAYMENT_REFUND" if amount == payment.captured else "PARTIAL_REFUND"

    @staticmethod
    def _second(at: float) -> str:
        return rfc3339(at)[:19] + "Z"

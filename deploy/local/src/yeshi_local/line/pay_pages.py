"""The user's side of LINE Pay: the payment page, and the same acts as controls for tests."""

from html import escape
from typing import cast

import httpx

from yeshi_local.line.controls import complaint, guarded
from yeshi_local.line.http import App, Request, Response, html_answer, json_answer, redirect
from yeshi_local.line.ledger import Decision, Ledger
from yeshi_local.line.login import with_query
from yeshi_local.line.model import Payment
from yeshi_local.line.pages import notice, page
from yeshi_local.line.views import payment_view

CONNECT_WITHIN, READ_WITHIN = 5.0, 20.0
METHODS = {"CREDIT_CARD": "信用卡 ****1234 Credit card", "BALANCE": "LINE Pay Money 餘額", "POINT": "LINE POINTS 點數"}
DECISIONS = ("approve", "cancel", "fail")


class PayPages:
    """Approve, cancel or fail a payment."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger

    def mount(self, app: App) -> None:
        """Put the routes in place."""
        app.add("GET", "/pay/{page}", self.show, "pay.page")
        app.add("POST", "/pay/{page}", self.act, "pay.page")
        app.add("GET", "/_double/payments", guarded(self.listing), "control.payments")
        app.add("POST", "/_double/payments/{id}/{decision}", guarded(self.control), "control.payment")

    async def show(self, request: Request) -> Response:
        """The page with the sum, the methods and two buttons."""
        payment = self.ledger.find_by_page(request.params["page"])
        if payment is None:
            return html_answer(notice("404", "找不到這筆付款。No such payment.", brand="LINE Pay"), 404)
        if payment.state != "waiting" or self.ledger.expired(payment):
            return html_answer(self._done(payment))
        rows = "".join(
            f"<tr><td>{escape(str(product['name']))} × {product['quantity']}</td>"
            f"<td>{product['price'] * product['quantity']:,}</td></tr>"
            for pack in payment.request["packages"]
            for product in pack["products"]
        )
        methods = "".join(
            f'<label><input type="radio" name="method" value="{name}"{" checked" if name == "CREDIT_CARD" else ""}>'
            f"{escape(text)}</label>"
            for name, text in METHODS.items()
        )
        body = f"""<h1>夜市 Yeshi</h1><p class="soft">訂單 Order <code>{escape(payment.order_id)}</code></p>
<p class="sum">{_money(payment)}</p><table>{rows}</table>
<form method="post"><fieldset><legend>付款方式 Pay with</legend>{methods}</fieldset>
<button class="go" name="decision" value="approve">付款 Pay {_money(payment)}</button>
<button class="no" name="decision" value="cancel">取消 Cancel</button>
<button class="bad" name="decision" value="fail">模擬扣款失敗 Simulate a refused card</button></form>"""
        return html_answer(page("LINE Pay 付款", body, brand="LINE Pay"))

    async def act(self, request: Request) -> Response:
        """The form: then on to confirmUrl or cancelUrl as confirmUrlType says."""
        form = request.form
        payment = self.ledger.find_by_page(request.params["page"])
        if payment is None or form.get("decision") not in DECISIONS:
            return html_answer(notice("404", "找不到這筆付款。No such payment.", brand="LINE Pay"), 404)
        decision = cast(Decision, form["decision"])
        if not self.ledger.decide(payment, decision, form.get("method", "CREDIT_CARD")):
            return html_answer(self._done(payment), 409)
        kind = payment.request["redirectUrls"].get("confirmUrlType", "CLIENT")
        if decision == "cancel" or (decision == "approve" and kind == "CLIENT"):
            return redirect(self._address(payment, decision))
        if decision == "approve" and kind == "SERVER":
            await self._call_server(self._address(payment, decision))
        return html_answer(self._done(payment))

    async def listing(self, _request: Request) -> Response:
        """All payments."""
        return json_answer({"payments": [payment_view(payment) for payment in self.ledger.world.payments]})

    async def control(self, request: Request) -> Response:
        """Approve, cancel or fail without a browser: `{"method"?}`. Answers with the address the browser would be
        sent to; nobody is sent there, except that SERVER confirmations are called."""
        payment = self.ledger.world.payments.get(request.params["id"])
        if payment is None or request.params["decision"] not in DECISIONS:
            raise complaint("no such payment or decision", 404)
        decision = cast(Decision, request.params["decision"])
        if not self.ledger.decide(payment, decision, (request.json() or {}).get("method", "CREDIT_CARD")):
            raise complaint("the payment is not waiting any more", 409)
        address = self._address(payment, decision)
        answer: dict[str, object] = payment_view(payment) | {"redirect": address}
        if decision == "approve" and payment.request["redirectUrls"].get("confirmUrlType") == "SERVER":
            answer["confirm_status"] = await self._call_server(address)
        return json_answer(answer)

    @staticmethod
    def _address(payment: Payment, decision: Decision) -> str:
        urls = payment.request["redirectUrls"]
        address = urls["confirmUrl" if decision == "approve" else "cancelUrl"]
        return with_query(address, {"transactionId": str(payment.id), "orderId": payment.order_id})

    @staticmethod
    async def _call_server(address: str) -> int:
        """LINE Pay's own call of confirmUrl; the status, 0 without an answer."""
        limits = httpx.Timeout(READ_WITHIN, connect=CONNECT_WITHIN)
        try:
            async with httpx.AsyncClient(timeout=limits, trust_env=False) as client:
                return (await client.get(address)).status_code
        except (httpx.HTTPError, httpx.InvalidURL):
            return 0

    def _done(self, payment: Payment) -> str:
        texts = {
            "waiting": "付款逾時。The time to pay is over.",
            "approved": "已同意付款，等待商店確認。Approved; waiting for the shop.",
            "cancelled": "已取消付款。Cancelled.",
            "failed": "扣款失敗。The payment failed.",
            "authorized": "已授權。Authorized.",
            "captured": "付款完成。Paid.",
            "voided": "已取消授權。Voided.",
        }
        body = f"""<h1>{escape(texts[payment.state])}</h1><p class="sum">{_money(payment)}</p>
<p class="soft">訂單 Order <code>{escape(payment.order_id)}</code></p>"""
        return page("LINE Pay", body, brand="LINE Pay")


def _money(payment: Payment) -> str:
    sign = {"TWD": "NT$", "USD": "US$", "THB": "฿"}[payment.currency]
    return f"{sign}{payment.amount:,}"

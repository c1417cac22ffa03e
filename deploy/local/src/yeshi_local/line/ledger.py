"""The money of LINE Pay: what a payment may do in which state, and the code that answers everything else."""

import secrets
from datetime import UTC, datetime
from typing import Any, Literal

from yeshi_local.line.model import DAY, Channel, Payment, Refund
from yeshi_local.line.state import World

CURRENCIES = frozenset({"TWD", "THB", "USD"})
APPROVE_WITHIN = 20 * 60.0
AUTHORIZED_FOR = 30 * DAY
REFUND_WITHIN = 60 * DAY
METHODS = ("CREDIT_CARD", "BALANCE", "POINT")
Decision = Literal["approve", "cancel", "fail"]


class PayError(Exception):
    """LINE Pay's answer other than success."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail


class Ledger:
    """All payments of the double."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._orders = {(payment.merchant, payment.order_id): str(payment.id) for payment in world.payments}

    def find(self, text: str) -> Payment:
        """A payment by its transaction id. Raises 1150."""
        payment = self.world.payments.get(text)
        if payment is None:
            raise PayError("1150")
        return payment

    def find_by_page(self, page: str) -> Payment | None:
        """The payment of a payment page."""
        return next((payment for payment in self.world.payments if payment.page == page), None)

    def save(self, payment: Payment) -> None:
        """Write the payment down."""
        self.world.payments.put(str(payment.id), payment)

    def new_id(self) -> int:
        """A transaction id: the day, then eleven digits; 19 in all and growing."""
        day = int(datetime.fromtimestamp(self.world.now(), UTC).strftime("%Y%m%d"))
        first = day * 10**11 + secrets.randbelow(10**6)
        self.world.last_payment = max(self.world.last_payment + 1 + secrets.randbelow(1000), first)
        return self.world.last_payment

    # -- the merchant ------------------------------------------------------------------------------------------

    def open(self, channel: Channel, body: dict[str, Any], *, version: str) -> Payment:
        """A payment request. Raises the first complaint about the body, 1172 for a used orderId."""
        self._check_request(body, version)
        order = (channel.id, body["orderId"])
        if self._orders.get(order, "") in self.world.payments:
            raise PayError("1172")
        payment = Payment(
            id=self.new_id(),
            merchant=channel.id,
            order_id=body["orderId"],
            amount=body["amount"],
            currency=body["currency"],
            request=body,
            page=secrets.token_urlsafe(24),
            created=self.world.now(),
            version=version,
        )
        self._orders[order] = str(payment.id)
        self.save(payment)
        return payment

    def _check_request(self, body: dict[str, Any], version: str) -> None:
        self._check_amount(body.get("amount"))
        if body.get("currency") not in CURRENCIES:
            raise PayError("1178")
        if body["amount"] == 0:
            raise PayError("1183")
        order = body.get("orderId")
        if not isinstance(order, str) or not 1 <= len(order) <= 100:
            raise PayError("2101", "Parameter error: [orderId]")
        urls = body.get("redirectUrls")
        for name in ("confirmUrl", "cancelUrl"):
            if not isinstance(urls, dict) or not isinstance(urls.get(name), str) or not 1 <= len(urls[name]) <= 500:
                raise PayError("2101", f"Parameter error: [redirectUrls.{name}]")
        if isinstance(urls, dict) and urls.get("confirmUrlType", "CLIENT") not in ("CLIENT", "SERVER", "NONE"):
            raise PayError("2101", "Parameter error: [redirectUrls.confirmUrlType]")
        options = body.get("options") or {}
        if (options.get("payment") or {}).get("payType", "NORMAL") != "NORMAL":
            raise PayError("2101", "Parameter error: preapproved payments are not agreed with this merchant")
        if _sum_of(body, version) != body["amount"]:
            raise PayError("2101", "Parameter error: [amount] differs from the sum of the packages")

    @staticmethod
    def _check_amount(amount: object) -> None:
        if isinstance(amount, bool) or not isinstance(amount, int) or amount < 0:
            raise PayError("1124")

    def expired(self, payment: Payment) -> bool:
        """Whether nobody confirmed in time."""
        late = self.world.now() - payment.created > APPROVE_WITHIN
        return payment.state in ("waiting", "approved") and late

    def confirm(self, payment: Payment, amount: object, currency: object) -> None:
        """Take the money of an approved payment, or authorize it when the request said so."""
        if payment.state in ("authorized", "captured", "voided"):
            raise PayError("1152")
        if payment.state in ("cancelled", "failed"):
            raise PayError("1179")
        if self.expired(payment):
            raise PayError("1180")
        self._check_amount(amount)
        if amount != payment.amount or currency != payment.currency:
            raise PayError("1153")
        if payment.state == "waiting":
            raise PayError("1169")
        options = (payment.request.get("options") or {}).get("payment") or {}
        payment.paid_at = self.world.now()
        if options.get("capture", True):
            payment.state, payment.captured = "captured", payment.amount
        else:
            payment.state = "authorized"
        self.save(payment)

    def authorized_until(self, payment: Payment) -> float:
        """When an authorization ends."""
        return (payment.paid_at or payment.created) + AUTHORIZED_FOR

    def capture(self, payment: Payment, amount: object, currency: object) -> None:
        """Take authorized money."""
        if payment.state == "captured":
            raise PayError("1152")
        if payment.state != "authorized":
            raise PayError("1179")
        if self.world.now() > self.authorized_until(payment):
            raise PayError("1180")
        self._check_amount(amount)
        if currency != payment.currency or not isinstance(amount, int) or not 0 < amount <= payment.amount:
            raise PayError("1153")
        payment.state, payment.captured = "captured", amount
        self.save(payment)

    def void(self, payment: Payment) -> None:
        """Give an authorization up."""
        if payment.state == "voided":
            raise PayError("1165")
        if payment.state != "authorized":
            raise PayError("1179")
        payment.state = "voided"
        self.save(payment)

    def refund(self, payment: Payment, amount: object) -> Refund:
        """Give money back. A second equal call is a second refund, as with LINE Pay."""
        if payment.state == "voided":
            raise PayError("1165")
        if payment.state != "captured":
            raise PayError("1179" if payment.state == "authorized" else "1150")
        left = payment.captured - payment.refunded
        if left == 0:
            raise PayError("1165")
        if self.world.now() - (payment.paid_at or 0) > REFUND_WITHIN:
            raise PayError("1163")
        wanted = left if amount is None else amount
        self._check_amount(wanted)
        if not isinstance(wanted, int) or wanted == 0:
            raise PayError("1124")
        if wanted > left:
            raise PayError("1164")
        refund = Refund(id=self.new_id(), amount=wanted, at=self.world.now())
        payment.refunds.append(refund)
        self.save(payment)
        return refund

    def status(self, payment: Payment) -> str:
        """`payStatus` of the details query."""
        if payment.state == "captured":
            return "CAPTURE"
        if payment.state == "voided":
            return "VOIDED_AUTHORIZATION"
        late = self.world.now() > self.authorized_until(payment)
        return "EXPIRED_AUTHORIZATION" if late else "AUTHORIZATION"

    @staticmethod
    def pay_info(payment: Payment, amount: int | None = None) -> list[dict[str, Any]]:
        """How it was paid; the amounts sum up to what was taken."""
        info: dict[str, Any] = {"method": payment.method, "amount": payment.amount if amount is None else amount}
        if payment.method == "CREDIT_CARD":
            info["maskedCreditCardNumber"] = "************1234"
        return [info]

    # -- the user ----------------------------------------------------------------------------------------------

    def decide(self, payment: Payment, decision: Decision, method: str) -> bool:
        """What the user does on the payment page; False when it is too late for that."""
        if payment.state != "waiting" or self.expired(payment):
            return False
        if method not in METHODS:
            raise ValueError(f"unknown method {method}")
        states: dict[Decision, Any] = {"approve": "approved", "cancel": "cancelled", "fail": "failed"}
        payment.state, payment.method = states[decision], method
        self.save(payment)
        return True


def _sum_of(body: dict[str, Any], version: str) -> int:
    """The packages' sum. Raises 2101 when a package contradicts its products."""
    packages = body.get("packages")
    if not isinstance(packages, list) or not packages:
        raise PayError("2101", "Parameter error: [packages]")
    total = 0
    for pack in packages:
        try:
            if not isinstance(pack["id"], str) or len(pack["id"]) > 50 or len(pack.get("name", "")) > 100:
                raise PayError("2101", "Parameter error: [packages.id] or [packages.name]")
            products = sum(product["quantity"] * product["price"] for product in pack["products"])
            named = all(isinstance(p["name"], str) and len(p["name"]) <= 4000 for p in pack["products"])
            if products != pack["amount"] or not named:
                raise PayError("2101", "Parameter error: [packages.amount] differs from its products")
            total += pack["amount"] + (pack.get("userFee", 0) if version == "v3" else 0)
        except (KeyError, TypeError, AttributeError) as error:
            raise PayError("2101", "Parameter error: [packages]") from error
    if version == "v3":
        shipping = (body.get("options") or {}).get("shipping") or {}
        fee = shipping.get("feeAmount", 0)
        total += fee if isinstance(fee, int) else 0
    return total

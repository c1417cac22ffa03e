"""Sellers and buyers. Every method is one or two calls of the public API, and answers what the API answered."""

import secrets
import time
from typing import Any

from yeshi_local.story.api import Api

ADDRESS = {"city": "臺北市", "district": "大安區", "postal_code": "106", "line": "和平東路二段 1 號"}
HOME = {"name": "林小美", "phone": "0912345678", **ADDRESS}
PASSWORD = "夜市-Yeshi-2026!"  # noqa: S105 - of people who exist on this machine only
SETTLES_WITHIN = 30.0  # seconds that a buyer goes on asking how a checkout ended
ASKS_EVERY = 0.2

Json = dict[str, Any]


class Person:
    """Somebody with an account."""

    def __init__(self, url: str, name: str, email: str | None = None) -> None:
        self.api = Api(url)
        self.name = name
        self.email = email or f"{secrets.token_hex(6)}@example.com"
        answer = self.api.post("/v1/auth/register", {"email": self.email, "password": PASSWORD, "name": name})
        self.user_id = str(answer["user"]["user_id"])
        self.refresh_token = str(answer["refresh_token"])
        self.api.token = str(answer["access_token"])

    def at(self, url: str) -> Api:
        """The same person at another gateway."""
        return Api(url, self.api.token)

    def unread(self) -> int:
        """How many notifications wait."""
        return int(self.api.get("/v1/notifications/unread-count")["unread_count"])

    def notifications(self) -> list[Json]:
        """The newest notifications."""
        return list(self.api.get("/v1/notifications")["items"])


def login(url: str, email: str, password: str = PASSWORD) -> Api:
    """Somebody with an account, in a new session. Raises ApiError."""
    return Api(url, Api(url).post("/v1/auth/login", {"email": email, "password": password})["access_token"])


class Seller(Person):
    """Somebody who sells, with a shop."""

    def __init__(
        self, url: str, name: str, shop_name: str, email: str | None = None, *, kind: str = "生活百貨"
    ) -> None:
        super().__init__(url, name, email)
        self.api.post("/v1/seller", {"kind": "person", "display_name": name, "phone": "0922333444"})
        self.shop = self.api.post("/v1/shops", {"name": shop_name, "kind": kind, "address": ADDRESS})
        self.shop_id = str(self.shop["shop_id"])

    def invite(self, role: str, **who: str) -> Json:
        """Somebody is asked into the shop: `email` or `user_id`."""
        return dict(self.api.post(f"/v1/shops/{self.shop_id}/invitations", {"role": role, **who}))

    def hire(self, person: Person, role: str) -> None:
        """Somebody is asked into the shop, and accepts."""
        invitation = self.invite(role, user_id=person.user_id)
        person.api.post(f"/v1/me/invitations/{invitation['invitation_id']}/accept")

    def add_product(self, name: str, price: int, stock: int, **fields: Any) -> Json:
        """A draft with its default variant and that many on hand."""
        fields.setdefault("category", simple_category(self.api))
        wanted = {"name": name, "desc": f"{name}，現貨供應。", "price": price, **fields}
        product = self.api.post(f"/v1/shops/{self.shop_id}/products", wanted)
        for variant in product["variants"]:
            self.set_stock(variant["product_variant_id"], stock)
        return dict(product)

    def sell(self, name: str, price: int, stock: int, **fields: Any) -> Json:
        """A listed product."""
        product = self.add_product(name, price, stock, **fields)
        return dict(self.api.post(f"/v1/products/{product['product_id']}/list"))

    def set_stock(self, variant_id: str, quantity: int) -> Json:
        """So many are on hand."""
        return dict(self.api.put(f"/v1/variants/{variant_id}/stock", {"quantity": quantity}))

    def add_photo(self, product_id: str, photo: bytes, name: str = "photo.jpg") -> Json:
        """A photo of a product."""
        files = {"file": (name, photo, "image/jpeg")}
        return dict(self.api.ask("POST", f"/v1/products/{product_id}/photos", files=files))

    def hear_by_sns(self) -> Json:
        """Her bell goes to SNS too; her other preferences stay."""
        preferences = self.api.get("/v1/notifications/preferences")
        kept = {name: preferences[name] for name in ("line", "quiet_from", "quiet_to", "muted_types")}
        return dict(self.api.put("/v1/notifications/preferences", {**kept, "sns": True}))

    def stock_of(self, product_id: str) -> dict[str, Json]:
        """Quantity, reserved and available of each variant, as the shop sees them."""
        product = self.api.get(f"/v1/products/{product_id}", view="shop")
        return {variant["product_variant_id"]: variant for variant in product["variants"]}


class Buyer(Person):
    """Somebody who buys."""

    def put(self, variant_id: str, quantity: int = 1) -> Json:
        """So many are in the cart."""
        return dict(self.api.put(f"/v1/cart/items/{variant_id}", {"quantity": quantity}))

    def checkout(
        self, *shop_ids: str, key: str | None = None, method: str = "cod", settled: bool = True, **fields: Any
    ) -> Json:
        """Buys what the cart holds of these shops. The answer's status is in `status_code`.

        While it is 202 the same request is sent again with the same key, as the API asks of everybody who wants to
        know how it ended. Not `settled`: the first answer as it is.
        """
        body = checkout_body(*shop_ids, method=method, **fields)
        headers = {"Idempotency-Key": key or new_key()}
        deadline = time.monotonic() + SETTLES_WITHIN
        answer = self.api.send("POST", "/v1/checkout", json=body, headers=headers)
        while settled and answer.status_code == 202 and time.monotonic() < deadline:
            time.sleep(ASKS_EVERY)
            answer = self.api.send("POST", "/v1/checkout", json=body, headers=headers)
        return {"status_code": answer.status_code, **answer.json()}

    def order(self, order_id: str) -> Json:
        """One order."""
        return dict(self.api.get(f"/v1/orders/{order_id}"))


def checkout_body(*shop_ids: str, method: str = "cod", **fields: Any) -> Json:
    """The body of a checkout that ships home."""
    shipping = [{"shop_id": shop_id, "method": "home_delivery", "address": HOME} for shop_id in shop_ids]
    return {"payment_method": method, "shipping": shipping, **fields}


def new_key() -> str:
    """An Idempotency-Key."""
    return secrets.token_hex(16)


def variant_of(product: Json) -> str:
    """A product's first variant."""
    return str(product["variants"][0]["product_variant_id"])


def leaves(api: Api) -> list[Json]:
    """Every category that products can be put into."""
    found: list[Json] = []
    waiting = list(api.get("/v1/categories")["items"])
    while waiting:
        category = waiting.pop(0)
        waiting.extend(category["children"])
        if not category["children"]:
            found.append(category)
    return found


def simple_category(api: Api) -> str:
    """A category that asks for no attribute."""
    asks_nothing = (leaf for leaf in leaves(api) if not any(one["required"] for one in leaf["attributes"]))
    return str(next(asks_nothing)["category_id"])

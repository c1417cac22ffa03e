"""Who is on stage in the security tests, and what belongs to whom."""

import io
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from PIL import Image

from chassis.ids import uuid7
from yeshi_local.story.api import Api
from yeshi_local.story.people import HOME, PASSWORD, Buyer, Seller, simple_category, variant_of
from yeshi_local.testing import until

Json = dict[str, Any]


@pytest.fixture(autouse=True)
def _logs(logs) -> None:
    """Shown when a test fails."""


def picture(seed: int = 0, size: tuple[int, int] = (64, 48), kind: str = "JPEG", **how: Any) -> bytes:
    """A small photo; another seed is another photo."""
    pixels = random.Random(seed).randbytes(size[0] * size[1] * 3)
    written = io.BytesIO()
    Image.frombytes("RGB", size, pixels).save(written, kind, **how)
    return written.getvalue()


def make_operator(platform, person: Buyer) -> str:
    """The access token of somebody who has become an operator."""
    command = [sys.executable, "-m", "users", "make-operator", person.email]
    environment = {**os.environ, "POSTGRES_DSN": platform.values["postgres.users"]}
    subprocess.run(command, env=environment, check=True, capture_output=True)
    answer = Api(platform.url).post("/v1/auth/login", {"email": person.email, "password": PASSWORD})
    return str(answer["access_token"])


@dataclass
class Cast:
    """Everybody, by what they are to the seller's shop and the buyer's order; `things` are the ids of what they have.

    `other_things` belong to the other seller.
    """

    url: str
    anonymous: Api
    buyer: Buyer
    other_buyer: Buyer
    seller: Seller
    other_seller: Seller
    manager: Buyer
    packer: Buyer
    operator: Buyer
    things: Json = field(default_factory=dict)
    other_things: Json = field(default_factory=dict)
    _made: int = 0

    def api(self, name: str) -> Api:
        """How this one calls."""
        return self.anonymous if name == "anonymous" else getattr(self, name).api

    def fresh(self, name: str) -> Json:
        """The things with a new one of this kind among them."""
        return {**self.things, **getattr(self, f"_new_{name}")(self.seller)}

    def _new_product(self, seller: Seller) -> Json:
        self._made += 1
        variants = [{"desc": "小"}, {"desc": "大"}]
        product = seller.sell(f"商品 {self._made}", 100, 500, variants=variants)
        document = f"/v1/metadata/{product['metadata_id']}"
        until(lambda: seller.api.send("GET", document).status_code == 200)  # media has heard of the product
        variant = variant_of(product)
        return {"product_id": product["product_id"], "variant_id": variant, "metadata_id": product["metadata_id"]}

    def _new_photo(self, seller: Seller) -> Json:
        things = self._new_product(seller)
        self._made += 1
        photo = seller.add_photo(things["product_id"], picture(self._made))
        key = photo["url"].removeprefix("/media/")
        return {**things, "photo_id": photo["photo_id"], "key": key}

    def _new_variant_photo(self, seller: Seller) -> Json:
        things = self._new_product(seller)
        files = {"file": ("v.jpg", picture(self._made), "image/jpeg")}
        seller.api.ask("PUT", f"/v1/variants/{things['variant_id']}/photo", files=files)
        return things

    def _new_order(self, seller: Seller) -> Json:
        self.buyer.put(self.things["variant_id"])
        return {"order_id": self.buyer.checkout(seller.shop_id)["orders"][0]["order_id"]}

    def _new_unpaid(self, seller: Seller) -> Json:
        self.buyer.put(self.things["variant_id"])
        answer = self.buyer.checkout(seller.shop_id, payment_method="line_pay")
        return {"order_id": answer["orders"][0]["order_id"]}

    def _new_shipped(self, seller: Seller) -> Json:
        things = self._new_order(seller)
        seller.api.post(f"/v1/orders/{things['order_id']}/ship")
        return things

    def _new_device(self, seller: Seller) -> Json:
        self._made += 1
        made = seller.api.post(f"/v1/shops/{seller.shop_id}/devices", {"name": f"門 {self._made}"})
        return {"device_id": made["device_id"]}

    def _new_import(self, seller: Seller) -> Json:
        files = {"file": ("s.csv", "商品名稱,類別,價格\r\n茶,無,1\r\n".encode(), "text/csv")}
        asked = {"files": files, "data": {"dry_run": "true"}}
        return {"import_id": seller.api.ask("POST", f"/v1/shops/{seller.shop_id}/imports", **asked)["import_id"]}

    def _new_address(self, _seller: Seller) -> Json:
        return {"address_id": self.buyer.api.post("/v1/me/addresses", HOME)["address_id"]}

    def _new_member(self, seller: Seller) -> Json:
        somebody = Buyer(self.url, "新同事")
        seller.hire(somebody, "packer")
        return {"user_id": somebody.user_id}

    def _new_invitation(self, seller: Seller) -> Json:
        return {"invitation_id": seller.invite("packer", user_id=self.other_buyer.user_id)["invitation_id"]}

    def _new_revoked(self, seller: Seller) -> Json:
        made = self._new_invitation(seller)
        seller.api.ask("DELETE", f"/v1/shops/{seller.shop_id}/invitations/{made['invitation_id']}")
        return made

    def _new_applicant(self, _seller: Seller) -> Json:
        applicant = Buyer(self.url, "申請人")
        applicant.api.post("/v1/seller", {"kind": "person", "display_name": "申請人", "phone": "0922333444"})
        return {"seller_id": applicant.user_id}

    def _things_of(self, seller: Seller) -> Json:
        made = {"shop_id": seller.shop_id, "seller_id": seller.user_id}
        made |= self._new_photo(seller) | self._new_device(seller) | self._new_import(seller)
        return made


def _all_of(person: Buyer | Seller, types: list[str]) -> list[Json]:
    """Their notifications once all of these are there: what rings later would look like a change."""
    rung = person.notifications()
    return rung if sorted(one["type"] for one in rung) == types else []


@pytest.fixture(scope="package")
def cast(platform) -> Iterator[Cast]:
    """On stage, each with something of their own."""
    url = platform.url
    buyer, other_buyer = Buyer(url, "買家甲"), Buyer(url, "買家乙")
    seller, other_seller = Seller(url, "賣家甲", "甲的店"), Seller(url, "賣家乙", "乙的店")
    manager, packer, operator = Buyer(url, "店長"), Buyer(url, "店員"), Buyer(url, "平台營運")
    operator.api.token = make_operator(platform, operator)
    seller.hire(manager, "manager")
    seller.hire(packer, "packer")
    made = Cast(url, Api(url), buyer, other_buyer, seller, other_seller, manager, packer, operator)
    made.things, made.other_things = made._things_of(seller), made._things_of(other_seller)
    made.things |= made._new_address(seller) | made._new_member(seller) | {"name": "missing.js"}
    made.things |= made._new_invitation(seller)
    buyer.put(made.things["variant_id"])
    made.things |= made._new_order(seller)
    rung = until(lambda: _all_of(seller, ["order.new", *["staff.accepted"] * 3]))
    notification = next(one for one in rung if one["type"] == "order.new")
    made.things["notification_id"] = notification["notification_id"]
    return made


@pytest.fixture
def missing() -> str:
    """An id that names nothing."""
    return str(uuid7())


@pytest.fixture(scope="package")
def draft(cast) -> Json:
    """A product that only its shop may see."""
    return cast.seller.add_product("草稿", 100, 1, category=simple_category(cast.seller.api), metadata={"秘": "密"})

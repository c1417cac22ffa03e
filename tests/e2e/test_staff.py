"""People of a shop on the whole platform: invited by a letter, they ship what was ordered, and no more."""

import io

import pytest
from PIL import Image

from yeshi_local.mailbox.client import Mailbox
from yeshi_local.story.api import Api
from yeshi_local.story.people import Buyer, Seller, variant_of
from yeshi_local.testing import until

INVITATION, VERIFY = "/account/invitations", "/account/verify-email"


@pytest.fixture(scope="module")
def mailbox(platform) -> Mailbox:
    return Mailbox(platform.machine.mailbox_url)


def test_who_is_invited_by_letter_registers_packs_and_edits_nothing(platform, seller, buyer, mailbox):
    address = f"packer-{seller.shop_id}@example.com"
    invitation = seller.invite("packer", email=address)
    letter = until(lambda: [one for one in mailbox.letters(address) if INVITATION in one["text"]])[0]
    assert (seller.shop["name"] in letter["text"], seller.name in letter["text"]) == (False, False)

    packer = Buyer(platform.url, "阿華", address)
    answer = f"/v1/me/invitations/{invitation['invitation_id']}"
    assert packer.api.problem("POST", f"{answer}/accept") == (404, "not_found")  # the address is not proved yet
    Api(platform.url).post("/v1/auth/verify-email", {"token": mailbox.token(address, VERIFY)})
    [waiting] = packer.api.get("/v1/me/invitations")["items"]
    assert (waiting["shop_name"], waiting["role"]) == (seller.shop["name"], "packer")
    assert packer.api.post(f"{answer}/accept")["state"] == "accepted"
    until(lambda: any(one["type"] == "staff.accepted" for one in seller.notifications()))

    product = seller.sell("掛耳咖啡", 350, 5)
    buyer.put(variant_of(product))
    order_id = buyer.checkout(seller.shop_id)["orders"][0]["order_id"]
    assert packer.api.get(f"/v1/orders/{order_id}")["order_id"] == order_id
    until(lambda: any(one["type"] == "order.new" for one in packer.notifications()))
    product_path = f"/v1/products/{product['product_id']}"
    assert packer.api.problem("PATCH", product_path, json={"price": 1}) == (403, "role_required")
    assert packer.api.problem("POST", f"/v1/orders/{order_id}/cancel") == (403, "role_required")
    assert packer.api.get("/v1/seller/dashboard")["revenue_today"] is None
    assert packer.api.post(f"/v1/orders/{order_id}/ship")["status"] == "shipping"

    left = packer.api.send("DELETE", f"/v1/shops/{seller.shop_id}/staff/{packer.user_id}")
    assert left.status_code == 204
    assert packer.api.problem("GET", f"/v1/shops/{seller.shop_id}/staff") == (404, "not_found")


def test_a_shop_on_holiday_is_seen_and_sells_nothing(seller, buyer):
    product = seller.sell("濾掛禮盒", 900, 5)
    buyer.put(variant_of(product))
    shop = f"/v1/shops/{seller.shop_id}"
    seller.api.ask("PATCH", shop, json={"holiday": {"until": None}})

    def refusal():
        answer = buyer.api.send("PUT", f"/v1/cart/items/{variant_of(product)}", json={"quantity": 2})
        return answer.json().get("code")

    until(lambda: refusal() == "shop_on_holiday")
    assert buyer.api.get(shop)["holiday"] == {"until": None}
    assert buyer.api.get(f"/v1/products/{product['product_id']}")["state"] == "listed"
    [lying] = buyer.api.get("/v1/cart")["shops"]
    assert [one["problem"] for one in lying["items"]] == ["shop_on_holiday"]
    seller.api.ask("PATCH", shop, json={"holiday": None})
    assert len(buyer.checkout(seller.shop_id)["orders"]) == 1


def test_a_shops_logo_is_a_picture_that_everybody_sees(seller, buyer):
    written = io.BytesIO()
    Image.new("RGB", (120, 120), (200, 16, 46)).save(written, "PNG")
    files = {"file": ("logo.png", written.getvalue(), "image/png")}
    answer = seller.api.ask("PUT", f"/v1/shops/{seller.shop_id}/logo", files=files)
    url = buyer.api.get(f"/v1/shops/{seller.shop_id}")["logo"]["url"]
    assert answer["logo"]["url"] == url
    picture = buyer.api.send("GET", url)
    assert (picture.status_code, picture.headers["content-type"]) == (200, "image/webp")
    seller.api.ask("DELETE", f"/v1/shops/{seller.shop_id}/logo")
    assert buyer.api.get(f"/v1/shops/{seller.shop_id}")["logo"] is None


def test_a_card_from_before_a_hand_over_is_still_true(platform, seller, buyer):
    product = seller.sell("傳家茶壺", 3200, 3)
    heir = Seller(platform.url, "接班人", "接班人的店")
    seller.hire(heir, "manager")
    path = f"/v1/products/{product['product_id']}"
    before = until(lambda: ".m1." in (card := buyer.api.send("GET", path)).headers.get("etag", "") and card)
    handing = seller.invite("owner", user_id=heir.user_id)
    heir.api.post(f"/v1/me/invitations/{handing['invitation_id']}/accept")
    until(lambda: buyer.api.get(f"/v1/shops/{seller.shop_id}")["owner_id"] == heir.user_id)
    assert heir.api.get(path, view="shop")["seller_id"] == heir.user_id
    assert seller.user_id not in before.text
    assert buyer.api.send("GET", path, headers={"If-None-Match": before.headers["etag"]}).status_code == 304

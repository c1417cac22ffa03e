"""Request bodies as the API documents them. A field that is not here is refused as unknown."""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from contracts.catalog import ShippingMethod, ShippingOption
from contracts.orders import PaymentMethod

Text = Annotated[str, Meta(max_length=200)]
LongText = Annotated[str, Meta(max_length=10_000)]
Amount = Annotated[int, Meta(ge=0, le=100_000_000, description="新台幣整數 · Whole New Taiwan dollars")]
Version = Annotated[int, Meta(ge=0, description="看到的版本 · The version that was seen")]


class Body(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=False):
    """The base of all bodies."""


class Register(Body, frozen=True, kw_only=True):
    """註冊 · A new account."""

    email: Annotated[str, Meta(max_length=320)]
    password: Annotated[str, Meta(max_length=1024)]
    name: Text


class Login(Body, frozen=True, kw_only=True):
    """登入 · Email and password."""

    email: Annotated[str, Meta(max_length=320)]
    password: Annotated[str, Meta(max_length=1024)]


class Refresh(Body, frozen=True, kw_only=True):
    """更新憑證 · Without a token, the one in the cookie counts."""

    refresh_token: Annotated[str, Meta(max_length=1024)] | None = None


class PatchMe(Body, frozen=True, kw_only=True):
    """修改個人資料 · Absent fields stay."""

    name: Text | UnsetType = UNSET
    phone: Text | UnsetType | None = UNSET
    locale: Literal["zh-TW", "en"] | UnsetType = UNSET
    expected_version: Version | UnsetType = UNSET


class PostalAddress(Body, frozen=True, kw_only=True):
    """收件地址 · One address of the book."""

    name: Text
    phone: Text
    city: Text
    district: Text
    postal_code: Text
    line: Text
    is_default: bool = False


class BecomeSeller(Body, frozen=True, kw_only=True):
    """成為賣家 · Person or company."""

    kind: Literal["person", "company"]
    display_name: Text
    phone: Text
    tax_id: Annotated[str, Meta(max_length=20, description="統一編號，公司必填 · Of a company")] | UnsetType = UNSET


class ShopAddress(Body, frozen=True, kw_only=True):
    """賣場地址 · Where a shop is."""

    city: Text
    district: Text
    postal_code: Text
    line: Text


class NewShop(Body, frozen=True, kw_only=True):
    """開賣場 · A new shop."""

    name: Text
    kind: Text
    address: ShopAddress


class Holiday(Body, frozen=True, kw_only=True):
    """休假 · What is listed stays to be seen and cannot be bought, until this day in Taiwan or until further notice."""

    until: Annotated[str, Meta(max_length=10, description="YYYY-MM-DD")] | None = None


class PatchShop(Body, frozen=True, kw_only=True):
    """修改賣場 · Absent fields stay; `shipping` replaces the whole list, a `holiday` of null ends it."""

    name: Text | UnsetType = UNSET
    kind: Text | UnsetType = UNSET
    address: ShopAddress | UnsetType = UNSET
    state: Literal["open", "closed"] | UnsetType = UNSET
    shipping: list[ShippingOption] | UnsetType = UNSET
    introduction: LongText | UnsetType = UNSET
    days_to_ship: Annotated[int, Meta(ge=1, le=30, description="新商品的較長備貨 · Of new products")] | UnsetType = (
        UNSET
    )
    holiday: Holiday | UnsetType | None = UNSET
    expected_version: Version | UnsetType = UNSET


class StaffRole(Body, frozen=True, kw_only=True):
    """職務 · What somebody is in a shop."""

    role: Literal["manager", "packer"]


class NewInvitation(Body, frozen=True, kw_only=True):
    """邀請 · Somebody for a shop: by e-mail address or by user. `owner` hands it over to one of its people."""

    role: Literal["owner", "manager", "packer"]
    email: Annotated[str, Meta(max_length=320)] | UnsetType = UNSET
    user_id: Text | UnsetType = UNSET


class NewDevice(Body, frozen=True, kw_only=True):
    """新增裝置 · A device at the door."""

    name: Text


class PhotoOrder(Body, frozen=True, kw_only=True):
    """照片順序 · Every photo of the product once; the first is the cover."""

    photo_ids: Annotated[list[Text], Meta(max_length=9)]


class NewUpload(Body, frozen=True, kw_only=True):
    """預先簽署的上傳 · A picture that goes to the store directly. `size` in bytes."""

    content_type: Literal["image/jpeg", "image/png", "image/webp"]
    size: Annotated[int, Meta(ge=1)]


class DoneUpload(Body, frozen=True, kw_only=True):
    """上傳完成 · What lies in the store: SHA-256 in hex, `size` in bytes."""

    sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    size: Annotated[int, Meta(ge=1)]


class CartQuantity(Body, frozen=True, kw_only=True):
    """購物車數量 · How many are wanted."""

    quantity: Annotated[int, Meta(ge=1, le=1_000_000)]


class HomeAddress(Body, frozen=True, kw_only=True):
    """收件地址 · Where to send it, in Taiwan. 面交只要姓名和電話 · Face to face, a name and a phone will do."""

    name: Text
    phone: Text
    city: Text | UnsetType = UNSET
    district: Text | UnsetType = UNSET
    postal_code: Annotated[str, Meta(max_length=20, description="3、5 或 6 碼 · Its district's")] | UnsetType = UNSET
    line: Text | UnsetType = UNSET


class PickupStore(Body, frozen=True, kw_only=True):
    """取貨門市 · Where it is picked up."""

    store_id: Annotated[str, Meta(max_length=20, description="門市店號 · The store's number with its chain")]
    store_name: Text
    name: Text
    phone: Text


class ShipTo(Body, frozen=True, kw_only=True):
    """一個賣場的寄送方式 · How one shop's part travels."""

    shop_id: Text
    method: ShippingMethod
    address: HomeAddress | UnsetType = UNSET
    store: PickupStore | UnsetType = UNSET


class NewCheckout(Body, frozen=True, kw_only=True):
    """結帳 · Buys what the cart holds of the shops named in `shipping`."""

    payment_method: PaymentMethod
    shipping: Annotated[list[ShipTo], Meta(min_length=1, max_length=100)]
    note: Annotated[str, Meta(max_length=500)] | UnsetType = UNSET
    expected_total: Annotated[int, Meta(ge=0)] | UnsetType = UNSET


class Ship(Body, frozen=True, kw_only=True):
    """出貨 · The goods left the shop."""

    tracking_number: Text | None = None


class PutPreferences(Body, frozen=True, kw_only=True):
    """通知偏好 · Where the bell rings besides the list. Quiet hours are `HH:MM` in Asia/Taipei."""

    line: bool = True
    sns: bool = False
    quiet_from: Text | None = None
    quiet_to: Text | None = None
    muted_types: Annotated[list[Text], Meta(max_length=100)] = []
    version: Version = 0


class BindLine(Body, frozen=True, kw_only=True):
    """綁定 LINE · `link_token` comes with the link in the chat."""

    link_token: Annotated[str, Meta(max_length=512)] | None = None


class SellerDecision(Body, frozen=True, kw_only=True):
    """審核結果 · The state a seller is to have."""

    state: Literal["approved", "rejected", "suspended"]


class Liff(Body, frozen=True, kw_only=True):
    """LIFF 登入 · The raw ID token of `liff.getIDToken()`."""

    id_token: Annotated[str, Meta(max_length=4096)]


class VerifyEmail(Body, frozen=True, kw_only=True):
    """驗證電子郵件 · The token of a mailed link."""

    token: Text


class ForgotPassword(Body, frozen=True, kw_only=True):
    """忘記密碼 · Whose password."""

    email: Annotated[str, Meta(max_length=320)]


class ResetPassword(Body, frozen=True, kw_only=True):
    """重設密碼 · The token of a mailed link, and another password."""

    token: Text
    password: Annotated[str, Meta(max_length=1024)]


class ChangePassword(Body, frozen=True, kw_only=True):
    """變更密碼 · The one before, and the one from now on."""

    current_password: Annotated[str, Meta(max_length=1024)]
    new_password: Annotated[str, Meta(max_length=1024)]


class ChangeEmail(Body, frozen=True, kw_only=True):
    """變更電子郵件 · The new address, and the password; without one, people log in with LINE right before."""

    email: Annotated[str, Meta(max_length=320)]
    password: Annotated[str, Meta(max_length=1024)] | None = None


class DeleteAccount(Body, frozen=True, kw_only=True):
    """刪除帳號 · The password; without one of their own, people log in with LINE right before."""

    password: Annotated[str, Meta(max_length=1024)] | None = None

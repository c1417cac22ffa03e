"""Who may what in a shop: one table, action by role. Every service that decides about a shop asks it.

`python -m kernel.rights` prints the table for `docs/mechanisms/who-may-what.md`.
"""

from enum import StrEnum

from chassis.errors import Kind, Missing, Refusal


class Role(StrEnum):
    """What a person is in a shop."""

    OWNER = "owner"
    MANAGER = "manager"
    PACKER = "packer"


class Right(StrEnum):
    """What a person may do in a shop."""

    SEE = "see"
    EDIT_SHOP = "edit_shop"
    CLOSE_SHOP = "close_shop"
    TRANSFER_SHOP = "transfer_shop"
    EDIT_STAFF = "edit_staff"
    LEAVE = "leave"
    EDIT_PRODUCTS = "edit_products"
    DELETE_PRODUCTS = "delete_products"
    SET_STOCK = "set_stock"
    IMPORT = "import"
    SEE_ORDERS = "see_orders"
    SHIP_ORDERS = "ship_orders"
    CANCEL_ORDERS = "cancel_orders"
    TAKE_MONEY = "take_money"
    SEE_MONEY = "see_money"
    SEE_DOORS = "see_doors"
    EDIT_DOORS = "edit_doors"


_OWNER = frozenset({Role.OWNER})
_RUNNING = frozenset({Role.OWNER, Role.MANAGER})
_EVERYBODY = frozenset(Role)

#: The table. A right that is not here is nobody's.
RIGHTS: dict[Right, frozenset[Role]] = {
    Right.SEE: _EVERYBODY,
    Right.EDIT_SHOP: _RUNNING,
    Right.CLOSE_SHOP: _OWNER,
    Right.TRANSFER_SHOP: _OWNER,
    Right.EDIT_STAFF: _RUNNING,
    Right.LEAVE: frozenset({Role.MANAGER, Role.PACKER}),
    Right.EDIT_PRODUCTS: _RUNNING,
    Right.DELETE_PRODUCTS: _RUNNING,
    Right.SET_STOCK: _EVERYBODY,
    Right.IMPORT: _RUNNING,
    Right.SEE_ORDERS: _EVERYBODY,
    Right.SHIP_ORDERS: _EVERYBODY,
    Right.CANCEL_ORDERS: _RUNNING,
    Right.TAKE_MONEY: _RUNNING,
    Right.SEE_MONEY: _RUNNING,
    Right.SEE_DOORS: _EVERYBODY,
    Right.EDIT_DOORS: _RUNNING,
}

#: What each right is, for people.
WORDS: dict[Right, tuple[str, str]] = {
    Right.SEE: ("看賣場內部：人員、完整地址、未上架商品與庫存", "see the inside: people, address, drafts, stock"),
    Right.EDIT_SHOP: ("修改賣場資料、圖片、運費與休假", "change the shop's page, pictures, shipping fees, holiday"),
    Right.CLOSE_SHOP: ("關閉與重新開張", "close the shop and open it again"),
    Right.TRANSFER_SHOP: ("轉讓賣場", "hand the shop over to another owner"),
    Right.EDIT_STAFF: ("邀請、調整與移除人員", "invite people, change their role, remove them"),
    Right.LEAVE: ("自行離開賣場", "leave the shop"),
    Right.EDIT_PRODUCTS: ("新增、修改、上下架商品與照片", "make, change, list and unlist products and photos"),
    Right.DELETE_PRODUCTS: ("刪除商品", "delete products"),
    Right.SET_STOCK: ("設定商品數量", "set how many are on hand"),
    Right.IMPORT: ("以試算表匯入與匯出商品", "import and export products as sheets"),
    Right.SEE_ORDERS: ("看訂單", "see orders"),
    Right.SHIP_ORDERS: ("出貨", "ship orders"),
    Right.CANCEL_ORDERS: ("取消訂單", "call orders off"),
    Right.TAKE_MONEY: ("確認收款與退款", "confirm transfers that came in or were given back"),
    Right.SEE_MONEY: ("看營業額", "see what the shop earns"),
    Right.SEE_DOORS: ("看來客數與裝置", "see footfall and devices"),
    Right.EDIT_DOORS: ("新增與移除裝置、換新密碼", "enrol devices, renew their passwords, remove them"),
}
ROLE_NAMES: dict[Role, str] = {Role.OWNER: "賣場主", Role.MANAGER: "管理員", Role.PACKER: "出貨人員"}


class RoleRequired(Refusal):
    """The caller belongs to the shop, but their role does not reach so far."""

    code = "role_required"
    kind = Kind.FORBIDDEN


def role_of(name: str) -> Role:
    """The role of this name; `staff` is what packers were called before. Raises ValueError."""
    return Role.PACKER if name == "staff" else Role(name)


def may(role: Role | None, right: Right) -> bool:
    """Whether this role reaches so far."""
    return role is not None and role in RIGHTS[right]


def require(role: Role | None, right: Right) -> None:
    """Lets pass who may. A stranger learns nothing (Missing), a colleague hears why (RoleRequired)."""
    if role is None:
        raise Missing
    if not may(role, right):
        raise RoleRequired(f"a {role} may not do this", role=role.value, right=right.value)


def table() -> str:
    """The table in Markdown."""
    head = ["| right | 可以做什麼 | lets one | " + " | ".join(f"{ROLE_NAMES[one]} {one}" for one in Role) + " |"]
    rows = [
        f"| `{right}` | {WORDS[right][0]} | {WORDS[right][1]} | "
        + " | ".join("✓" if may(role, right) else "" for role in Role)
        + " |"
        for right in Right
    ]
    return "\n".join([*head, "|---" * (3 + len(Role)) + "|", *rows])


if __name__ == "__main__":
    print(table())  # noqa: T201 - a command line

"""Who may what in a shop is one table: every operation and every RPC method about a shop names its row of it."""

import ast
import tomllib
from pathlib import Path

import pytest

from gateway.entrypoints.app import ROUTES
from kernel.rights import RIGHTS, Right, Role, table

ROOT = Path(__file__).resolve().parents[2]
ACCESS = tomllib.loads((ROOT / "tests/security/access.toml").read_text())
CALLED_WITH = (("self", "principal", "payload"), ("self", "principal", "items"))
PEOPLE = {"seller": Role.OWNER, "manager": Role.MANAGER, "packer": Role.PACKER}
ABOUT_SHOPS = ("/v1/shops/{", "/v1/products/{", "/v1/variants/{", "/v1/seller/", "/v1/orders/{")

#: Operations about a shop that no role decides alone, and why.
OTHERWISE = {
    "GET /v1/shops/{shop_id}": "everybody sees an open shop; its people see more",
    "GET /v1/shops/{shop_id}/products": "everybody sees what is listed; its people see more",
    "GET /v1/products/{product_id}": "everybody sees what is listed; its people see more",
    "GET /v1/seller/shops": "one's own",
    "GET /v1/seller/orders": "of one's own shops",
    "GET /v1/seller/dashboard": "of one's own shops, money where it may be seen",
    "GET /v1/orders/{order_id}": "also its buyer's",
    "POST /v1/orders/{order_id}/pay": "the buyer's, or the shop's by the payment method",
    "POST /v1/orders/{order_id}/cancel": "also its buyer's",
    "POST /v1/orders/{order_id}/receive": "its buyer's",
}

#: Every RPC method of the services that decide about shops: the rights it asks for, or who else may call it.
METHODS: dict[str, Right | tuple[Right, ...] | str] = {
    "catalog.create_shop": "approved sellers",
    "catalog.get_shop": "everybody, people more",
    "catalog.get_shops": "everybody, people more",
    "catalog.patch_shop": (Right.EDIT_SHOP, Right.CLOSE_SHOP),
    "catalog.list_my_shops": "one's own",
    "catalog.list_staff": Right.SEE,
    "catalog.put_staff": Right.EDIT_STAFF,
    "catalog.delete_staff": (Right.EDIT_STAFF, Right.LEAVE),
    "catalog.invite_staff": (Right.EDIT_STAFF, Right.TRANSFER_SHOP),
    "catalog.list_invitations": Right.EDIT_STAFF,
    "catalog.revoke_invitation": (Right.EDIT_STAFF, Right.TRANSFER_SHOP),
    "catalog.list_my_invitations": "one's own",
    "catalog.accept_invitation": "whom it is meant for",
    "catalog.decline_invitation": "whom it is meant for",
    "catalog.may_edit_shop": Right.EDIT_SHOP,
    "catalog.put_shop_picture": Right.EDIT_SHOP,
    "catalog.create_product": Right.EDIT_PRODUCTS,
    "catalog.get_product": "everybody, people more",
    "catalog.get_product_many": "everybody, people more",
    "catalog.get_products": "everybody",
    "catalog.patch_product": Right.EDIT_PRODUCTS,
    "catalog.delete_product": Right.DELETE_PRODUCTS,
    "catalog.list_product": Right.EDIT_PRODUCTS,
    "catalog.unlist_product": Right.EDIT_PRODUCTS,
    "catalog.may_edit_product": Right.EDIT_PRODUCTS,
    "catalog.may_edit_variant": Right.EDIT_PRODUCTS,
    "catalog.list_shop_products": "everybody, people more",
    "catalog.search_products": "everybody",
    "catalog.add_variant": Right.EDIT_PRODUCTS,
    "catalog.patch_variant": Right.EDIT_PRODUCTS,
    "catalog.delete_variant": Right.EDIT_PRODUCTS,
    "catalog.put_options": Right.EDIT_PRODUCTS,
    "catalog.schedule_product": Right.EDIT_PRODUCTS,
    "catalog.list_blocked_products": "operators",
    "catalog.block_product": "operators",
    "catalog.unblock_product": "operators",
    "catalog.put_stock": Right.SET_STOCK,
    "catalog.change_stock": Right.SET_STOCK,
    "catalog.list_ledger": Right.SEE,
    "catalog.get_order_stock": Right.SEE,
    "catalog.may_import": Right.IMPORT,
    "catalog.create_import": Right.IMPORT,
    "catalog.get_import": Right.IMPORT,
    "catalog.cancel_import": Right.IMPORT,
    "catalog.list_imports": Right.IMPORT,
    "catalog.list_import_errors": Right.IMPORT,
    "catalog.export_products": Right.IMPORT,
    "catalog.import_template": "everybody",
    "catalog.get_categories": "everybody",
    "catalog.get_category_tree": "operators",
    "catalog.add_category": "operators",
    "catalog.patch_category": "operators",
    "catalog.put_attributes": "operators",
    "catalog.get_offers": "other services",
    "orders.get_cart": "one's own",
    "orders.put_cart_item_many": "one's own",
    "orders.delete_cart_item": "one's own",
    "orders.checkout_many": "one's own",
    "orders.get_checkout": "one's own",
    "orders.get_order": Right.SEE_ORDERS,
    "orders.list_orders": "one's own",
    "orders.list_seller_orders": Right.SEE_ORDERS,
    "orders.seller_dashboard": (Right.SEE_ORDERS, Right.SEE_MONEY),
    "orders.cancel_order": Right.CANCEL_ORDERS,
    "orders.ship_order": Right.SHIP_ORDERS,
    "orders.receive_order": "its buyer",
    "orders.pay_order": Right.TAKE_MONEY,
    "orders.mark_refunded": Right.TAKE_MONEY,
    "orders.line_pay_returned": "everybody: it proves nothing",
    "edge-gateway.enrol_device": Right.EDIT_DOORS,
    "edge-gateway.list_devices": Right.SEE_DOORS,
    "edge-gateway.renew_device": Right.EDIT_DOORS,
    "edge-gateway.remove_device": Right.EDIT_DOORS,
    "edge-gateway.footfall": Right.SEE_DOORS,
}


def operations() -> dict[str, Right | None]:
    """Every operation of the gateway, with the right it names."""
    found = {}
    for handler in (one for module in ROUTES for one in module.HANDLERS):
        for path in handler.paths:
            name = path.replace(":str}", "}").replace(":path}", "}")
            for method in handler.http_methods:
                found[f"{method} {name}"] = handler.opt.get("right")
    return found


def rpc_methods() -> set[str]:
    """Every method of the services that decide about shops, read from their sources."""
    found = set()
    for service, package in (("catalog", "catalog"), ("orders", "orders"), ("edge-gateway", "edge_gateway")):
        for path in (ROOT / f"services/{service}/src/{package}/entrypoints").glob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.FunctionDef) and _arguments(node) in CALLED_WITH:
                    found.add(f"{service}.{node.name}")
    return found


def _arguments(function: ast.FunctionDef) -> tuple[str, ...]:
    return tuple(one.arg for one in function.args.args)


def test_every_operation_about_a_shop_names_its_right():
    about = {name: right for name, right in operations().items() if name.split(" ")[1].startswith(ABOUT_SHOPS)}
    assert {name for name, right in about.items() if right is None} == set(OTHERWISE)


def test_every_rpc_method_has_a_row():
    assert rpc_methods() - set(METHODS) == set(), "methods without a row"
    assert set(METHODS) - rpc_methods() == set(), "rows without a method"


def test_every_right_is_asked_for_somewhere():
    asked = {one for row in METHODS.values() if isinstance(row, Right | tuple) for one in _rights(row)}
    assert asked == set(Right)


def _rights(row: Right | tuple[Right, ...]) -> tuple[Right, ...]:
    return (row,) if isinstance(row, Right) else row


@pytest.mark.parametrize(("name", "right"), [(name, one) for name, one in operations().items() if one is not None])
def test_what_is_tried_with_every_role_is_what_the_table_says(name, right):
    [row] = [rows[name] for rows in ACCESS.values() if name in rows]
    assert {PEOPLE[one] for one in row["for"].split() if one in PEOPLE} == RIGHTS[right]


def test_the_page_shows_the_table():
    page = (ROOT / "docs/mechanisms/who-may-what.md").read_text()
    assert table() in page, "python -m kernel.rights prints the table of the page"

"""How shops, products and stock look to whoever asked: plain values, ready for any wire."""

from datetime import datetime
from typing import Any

from catalog.application.ports import LedgerLine, OrderLine
from catalog.domain.blocked import BlockedProduct
from catalog.domain.category import Attribute, Category, CategoryTree
from catalog.domain.invitation import Invitation
from catalog.domain.money import Discount, Pricing
from catalog.domain.product import Product
from catalog.domain.shop import Shop
from catalog.domain.shop_page import PictureKind
from catalog.domain.stock import StockLevel
from catalog.domain.terms import Terms
from catalog.domain.variant import StockSeen, Variant
from chassis.clock import rfc3339

View = dict[str, Any]


def shop(seen: Shop, at: datetime, *, inside: bool) -> View:
    """A shop at this moment. Its own people (`inside`) see the whole address and the staff; others the town."""
    address = {"city": seen.address.city, "district": seen.address.district}
    view = {
        "shop_id": str(seen.id),
        "owner_id": str(seen.owner_id),
        "name": seen.name,
        "kind": seen.kind,
        "address": address,
        "state": seen.state,
        "shipping": [
            {"method": option.method.value, "fee": option.fee, "free_from": option.free_from}
            for option in seen.shipping
        ],
        "introduction": seen.introduction,
        "days_to_ship": seen.days_to_ship,
        "holiday": _holiday(seen, at),
        "logo": _picture(seen, PictureKind.LOGO),
        "cover": _picture(seen, PictureKind.COVER),
        "version": seen.version,
        "created_at": rfc3339(seen.created_at),
    }
    if inside:
        view["address"] = {**address, "postal_code": seen.address.postal_code, "line": seen.address.line}
        view["staff"] = staff(seen)
    return view


def _holiday(seen: Shop, at: datetime) -> View | None:
    if seen.holiday is None or not seen.holiday.on(at):
        return None
    return {"until": seen.holiday.until.isoformat() if seen.holiday.until else None}


def _picture(seen: Shop, kind: PictureKind) -> View | None:
    picture = seen.pictures.get(kind)
    return {"photo_id": str(picture.photo_id), "url": picture.url} if picture else None


def invitation(seen: Invitation, shop_name: str, at: datetime, *, inside: bool) -> View:
    """An invitation, for whom it is meant; the shop's people (`inside`) see to whom it went."""
    view: View = {
        "invitation_id": str(seen.id),
        "shop_id": str(seen.shop_id),
        "shop_name": shop_name,
        "role": seen.role.value,
        "state": seen.standing(at).value,
        "created_at": rfc3339(seen.created_at),
        "expires_at": rfc3339(seen.expires_at),
    }
    if inside:
        view |= {
            "email": seen.email,
            "user_id": str(seen.user_id) if seen.user_id else None,
            "invited_by": str(seen.invited_by),
        }
    return view


def staff(seen: Shop) -> list[View]:
    """Who works in a shop."""
    return [{"user_id": str(person), "role": role.value} for person, role in sorted(seen.staff.items())]


def product(seen: Product, tree: CategoryTree, *, inside: bool) -> View:
    """A product with its live variants. Its own people see how many are on hand and reserved; others what is left, and
    whose it is by its shop: one that changes hands leaves no product behind that names the seller before.
    """
    live = seen.live
    prices = [one.price.final for one in live]
    view = {
        "product_id": str(seen.id),
        "shop_id": str(seen.shop_id),
        "name": seen.name,
        "desc": seen.desc,
        "category": seen.category_id,
        "category_path": [{"category_id": node.id, "name": node.name} for node in tree.way_to(seen.category_id)],
        "state": seen.state.value,
        "condition": seen.condition,
        "attributes": seen.attributes,
        **_price(seen.price.amount, seen.price.discount, seen.pricing),
        "price_min": min(prices),
        "price_max": max(prices),
        "metadata_id": str(seen.metadata_id),
        "options": [{"name": level.name, "values": list(level.values)} for level in seen.levels],
        "variants": [variant(one, inside=inside) for one in live],
        **terms(seen.terms),
        "sold": seen.sold,
        "version": seen.version,
        "stock_version": sum(one.stock.version for one in live),
        "listed_at": rfc3339(seen.listed_at) if seen.listed_at else None,
        "created_at": rfc3339(seen.created_at),
        "changed_at": rfc3339(seen.changed_at),
    }
    if inside:
        view["seller_id"] = str(seen.seller_id)
        view["parent_sku"] = seen.parent_sku
        view["list_at"] = rfc3339(seen.list_at) if seen.list_at else None
        view["list_problems"] = seen.list_problems
        view["blocked"] = {"reason": seen.block.reason, "at": rfc3339(seen.block.at)} if seen.block else None
    return view


def blocked_product(seen: BlockedProduct) -> View:
    """A product that was taken off the market, for operators."""
    return {
        "product_id": str(seen.product_id),
        "name": seen.name,
        "shop_id": str(seen.shop_id),
        "shop_name": seen.shop_name,
        "seller_id": str(seen.seller_id),
        "reason": seen.block.reason,
        "blocked_at": rfc3339(seen.block.at),
        "blocked_by": str(seen.block.by),
        "version": seen.version,
    }


def variant(seen: Variant, *, inside: bool) -> View:
    """One variant of a product."""
    view = {
        "product_variant_id": str(seen.id),
        "sku": seen.sku,
        "gtin": seen.gtin,
        "desc": seen.desc,
        "options": list(seen.options),
        **_price(seen.price.amount, seen.price.discount, seen.pricing),
        "price_version": seen.price_version,
        "metadata_id": str(seen.metadata_id) if seen.metadata_id else None,
        "available": seen.stock.available,
        "stock_version": seen.stock.version,
    }
    if inside:
        view["quantity"] = seen.stock.on_hand
        view["reserved"] = seen.stock.reserved
        view["low_stock_at"] = seen.low_stock_at
    return view


def _price(amount: int, discount: int, pricing: Pricing) -> View:
    """The price in force, and the rule its discount follows from."""
    return {
        "price": amount,
        "discount": discount,
        "final_price": amount - discount,
        "discount_rule": discount_rule(pricing.discount),
    }


def discount_rule(seen: Discount) -> View | None:
    """A discount; None where there is none."""
    if not seen.value:
        return None
    return {
        "kind": seen.kind,
        "value": seen.value,
        "starts_at": rfc3339(seen.starts_at) if seen.starts_at else None,
        "ends_at": rfc3339(seen.ends_at) if seen.ends_at else None,
    }


def terms(seen: Terms) -> View:
    """On what terms a product is sold."""
    package, group_buy, methods = seen.package_cm, seen.group_buy, seen.shipping_methods
    return {
        "refund_rules": seen.refund_rules,
        "tiers": [{"from_quantity": tier.from_quantity, "percent_off": tier.percent_off} for tier in seen.tiers],
        "days_to_ship": seen.days_to_ship,
        "min_quantity": seen.min_quantity,
        "weight_g": seen.weight_g,
        "package_cm": package and {"length": package.length, "width": package.width, "height": package.height},
        "shipping_methods": None if methods is None else [method.value for method in methods],
        "group_buy": group_buy
        and {
            "min_quantity": group_buy.min_quantity,
            "percent_off": group_buy.percent_off,
            "open_hours": group_buy.open_hours,
        },
    }


def offer(seen: Product, one: Variant) -> View:
    """What orders needs to sell a variant (contract `Offer`)."""
    return {
        "product_variant_id": str(one.id),
        "product_id": str(seen.id),
        "product_version": seen.version,
        "shop_id": str(seen.shop_id),
        "seller_id": str(seen.seller_id),
        "name": seen.name,
        "desc": one.desc,
        "options": list(one.options),
        "price": one.price.amount,
        "discount": one.price.discount,
        "final_price": one.price.final,
        "price_version": one.price_version,
        "refund_rules": seen.terms.refund_rules,
        "tiers": [{"from_quantity": tier.from_quantity, "percent_off": tier.percent_off} for tier in seen.terms.tiers],
        "min_quantity": seen.terms.min_quantity,
        "shipping_methods": terms(seen.terms)["shipping_methods"],
        "listed": seen.public and not one.deleted,
        "available": one.stock.available,
        "stock_version": one.stock.version,
    }


def stock(level: StockLevel | StockSeen) -> View:
    """A variant's stock as its shop sees it."""
    return {"quantity": level.on_hand, "reserved": level.reserved, "available": level.available}


def ledger_entry(seen: LedgerLine) -> View:
    """One change of on_hand."""
    entry = seen.entry
    return {
        "entry_id": str(seen.entry_id),
        "add": entry.delta,
        "reason": entry.reason,
        "order_id": str(entry.order_id) if entry.order_id else None,
        "by": str(entry.by) if entry.by else None,
        "at": rfc3339(seen.at),
    }


def order_stock(seen: OrderLine) -> View:
    """One line of an order in stock's books."""
    return {
        "line_id": seen.line_id,
        "product_variant_id": str(seen.variant_id),
        "quantity": seen.quantity,
        "state": seen.state,
        "returned": seen.returned,
        "created_at": rfc3339(seen.created_at),
        "changed_at": rfc3339(seen.changed_at),
    }


def categories(tree: CategoryTree, *, retired_too: bool = False) -> View:
    """The tree; with `retired_too` also what takes no new products."""
    return {"version": tree.version, "items": _nodes(tree.tops, retired_too)}


def _nodes(nodes: tuple[Category, ...], retired_too: bool) -> list[View]:
    return [_category(node, retired_too) for node in nodes if retired_too or node.open]


def _category(node: Category, retired_too: bool) -> View:
    view: View = {
        "category_id": node.id,
        "name": node.name,
        "name_en": node.name_en,
        "children": _nodes(node.children, retired_too),
        "attributes": [_attribute(attribute) for attribute in node.attributes],
    }
    return {**view, "retired": node.retired, "position": node.position} if retired_too else view


def _attribute(attribute: Attribute) -> View:
    return {
        "attribute_id": attribute.id,
        "name": attribute.name,
        "name_en": attribute.name_en,
        "type": attribute.type,
        "required": attribute.required,
        "choices": list(attribute.choices),
        "unit": attribute.unit,
    }

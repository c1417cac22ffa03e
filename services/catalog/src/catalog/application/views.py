"""How shops, products and stock look to whoever asked: plain values, ready for any wire."""

from typing import Any

from catalog.domain.category import Attribute, Category, CategoryTree
from catalog.domain.product import Product
from catalog.domain.shop import Shop
from catalog.domain.stock import StockLevel
from catalog.domain.variant import StockSeen, Variant
from chassis.clock import rfc3339

View = dict[str, Any]


def shop(seen: Shop, *, inside: bool) -> View:
    """A shop. Its own people (`inside`) see the whole address and the staff; others the town."""
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
        "version": seen.version,
        "created_at": rfc3339(seen.created_at),
    }
    if inside:
        view["address"] = {**address, "postal_code": seen.address.postal_code, "line": seen.address.line}
        view["staff"] = staff(seen)
    return view


def staff(seen: Shop) -> list[View]:
    """Who works in a shop."""
    return [{"user_id": str(person), "role": role.value} for person, role in sorted(seen.staff.items())]


def product(seen: Product, tree: CategoryTree, *, inside: bool) -> View:
    """A product with its live variants. Its own people see how many are on hand and reserved; others what is left."""
    prices = [one.price.final for one in seen.live]
    return {
        "product_id": str(seen.id),
        "shop_id": str(seen.shop_id),
        "seller_id": str(seen.seller_id),
        "name": seen.name,
        "desc": seen.desc,
        "category": seen.category_id,
        "category_path": [{"category_id": node.id, "name": node.name} for node in tree.way_to(seen.category_id)],
        "state": seen.state.value,
        "condition": seen.condition,
        "attributes": seen.attributes,
        "price": seen.price.amount,
        "discount": seen.price.discount,
        "final_price": seen.price.final,
        "price_min": min(prices),
        "price_max": max(prices),
        "metadata_id": str(seen.metadata_id),
        "options": [{"name": level.name, "values": list(level.values)} for level in seen.levels],
        "variants": [variant(one, inside=inside) for one in seen.live],
        "refund_rules": seen.refund_rules,
        "tiers": [{"from_quantity": tier.from_quantity, "percent_off": tier.percent_off} for tier in seen.tiers],
        "days_to_ship": seen.days_to_ship,
        "version": seen.version,
        "stock_version": sum(one.stock.version for one in seen.live),
        "listed_at": rfc3339(seen.listed_at) if seen.listed_at else None,
        "created_at": rfc3339(seen.created_at),
        "changed_at": rfc3339(seen.changed_at),
    }


def variant(seen: Variant, *, inside: bool) -> View:
    """One variant of a product."""
    view = {
        "product_variant_id": str(seen.id),
        "sku": seen.sku,
        "desc": seen.desc,
        "options": list(seen.options),
        "price": seen.price.amount,
        "discount": seen.price.discount,
        "final_price": seen.price.final,
        "price_version": seen.price_version,
        "metadata_id": str(seen.metadata_id) if seen.metadata_id else None,
        "available": seen.stock.available,
        "stock_version": seen.stock.version,
    }
    if inside:
        view["quantity"] = seen.stock.on_hand
        view["reserved"] = seen.stock.reserved
    return view


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
        "refund_rules": seen.refund_rules,
        "tiers": [{"from_quantity": tier.from_quantity, "percent_off": tier.percent_off} for tier in seen.tiers],
        "listed": seen.public and not one.deleted,
        "available": one.stock.available,
        "stock_version": one.stock.version,
    }


def stock(level: StockLevel | StockSeen) -> View:
    """A variant's stock as its shop sees it."""
    return {"quantity": level.on_hand, "reserved": level.reserved, "available": level.available}


def categories(tree: CategoryTree) -> View:
    """The whole tree."""
    return {"items": [_category(node) for node in tree.tops]}


def _category(node: Category) -> View:
    return {
        "category_id": node.id,
        "name": node.name,
        "name_en": node.name_en,
        "children": [_category(child) for child in node.children],
        "attributes": [_attribute(attribute) for attribute in node.attributes],
    }


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

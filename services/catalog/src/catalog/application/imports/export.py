"""A whole shop as a sheet, in the columns that an import takes: importing it again changes nothing."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from catalog.application.imports.ports import ImportUnits
from catalog.application.ports import Categories as Tree
from catalog.application.views import View
from catalog.domain.money import Discount
from catalog.domain.product import Product
from catalog.domain.sheet_categories import Categories
from catalog.domain.sheet_columns import ATTRIBUTE, COLUMNS, IMAGES, title_of
from catalog.domain.variant import Variant
from kernel.rights import Right, require

PAGE = 100  # products

Cell = str | int | None

_CONDITIONS = {"new": "全新", "used": "二手"}
_STATES = {"listed": "上架", "unlisted": "下架", "draft": "草稿"}
_KEYS = [column.key for column in COLUMNS if column.key not in IMAGES and column.key != "brand"]


class ExportReader(Protocol):
    """Questions of an export."""

    def attributes(self, shop_id: UUID) -> list[str]:
        """Ids of the attributes that a shop's products have, sorted."""

    def products(self, shop_id: UUID, after: UUID | None, limit: int) -> list[Product]:
        """A shop's products, oldest first, with live variants and their stock."""


class ExportDesk:
    """Use cases of the way out."""

    def __init__(self, units: ImportUnits, reader: ExportReader, tree: Tree) -> None:
        self._units = units
        self._reader = reader
        self._tree = tree

    def page(self, by: UUID, shop_id: UUID, after: UUID | None) -> View:
        """Contract `ExportedPage`. Raises Missing, RoleRequired."""
        with self._units() as unit:
            require(unit.shops.role(shop_id, by), Right.IMPORT)
        attributes = self._reader.attributes(shop_id)
        products = self._reader.products(shop_id, after, PAGE + 1)
        categories = Categories(self._tree())
        return {
            "columns": headings(attributes),
            "images": len(_KEYS) + len(attributes),
            "products": [
                {"metadata_id": str(one.id_of_document), "rows": one.rows}
                for one in (_Rows(product, categories, attributes) for product in products[:PAGE])
            ],
            "next_cursor": str(products[PAGE - 1].id) if len(products) > PAGE else None,
        }


def headings(attributes: Sequence[str] = ()) -> list[str]:
    """The header: the columns that do not depend on the category, attributes, photographs."""
    keys = [*_KEYS, *(ATTRIBUTE + name for name in attributes), *IMAGES]
    return [title_of(key) for key in keys]


def template() -> View:
    """The header of an empty sheet, and a line of explanation for each column: heading, Chinese, English."""
    return {
        "columns": [column.title for column in COLUMNS],
        "notes": [["欄位", "說明", "Column", "Note"]]
        + [[column.title, column.hint, column.title_en, column.hint_en] for column in COLUMNS]
        + [
            [
                "屬性：產地",
                "類別要求的屬性，一個屬性一欄",
                "Attribute: …",
                "One column for each attribute of the category",
            ]
        ],
    }


class _Rows:
    """The rows of one product. What belongs to the product stands in the first of them."""

    def __init__(self, product: Product, categories: Categories, attributes: Sequence[str]) -> None:
        self.id_of_document = product.metadata_id
        shared = _product_cells(product, categories)
        blank: dict[str, Cell] = {key: shared[key] for key in ("parent_sku", "product_id")}
        values = [_attribute(product.attributes.get(name)) for name in attributes]
        pictures: list[Cell] = [None] * len(IMAGES)
        self.rows: list[list[Cell]] = []
        for number, one in enumerate(product.live):
            cells = {**(blank if number else shared), **_variant_cells(one)}
            told: list[Cell] = [*values] if number == 0 else [None] * len(attributes)
            self.rows.append([*(cells.get(key) for key in _KEYS), *told, *pictures])


def _product_cells(product: Product, categories: Categories) -> dict[str, Cell]:
    names = [level.name for level in product.levels] + [None, None]
    return {
        "parent_sku": product.parent_sku,
        "product_id": str(product.id),
        "name": product.name,
        "category": categories.name_of(product.category_id),
        "desc": product.desc,
        "option_name_1": names[0],
        "option_name_2": names[1],
        "days_to_ship": product.terms.days_to_ship,
        "condition": _CONDITIONS[product.condition],
        "tiers": "; ".join(f"{tier.from_quantity}:{tier.percent_off}" for tier in product.terms.tiers),
        "min_quantity": product.terms.min_quantity,
        "weight": _kilograms(product.terms.weight_g),
        "state": _STATES.get(product.state.value),
    }


def _variant_cells(one: Variant) -> dict[str, Cell]:
    options = [*one.options, None, None]
    return {
        "option_1": options[0],
        "option_2": options[1],
        "price": one.pricing.amount,
        "discount": _discount(one.pricing.discount),
        "quantity": one.stock.on_hand,
        "sku": one.sku,
        "gtin": one.gtin,
        "variant_id": str(one.id),
    }


def _kilograms(grams: int | None) -> Cell:
    if grams is None:
        return None
    return f"{grams / 1000:.3f}".rstrip("0").rstrip(".")


def _discount(told: Discount) -> Cell:
    """A sheet tells what is always taken off; a percentage, or one with a period, it leaves as it is."""
    lasting = told.kind == "amount" and told.starts_at is None and told.ends_at is None
    return told.value or None if lasting else None


def _attribute(value: object) -> Cell:
    if isinstance(value, bool):
        return "是" if value else "否"
    return value if isinstance(value, str | int) or value is None else str(value)

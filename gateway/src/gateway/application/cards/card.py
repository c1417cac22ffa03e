"""A card: its bytes, what they are made of, and how a change of one part changes them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.application.cards.ports import Document, Json, View

# Never on a card, whoever says it. Whose a product is follows from its shop, which changes hands by itself.
INTERNAL = frozenset({"quantity", "reserved", "on_hand", "cost", "seller_id"})
OVERHEAD = 1800  # bytes; measured: what keys, versions and headers of a held card take beside its body
PER_PART = 160  # bytes; the version of one variant or document


class Card:
    """The public JSON of one product. `dressed` is room for what a server needs beside the bytes, made once."""

    __slots__ = ("body", "dressed", "etag", "shop_id")

    def __init__(self, body: bytes, etag: str, shop_id: str) -> None:
        self.body = body
        self.etag = etag
        self.shop_id = shop_id
        self.dressed: Any = None


@dataclass(slots=True)
class Held:
    """A card with the versions of its parts: catalog's, each variant's stock, each document (0: not there yet)."""

    card: Card
    product_id: str
    catalog: int
    stock: dict[str, int]
    documents: dict[str, int]
    complete: bool = True

    @property
    def weight(self) -> int:
        """Bytes it takes, about."""
        return OVERHEAD + len(self.card.body) + PER_PART * (len(self.stock) + len(self.documents))


def documents_of(product: View) -> list[str]:
    """Ids of the documents that belong on the product's card: its own first, then its variants'."""
    own = [product["metadata_id"]]
    return own + [one["metadata_id"] for one in product["variants"] if one.get("metadata_id")]


def compose(product: View, documents: Mapping[str, Document] | None, json: Json) -> Held:
    """The card of catalog's view and media's documents. Without the latter (None) it is marked `degraded`."""
    found = documents or {}
    body = {name: value for name, value in product.items() if name not in INTERNAL}
    body["variants"] = [_variant(one, found) for one in product["variants"]]
    own = found.get(product["metadata_id"])
    body["metadata"] = own.content if own else {}
    body["photos"] = own.photos if own else []
    if documents is None:
        body["degraded"] = True
    stock = {one["product_variant_id"]: int(one["stock_version"]) for one in product["variants"]}
    body["stock_version"] = sum(stock.values())
    versions = {one: found[one].version if one in found else 0 for one in documents_of(product)}
    held = Held(
        Card(json.encode(body), "", str(product["shop_id"])),
        str(product["product_id"]),
        int(product["version"]),
        stock,
        versions,
        complete=documents is not None,
    )
    held.card.etag = _etag(held)
    return held


def with_stock(held: Held, variant_id: str, version: int, available: int, json: Json) -> None:
    """The same card with this variant's newer stock."""
    body = json.decode(held.card.body)
    for one in body["variants"]:
        if one["product_variant_id"] == variant_id:
            one["available"] = available
            one["stock_version"] = version
    held.stock[variant_id] = version
    body["stock_version"] = sum(held.stock.values())
    _replace(held, body, json)


def with_document(held: Held, document: Document, json: Json) -> None:
    """The same card with this newer document of the product or of one of its variants."""
    body = json.decode(held.card.body)
    for one in body["variants"]:
        if one.get("metadata_id") == document.metadata_id:
            one["metadata"] = document.content
            one["photo"] = document.photos[0] if document.photos else None
    if body["metadata_id"] == document.metadata_id:
        body["metadata"] = document.content
        body["photos"] = document.photos
    held.documents[document.metadata_id] = document.version
    _replace(held, body, json)


def _replace(held: Held, body: View, json: Json) -> None:
    held.card = Card(json.encode(body), _etag(held), held.card.shop_id)


def _variant(one: View, documents: Mapping[str, Document]) -> View:
    seen = {name: value for name, value in one.items() if name not in INTERNAL}
    own = documents.get(one.get("metadata_id") or "")
    seen["metadata"] = own.content if own else {}
    seen["photo"] = own.photos[0] if own and own.photos else None
    return seen


def _etag(held: Held) -> str:
    """Grows with every part. A card that lacks media's part never equals one that has it."""
    documents = sum(held.documents.values()) if held.complete else "x"
    return f'"c{held.catalog}.m{documents}.s{sum(held.stock.values())}"'

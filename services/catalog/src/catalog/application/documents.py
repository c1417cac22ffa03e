"""What media is told of the documents of products and variants."""

from typing import Any

from catalog.domain.events import MetadataSubmitted
from catalog.domain.product import Product
from catalog.domain.variant import Variant

Document = dict[str, Any]


def of_product(product: Product, document: Document) -> MetadataSubmitted:
    """The product's own document, in the version the product counts."""
    return MetadataSubmitted(product.metadata_id, product.id, product.shop_id, product.metadata_version, document)


def of_variant(product: Product, one: Variant, document: Document | None) -> list[MetadataSubmitted]:
    """A variant's document, if it has one."""
    if one.metadata_id is None or document is None:
        return []
    return [
        MetadataSubmitted(
            one.metadata_id, product.id, product.shop_id, one.metadata_version, document, variant_id=one.id
        )
    ]


def variant_gone(product: Product, one: Variant) -> list[MetadataSubmitted]:
    """A deleted variant's document goes with it."""
    if one.metadata_id is None:
        return []
    one.metadata_version += 1
    return [
        MetadataSubmitted(
            one.metadata_id, product.id, product.shop_id, one.metadata_version, {}, variant_id=one.id, withdrawn=True
        )
    ]


def product_gone(product: Product) -> list[MetadataSubmitted]:
    """A deleted product's documents go with it, its variants' too."""
    product.metadata_version += 1
    own = MetadataSubmitted(
        product.metadata_id, product.id, product.shop_id, product.metadata_version, {}, withdrawn=True
    )
    return [own, *(event for one in product.live for event in variant_gone(product, one))]

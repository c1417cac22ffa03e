"""What media is told of documents: each with its version and whose it is, and when they go."""

from uuid import UUID, uuid4

import pytest

from catalog.application.products import WantedVariant
from catalog.domain.errors import DocumentTooLarge
from catalog.domain.events import MetadataSubmitted, ProductChanged
from catalog.domain.product import LARGEST_METADATA
from chassis.errors import Missing


def variant_of(product, at=0) -> UUID:
    return UUID(product["variants"][at]["product_variant_id"])


def test_a_document_above_its_size_is_refused_with_a_code(world, make_product):
    for values in (
        {"metadata": {"x": "y" * LARGEST_METADATA}},
        {"variants": (WantedVariant(metadata={"x": "字" * (LARGEST_METADATA // 3)}),)},
    ):
        with pytest.raises(DocumentTooLarge):
            make_product(**values)
    assert world.store.products == {}
    make_product(metadata={"x": "y" * (LARGEST_METADATA - len('{"x":""}'))})


def test_the_first_photo_of_a_variant_gives_it_a_document(world, make_product):
    product = make_product()
    variant_id = variant_of(product)
    right = world.app.variants.may_edit(world.seller, variant_id)
    [_, submitted] = world.heard(MetadataSubmitted)
    assert (submitted.variant_id, submitted.document, submitted.version) == (variant_id, {}, 1)
    assert right == {
        "product_id": product["product_id"],
        "shop_id": product["shop_id"],
        "metadata_id": str(submitted.metadata_id),
        "variant_id": str(variant_id),
    }
    assert world.heard(ProductChanged)[-1].product.version == product["version"] + 1
    assert world.app.variants.may_edit(world.seller, variant_id) == right
    assert len(world.heard(MetadataSubmitted)) == 2


def test_a_variants_photo_is_for_its_own_people(world, make_product):
    variant_id = variant_of(make_product())
    for by, which in ((uuid4(), variant_id), (world.seller, uuid4())):
        with pytest.raises(Missing):
            world.app.variants.may_edit(by, which)
    assert len(world.heard(MetadataSubmitted)) == 1


def test_documents_go_with_their_product_and_variant_once(world, make_product):
    variants = (WantedVariant(desc="紅", metadata={"a": 1}), WantedVariant(desc="藍", metadata={"a": 2}))
    product = make_product(variants=variants)
    product_id = UUID(product["product_id"])
    for _ in range(2):
        world.app.variants.delete(world.seller, variant_of(product, 0))
    [gone] = [event for event in world.heard(MetadataSubmitted) if event.withdrawn]
    assert (gone.variant_id, gone.version) == (variant_of(product, 0), 2)
    for _ in range(2):
        world.app.products.delete(world.seller, product_id)
    withdrawn = [event for event in world.heard(MetadataSubmitted) if event.withdrawn][1:]
    assert [event.variant_id for event in withdrawn] == [None, variant_of(product, 1)]
    assert str(withdrawn[0].metadata_id) == product["metadata_id"]

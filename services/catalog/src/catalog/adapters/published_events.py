"""What the outside hears of what happened inside: the only door from our words to the contracts'."""

from functools import singledispatch

from catalog.domain.events import (
    Event,
    MetadataSubmitted,
    OrderRejected,
    OrderReserved,
    ProductChanged,
    ShopChanged,
    StockChanged,
)
from catalog.domain.variant import Variant
from chassis.clock import rfc3339
from contracts import Message
from contracts import catalog as contract


@singledispatch
def to_contract(event: Event) -> Message:
    """The message of an event. Raises TypeError for one that has none."""
    raise TypeError(f"{type(event).__name__} has no message")


@to_contract.register
def _(event: ShopChanged) -> Message:
    shop = event.shop
    return contract.ShopChangedV1(
        shop_id=str(shop.id),
        version=shop.version,
        owner_id=str(shop.owner_id),
        name=shop.name,
        kind=shop.kind,
        state=shop.state,
        staff=[contract.Staff(user_id=str(person), role=role.value) for person, role in sorted(shop.staff.items())],
        shipping=[
            contract.ShippingOption(method=option.method.value, fee=option.fee, free_from=option.free_from)
            for option in shop.shipping
        ],
    )


@to_contract.register
def _(event: ProductChanged) -> Message:
    product = event.product
    return contract.ProductChangedV1(
        product_id=str(product.id),
        version=product.version,
        shop_id=str(product.shop_id),
        seller_id=str(product.seller_id),
        name=product.name,
        desc=product.desc,
        category=product.category_id,
        state=product.state.value,
        condition=product.condition,
        attributes=product.attributes,
        price=product.price.amount,
        discount=product.price.discount,
        metadata_id=str(product.metadata_id),
        variants=[_variant(one) for one in product.live],
        refund_rules=product.refund_rules,
        tiers=[
            contract.QuantityTier(from_quantity=tier.from_quantity, percent_off=tier.percent_off)
            for tier in product.tiers
        ],
        days_to_ship=product.days_to_ship,
        listed_at=rfc3339(product.listed_at) if product.listed_at else None,
        option_names=[level.name for level in product.levels],
    )


def _variant(one: Variant) -> contract.Variant:
    return contract.Variant(
        product_variant_id=str(one.id),
        sku=one.sku,
        desc=one.desc,
        options=list(one.options),
        price=one.price.amount,
        discount=one.price.discount,
        final_price=one.price.final,
        price_version=one.price_version,
        metadata_id=str(one.metadata_id) if one.metadata_id else None,
    )


@to_contract.register
def _(event: MetadataSubmitted) -> Message:
    return contract.MetadataSubmittedV1(
        metadata_id=str(event.metadata_id),
        product_id=str(event.product_id),
        shop_id=str(event.shop_id),
        version=event.version,
        document=event.document,
        variant_id=str(event.variant_id) if event.variant_id else None,
        withdrawn=event.withdrawn,
    )


@to_contract.register
def _(event: StockChanged) -> Message:
    return contract.StockChangedV1(
        variant_id=str(event.variant_id),
        product_id=str(event.product_id),
        version=event.version,
        available=event.available,
    )


@to_contract.register
def _(event: OrderReserved) -> Message:
    lines = [
        contract.ReservedLine(line_id=line_id, variant_id=str(variant_id), quantity=quantity)
        for line_id, variant_id, quantity in event.lines
    ]
    return contract.StockReservedV1(order_id=str(event.order_id), lines=lines)


@to_contract.register
def _(event: OrderRejected) -> Message:
    return contract.StockRejectedV1(
        order_id=str(event.order_id),
        reason=event.reason.value,
        variant_ids=[str(variant_id) for variant_id in event.variant_ids],
    )

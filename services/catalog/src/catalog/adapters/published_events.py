"""What the outside hears of what happened inside: the only door from our words to the contracts'."""

from functools import singledispatch
from typing import Any

from catalog.domain.events import (
    CategoriesChanged,
    Event,
    InvitationAnswered,
    MetadataSubmitted,
    OrderRejected,
    OrderReserved,
    PhotosWanted,
    ProductChanged,
    ShopChanged,
    StaffInvited,
    StockChanged,
    StockLow,
)
from catalog.domain.invitation import State
from catalog.domain.money import Discount
from catalog.domain.shop_page import Holiday
from catalog.domain.terms import Terms
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
        holiday=_holiday(shop.holiday),
    )


def _holiday(holiday: Holiday | None) -> contract.Holiday | None:
    if holiday is None:
        return None
    return contract.Holiday(until=holiday.until.isoformat() if holiday.until else None)


@to_contract.register
def _(event: StaffInvited) -> Message:
    return contract.StaffInvitedV1(
        **_invitation(event), user_id=str(event.invitation.user_id), invited_by=str(event.invitation.invited_by)
    )


@to_contract.register
def _(event: InvitationAnswered) -> Message:
    return contract.InvitationAnsweredV1(
        **_invitation(event),
        user_id=str(event.invitation.user_id),
        invited_by=str(event.invitation.invited_by),
        answer="accepted" if event.invitation.state is State.ACCEPTED else "declined",
    )


def _invitation(event: StaffInvited | InvitationAnswered) -> dict[str, Any]:
    invitation = event.invitation
    return {
        "invitation_id": str(invitation.id),
        "shop_id": str(event.shop.id),
        "shop_name": event.shop.name,
        "role": invitation.role.value,
    }


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
        **_terms(product.terms),
        discount_rule=_discount_rule(product.pricing.discount),
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
        gtin=one.gtin,
        discount_rule=_discount_rule(one.pricing.discount),
    )


def _terms(terms: Terms) -> dict[str, Any]:
    package, group_buy, methods = terms.package_cm, terms.group_buy, terms.shipping_methods
    return {
        "refund_rules": terms.refund_rules,
        "tiers": [
            contract.QuantityTier(from_quantity=one.from_quantity, percent_off=one.percent_off) for one in terms.tiers
        ],
        "days_to_ship": terms.days_to_ship,
        "min_quantity": terms.min_quantity,
        "weight_g": terms.weight_g,
        "package_cm": package and contract.Package(length=package.length, width=package.width, height=package.height),
        "shipping_methods": None if methods is None else [method.value for method in methods],
        "group_buy": group_buy
        and contract.GroupBuyOption(
            min_quantity=group_buy.min_quantity,
            percent_off=group_buy.percent_off,
            open_hours=group_buy.open_hours,
        ),
    }


def _discount_rule(discount: Discount) -> contract.DiscountRule | None:
    if not discount.value:
        return None
    return contract.DiscountRule(
        kind=discount.kind,
        value=discount.value,
        starts_at=rfc3339(discount.starts_at) if discount.starts_at else None,
        ends_at=rfc3339(discount.ends_at) if discount.ends_at else None,
    )


@to_contract.register
def _(event: StockLow) -> Message:
    return contract.StockLowV1(
        variant_id=str(event.variant_id),
        product_id=str(event.product_id),
        shop_id=str(event.shop_id),
        seller_id=str(event.seller_id),
        name=event.name,
        options=list(event.options),
        available=event.available,
        low_stock_at=event.low_at,
    )


@to_contract.register
def _(event: CategoriesChanged) -> Message:
    return contract.CategoriesChangedV1(version=event.version)


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
def _(event: PhotosWanted) -> Message:
    return contract.PhotosWantedV1(
        import_id=str(event.import_id),
        product_id=str(event.product_id),
        shop_id=str(event.shop_id),
        metadata_id=str(event.metadata_id),
        photos=[contract.WantedPhoto(photo_id=str(photo_id), url=url) for photo_id, url in event.photos],
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

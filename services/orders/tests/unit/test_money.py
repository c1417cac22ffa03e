"""What a unit, a cart and an order cost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.ids import uuid7
from orders.domain.cart import CartLine, priced
from orders.domain.checkout import Wish, place
from orders.domain.delivery import Destination
from orders.domain.money import ShippingOption, Tier, unit_price
from orders.domain.offer import Offer, Shop
from orders.domain.order import PaymentMethod

prices = st.integers(0, 10_000_000)
quantities = st.integers(1, 1_000_000)


@st.composite
def tier_lists(draw):
    quantities_ = sorted(draw(st.sets(st.integers(2, 10_000), max_size=5)))
    percents = sorted(draw(st.sets(st.integers(1, 90), min_size=len(quantities_), max_size=len(quantities_))))
    return tuple(Tier(quantity, percent) for quantity, percent in zip(quantities_, percents, strict=True))


@st.composite
def offers(draw):
    price = draw(prices)
    return Offer(
        variant_id=uuid7(),
        product_id=uuid7(),
        product_version=1,
        shop_id=SHOP.id,
        seller_id=SHOP.owner_id,
        name="茶",
        options=(),
        price=price,
        discount=draw(st.integers(0, price)),
        price_version=1,
        listed=True,
        tiers=draw(tier_lists()),
    )


SHOP = Shop(uuid7(), 1, uuid7(), "茶行", "open", (ShippingOption("face_to_face", 80, 1500),))
HERE = Destination.of(SHOP.id, "face_to_face", {"name": "王小美", "phone": "0912345678"}, None)


@pytest.mark.parametrize(
    ("quantity", "discount", "final"), [(1, 10, 89), (2, 10, 89), (3, 10 + 8, 81), (9, 10 + 8, 81), (10, 10 + 17, 72)]
)
def test_the_highest_tier_reached_counts_and_its_discount_is_rounded_down(quantity, discount, final):
    unit = unit_price(99, 10, (Tier(3, 10), Tier(10, 20)), quantity)
    assert (unit.discount, unit.final) == (discount, final)


@given(price=prices, tiers=tier_lists(), quantity=quantities, data=st.data())
def test_a_unit_never_costs_less_than_nothing_nor_more_than_without_its_tiers(price, tiers, quantity, data):
    discount = data.draw(st.integers(0, price))
    unit = unit_price(price, discount, tiers, quantity)
    assert 0 <= unit.final <= price - discount
    assert unit.final == price - unit.discount
    assert unit.final >= unit_price(price, discount, tiers, quantity + 1).final


@given(st.lists(st.tuples(offers(), quantities), min_size=1, max_size=6))
def test_an_order_is_the_sum_of_its_lines_and_its_shipping(wanted):
    cart = [CartLine(quantity, 1, offer, SHOP) for offer, quantity in wanted]
    wish = Wish(uuid7(), uuid7(), (uuid7(),), "key", "f", PaymentMethod.COD, (HERE,))
    placement = place(wish, cart, None)
    [placed] = placement.orders
    total = sum(line.final_price * line.quantity for line in placed.lines)
    assert placed.order.items_total == total == sum(unit.final * line.quantity for line, unit in priced(cart))
    assert placed.order.shipping_fee == (0 if total >= 1500 else 80)
    assert placement.total == placed.order.total_price == total + placed.order.shipping_fee
    assert all(line.final_price == line.price - line.discount >= 0 for line in placed.lines)


def test_tiers_count_all_variants_of_a_product():
    product, tiers = uuid7(), (Tier(3, 10),)

    def line(quantity):
        return CartLine(
            quantity, 1, Offer(uuid7(), product, 1, SHOP.id, uuid7(), "茶", (), 100, 0, 1, True, tiers), SHOP
        )

    assert [unit.final for _, unit in priced([line(1), line(2)])] == [90, 90]
    assert [unit.final for _, unit in priced([line(1), line(1)])] == [100, 100]


@pytest.mark.parametrize(("total", "fee"), [(1499, 80), (1500, 0), (0, 80)])
def test_shipping_is_free_from_its_limit_on(total, fee):
    assert ShippingOption("home_delivery", 80, 1500).fee_for(total) == fee


def test_shipping_without_a_limit_always_costs():
    assert ShippingOption("home_delivery", 80).fee_for(10**9) == 80

"""Languages: each table says the same, and everybody is told in their own."""

import string
from itertools import product
from uuid import uuid4

import pytest

from kernel.locales import Locale
from notify.adapters import line_messages
from notify.domain.rules import RULES, Kind, News, rings_of
from notify.domain.texts import TEXTS

FIRST = TEXTS[Locale.ZH_TW]
OTHERS = [locale for locale in Locale if locale is not Locale.ZH_TW]


def parts(text: str) -> set[str]:
    return {f"{name}:{spec}" for _, name, spec, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("locale", OTHERS)
def test_every_table_has_the_same_texts(locale):
    texts = TEXTS[locale]
    assert set(texts.notifications) == set(FIRST.notifications)
    assert set(texts.reasons) == set(FIRST.reasons)
    assert set(texts.phrases) == set(FIRST.phrases)


@pytest.mark.parametrize("locale", OTHERS)
def test_every_text_is_filled_with_the_same_names_and_numbers(locale):
    texts = TEXTS[locale]
    for key, pair in FIRST.notifications.items():
        assert [parts(one) for one in texts.notifications[key]] == [parts(one) for one in pair], key
    for key, phrase in FIRST.phrases.items():
        assert parts(texts.phrases[key]) == parts(phrase), key


def test_english_holds_no_chinese():
    english = TEXTS[Locale.EN]
    said = [*(text for pair in english.notifications.values() for text in pair), *english.reasons.values()]
    assert all(character < "\u2e80" for text in [*said, *english.phrases.values()] for character in text)


@pytest.mark.parametrize(("locale", "kind"), list(product(Locale, Kind)))
def test_every_rule_has_its_words_in_every_language(world, locale, kind):
    person = uuid4()
    for status, reason, left in (("unpaid", "out_of_stock", 0), ("to_ship", "something new", 3)):
        news = world.news(kind, status=status, reason=reason, goods="茶", left=left)
        news = News(**{**vars(news), "seller_id": person, "buyer_id": person, "guest_id": person, "shop_id": None})
        rung = list(rings_of([news], {}, {person: locale}, uuid4))
        assert [(one.user_id, one.locale) for one in rung] == [(person, locale)] * bool(rung)
        assert rung or all(not rule.applies(news) for rule in RULES[kind])
        assert all(one.title and one.body and "{" not in one.title + one.body for one in rung)


def test_each_of_a_shops_people_reads_their_own_language(world):
    world.reads(world.clerk, Locale.EN)
    world.ring(world.news(total=12800))
    told = {one.user_id: (one.title, one.body) for one in world.store.notifications.values()}
    assert told[world.seller] == ("新訂單 NT$12,800", "「寧夏茶行」有一筆新訂單，買家尚未付款，付款後請出貨。")
    assert told[world.clerk] == (
        "New order NT$12,800",
        "“寧夏茶行” has a new order. The buyer has not paid yet: please ship it once it is paid.",
    )


def test_an_older_choice_never_replaces_a_newer_one(world):
    world.reads(world.seller, Locale.EN, version=3)
    world.reads(world.seller, Locale.ZH_TW, version=2)
    world.ring(world.news())
    assert next(iter(world.store.notifications.values())).title.startswith("New order")


def test_a_push_keeps_the_language_it_was_made_in(world):
    world.bind(world.seller)
    world.reads(world.seller, Locale.EN)
    world.ring(world.news())
    world.reads(world.seller, Locale.ZH_TW, version=3)
    assert [one.locale for one in world.store.deliveries] == [Locale.EN]


def test_the_button_and_the_digest_are_in_the_language_of_the_push(deliveries):
    made = deliveries.add(title="Order paid", body="“Tea” has an order that is paid.", locale=Locale.EN, missed=2)
    message = line_messages.notification(made, "https://yeshi.example")
    assert message["template"]["actions"][0]["label"] == "Open"
    assert message["template"]["text"].endswith(
        "2 more were not sent, for this month's LINE messages are used up. See the bell."
    )


def test_braces_in_a_name_are_a_name(world):
    shop = world.store.shops[world.shop]
    world.store.shops[world.shop] = type(shop)(shop.shop_id, "{total}{0}{x.y}", shop.people, 2)
    world.ring(world.news())
    assert "「{total}{0}{x.y}」" in next(iter(world.store.notifications.values())).body


def test_a_variant_is_named_with_its_options(world):
    world.reads(world.clerk, Locale.EN)
    world.ring(world.news(Kind.STOCK_LOW, goods="烏龍茶", options=("紅", "大"), left=2))
    told = {one.user_id: one.body for one in world.store.notifications.values()}
    assert told[world.seller] == "「寧夏茶行」的「烏龍茶」（紅，大）剩下 2 件，請留意補貨。"
    assert told[world.clerk] == "“寧夏茶行”: “烏龍茶” (紅, 大) has 2 left. Time to restock."

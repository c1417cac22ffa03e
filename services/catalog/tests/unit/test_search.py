"""How words are found."""

import pytest

from catalog.domain import search


def test_a_text_is_known_by_its_characters_and_pairs():
    assert search.terms("烏龍 茶") == sorted(["烏", "龍", "茶", "烏龍"])


@pytest.mark.parametrize("query", ["ＩＰＨＯＮＥ", "iphone", "  iPhone "])
def test_width_and_case_do_not_matter(query):
    assert search.words(query) == ["iphone"]


def test_a_long_or_hostile_query_is_bounded():
    assert len(search.words("a b c d e f g h i j")) == 8
    assert sum(map(len, search.words("x" * 10_000))) == search.LONGEST_QUERY
    assert search.words("a\0b\ud800c") == ["a", "b", "c"]


def test_a_word_wants_only_what_a_text_holding_it_has():
    for word in ("烏", "烏龍", "凍頂烏龍茶"):
        assert set(search.wanted(word)) <= set(search.terms(f"特級{word}禮盒"))

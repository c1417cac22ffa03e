"""Letters: whose language comes first."""

from uuid import uuid4

import pytest

from kernel.locales import Locale
from users.application.letters import written
from users.domain.mail import Purpose


def letter(purpose: Purpose, locale: Locale):
    return written(purpose, uuid4(), "somebody@yeshi.test", "https://yeshi.test", "a-token", locale)


def chinese(text: str) -> bool:
    return any(character >= "\u2e80" for character in text)


@pytest.mark.parametrize("purpose", Purpose)
def test_every_letter_is_in_both_languages_with_the_receivers_first(purpose):
    for locale in Locale:
        made = letter(purpose, locale)
        first, second = made.subject.split(" · ")
        assert (chinese(first), chinese(second)) == (locale is Locale.ZH_TW, locale is Locale.EN)
        head, first, second, *_ = made.text.split("\n\n")
        assert head == "夜市 Yeshi"
        assert (chinese(first), chinese(second)) == (locale is Locale.ZH_TW, locale is Locale.EN)
        assert made.html.index(f'lang="{"en" if locale is Locale.EN else "zh-Hant-TW"}"') < made.html.index("<p lang=")


@pytest.mark.parametrize("purpose", Purpose)
def test_both_languages_lead_to_the_same_page(purpose):
    pages = {letter(purpose, locale).text.rpartition("https://")[2] for locale in Locale}
    assert len(pages) == 1 or not any("https" in letter(purpose, locale).text for locale in Locale)

"""What notifications say: one table for each language, filled with names and numbers."""

from collections.abc import Mapping
from dataclasses import dataclass

from kernel.locales import Locale
from notify.domain import texts_en, texts_zh_tw

Text = tuple[str, str]  # title and body


@dataclass(frozen=True)
class Texts:
    """A language. What is put into a text is never read as one, whatever its braces."""

    notifications: Mapping[str, Text]
    reasons: Mapping[str, str]
    phrases: Mapping[str, str]

    def notification(self, key: str, **values: object) -> Text:
        """Title and body. Raises KeyError for a text that is not there."""
        title, body = self.notifications[key]
        return title.format(**values), body.format(**values)

    def phrase(self, key: str, **values: object) -> str:
        """A part of a text, or a label. Raises KeyError for one that is not there."""
        return self.phrases[key].format(**values)

    def shop(self, name: str | None) -> str:
        """A shop by its name, or without one."""
        return self.phrase("shop", name=name) if name else self.phrase("some_shop")

    def goods(self, name: str, options: tuple[str, ...]) -> str:
        """A product, and which of its variants."""
        if not options:
            return self.phrase("goods", name=name)
        return self.phrase("variant", name=name, options=self.phrases["between"].join(options))


TEXTS: Mapping[Locale, Texts] = {
    Locale.ZH_TW: Texts(texts_zh_tw.NOTIFICATIONS, texts_zh_tw.REASONS, texts_zh_tw.PHRASES),
    Locale.EN: Texts(texts_en.NOTIFICATIONS, texts_en.REASONS, texts_en.PHRASES),
}

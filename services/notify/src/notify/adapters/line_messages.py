"""How notifications and replies look in LINE: a text with one button.

Source: LINE Messaging API reference, «Buttons template»: text 160 without a title, label 20, alt text 1,500.
"""

from typing import Any

from notify.domain.chat import Reply
from notify.domain.delivery import Delivery
from notify.domain.texts import TEXTS, Texts

Message = dict[str, Any]

LONGEST_TEXT = 160
LONGEST_ALT = 1500


def notification(delivery: Delivery, home: str) -> Message:
    """One notification, and how many earlier ones the month's quota kept back."""
    texts = TEXTS[delivery.locale]
    tail = missed(delivery.missed, texts)
    return _button(f"{delivery.title}\n{delivery.body}", tail, texts.phrase("open"), home + delivery.link)


def missed(count: int, texts: Texts) -> str:
    """The digest's line; nothing when nothing was kept back."""
    return f"\n{texts.phrase('missed', count=count)}" if count else ""


def reply(answer: Reply) -> Message:
    """One reply."""
    return _button(answer.text, "", answer.label, answer.url)


def _button(text: str, tail: str, label: str, url: str) -> Message:
    words = shortened(text, LONGEST_TEXT - units(tail)) + tail
    button = {"type": "uri", "label": label, "uri": url}
    template = {"type": "buttons", "text": words, "actions": [button]}
    return {"type": "template", "altText": shortened(words, LONGEST_ALT), "template": template}


def shortened(text: str, most: int) -> str:
    """The text within so many UTF-16 units, which is how LINE counts; no character is cut in two."""
    if units(text) <= most:
        return text
    kept = text.encode("utf-16-le")[: 2 * (most - 1)].decode("utf-16-le", "ignore")
    return f"{kept}…"


def units(text: str) -> int:
    """Length in UTF-16 units."""
    return len(text.encode("utf-16-le")) // 2

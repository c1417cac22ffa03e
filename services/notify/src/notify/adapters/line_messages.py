"""How notifications and replies look in LINE: a text with one button.

Source: LINE Messaging API reference, «Buttons template»: text 160 without a title, label 20, alt text 1,500.
"""

from linebot.v3.messaging import ButtonsTemplate, TemplateMessage, URIAction

from notify.domain.chat import Reply
from notify.domain.delivery import Delivery

LONGEST_TEXT = 160
LONGEST_ALT = 1500


def notification(delivery: Delivery, home: str) -> TemplateMessage:
    """One notification, and how many earlier ones the month's quota kept back."""
    return _button(f"{delivery.title}\n{delivery.body}", missed(delivery.missed), "查看", home + delivery.link)


def missed(count: int) -> str:
    """The digest's line; nothing when nothing was kept back."""
    return f"\n另有 {count} 則通知因 LINE 額度用完未送出，請看小鈴鐺。" if count else ""


def reply(answer: Reply) -> TemplateMessage:
    """One reply."""
    return _button(answer.text, "", answer.label, answer.url)


def _button(text: str, tail: str, label: str, url: str) -> TemplateMessage:
    words = shortened(text, LONGEST_TEXT - units(tail)) + tail
    action = URIAction(label=label, uri=url)
    template = ButtonsTemplate(text=words, actions=[action])
    return TemplateMessage(altText=shortened(words, LONGEST_ALT), template=template)


def shortened(text: str, most: int) -> str:
    """The text within so many UTF-16 units, which is how LINE counts; no character is cut in two."""
    if units(text) <= most:
        return text
    kept = text.encode("utf-16-le")[: 2 * (most - 1)].decode("utf-16-le", "ignore")
    return f"{kept}…"


def units(text: str) -> int:
    """Length in UTF-16 units."""
    return len(text.encode("utf-16-le")) // 2

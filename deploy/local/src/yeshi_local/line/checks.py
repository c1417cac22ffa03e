"""LINE's server-side limits on message objects (Messaging API reference, message objects).

Every function adds `(property, message)` pairs to a list, as LINE's `details` show them.
"""

from collections.abc import Callable
from typing import Any

import msgspec

Problems = list[tuple[str, str]]
Check = Callable[[dict[str, Any], str, Problems], None]

URI_SCHEMES = ("http://", "https://", "line://", "tel:")
BUBBLE_BYTES = 30 * 1024
CAROUSEL_BYTES = 50 * 1024


def utf16(text: str) -> int:
    """Length as LINE counts text: UTF-16 code units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def check_messages(messages: object) -> Problems:
    """All problems of a `messages` array."""
    problems: Problems = []
    if not isinstance(messages, list) or not 1 <= len(messages) <= 5:
        return [("messages", "Size must be between 1 and 5")]
    for place, message in enumerate(messages):
        _message(message, f"messages[{place}]", problems)
    return problems


def _text(value: object, at: str, most: int, problems: Problems, *, needed: bool = True) -> None:
    if value is None or value == "":
        if needed:
            problems.append((at, "May not be empty"))
    elif not isinstance(value, str) or utf16(value) > most:
        problems.append((at, f"Length must be between 0 and {most}"))


def _https(value: object, at: str, problems: Problems, *, needed: bool = True) -> None:
    if value is None and not needed:
        return
    if not isinstance(value, str) or not value:
        problems.append((at, "May not be empty"))
    elif not value.startswith(("https://", "http://127.0.0.1", "http://localhost")):  # loopback: local stacks only
        problems.append((at, "invalid uri scheme"))
    elif len(value) > 2000:
        problems.append((at, "Length must be between 0 and 2000"))


def _message(message: object, at: str, problems: Problems) -> None:
    if not isinstance(message, dict):
        problems.append((at, "must be specified"))
        return
    check = MESSAGES.get(str(message.get("type")))
    if check is None:
        problems.append((f"{at}/type", "invalid type"))
        return
    check(message, at, problems)
    sender = message.get("sender")
    if isinstance(sender, dict):
        _text(sender.get("name"), f"{at}.sender.name", 20, problems, needed=False)
    reply = message.get("quickReply")
    if isinstance(reply, dict):
        items = reply.get("items")
        if not isinstance(items, list) or not 1 <= len(items) <= 13:
            problems.append((f"{at}.quickReply.items", "Size must be between 1 and 13"))
        else:
            for place, item in enumerate(items):
                action = item.get("action") if isinstance(item, dict) else None
                _action(action, f"{at}.quickReply.items[{place}].action", 20, problems)


def _action(action: object, at: str, label: int, problems: Problems) -> None:
    if not isinstance(action, dict):
        problems.append((at, "must be specified"))
        return
    kind = action.get("type")
    _text(action.get("label"), f"{at}.label", label, problems, needed=False)
    if kind == "postback":
        _text(action.get("data"), f"{at}.data", 300, problems)
        _text(action.get("displayText"), f"{at}.displayText", 300, problems, needed=False)
    elif kind == "message":
        _text(action.get("text"), f"{at}.text", 300, problems)
    elif kind == "uri":
        uri = action.get("uri")
        if not isinstance(uri, str) or not uri.startswith(URI_SCHEMES) or len(uri) > 1000:
            problems.append((f"{at}.uri", "invalid uri"))
    elif kind == "datetimepicker":
        _text(action.get("data"), f"{at}.data", 300, problems)
        if action.get("mode") not in ("date", "time", "datetime"):
            problems.append((f"{at}.mode", "invalid value"))
    elif kind not in ("camera", "cameraRoll", "location", "richmenuswitch", "clipboard"):
        problems.append((f"{at}.type", "invalid type"))


def _plain(message: dict[str, Any], at: str, problems: Problems) -> None:
    _text(message.get("text"), f"{at}.text", 5000, problems)


def _sticker(message: dict[str, Any], at: str, problems: Problems) -> None:
    for name in ("packageId", "stickerId"):
        if not isinstance(message.get(name), str) or not message[name].isdigit():
            problems.append((f"{at}.{name}", "May not be empty"))


def _media(message: dict[str, Any], at: str, problems: Problems) -> None:
    _https(message.get("originalContentUrl"), f"{at}.originalContentUrl", problems)
    if message.get("type") == "audio":
        if not isinstance(message.get("duration"), int):
            problems.append((f"{at}.duration", "must be specified"))
    else:
        _https(message.get("previewImageUrl"), f"{at}.previewImageUrl", problems)


def _location(message: dict[str, Any], at: str, problems: Problems) -> None:
    _text(message.get("title"), f"{at}.title", 100, problems)
    _text(message.get("address"), f"{at}.address", 100, problems)
    for name in ("latitude", "longitude"):
        if not isinstance(message.get(name), int | float):
            problems.append((f"{at}.{name}", "must be specified"))


def _imagemap(message: dict[str, Any], at: str, problems: Problems) -> None:
    _https(message.get("baseUrl"), f"{at}.baseUrl", problems)
    _text(message.get("altText"), f"{at}.altText", 1500, problems)


def _flex(message: dict[str, Any], at: str, problems: Problems) -> None:
    _text(message.get("altText"), f"{at}.altText", 1500, problems)
    contents = message.get("contents")
    if not isinstance(contents, dict) or contents.get("type") not in ("bubble", "carousel"):
        problems.append((f"{at}.contents", "must be specified"))
        return
    if contents["type"] == "carousel":
        bubbles = contents.get("contents")
        if not isinstance(bubbles, list) or not 1 <= len(bubbles) <= 12:
            problems.append((f"{at}.contents.contents", "Size must be between 1 and 12"))
            return
        if len(msgspec.json.encode(contents)) > CAROUSEL_BYTES:
            problems.append((f"{at}.contents", "The size of the carousel exceeds the limit"))
    else:
        bubbles = [contents]
    for bubble in bubbles:
        if not isinstance(bubble, dict) or bubble.get("type") != "bubble":
            problems.append((f"{at}.contents", "invalid type"))
        elif len(msgspec.json.encode(bubble)) > BUBBLE_BYTES:
            problems.append((f"{at}.contents", "The size of the bubble exceeds the limit"))
        else:
            _components(bubble, f"{at}.contents", problems)


def _components(node: dict[str, Any], at: str, problems: Problems) -> None:
    """Actions, texts and addresses anywhere inside a bubble."""
    if node.get("type") == "text" and not node.get("contents"):
        _text(node.get("text"), f"{at}.text", 2000, problems)
    if node.get("type") == "image" and "url" in node:
        _https(node["url"], f"{at}.url", problems)
    if node.get("type") == "button" or "action" in node:
        _action(node.get("action"), f"{at}.action", 40, problems)
    for part in ("header", "hero", "body", "footer"):
        if isinstance(node.get(part), dict):
            _components(node[part], f"{at}.{part}", problems)
    for place, child in enumerate(node.get("contents") or []):
        if isinstance(child, dict):
            _components(child, f"{at}.contents[{place}]", problems)


def _template(message: dict[str, Any], at: str, problems: Problems) -> None:
    _text(message.get("altText"), f"{at}.altText", 1500, problems)
    template = message.get("template")
    at = f"{at}.template"
    if not isinstance(template, dict):
        problems.append((at, "must be specified"))
        return
    kind = template.get("type")
    if kind in ("buttons", "confirm"):
        _card(template, at, (240, 240) if kind == "confirm" else (160, 60), 2 if kind == "confirm" else 4, problems)
    elif kind in ("carousel", "image_carousel"):
        columns = template.get("columns")
        if not isinstance(columns, list) or not 1 <= len(columns) <= 10:
            problems.append((f"{at}.columns", "Size must be between 1 and 10"))
            return
        counts = set()
        for place, column in enumerate(columns):
            here = f"{at}.columns[{place}]"
            if not isinstance(column, dict):
                problems.append((here, "must be specified"))
            elif kind == "image_carousel":
                _https(column.get("imageUrl"), f"{here}.imageUrl", problems)
                _action(column.get("action"), f"{here}.action", 12, problems)
            else:
                counts.add(len(column.get("actions") or []))
                _card(column, here, (120, 60), 3, problems)
        if len(counts) > 1:
            problems.append((f"{at}.columns", "The number of actions must be the same in all columns"))
    else:
        problems.append((f"{at}.type", "invalid type"))


def _card(card: dict[str, Any], at: str, text: tuple[int, int], actions: int, problems: Problems) -> None:
    plain, decorated = text
    _text(card.get("title"), f"{at}.title", 40, problems, needed=False)
    fancy = card.get("title") or card.get("thumbnailImageUrl")
    _text(card.get("text"), f"{at}.text", decorated if fancy else plain, problems)
    given = card.get("actions")
    if not isinstance(given, list) or not 1 <= len(given) <= actions:
        problems.append((f"{at}.actions", f"Size must be between 1 and {actions}"))
        return
    for place, action in enumerate(given):
        _action(action, f"{at}.actions[{place}]", 20, problems)


MESSAGES: dict[str, Check] = {
    "text": _plain,
    "textV2": _plain,
    "sticker": _sticker,
    "image": _media,
    "video": _media,
    "audio": _media,
    "location": _location,
    "imagemap": _imagemap,
    "flex": _flex,
    "template": _template,
}

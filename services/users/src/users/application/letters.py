"""What is written to people: Traditional Chinese first, English beside it, as plain text and as HTML.

A letter holds nothing that somebody typed, a name for instance: whoever registers a stranger's address would choose
what the stranger reads.
"""

from dataclasses import dataclass
from html import escape
from uuid import UUID

from users.application.ports import Letter
from users.domain.mail import Purpose


@dataclass(frozen=True)
class _Words:
    """The texts of a purpose. `page` is where its link leads, if it has one."""

    subject: str
    zh: str
    en: str
    page: str = ""
    button: str = ""


_WORDS = {
    Purpose.VERIFY_EMAIL: _Words(
        subject="請驗證你的電子郵件 · Verify your e-mail address",
        zh="歡迎來到夜市！請在 24 小時內點選連結，確認這是你的電子郵件。如果你沒有註冊，不用理會這封信。",
        en="Welcome to Yeshi! Please follow the link within 24 hours to confirm that this is your address. "
        "If you did not register, ignore this letter.",
        page="/account/verify-email",
        button="驗證電子郵件 · Verify",
    ),
    Purpose.RESET_PASSWORD: _Words(
        subject="重設密碼 · Reset your password",
        zh="有人要求重設你的夜市密碼。請在 30 分鐘內點選連結設定新密碼；連結只能用一次。"
        "如果不是你，不用理會這封信，密碼不會改變。",
        en="Somebody asked for a new password for your Yeshi account. Follow the link within 30 minutes to choose one; "
        "it works once. If it was not you, ignore this letter: your password stays as it is.",
        page="/account/reset-password",
        button="設定新密碼 · Choose a password",
    ),
    Purpose.PASSWORD_CHANGED: _Words(
        subject="你的密碼已變更 · Your password was changed",
        zh="你的夜市密碼剛剛變更，其他裝置都已登出。如果不是你，請立刻用「忘記密碼」重設。",
        en="The password of your Yeshi account was just changed, and other devices were logged out. "
        "If it was not you, reset it at once with “forgot password”.",
    ),
}

_PAGE = """\
<!doctype html>
<html lang="zh-Hant-TW"><body style="font-family:sans-serif;line-height:1.6;color:#222">
<h2>夜市 Yeshi</h2>
<p>{zh}</p>
<p lang="en" style="color:#666">{en}</p>
{link}</body></html>
"""
_LINK = """\
<p><a href="{url}" style="background:#c8102e;color:#fff;padding:10px 18px;text-decoration:none">{text}</a></p>
<p style="color:#666;font-size:13px">{url}</p>
"""


def written(purpose: Purpose, mail_id: UUID, address: str, public_url: str, token: str | None) -> Letter:
    """The letter. Its token stands behind `#`, which browsers send to no server and name in no Referer."""
    words = _WORDS[purpose]
    url = f"{public_url.rstrip('/')}{words.page}#token={token}" if token else ""
    link = _LINK.format(url=escape(url), text=escape(words.button)) if url else ""
    return Letter(
        id=mail_id,
        to=address,
        subject=words.subject,
        text="\n\n".join(part for part in ("夜市 Yeshi", words.zh, words.en, url) if part) + "\n",
        html=_PAGE.format(zh=escape(words.zh), en=escape(words.en), link=link),
    )

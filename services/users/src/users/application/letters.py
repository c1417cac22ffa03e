"""What is written to people, as plain text and as HTML: Traditional Chinese first and English beside it, or the other
way round for who reads English.

A letter holds nothing that somebody typed, a name for instance: whoever registers a stranger's address would choose
what the stranger reads.
"""

from dataclasses import dataclass
from html import escape
from uuid import UUID

from kernel.locales import Locale
from users.application.ports import Letter
from users.domain.mail import Purpose


@dataclass(frozen=True)
class _Words:
    """The texts of a purpose, each in Chinese and English. `page` is where its link leads, if it has one."""

    subject: tuple[str, str]
    text: tuple[str, str]
    page: str = ""
    button: tuple[str, str] = ("", "")


_WORDS = {
    Purpose.VERIFY_EMAIL: _Words(
        subject=("請驗證你的電子郵件", "Verify your e-mail address"),
        text=(
            "歡迎來到夜市！請在 24 小時內點選連結，確認這是你的電子郵件。如果你沒有註冊，不用理會這封信。",
            "Welcome to Yeshi! Please follow the link within 24 hours to confirm that this is your address. "
            "If you did not register, ignore this letter.",
        ),
        page="/account/verify-email",
        button=("驗證電子郵件", "Verify"),
    ),
    Purpose.RESET_PASSWORD: _Words(
        subject=("重設密碼", "Reset your password"),
        text=(
            "有人要求重設你的夜市密碼。請在 30 分鐘內點選連結設定新密碼；連結只能用一次。"
            "如果不是你，不用理會這封信，密碼不會改變。",
            "Somebody asked for a new password for your Yeshi account. Follow the link within 30 minutes to choose "
            "one; it works once. If it was not you, ignore this letter: your password stays as it is.",
        ),
        page="/account/reset-password",
        button=("設定新密碼", "Choose a password"),
    ),
    Purpose.PASSWORD_CHANGED: _Words(
        subject=("你的密碼已變更", "Your password was changed"),
        text=(
            "你的夜市密碼剛剛變更，其他裝置都已登出。如果不是你，請立刻用「忘記密碼」重設。",
            "The password of your Yeshi account was just changed, and other devices were logged out. "
            "If it was not you, reset it at once with “forgot password”.",
        ),
    ),
    Purpose.CHANGE_EMAIL: _Words(
        subject=("確認新的電子郵件", "Confirm your new e-mail address"),
        text=(
            "有人要把夜市帳號的電子郵件改成這個地址。如果是你，請在 1 小時內點選連結確認。如果不是你，不用理會這封信。",
            "Somebody wants this to be the address of their Yeshi account. If it was you, follow the link within an "
            "hour. If not, ignore this letter.",
        ),
        page="/account/change-email",
        button=("確認新地址", "Confirm"),
    ),
    Purpose.EMAIL_CHANGED: _Words(
        subject=("你的電子郵件已變更", "Your e-mail address was changed"),
        text=(
            "你的夜市帳號剛剛換了另一個電子郵件，這個地址不能再用來登入。如果不是你，請立刻聯絡客服。",
            "Your Yeshi account just got another e-mail address; this one opens it no more. If it was not you, "
            "write to us at once.",
        ),
    ),
    Purpose.STAFF_INVITED: _Words(
        subject=("有賣場邀請你一起工作", "A shop invites you to work with them"),
        text=(
            "夜市的一個賣場邀請你成為工作人員。請在 7 天內登入，或用這個地址註冊並驗證，再接受或婉拒。"
            "如果你不認識他們，不用理會這封信。",
            "A shop on Yeshi invites you to work there. Within 7 days, log in, or register and verify this address; "
            "then accept or decline. If you do not know them, ignore this letter.",
        ),
        page="/account/invitations",
        button=("看邀請", "See the invitation"),
    ),
}

_PAGE = """\
<!doctype html>
<html lang="{first_lang}"><body style="font-family:sans-serif;line-height:1.6;color:#222">
<h2>夜市 Yeshi</h2>
<p>{first}</p>
<p lang="{second_lang}" style="color:#666">{second}</p>
{link}</body></html>
"""
_LINK = """\
<p><a href="{url}" style="background:#c8102e;color:#fff;padding:10px 18px;text-decoration:none">{text}</a></p>
<p style="color:#666;font-size:13px">{url}</p>
"""
_LANGUAGES = ("zh-Hant-TW", "en")


def written(
    purpose: Purpose, mail_id: UUID, address: str, public_url: str, token: str | None, locale: Locale = Locale.ZH_TW
) -> Letter:
    """The letter. Its token stands behind `#`, which browsers send to no server and name in no Referer."""
    words = _WORDS[purpose]
    url = f"{public_url.rstrip('/')}{words.page}" if words.page else ""
    if token:
        url += f"#token={token}"
    first, second = _ordered(words.text, locale)
    first_lang, second_lang = _ordered(_LANGUAGES, locale)
    link = _LINK.format(url=escape(url), text=escape(" · ".join(_ordered(words.button, locale)))) if url else ""
    return Letter(
        id=mail_id,
        to=address,
        subject=" · ".join(_ordered(words.subject, locale)),
        text="\n\n".join(part for part in ("夜市 Yeshi", first, second, url) if part) + "\n",
        html=_PAGE.format(
            first_lang=first_lang, first=escape(first), second_lang=second_lang, second=escape(second), link=link
        ),
    )


def _ordered(pair: tuple[str, str], locale: Locale) -> tuple[str, str]:
    return (pair[1], pair[0]) if locale is Locale.EN else pair

"""The frame of the double's own pages: Login's consent, account link, LINE Pay."""

from html import escape

STYLE = """
:root { color-scheme: light; font-family: system-ui, "Noto Sans TC", "PingFang TC", "Microsoft JhengHei", sans-serif }
* { box-sizing: border-box } body { margin: 0; background: #eef1f4; color: #111; line-height: 1.5 }
main { max-width: 420px; margin: 0 auto; min-height: 100vh; background: #fff; padding: 20px 20px 32px }
header { display: flex; align-items: center; gap: 10px; margin: -20px -20px 20px; padding: 14px 20px;
  background: #06c755; color: #fff; font-weight: 700 }
header small { font-weight: 400; opacity: .9; margin-left: auto }
h1 { font-size: 20px; margin: 0 0 4px } p { margin: 6px 0 } .soft { color: #5c6670; font-size: 14px }
fieldset { border: 1px solid #dde2e7; border-radius: 10px; margin: 16px 0; padding: 10px 14px }
legend { padding: 0 6px; font-size: 14px; color: #5c6670 }
label { display: flex; align-items: center; gap: 10px; padding: 8px 0; overflow-wrap: anywhere }
input[type=text] { flex: 1; min-width: 0; padding: 9px 10px; border: 1px solid #c9d0d6;
  border-radius: 8px; font: inherit }
button, .button { display: block; width: 100%; padding: 13px; margin-top: 10px; border: 0; border-radius: 10px;
  font: inherit; font-weight: 700; text-align: center; text-decoration: none; cursor: pointer }
.go { background: #06c755; color: #fff } .no { background: #f0f2f4; color: #333 } .bad { background: #fff; color: #c33 }
.sum { font-size: 34px; font-weight: 800; margin: 8px 0 } table { width: 100%; border-collapse: collapse }
td { padding: 7px 0; border-bottom: 1px solid #eef1f4; vertical-align: top } td:last-child { text-align: right }
code { font-size: 12px; overflow-wrap: anywhere }
"""


def page(title: str, body: str, *, brand: str = "LINE", note: str = "本機替身 local double") -> str:
    """A whole page; `body` is ready HTML, everything else is escaped here."""
    return (
        '<!doctype html><html lang="zh-Hant"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body><main>"
        f"<header>{escape(brand)}<small>{escape(note)}</small></header>{body}</main></body></html>"
    )


def notice(title: str, text: str, *, brand: str = "LINE") -> str:
    """A page that only tells something."""
    return page(title, f"<h1>{escape(title)}</h1><p>{escape(text)}</p>", brand=brand)


def hidden(values: dict[str, str]) -> str:
    """Hidden form fields."""
    return "".join(f'<input type="hidden" name="{escape(n)}" value="{escape(v)}">' for n, v in values.items())

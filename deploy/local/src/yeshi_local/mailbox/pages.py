"""The page that shows what was sent, and the same as JSON."""

from html import escape

from yeshi_local.line.http import App, Request, Response, html_answer, json_answer, redirect
from yeshi_local.line.pages import page
from yeshi_local.mailbox.box import Box, Kept

#: Whatever a letter holds, nothing in it runs or is fetched.
POLICY = {"content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox allow-popups"}


def app(box: Box) -> App:
    """`/mailbox`, `/mailbox/letters?to=` (JSON), `/mailbox/letters/{id}` and its `/html`."""
    made = App()

    async def home(_request: Request) -> Response:
        return redirect("/mailbox")

    async def listing(request: Request) -> Response:
        return html_answer(_list(box.letters(request.query.get("to", ""))))

    async def letters(request: Request) -> Response:
        return json_answer({"letters": [one.shown() for one in box.letters(request.query.get("to", ""))]})

    async def letter(request: Request) -> Response:
        found = box.get(request.params["id"])
        return html_answer(_letter(found)) if found else json_answer({"message": "Not found"}, 404)

    async def html(request: Request) -> Response:
        found = box.get(request.params["id"])
        return html_answer(found.part("html"), 200, POLICY) if found else json_answer({"message": "Not found"}, 404)

    async def ready(_request: Request) -> Response:
        return json_answer({"ready": True})

    made.add("GET", "/", home)
    made.add("GET", "/mailbox", listing)
    made.add("GET", "/mailbox/letters", letters)
    made.add("GET", "/mailbox/letters/{id}", letter)
    made.add("GET", "/mailbox/letters/{id}/html", html)
    made.add("GET", "/readyz", ready)
    return made


def _list(letters: list[Kept]) -> str:
    rows = "".join(
        f'<tr><td><a href="/mailbox/letters/{one.id}">{escape(str(one.message["Subject"]))}</a><br>'
        f"<code>{escape(', '.join(one.to))}</code></td><td>{escape(str(one.message['Date']))}</td></tr>"
        for one in letters
    )
    body = f"<table>{rows}</table>" if rows else '<p class="soft">還沒有信 No letters yet</p>'
    return _page("信箱 Mailbox", f"<h1>信箱 Mailbox</h1>{body}")


def _letter(letter: Kept) -> str:
    subject = escape(str(letter.message["Subject"]))
    return _page(
        str(letter.message["Subject"]),
        f"<h1>{subject}</h1><p><code>{escape(', '.join(letter.to))}</code></p>"
        f'<iframe sandbox="allow-popups" src="/mailbox/letters/{letter.id}/html" title="HTML" '
        'style="width:100%;height:320px;border:1px solid #ddd"></iframe>'
        f'<pre style="white-space:pre-wrap;overflow-wrap:anywhere">{escape(letter.part("plain"))}</pre>'
        '<p><a href="/mailbox">所有的信 All letters</a></p>',
    )


def _page(title: str, body: str) -> str:
    return page(title, body, brand="夜市信箱", note="本機替身 local double")

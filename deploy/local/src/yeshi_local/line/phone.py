"""The phone page: who got what, readable by a person."""

import base64
from importlib import resources

from yeshi_local.line.http import App, Handler, Request, Response, json_answer, redirect
from yeshi_local.line.model import RichMenu
from yeshi_local.line.state import World

FILES = {
    "phone.html": "text/html; charset=utf-8",
    "phone.css": "text/css; charset=utf-8",
    "phone.js": "text/javascript; charset=utf-8",
    "messages.js": "text/javascript; charset=utf-8",
}
POLICY = "default-src 'self'; img-src * data:; media-src *; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'"


class Phone:
    """The page, its files, and the pictures of rich menus."""

    def __init__(self, world: World) -> None:
        self.world = world

    def mount(self, app: App) -> None:
        """Put the routes in place."""
        app.add("GET", "/", self.root, "phone")
        app.add("GET", "/phone", self._file("phone.html"), "phone")
        for name in FILES:
            app.add("GET", f"/phone/{name}", self._file(name), "phone")
        app.add("GET", "/phone/richmenus/{menu}", self.menu_picture, "phone")
        app.add("GET", "/_double/richmenus/{menu}", self.menu, "control.richmenu")

    async def root(self, _request: Request) -> Response:
        """To the phone."""
        return redirect("/phone")

    @staticmethod
    def _file(name: str) -> Handler:
        content = resources.files("yeshi_local.line").joinpath("web", name).read_bytes()

        async def serve(_request: Request) -> Response:
            headers = {"content-type": FILES[name], "content-security-policy": POLICY, "cache-control": "no-cache"}
            return Response(200, content, headers)

        return serve

    def _menu(self, request: Request) -> RichMenu | None:
        """The named menu, or with `default` the one all users see."""
        name = request.params["menu"]
        if name == "default":
            stored = self.world.documents.get("richmenu:default")
            name = stored.value["id"] if stored else ""
        return self.world.rich_menus.get(name)

    async def menu(self, request: Request) -> Response:
        """A rich menu's size and areas, null when there is none."""
        menu = self._menu(request)
        return json_answer({"id": menu.id, **menu.body} if menu else None)

    async def menu_picture(self, request: Request) -> Response:
        """A rich menu's picture."""
        menu = self._menu(request)
        if menu is None or not menu.image:
            return Response(404)
        return Response(200, base64.b64decode(menu.image), {"content-type": menu.content_type})

"""Rich menus: made, pictured, set as default or for one user, and reached by alias."""

import base64
import secrets
from typing import Any

from yeshi_local.line.guard import Guard, bot_error, invalid, refuse
from yeshi_local.line.http import App, Request, Response, json_answer
from yeshi_local.line.model import Document, Person, RichMenu
from yeshi_local.line.state import World

LARGEST_IMAGE = 1024 * 1024
DEFAULT = "richmenu:default"
NOT_FOUND = "Not found"


class RichMenus:
    """The rich menu routes."""

    def __init__(self, world: World, guard: Guard) -> None:
        self.world = world
        self.guard = guard

    def mount(self, app: App) -> None:
        """Put the routes in place."""
        wrap, base = self.guard.wrap, "/v2/bot/richmenu"
        app.add("POST", base, wrap(self.create, body=True), "richmenu_create")
        app.add("POST", f"{base}/validate", wrap(self.validate, body=True), "richmenu_validate")
        app.add("GET", f"{base}/list", wrap(self.listing), "richmenu_list")
        app.add("POST", f"{base}/alias", wrap(self.put_alias, body=True), "richmenu_alias")
        app.add("GET", f"{base}/alias/list", wrap(self.aliases), "richmenu_alias")
        app.add("GET", f"{base}/alias/{{alias}}", wrap(self.alias), "richmenu_alias")
        app.add("POST", f"{base}/alias/{{alias}}", wrap(self.put_alias, body=True), "richmenu_alias")
        app.add("DELETE", f"{base}/alias/{{alias}}", wrap(self.drop_alias), "richmenu_alias_delete")
        app.add("GET", f"{base}/{{menu}}", wrap(self.one), "richmenu")
        app.add("DELETE", f"{base}/{{menu}}", wrap(self.delete), "richmenu_delete")
        app.add("GET", f"{base}/{{menu}}/content", wrap(self.picture), "richmenu_content")
        app.add("POST", f"{base}/{{menu}}/content", wrap(self.put_picture), "richmenu_content")
        for who in ("all", "{userId}"):
            app.add("GET", f"/v2/bot/user/{who}/richmenu", wrap(self.shown), "richmenu_user")
            app.add("DELETE", f"/v2/bot/user/{who}/richmenu", wrap(self.unlink), "richmenu_user")
            app.add("POST", f"/v2/bot/user/{who}/richmenu/{{menu}}", wrap(self.link), "richmenu_user")

    def _menu(self, request: Request) -> RichMenu:
        menu = self.world.rich_menus.get(request.params["menu"])
        if menu is None:
            raise refuse(404, NOT_FOUND)
        return menu

    def validate(self, _request: Request, body: dict[str, Any]) -> Response:
        """Check a menu without making it."""
        problems = []
        size = body.get("size") or {}
        width, height = size.get("width"), size.get("height")
        if not isinstance(width, int) or not isinstance(height, int) or not 800 <= width <= 2500 or height < 250:
            problems.append(("size", "width must be 800 to 2500 and height at least 250"))
        elif width / height < 1.45:
            problems.append(("size", "width / height must be at least 1.45"))
        areas = body.get("areas")
        if not isinstance(areas, list) or len(areas) > 20:
            problems.append(("areas", "Size must be between 0 and 20"))
        for name, most in (("chatBarText", 14), ("name", 300)):
            if not isinstance(body.get(name), str) or not 1 <= len(body[name]) <= most:
                problems.append((name, f"Length must be between 1 and {most}"))
        if problems:
            raise invalid(problems)
        return json_answer({})

    def create(self, request: Request, body: dict[str, Any]) -> Response:
        """A new menu, still without picture."""
        self.validate(request, body)
        menu = RichMenu(id=f"richmenu-{secrets.token_hex(16)}", body=body)
        self.world.rich_menus.put(menu.id, menu)
        return json_answer({"richMenuId": menu.id})

    def listing(self, _request: Request, _body: None) -> Response:
        """All menus."""
        return json_answer({"richmenus": [{"richMenuId": menu.id, **menu.body} for menu in self.world.rich_menus]})

    def one(self, request: Request, _body: None) -> Response:
        """One menu."""
        menu = self._menu(request)
        return json_answer({"richMenuId": menu.id, **menu.body})

    def delete(self, request: Request, _body: None) -> Response:
        """Forget a menu."""
        self.world.rich_menus.remove(self._menu(request).id)
        return json_answer({})

    def put_picture(self, request: Request, _body: None) -> Response:
        """A menu's picture, once."""
        menu = self._menu(request)
        kind = request.headers.get("content-type", "")
        if kind not in ("image/jpeg", "image/png"):
            raise refuse(415, f"The content type, {kind or 'null'}, is not supported")
        if not request.body or len(request.body) > LARGEST_IMAGE:
            raise refuse(413 if request.body else 400, "The image must have 1 byte to 1 MB")
        if menu.image:
            raise refuse(400, "An image has already been uploaded to the richmenu")
        menu.image, menu.content_type = base64.b64encode(request.body).decode(), kind
        self.world.rich_menus.put(menu.id, menu)
        return json_answer({})

    def picture(self, request: Request, _body: None) -> Response:
        """A menu's picture."""
        menu = self._menu(request)
        if not menu.image:
            return bot_error(404, NOT_FOUND)
        return Response(200, base64.b64decode(menu.image), {"content-type": menu.content_type})

    # -- who sees which menu -----------------------------------------------------------------------------------

    def _person(self, request: Request) -> Person | None:
        """The user of the path, None for all."""
        if "userId" not in request.params:
            return None
        person = self.world.people.get(request.params["userId"])
        if person is None:
            raise refuse(404, NOT_FOUND)
        return person

    def link(self, request: Request, _body: None) -> Response:
        """Show this menu to a user, or to all by default."""
        menu, person = self._menu(request), self._person(request)
        if not menu.image:
            raise refuse(400, "must upload richmenu image before applying it to user")
        self._set(person, menu.id)
        return json_answer({})

    def unlink(self, request: Request, _body: None) -> Response:
        """Show no menu of this kind any more."""
        self._set(self._person(request), None)
        return json_answer({})

    def shown(self, request: Request, _body: None) -> Response:
        """The menu set for the user, or the default."""
        person = self._person(request)
        menu = person.rich_menu if person else self.default()
        return json_answer({"richMenuId": menu}) if menu else bot_error(404, NOT_FOUND)

    def default(self) -> str | None:
        """The default menu's id."""
        stored = self.world.documents.get(DEFAULT)
        return stored.value["id"] if stored else None

    def _set(self, person: Person | None, menu: str | None) -> None:
        if person is not None:
            person.rich_menu = menu
            self.world.people.put(person.id, person)
        elif menu is not None:
            self.world.documents.put(DEFAULT, Document(value={"id": menu}))
        else:
            self.world.documents.remove(DEFAULT)

    # -- aliases -----------------------------------------------------------------------------------------------

    def put_alias(self, request: Request, body: dict[str, Any]) -> Response:
        """A name for a menu, new or changed."""
        name = request.params.get("alias") or str(body.get("richMenuAliasId", ""))
        menu, known = str(body.get("richMenuId", "")), f"alias:{name}" in self.world.documents
        if menu not in self.world.rich_menus or not name:
            raise refuse(400, "richmenu not found")
        if known and "alias" not in request.params:
            raise refuse(400, "conflict richmenu alias id")
        if not known and "alias" in request.params:
            raise refuse(404, "richmenu alias not found")
        self.world.documents.put(f"alias:{name}", Document(value={"richMenuAliasId": name, "richMenuId": menu}))
        return json_answer({})

    def alias(self, request: Request, _body: None) -> Response:
        """The menu behind a name."""
        stored = self.world.documents.get(f"alias:{request.params['alias']}")
        return json_answer(stored.value) if stored else bot_error(404, "richmenu alias not found")

    def aliases(self, _request: Request, _body: None) -> Response:
        """All names."""
        found = [row.value for key, row in self.world.documents.items() if key.startswith("alias:")]
        return json_answer({"aliases": found})

    def drop_alias(self, request: Request, _body: None) -> Response:
        """Forget a name."""
        gone = self.world.documents.remove(f"alias:{request.params['alias']}")
        return json_answer({}) if gone else bot_error(404, "richmenu alias not found")

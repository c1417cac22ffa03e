"""A sheet at the door: from a right to import, over bytes that are counted as they come, to an import that waits.

And a shop on its way out: catalog's rows, media's pictures beside them, written as they come.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Any, Protocol
from uuid import UUID

from chassis.errors import Invalid, Unauthenticated
from chassis.ids import uuid7
from chassis.sheets import Writer
from gateway.application.checkout import idempotency_key
from gateway.application.files import Chunks, Intake, Passing

Principal = dict[str, Any] | None
View = dict[str, Any]

LARGEST = 20 * 1024 * 1024  # bytes of one sheet
MOST_AT_ONCE = 4  # uploads side by side
BODY_PATIENCE = 60.0  # seconds for a body to arrive
ADDRESS_LIFE = 24 * 3600  # seconds; as long as an upload is kept
MODES = ("all_or_nothing", "skip_bad")
SWITCH = {"true": True, "1": True, "false": False, "0": False, "": False}
FORMATS = ("csv", "xlsx")


class Catalog(Protocol):
    """The service that imports and exports."""

    async def ask_catalog(self, method: str, principal: Principal, payload: View) -> View:
        """Its answer. Raises its refusals, and Unavailable."""


class Media(Protocol):
    """The service that knows which pictures stand beside a product."""

    async def photos_of(self, principal: Principal, metadata_ids: Sequence[str]) -> dict[str, list[str]]:
        """Addresses of pictures by document, in their order. Raises Unavailable."""


class Store(Protocol):
    """Where uploads lie."""

    async def put_incoming(self, name: str, chunks: Chunks) -> None:
        """Stores the bytes as `incoming/<name>` as they come. Raises Unavailable, and what they raise: then it stores
        nothing.
        """

    async def address_of(self, name: str, seconds: int) -> str:
        """Where whoever has this address can read `incoming/<name>` for so long. Raises Unavailable."""


#: Finds the file's bytes in a form, and puts its other fields into the dictionary.
ReadForm = Callable[[str, Chunks, dict[str, str]], Chunks]


class ImportDoor:
    """Takes sheets in and hands shops out. `public_url` is put before addresses of pictures that have no host."""

    def __init__(
        self,
        catalog: Catalog,
        media: Media,
        store: Store,
        read_form: ReadForm,
        writer: Callable[..., Writer],
        public_url: str,
        *,
        new_id: Callable[[], UUID] = uuid7,
        body_patience: float = BODY_PATIENCE,
    ) -> None:
        self._catalog = catalog
        self._media = media
        self._store = store
        self._read_form = read_form
        self._writer = writer
        self._public_url = public_url.rstrip("/")
        self._new_id = new_id
        self._intake = Intake("a sheet", LARGEST, MOST_AT_ONCE, body_patience)

    async def upload(
        self, principal: Principal, shop_id: str, key: str | None, content_type: str, length: int | None, chunks: Chunks
    ) -> View:
        """The import, waiting, or the one this key stands for.

        Raises TooLarge early; Missing or Forbidden when the shop is not the caller's to fill; Invalid, Malformed for a
        form that is not what it should be; Unavailable when a part is away.
        """
        if principal is None:
            raise Unauthenticated("log in first")
        self._intake.check_body(length)
        checked = idempotency_key(key) if key is not None else None
        await self._catalog.ask_catalog("may_import", principal, {"shop_id": shop_id})
        import_id = str(self._new_id())
        fields: dict[str, str] = {}
        passing = Passing()
        async with self._intake.place():
            file = self._file(content_type, chunks, fields, passing)
            await self._intake.store(file, lambda bytes_: self._store.put_incoming(import_id, bytes_))
        asked = {
            **_wanted(fields),
            "import_id": import_id,
            "shop_id": shop_id,
            "address": await self._store.address_of(import_id, ADDRESS_LIFE),
            "sha256": passing.sha256,
            "size": passing.size,
            "key": checked,
        }
        return await self._catalog.ask_catalog("create_import", principal, asked)

    async def _file(
        self, content_type: str, chunks: Chunks, fields: dict[str, str], passing: Passing
    ) -> AsyncGenerator[bytes, None]:
        async for chunk in self._intake.read(chunks, lambda body: self._read_form(content_type, body, fields), passing):
            yield chunk
        _wanted(fields)  # while nothing is stored yet

    async def template(self, format_: str) -> tuple[str, bytes]:
        """Type and bytes of an empty sheet. Raises Invalid, Unavailable."""
        told = await self._catalog.ask_catalog("import_template", None, {})
        writing = self._writer(format_, told["notes"])
        try:
            return writing.media_type, writing.rows([told["columns"]]) + b"".join(writing.end())
        finally:
            writing.close()

    async def export(self, principal: Principal, shop_id: str, format_: str) -> tuple[str, Chunks]:
        """Type and bytes of a shop's sheet; the bytes come as catalog answers. Raises Missing, Forbidden, Unavailable
        before the first of them.
        """
        first = await self._page(principal, shop_id, None)
        writing = self._writer(format_)
        return writing.media_type, self._written(principal, shop_id, writing, first)

    async def _written(self, principal: Principal, shop_id: str, writing: Writer, page: View) -> Chunks:
        try:
            rows = [page["columns"]]
            while True:
                rows += [row for product in page["products"] for row in product["rows"]]
                if ready := await asyncio.to_thread(writing.rows, rows):
                    yield ready
                if page["next_cursor"] is None:
                    break
                page, rows = await self._page(principal, shop_id, page["next_cursor"]), []
            rest = writing.end()
            while chunk := await asyncio.to_thread(next, rest, b""):
                yield chunk
        finally:
            await asyncio.to_thread(writing.close)  # also when nobody reads on

    async def _page(self, principal: Principal, shop_id: str, cursor: str | None) -> View:
        page = await self._catalog.ask_catalog("export_products", principal, {"shop_id": shop_id, "cursor": cursor})
        known = await self._media.photos_of(principal, [one["metadata_id"] for one in page["products"]])
        for product in page["products"]:
            for place, url in enumerate(known.get(product["metadata_id"], ()), page["images"]):
                product["rows"][0][place] = url if "://" in url else f"{self._public_url}{url}"
        return page


def _wanted(fields: dict[str, str]) -> View:
    """What the form asks for. Raises Invalid."""
    mode = fields.get("mode", "all_or_nothing")
    if mode not in MODES:
        raise Invalid(f"mode is one of {', '.join(MODES)}", field="mode")
    dry_run = SWITCH.get(fields.get("dry_run", "").lower())
    if dry_run is None:
        raise Invalid("dry_run is true or false", field="dry_run")
    return {"mode": mode, "dry_run": dry_run, "file_name": fields.get("filename", "")[-200:]}

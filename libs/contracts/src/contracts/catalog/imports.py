"""Whole shops as sheets: imports with what is wrong in them, the photos they ask for, and exports."""

from typing import ClassVar, Literal

import msgspec

from contracts.message import Message


class WantedPhoto(msgspec.Struct, frozen=True, kw_only=True):
    """A photograph somewhere in the world, and the id it is to have here."""

    photo_id: str
    url: str


class PhotosWantedV1(Message, frozen=True, kw_only=True):
    """An import names photographs of a product by address, in the order in which they shall stand: fetch them.

    Each is answered by `media.photo_settled` under its id.
    """

    source: ClassVar[str] = "catalog"
    topic: ClassVar[str] = "catalog.photos_wanted.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("media",)
    subject_field: ClassVar[str] = "product_id"

    import_id: str
    product_id: str
    shop_id: str
    metadata_id: str
    photos: list[WantedPhoto]


class CreateImport(msgspec.Struct, frozen=True, kw_only=True):
    """`create_import`: a sheet to be imported. Whoever has `address` can read the file there, for a day.

    `import_id` is made by the caller. The same `key` from the same person stands for the same import.
    """

    import_id: str
    shop_id: str
    mode: Literal["all_or_nothing", "skip_bad"]
    dry_run: bool
    file_name: str
    address: str
    sha256: str  # hex, of the file
    size: int  # bytes
    key: str | None = None


class ImportId(msgspec.Struct, frozen=True, kw_only=True):
    """`get_import`, `cancel_import`."""

    shop_id: str
    import_id: str


class ListImports(msgspec.Struct, frozen=True, kw_only=True):
    """`list_imports`, newest first."""

    shop_id: str
    cursor: str | None = None
    limit: int = 20


class ListImportErrors(msgspec.Struct, frozen=True, kw_only=True):
    """`list_import_errors`, in the order they were found."""

    shop_id: str
    import_id: str
    cursor: str | None = None
    limit: int = 20


class ExportPage(msgspec.Struct, frozen=True, kw_only=True):
    """`export_products`: the next products of a shop as rows of a sheet, oldest first."""

    shop_id: str
    cursor: str | None = None


class ExportedProduct(msgspec.Struct, frozen=True, kw_only=True):
    """The rows of one product; the cells of its photographs, from `ExportedPage.images` on, are for the caller."""

    metadata_id: str
    rows: list[list[str | int | None]]


class ExportedPage(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of `export_products`. `columns` are the headings, `images` the position of the first photograph's."""

    columns: list[str]
    images: int
    products: list[ExportedProduct]
    next_cursor: str | None = None


class ImportRows(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of the sheet: read, good, and of products that failed."""

    read: int
    valid: int
    failed: int


class ImportProducts(msgspec.Struct, frozen=True, kw_only=True):
    """Products of the sheet. Of a rehearsal: what would have become of them."""

    read: int
    created: int
    updated: int
    unchanged: int
    failed: int


class ImportPhotos(msgspec.Struct, frozen=True, kw_only=True):
    """Photographs that the sheet names by address."""

    wanted: int
    stored: int
    refused: int


class Import(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of `create_import`, `get_import` and `cancel_import`. `progress` goes from 0 to 1.

    `refused` has changed nothing when its mode is all_or_nothing; `code` says why, `zh` and `en` in sentences.
    Photographs come later than `done`.
    """

    import_id: str
    shop_id: str
    by: str
    mode: Literal["all_or_nothing", "skip_bad"]
    dry_run: bool
    file_name: str
    size: int
    state: Literal["waiting", "checking", "applying", "done", "refused", "cancelled"]
    cancelling: bool
    progress: float
    rows: ImportRows
    products: ImportProducts
    photos: ImportPhotos
    problems: int
    created_at: str
    code: str | None = None
    zh: str | None = None
    en: str | None = None
    format: Literal["csv", "xlsx"] | None = None
    encoding: str | None = None
    started_at: str | None = None
    ended_at: str | None = None


class ImportProblem(msgspec.Struct, frozen=True, kw_only=True):
    """One thing wrong with a sheet: the row as a spreadsheet counts it, and the heading of its column."""

    row: int
    code: str
    severity: Literal["error", "warning"]
    zh: str
    en: str
    column: str | None = None

"""One piece of a sheet: its products read, checked against what the shop has, and written with a few statements."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from catalog.application.imports.merging import Merged, Merger, refused
from catalog.application.imports.ports import ExpectedPhoto, ImportUnit, NewStock
from catalog.application.stock import tell_low
from catalog.domain.events import MetadataSubmitted, PhotosWanted, ProductChanged
from catalog.domain.import_problems import Problem, RowRefused
from catalog.domain.imports import Import, Tally
from catalog.domain.product import Product
from catalog.domain.sheet_categories import Categories
from catalog.domain.sheet_columns import title_of
from catalog.domain.sheet_rows import Listed, SheetRow, read_product
from catalog.domain.shop import Shop
from catalog.domain.stock import LedgerEntry, StockLevel
from catalog.domain.variant import Variant
from chassis.errors import Refusal, Unavailable


@dataclass
class Restock:
    """Levels that become what a sheet says, why, and which of them have run low with it."""

    by: UUID
    entries: list[tuple[StockLevel, LedgerEntry]] = field(default_factory=list)
    low: list[StockLevel] = field(default_factory=list)

    def set(self, level: StockLevel, quantity: int) -> None:
        """Raises Invalid, StockBelowReserved."""
        before = level.available
        if delta := level.set(quantity):
            self.entries.append((level, LedgerEntry(level.variant_id, delta, "set", by=self.by)))
            if level.ran_low(before):
                self.low.append(level)

    def join(self, other: "Restock") -> None:
        """Takes another's in."""
        self.entries += other.entries
        self.low += other.low

    def write(self, unit: ImportUnit) -> None:
        """Levels are held."""
        if self.entries:
            unit.many.write_stock(self.entries)
            unit.publish(*(level.changed() for level, _ in self.entries))
        if self.low:
            tell_low(unit, self.low)


@dataclass(frozen=True)
class Counted:
    """What a sheet says is on hand of a variant, and in which row its product begins."""

    quantity: int
    row: int


def set_counted(unit: ImportUnit, by: UUID, counted: Mapping[UUID, Counted]) -> list[Problem]:
    """Sets what a whole sheet says is on hand, with a few statements at its end: orders wait for these alone.

    Levels are held in the order of their ids, as every writer of stock does. Answers what cannot be set any more; then
    nothing was.
    """
    if not counted:
        return []
    restock, problems = Restock(by), []
    for level in unit.stock.lock(sorted(counted))[0].values():
        one = counted[level.variant_id]
        try:
            restock.set(level, one.quantity)
        except Refusal as error:
            problems.append(refused(error, one.row))
    if not problems:
        restock.write(unit)
    return problems


@dataclass
class Piece:
    """What became of some products."""

    restock: Restock
    good: list[Merged] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)


class PieceWork:
    """Works on pieces of one import. `write`: what is good is written; otherwise it is only looked at. What `counted`
    takes is written later: how many are on hand.
    """

    def __init__(
        self,
        unit: ImportUnit,
        of: Import,
        shop: Shop,
        categories: Categories,
        new_id: Callable[[], UUID],
        at: datetime,
        *,
        write: bool,
        counted: dict[UUID, Counted] | None = None,
    ) -> None:
        self._unit = unit
        self._import = of
        self._categories = categories
        self._merger = Merger(shop, categories, new_id, at)
        self._new_id = new_id
        self._write = write
        self._counted = counted

    def work(self, groups: Sequence[Sequence[SheetRow]]) -> Piece:
        """Takes these products, each a list of its rows."""
        piece = Piece(Restock(self._import.by))
        listed = self._read(groups, piece)
        merged = self._merge(listed, piece)
        self._set_stock(merged, piece)
        if self._write:
            self._put(piece)
        photos = sum(len(one.listed.images) for one in piece.good)
        new, changed = (
            sum(1 for one in piece.good if one.new),
            sum(1 for one in piece.good if not one.new and (one.changed or _restocked(one, piece))),
        )
        valid = sum(one.listed.rows for one in piece.good)
        piece.tally = Tally(
            rows_valid=valid,
            rows_failed=sum(len(rows) for rows in groups) - valid,
            created=new,
            updated=changed,
            unchanged=len(piece.good) - new - changed,
            failed=len(groups) - len(piece.good),
            problems=len(piece.problems),
            photos=photos if self._write else 0,
        )
        return piece

    def _read(self, groups: Sequence[Sequence[SheetRow]], piece: Piece) -> list[Listed]:
        found = []
        for rows in groups:
            listed, problems = read_product(rows, self._categories)
            piece.problems += problems
            if not any(one.severity == "error" for one in problems):
                found.append(listed)
        return found

    def _merge(self, listed: Sequence[Listed], piece: Piece) -> list[Merged]:
        existing = _Existing(
            self._unit.many.find(
                self._import.shop_id,
                [one.product_id for one in listed if one.product_id],
                [one.parent_sku for one in listed if one.parent_sku],
                lock=self._write,
            )
        )
        merged = []
        for one in listed:
            try:
                merged.append(self._merger.merge(one, existing.of(one)))
            except RowRefused as error:
                piece.problems += error.problems
        return merged

    def _set_stock(self, merged: Sequence[Merged], piece: Piece) -> None:
        begun = {one.id for product in merged for one in product.made}
        levels = self._levels(merged, begun)
        for one in merged:
            restock = Restock(self._import.by)
            try:
                for variant_id, quantity in one.stock.items():
                    if variant_id not in begun:
                        restock.set(levels[variant_id], quantity)
            except Refusal as error:
                piece.problems.append(refused(error, one.listed.row))
                continue
            piece.restock.join(restock)
            piece.good.append(one)
            if self._counted is not None:
                row = one.listed.row
                self._counted |= {level.variant_id: Counted(level.on_hand, row) for level, _ in restock.entries}

    def _levels(self, merged: Sequence[Merged], begun: Collection[UUID]) -> dict[UUID, StockLevel]:
        """Held in the order of their ids, as every writer of stock does. Where none is written yet, none is held."""
        if self._write and self._counted is None:
            wanted = {variant for product in merged for variant in product.stock if variant not in begun}
            return self._unit.stock.lock(wanted)[0] if wanted else {}
        return {
            variant.id: StockLevel(variant.id, one.product.id, self._on_hand(variant), variant.stock.reserved)
            for one in merged
            for variant in one.product.live
        }

    def _on_hand(self, variant: Variant) -> int:
        counted = self._counted.get(variant.id) if self._counted else None
        return counted.quantity if counted else variant.stock.on_hand

    def _put(self, piece: Piece) -> None:
        unit = self._unit
        categories = {one.listed.category.id for one in piece.good if one.listed.category}
        if divided := unit.categories.divided(categories):
            raise Unavailable(f"categories below {min(divided)} are new: the sheet is looked at with them")
        unit.many.add([one.product for one in piece.good if one.new])
        unit.many.write([one.product for one in piece.good if not one.new and one.changed])
        begun = [
            NewStock(StockLevel(variant.id, one.product.id, on_hand=one.stock[variant.id]), self._import.by)
            for one in piece.good
            for variant in one.made
        ]
        if begun:
            unit.many.open_stock(begun)
        for one in piece.good:
            self._announce(one)
        unit.publish(*(new.level.changed() for new in begun))
        if self._counted is None:
            piece.restock.write(unit)
        self._want_photos(piece.good)
        unit.flush()

    def _announce(self, one: Merged) -> None:
        product = one.product
        if one.new or one.changed:
            self._unit.publish(ProductChanged(product))
        if one.new:
            self._unit.publish(MetadataSubmitted(product.metadata_id, product.id, product.shop_id, 1, {}))

    def _want_photos(self, good: Sequence[Merged]) -> None:
        expected = []
        for one in good:
            if not one.listed.images:
                continue
            product = one.product
            photos = tuple((self._new_id(), url) for _, _, url in one.listed.images)
            places = zip(photos, one.listed.images, strict=True)
            expected += [ExpectedPhoto(photo_id, product.id, row, column) for (photo_id, _), (row, column, _) in places]
            self._unit.publish(PhotosWanted(self._import.id, product.id, product.shop_id, product.metadata_id, photos))
        if expected:
            self._unit.imports.expect_photos(self._import.id, expected)


def _restocked(one: Merged, piece: Piece) -> bool:
    return any(level.product_id == one.product.id for level, _ in piece.restock.entries)


class _Existing:
    """Products of the shop, each given to one product of the sheet."""

    def __init__(self, found: Sequence[Product]) -> None:
        self._by_id = {one.id: one for one in found}
        self._by_sku = {one.parent_sku: one for one in found if one.parent_sku}
        self._given: dict[UUID, int] = {}

    def of(self, listed: Listed) -> Product | None:
        """The product that is meant; None for a new one. Raises RowRefused."""
        if listed.product_id is not None:
            found = self._by_id.get(listed.product_id)
            if found is None:
                raise RowRefused(Problem(listed.row, "product_not_found", title_of("product_id")))
            other = self._by_sku.get(listed.parent_sku) if listed.parent_sku else None
            if other is not None and other is not found:
                raise RowRefused(Problem(listed.row, "parent_sku_taken", title_of("parent_sku")))
        else:
            found = self._by_sku.get(listed.parent_sku) if listed.parent_sku else None
        if found is not None and (first := self._given.setdefault(found.id, listed.row)) != listed.row:
            raise RowRefused(Problem(listed.row, "same_product", values={"first": first}))
        return found

"""The tree of categories, as operators edit it. Products that are in a category keep what they have."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from catalog.application import views
from catalog.application.keep import KEEP, Keep
from catalog.application.ports import Categories, UnitOfWork, Units
from catalog.application.views import View
from catalog.domain import taxonomy
from catalog.domain.category import Attribute, Category, CategoryTree
from catalog.domain.errors import CategoryExists, CategoryInUse
from catalog.domain.events import CategoriesChanged
from chassis.errors import Missing, StaleVersion


@dataclass(frozen=True)
class AddCategory:
    """A new category. The id is made by the caller, so repeating it makes no second one."""

    category_id: str
    name: str
    name_en: str
    parent_id: str | None = None
    position: int = 0
    expected_version: int | None = None


@dataclass(frozen=True)
class ChangeCategory:
    """Changes what is given; None keeps. `parent_id` None makes it a top one, KEEP leaves it where it is."""

    category_id: str
    name: str | None = None
    name_en: str | None = None
    parent_id: str | Keep | None = KEEP
    position: int | None = None
    retired: bool | None = None
    expected_version: int | None = None


class CategoryDesk:
    """Use cases of the tree. `forget` drops what this process remembers of it."""

    def __init__(self, units: Units, categories: Categories, forget: Callable[[], None]) -> None:
        self._units = units
        self._categories = categories
        self._forget = forget

    def tree(self) -> View:
        """The whole tree with what is retired, and its version."""
        return views.categories(self._categories(), retired_too=True)

    def add(self, command: AddCategory) -> View:
        """The tree with one category more.

        Raises Invalid, UnknownCategory, CategoryInUse, CategoryExists, StaleVersion.
        """
        new_id = taxonomy.category_id(command.category_id)
        name, name_en = taxonomy.name(command.name, "name"), taxonomy.name(command.name_en, "name_en")
        position = taxonomy.position(command.position)

        def changes(tree: CategoryTree, unit: UnitOfWork) -> bool:
            if new_id in tree:
                if tree.node(new_id).name != name:
                    raise CategoryExists("this id names another category", category_id=new_id)
                return False
            _expect(tree, command.expected_version)
            taxonomy.place(tree, None, command.parent_id)
            _free(unit, command.parent_id)
            unit.categories.add(new_id, command.parent_id, name, name_en, position)
            return True

        return self._edit(changes)

    def change(self, command: ChangeCategory) -> View:
        """The tree then. Raises Missing, UnknownCategory for the parent, Invalid, CategoryInUse, StaleVersion."""

        def changes(tree: CategoryTree, unit: UnitOfWork) -> bool:
            node = _there(tree, command.category_id)
            _expect(tree, command.expected_version)
            way = tree.way_to(node.id)
            parent_id = way[-2].id if len(way) > 1 else None
            if not isinstance(command.parent_id, Keep) and command.parent_id != parent_id:
                taxonomy.place(tree, node, command.parent_id)
                _free(unit, command.parent_id)
                parent_id = command.parent_id
            unit.categories.save(
                node.id,
                parent_id,
                node.name if command.name is None else taxonomy.name(command.name, "name"),
                node.name_en if command.name_en is None else taxonomy.name(command.name_en, "name_en"),
                node.position if command.position is None else taxonomy.position(command.position),
                node.retired if command.retired is None else command.retired,
            )
            return True

        return self._edit(changes)

    def put_attributes(
        self, category_id: str, attributes: Sequence[Attribute], expected_version: int | None = None
    ) -> View:
        """The tree with these attributes at that category. Raises Missing, Invalid, StaleVersion."""
        checked = taxonomy.attributes(attributes)

        def changes(tree: CategoryTree, unit: UnitOfWork) -> bool:
            node = _there(tree, category_id)
            _expect(tree, expected_version)
            if node.attributes == checked:
                return False
            unit.categories.put_attributes(node.id, checked)
            return True

        return self._edit(changes)

    def _edit(self, changes: Callable[[CategoryTree, UnitOfWork], bool]) -> View:
        """One editor at a time: the rules look at the whole tree."""
        with self._units() as unit:
            tree = unit.categories.lock()
            if changes(tree, unit):
                tree = unit.categories.grown()
                unit.publish(CategoriesChanged(tree.version))
        self._forget()
        return views.categories(tree, retired_too=True)


def _there(tree: CategoryTree, category_id: str) -> Category:
    if category_id not in tree:
        raise Missing
    return tree.node(category_id)


def _expect(tree: CategoryTree, version: int | None) -> None:
    if version is not None and version != tree.version:
        raise StaleVersion("the tree has changed meanwhile", version=tree.version)


def _free(unit: UnitOfWork, parent_id: str | None) -> None:
    """A category with products in it cannot get others below it."""
    if parent_id is not None and unit.categories.in_use(parent_id):
        raise CategoryInUse("products are in the parent: move them first", category_id=parent_id)

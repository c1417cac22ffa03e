"""How a sheet names categories."""

import re
import unicodedata

from catalog.domain.category import Category, CategoryTree

_SEPARATOR = re.compile(r"\s*[>＞/／›]\s*")


class Categories:
    """Finds leaves by id, by path of names, or by a name that only one leaf has."""

    def __init__(self, tree: CategoryTree) -> None:
        self.tree = tree
        self._paths: dict[tuple[str, ...], Category] = {}
        self._names: dict[str, list[Category]] = {}
        for top in tree.tops:
            self._index(top, ())

    def _index(self, node: Category, above: tuple[str, ...]) -> None:
        path = (*above, folded(node.name))
        self._paths.setdefault(path, node)
        self._names.setdefault(path[-1], []).append(node)
        for child in node.children:
            self._index(child, path)

    def name_of(self, category_id: str) -> str:
        """How an export names a category: by its path, or by its id where the path is another one's too."""
        way = self.tree.way_to(category_id)
        path = " > ".join(node.name for node in way)
        return path if way and self.find(path) is way[-1] else category_id

    def find(self, value: str) -> Category | tuple[str, dict[str, str]]:
        """The leaf, or the code and values of the problem."""
        way = self.tree.way_to(value)
        found = way[-1] if way else self._paths.get(tuple(folded(part) for part in _SEPARATOR.split(value)))
        if found is None:
            named = self._names.get(folded(value), [])
            if len(named) > 1:
                return "ambiguous_category", {"value": value}
            if not named:
                return "unknown_category", {"value": value}
            found = named[0]
        return found if found.is_leaf else ("category_not_leaf", {"value": found.name})


def folded(name: str) -> str:
    """A word as it is compared: by what it says, not how wide or large it is written."""
    return unicodedata.normalize("NFKC", name).strip().casefold()

"""The tree of categories."""

from dataclasses import replace

from catalog.domain.category import Attribute, Category, CategoryTree
from catalog.domain.product import State
from chassis.testing.memory import Part

TREE = CategoryTree(
    (
        Category(
            "food",
            "美食",
            "Food",
            (
                Category(
                    "tea",
                    "茶葉",
                    "Tea",
                    attributes=(
                        Attribute("origin", "產地", "Origin", "text", required=True),
                        Attribute("weight", "重量", "Weight", "integer", required=False, unit="公克"),
                        Attribute("roast", "焙火", "Roast", "choice", required=False, choices=("輕", "中", "重")),
                        Attribute("picked_on", "採收日", "Picked on", "date", required=False),
                        Attribute("organic", "有機", "Organic", "boolean", required=False),
                        Attribute("acidity", "酸鹼值", "pH", "number", required=False),
                    ),
                ),
                Category("snacks", "零食", "Snacks"),
            ),
        ),
        Category("others", "其他", "Others"),
    )
)


class MemoryCategories(Part):
    """A tree of frozen nodes, made anew with every change."""

    def lock(self):
        return self.store.tree

    def add(self, category_id, parent_id, name, name_en, position):
        self._put(Category(category_id, name, name_en, position=position), parent_id)

    def save(self, category_id, parent_id, name, name_en, position, retired):
        node = self.store.tree.node(category_id)
        self.store.tree = CategoryTree(_without(self.store.tree.tops, category_id), self.store.tree.version)
        self._put(replace(node, name=name, name_en=name_en, position=position, retired=retired), parent_id)

    def put_attributes(self, category_id, attributes):
        node, way = self.store.tree.node(category_id), self.store.tree.way_to(category_id)
        self.store.tree = CategoryTree(_without(self.store.tree.tops, category_id), self.store.tree.version)
        self._put(replace(node, attributes=tuple(attributes)), way[-2].id if len(way) > 1 else None)

    def _put(self, node, parent_id):
        tops = self.store.tree.tops
        tops = (*tops, node) if parent_id is None else _below(tops, parent_id, node)
        self.store.tree = CategoryTree(tops, self.store.tree.version)

    def in_use(self, category_id):
        return any(
            one.category_id == category_id and one.state is not State.DELETED for one in self.store.products.values()
        )

    def divided(self, category_ids):
        return {one for one in category_ids if not self.store.tree.node(one).is_leaf}

    def grown(self):
        self.store.tree = CategoryTree(self.store.tree.tops, self.store.tree.version + 1)
        return self.store.tree


def _without(nodes, category_id):
    return tuple(
        replace(node, children=_without(node.children, category_id)) for node in nodes if node.id != category_id
    )


def _below(nodes, parent_id, child):
    return tuple(
        replace(
            node,
            children=(*node.children, child) if node.id == parent_id else _below(node.children, parent_id, child),
        )
        for node in nodes
    )

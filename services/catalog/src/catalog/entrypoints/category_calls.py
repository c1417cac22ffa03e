"""Calls about the tree of categories: read by everybody, edited by platform operators."""

from typing import Any

from catalog.application.categories import AddCategory, ChangeCategory
from catalog.bootstrap import Catalog
from catalog.entrypoints import commands
from chassis.decode import Payload, Principal, operator, request
from chassis.green import rpc
from contracts import catalog as contract


class CategoryCalls:
    """The part of the service that categories belong to."""

    app: Catalog

    @rpc
    def get_categories(self, principal: Principal, payload: Payload) -> Any:
        """The tree as everybody sees it."""
        return self.app.reading.categories()

    @rpc
    def get_category_tree(self, principal: Principal, payload: Payload) -> Any:
        """The whole tree with what is retired."""
        operator(principal)
        return self.app.categories.tree()

    @rpc
    def add_category(self, principal: Principal, payload: Payload) -> Any:
        """Contract `AddCategory`, answers the whole tree."""
        operator(principal)
        asked = request(payload, contract.AddCategory)
        return self.app.categories.add(
            AddCategory(
                asked.category_id, asked.name, asked.name_en, asked.parent_id, asked.position, asked.expected_version
            )
        )

    @rpc
    def patch_category(self, principal: Principal, payload: Payload) -> Any:
        """Contract `PatchCategory`, answers the whole tree."""
        operator(principal)
        asked = request(payload, contract.PatchCategory)
        return self.app.categories.change(
            ChangeCategory(
                category_id=asked.category_id,
                name=asked.name,
                name_en=asked.name_en,
                parent_id=commands.or_keep(asked.parent_id),
                position=asked.position,
                retired=asked.retired,
                expected_version=asked.expected_version,
            )
        )

    @rpc
    def put_attributes(self, principal: Principal, payload: Payload) -> Any:
        """Contract `PutAttributes`, answers the whole tree."""
        operator(principal)
        asked = request(payload, contract.PutAttributes)
        attributes = [commands.attribute(one) for one in asked.attributes]
        return self.app.categories.put_attributes(asked.category_id, attributes, asked.expected_version)

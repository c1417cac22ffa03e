"""The tree of categories, and the attributes that products of a category have."""

from typing import ClassVar, Literal

import msgspec
from msgspec import UNSET, UnsetType

from contracts.message import Message


class CategoriesChangedV1(Message, frozen=True, kw_only=True):
    """The tree of categories is another one: whoever keeps it asks for it again (`get_categories`)."""

    source: ClassVar[str] = "catalog"
    topic: ClassVar[str] = "catalog.categories_changed.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("gateway",)
    subject_field: ClassVar[str] = "tree"
    state_of: ClassVar[str | None] = "categories"

    version: int
    tree: str = "categories"


class AddCategory(msgspec.Struct, frozen=True, kw_only=True):
    """`add_category`, for operators. `category_id` is made by the caller; without a parent it is a top one."""

    category_id: str
    name: str
    name_en: str
    parent_id: str | None = None
    position: int = 0
    expected_version: int | None = None  # of the tree


class PatchCategory(msgspec.Struct, frozen=True, kw_only=True):
    """`patch_category`, for operators: absent fields stay. A retired category takes no new products."""

    category_id: str
    name: str | None = None
    name_en: str | None = None
    parent_id: str | UnsetType | None = UNSET
    position: int | None = None
    retired: bool | None = None
    expected_version: int | None = None  # of the tree


class NewAttribute(msgspec.Struct, frozen=True, kw_only=True):
    """Something that products of a category tell about themselves. Numbers may have a unit, a choice has choices."""

    attribute_id: str
    name: str
    name_en: str
    type: Literal["text", "integer", "number", "boolean", "date", "choice"]
    required: bool = False
    choices: list[str] = []
    unit: str | None = None


class PutAttributes(msgspec.Struct, frozen=True, kw_only=True):
    """`put_attributes`, for operators: all attributes of a category, in their order."""

    category_id: str
    attributes: list[NewAttribute]
    expected_version: int | None = None  # of the tree

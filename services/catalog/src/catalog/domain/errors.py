"""What catalog refuses, by stable code."""

from chassis.errors import Invalid, Kind, Refusal


class SellerRequired(Refusal):
    """Only an approved seller opens shops and lists products."""

    code = "seller_required"
    kind = Kind.FORBIDDEN


class OwnerStays(Refusal):
    """The owner's own role cannot be changed or taken away."""

    code = "owner_stays"
    kind = Kind.CONFLICT


class DocumentTooLarge(Invalid):
    """A metadata document of more bytes than one may have; `field` names it, `limit` is in bytes."""

    code = "document_too_large"
    kind = Kind.TOO_LARGE


class AlreadyStaff(Refusal):
    """Who is invited works in the shop already."""

    code = "already_staff"
    kind = Kind.CONFLICT


class InvitationOver(Refusal):
    """The invitation was settled before, or its time is over; `state` says which."""

    code = "invitation_over"
    kind = Kind.CONFLICT


class UnknownCategory(Refusal):
    """No such category, or one that has others below it."""

    code = "unknown_category"


class InvalidAttribute(Refusal):
    """An attribute the category does not have, or a value of another type."""

    code = "invalid_attribute"


class NotListable(Refusal):
    """Something a listed product needs is not there; `problems` names everything at once."""

    code = "not_listable"


class IllegalTransition(Refusal):
    """A product cannot go from its state to that one."""

    code = "illegal_transition"
    kind = Kind.CONFLICT


class ProductBlocked(IllegalTransition):
    """An operator took the product off the market; `reason` says why."""

    code = "product_blocked"


class ParentSkuTaken(Refusal):
    """Another product of the shop has this number."""

    code = "parent_sku_taken"
    kind = Kind.CONFLICT


class VariantExists(Refusal):
    """Two variants of a product would look the same."""

    code = "variant_exists"
    kind = Kind.CONFLICT


class LastVariant(Refusal):
    """A product keeps at least one variant."""

    code = "last_variant"
    kind = Kind.CONFLICT


class StockBelowReserved(Refusal):
    """So many are already promised to orders."""

    code = "stock_below_reserved"
    kind = Kind.CONFLICT


class NotReturnable(Refusal):
    """More than the order took away, or nothing of it: `returnable` is how many can still come back."""

    code = "not_returnable"
    kind = Kind.CONFLICT


class TooManyImports(Refusal):
    """So many imports of the shop are not over."""

    code = "too_many_imports"
    kind = Kind.TOO_MANY


class ImportOver(Refusal):
    """The import has ended: nothing is left to call off."""

    code = "import_over"
    kind = Kind.CONFLICT


class KeyReused(Refusal):
    """The key stands for another change."""

    code = "idempotency_key_reused"
    kind = Kind.CONFLICT


class CategoryInUse(Refusal):
    """Products are in it, so it stays a leaf."""

    code = "category_in_use"
    kind = Kind.CONFLICT


class CategoryExists(Refusal):
    """The id names another category."""

    code = "category_exists"
    kind = Kind.CONFLICT

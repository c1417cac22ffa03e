"""The address book of a user."""

import msgspec


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """`put_address`, and its answer: one address of a user's book. `address_id` is made by the caller.

    The first one is the default, and the default stays one until another is made it. `postal_code` has 3, 5 or 6
    digits.
    """

    address_id: str
    name: str
    phone: str
    city: str
    district: str
    postal_code: str
    line: str
    is_default: bool = False


class AddressId(msgspec.Struct, frozen=True, kw_only=True):
    """`delete_address`."""

    address_id: str

"""Who may what in a shop."""

import pytest

from chassis.errors import Missing
from kernel.rights import RIGHTS, ROLE_NAMES, WORDS, Right, Role, RoleRequired, may, require, role_of


def test_every_right_has_a_row_and_words():
    assert set(RIGHTS) == set(WORDS) == set(Right)
    assert set(ROLE_NAMES) == set(Role)


def test_an_owner_may_everything_but_leave():
    assert {right for right in Right if not may(Role.OWNER, right)} == {Right.LEAVE}


def test_a_manager_may_everything_but_what_is_the_owners():
    assert {right for right in Right if not may(Role.MANAGER, right)} == {Right.CLOSE_SHOP, Right.TRANSFER_SHOP}


def test_a_packer_sees_ships_and_counts():
    assert {right for right in Right if may(Role.PACKER, right)} == {
        Right.SEE,
        Right.LEAVE,
        Right.SET_STOCK,
        Right.SEE_ORDERS,
        Right.SHIP_ORDERS,
        Right.SEE_DOORS,
    }


@pytest.mark.parametrize("right", Right)
def test_a_stranger_learns_nothing(right):
    with pytest.raises(Missing):
        require(None, right)


def test_a_colleague_hears_which_right_is_lacking():
    with pytest.raises(RoleRequired) as refused:
        require(Role.PACKER, Right.EDIT_PRODUCTS)
    assert refused.value.fields == {"role": "packer", "right": "edit_products"}


def test_staff_is_what_packers_were_called_before():
    assert [role_of(name) for name in ("owner", "manager", "packer", "staff")] == [
        Role.OWNER,
        Role.MANAGER,
        Role.PACKER,
        Role.PACKER,
    ]
    with pytest.raises(ValueError, match="boss"):
        role_of("boss")

"""Devices are enrolled, enrolled again and removed, and nobody is left with a password that does not hold."""

from uuid import uuid4

import pytest

from chassis.errors import Invalid, Missing, Unavailable
from edge_gateway.application.devices import EnrolDevice, RenewDevice
from edge_gateway.domain.device import MOST_DEVICES, State
from edge_gateway.domain.errors import DeviceRemoved, EnrolmentUnderWay, TooManyDevices
from edge_gateway.domain.staff import ShopCopy
from kernel.rights import Role, RoleRequired


def enrol(world, by=None, device_id=None, name="前門", shop_id=None, told="first"):
    command = EnrolDevice(by or world.owner, device_id or uuid4(), shop_id or world.shop_id, name, told)
    return world.app.devices.enrol(command, world.catalog)


def remove(world, device_id, by=None, shop_id=None):
    world.app.devices.remove(by or world.owner, shop_id or world.shop_id, device_id, world.catalog)


@pytest.mark.parametrize("who", ["owner", "manager"])
def test_owner_and_manager_enrol_and_the_broker_knows_the_password(world, who):
    enrolled = enrol(world, getattr(world, who))
    assert world.broker.passwords == {str(enrolled.id): "first"}
    assert world.store.devices[enrolled.id].state is State.ACTIVE
    assert world.catalog.asked == 0


def test_staff_see_devices_and_do_not_enrol_or_remove(world):
    world.catalog.shop = world.store.shops[world.shop_id]
    enrolled = enrol(world)
    with pytest.raises(RoleRequired):
        enrol(world, world.packer)
    with pytest.raises(RoleRequired):
        remove(world, enrolled.id, world.packer)
    assert [one.id for one in world.app.devices.list(world.packer, world.shop_id, world.catalog)] == [enrolled.id]


def test_a_stranger_learns_nothing(world):
    for action in (lambda: enrol(world, uuid4()), lambda: enrol(world, shop_id=uuid4())):
        with pytest.raises(Missing):
            action()
    with pytest.raises(Missing):
        world.app.devices.list(uuid4(), world.shop_id, world.catalog)
    assert world.store.devices == {}


def test_catalog_is_asked_once_about_somebody_the_copy_does_not_know(world):
    newcomer = uuid4()
    known = world.store.shops[world.shop_id]
    world.catalog.shop = ShopCopy(world.shop_id, 2, {**known.staff, newcomer: Role.MANAGER})
    enrol(world, newcomer)
    enrol(world, newcomer)
    assert world.catalog.asked == 1


def test_catalogs_older_word_does_not_replace_newer_news(world):
    world.catalog.shop = ShopCopy(world.shop_id, 0, {})
    with pytest.raises(Missing):
        enrol(world, uuid4())
    assert world.store.shops[world.shop_id].version == 1


def test_the_same_device_again_gets_another_password(world):
    first = enrol(world)
    enrol(world, device_id=first.id, name="側門", told="second")
    assert world.broker.passwords == {str(first.id): "second"}
    assert world.store.devices[first.id].name == "側門"


def test_an_enrolment_that_runs_again_leaves_the_password_that_was_told(world):
    device_id = uuid4()
    enrol(world, device_id=device_id)
    assert enrol(world, device_id=device_id).state is State.ACTIVE
    assert world.broker.passwords == {str(device_id): "first"}


def test_another_shops_device_looks_missing(world):
    enrolled = enrol(world)
    elsewhere = uuid4()
    world.store.shops[elsewhere] = ShopCopy(elsewhere, 1, {world.owner: Role.OWNER})
    with pytest.raises(Missing):
        enrol(world, device_id=enrolled.id, shop_id=elsewhere)
    with pytest.raises(Missing):
        remove(world, enrolled.id, shop_id=elsewhere)
    assert world.broker.passwords == {str(enrolled.id): "first"}


def test_two_enrolments_of_a_device_at_once_are_one(world):
    device_id = uuid4()

    def again():
        world.broker.meanwhile = lambda: None
        with pytest.raises(EnrolmentUnderWay):
            enrol(world, device_id=device_id)

    world.broker.meanwhile = again
    enrol(world, device_id=device_id)
    assert world.broker.passwords[str(device_id)] == "first"


def test_an_enrolment_that_died_on_the_way_is_repeated_after_a_while(world):
    device_id = uuid4()

    def die():
        raise KeyboardInterrupt

    world.broker.meanwhile = die
    with pytest.raises(KeyboardInterrupt):
        enrol(world, device_id=device_id)
    world.broker.meanwhile = lambda: None
    with pytest.raises(EnrolmentUnderWay):
        enrol(world, device_id=device_id)
    world.later(11)
    enrol(world, device_id=device_id)
    assert world.broker.passwords[str(device_id)] == "first"


def test_an_enrolment_whose_broker_is_away_is_repeated_at_once(world):
    device_id = uuid4()
    world.broker.away = True
    with pytest.raises(Unavailable):
        enrol(world, device_id=device_id)
    world.broker.away = False
    assert enrol(world, device_id=device_id).state is State.ACTIVE


def test_a_device_removed_while_it_is_enrolled_is_out(world):
    device_id = uuid4()
    world.broker.meanwhile = lambda: remove(world, device_id)
    with pytest.raises(Missing):
        enrol(world, device_id=device_id)
    assert world.broker.passwords == {}
    assert world.store.devices[device_id].state is State.REMOVED


@pytest.mark.parametrize("late", [0, 11], ids=["in time", "late"])
def test_an_enrolment_that_lets_a_removed_device_in_puts_it_out_itself(world, late):
    device_id = uuid4()
    let_in_after_the_removal(world, device_id, late)
    with pytest.raises(Missing):
        enrol(world, device_id=device_id)
    assert world.broker.passwords == {}
    assert world.app.devices.reconcile().revoked == []


@pytest.mark.parametrize(("late", "end"), [(0, "the broker goes"), (11, "the broker goes"), (0, "it dies")])
def test_an_enrolment_that_lets_a_removed_device_in_and_ends_there_is_undone(world, late, end):
    device_id = uuid4()
    let_in_after_the_removal(world, device_id, late)

    def ends():
        world.broker.away = True
        if end == "it dies":
            raise KeyboardInterrupt

    world.broker.meanwhile = ends
    with pytest.raises((Unavailable, KeyboardInterrupt)):
        enrol(world, device_id=device_id)
    assert world.broker.passwords == {str(device_id): "first"}
    world.broker.away = False
    assert world.app.devices.reconcile().revoked == [device_id]
    assert world.broker.passwords == {}
    world.later(11)
    world.app.devices.reconcile()
    assert world.app.devices.reconcile().revoked == []


def let_in_after_the_removal(world, device_id, late):
    """The broker hears of an enrolment after it heard of the device's removal, so many seconds after it began."""

    def removed():
        world.later(late)
        remove(world, device_id)

    world.broker.first = removed


def test_a_removed_device_is_out_for_good(world):
    enrolled = enrol(world)
    remove(world, enrolled.id)
    remove(world, enrolled.id)
    assert world.broker.passwords == {}
    assert world.app.devices.list(world.owner, world.shop_id, world.catalog) == []
    with pytest.raises(DeviceRemoved):
        enrol(world, device_id=enrolled.id)


def test_a_removal_the_broker_did_not_hear_of_is_caught_up(world):
    enrolled = enrol(world)
    world.broker.away = True
    with pytest.raises(Unavailable):
        remove(world, enrolled.id)
    assert world.store.devices[enrolled.id].state is State.REMOVED
    world.broker.away = False
    assert world.app.devices.reconcile().revoked == [enrolled.id]
    assert world.broker.passwords == {}
    assert world.app.devices.reconcile().revoked == []


def test_a_credential_the_broker_has_lost_is_said_and_mended_by_enrolling(world):
    kept, lost = enrol(world), enrol(world)
    del world.broker.passwords[str(lost.id)]
    assert world.app.devices.reconcile().lost == [lost.id]
    states = {one.id: one.state for one in world.app.devices.list(world.owner, world.shop_id, world.catalog)}
    assert states == {kept.id: State.ACTIVE, lost.id: State.NEEDS_ENROLMENT}
    assert enrol(world, device_id=lost.id).state is State.ACTIVE
    assert world.app.devices.reconcile().lost == []


def renew(world, device_id, by=None, shop_id=None, told="second"):
    command = RenewDevice(by or world.owner, device_id, shop_id or world.shop_id, told)
    return world.app.devices.renew(command, world.catalog)


@pytest.mark.parametrize("who", ["owner", "manager"])
def test_a_device_that_is_there_gets_another_password_and_keeps_its_name(world, who):
    enrolled = enrol(world, name="側門")
    for _ in range(2):
        assert renew(world, enrolled.id, getattr(world, who)).state is State.ACTIVE
    assert world.broker.passwords == {str(enrolled.id): "second"}
    assert world.store.devices[enrolled.id].name == "側門"


def test_a_lost_credential_is_mended_by_a_new_password(world):
    lost = enrol(world)
    world.broker.passwords.clear()
    assert world.app.devices.reconcile().lost == [lost.id]
    assert renew(world, lost.id).state is State.ACTIVE
    assert world.app.devices.reconcile().lost == []


def test_only_a_device_that_is_there_gets_another_password(world):
    world.catalog.shop = world.store.shops[world.shop_id]
    enrolled, removed = enrol(world), enrol(world)
    remove(world, removed.id)
    elsewhere = uuid4()
    world.store.shops[elsewhere] = ShopCopy(elsewhere, 1, {world.owner: Role.OWNER})
    refused = [
        (RoleRequired, {"device_id": enrolled.id, "by": world.packer}),
        (Missing, {"device_id": enrolled.id, "by": uuid4()}),
        (Missing, {"device_id": enrolled.id, "shop_id": elsewhere}),
        (Missing, {"device_id": uuid4()}),
        (DeviceRemoved, {"device_id": removed.id}),
    ]
    for error, asked in refused:
        with pytest.raises(error):
            renew(world, **asked)
    assert world.broker.passwords == {str(enrolled.id): "first"}
    assert set(world.store.devices) == {enrolled.id, removed.id}


def test_a_new_password_the_broker_did_not_hear_of_is_tried_again_at_once(world):
    enrolled = enrol(world)
    world.broker.away = True
    with pytest.raises(Unavailable):
        renew(world, enrolled.id)
    world.broker.away = False
    assert renew(world, enrolled.id).state is State.ACTIVE
    assert world.broker.passwords == {str(enrolled.id): "second"}


def test_a_shop_has_so_many_devices_and_no_more(world):
    devices = [enrol(world) for _ in range(MOST_DEVICES)]
    with pytest.raises(TooManyDevices):
        enrol(world)
    enrol(world, device_id=devices[0].id)  # one it has is not one more
    remove(world, devices[0].id)
    enrol(world)


@pytest.mark.parametrize("name", ["", "  ", "x" * 41, "a\nb", "a\0b", "\ud800"])
def test_a_name_that_is_none_leaves_no_device(world, name):
    with pytest.raises(Invalid):
        enrol(world, name=name)
    assert world.store.devices == {}
    assert world.broker.passwords == {}

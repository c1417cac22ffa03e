"""One replica hears the devices: the one with the lease, for as long as the broker lets it."""

import threading

import pytest

from chassis.errors import Unavailable
from edge_gateway.domain.flood import Allowance
from edge_gateway.entrypoints.duty import Duty, Housekeeping


class Lease:
    def __init__(self):
        self.held, self.released, self.away = True, 0, False

    def hold(self):
        if self.away:
            raise Unavailable("no database")
        return self.held

    def release(self):
        self.released += 1

    def client_id(self):
        return "secret-client-id"


class Session:
    def __init__(self, client_id, username, password):
        self.client_id, self.username, self.password = client_id, username, password
        self.locked_out, self.problem, self.dropped = False, None, 0
        self.opened = self.closed = 0
        self.ended = threading.Event()

    def open(self):
        self.opened += 1

    def take(self, most):
        self.ended.wait(10)
        return []

    def stop_taking(self):
        self.ended.set()

    def close(self):
        self.closed += 1


class Control:
    def __init__(self):
        self.passwords, self.away = [], False

    def let_gateway_in(self, password):
        if self.away:
            raise Unavailable("no broker")
        self.passwords.append(password)


@pytest.fixture
def parts(world):
    lease, control, sessions = Lease(), Control(), []

    def open_session(*arguments):
        sessions.append(Session(*arguments))
        return sessions[-1]

    duty = Duty(lease, control, open_session, world.app, Allowance(50, 100))
    yield duty, lease, control, sessions
    duty.lay_down()


def test_the_holder_of_the_lease_takes_the_session_up_once_with_a_fresh_password(parts):
    duty, _, control, sessions = parts
    for _ in range(3):
        duty.step()
    (session,) = sessions
    assert (session.opened, session.client_id) == (1, "secret-client-id")
    assert control.passwords == [session.password]
    assert duty.holding
    assert duty.problem is None


def test_others_stand_by_and_are_ready(parts):
    duty, lease, control, sessions = parts
    assert duty.problem is not None  # nobody knows yet
    lease.held = False
    duty.step()
    assert (sessions, control.passwords, duty.holding, duty.problem) == ([], [], False, None)


def test_who_lost_the_lease_lays_the_session_down(parts):
    duty, lease, _, sessions = parts
    duty.step()
    lease.held = False
    duty.step()
    assert sessions[0].closed == 1
    assert not duty.holding


def test_without_a_database_the_session_stays_and_readiness_says_why(parts):
    duty, lease, _, sessions = parts
    duty.step()
    lease.away = True
    duty.step()
    assert sessions[0].closed == 0
    assert "no database" in duty.problem


def test_a_session_the_broker_locked_out_is_taken_up_anew(parts):
    duty, _, control, sessions = parts
    duty.step()
    sessions[0].locked_out = True
    duty.step()
    assert [session.closed for session in sessions] == [1, 0]
    assert len(set(control.passwords)) == 2


def test_a_session_whose_thread_died_is_taken_up_anew(parts):
    duty, _, _, sessions = parts
    duty.step()
    sessions[0].ended.set()
    duty._intake.join()
    duty.step()
    assert [session.closed for session in sessions] == [1, 0]


def test_without_a_broker_it_is_tried_again(parts):
    duty, _, control, sessions = parts
    control.away = True
    duty.step()
    assert not duty.holding
    assert "no broker" in duty.problem
    control.away = False
    duty.step()
    assert sessions[0].opened == 1


def test_stopping_lets_another_replica_have_it_at_once(parts):
    duty, lease, _, sessions = parts
    duty.step()
    duty.stop()
    assert (sessions[0].closed, lease.released) == (1, 1)


def test_only_the_replica_on_duty_keeps_house(parts, world):
    duty, _, _, _ = parts
    world.broker.away = True
    house = Housekeeping(duty, world.app, None)
    assert house.reconcile() is False
    assert house.forget() is False
    duty.step()
    with pytest.raises(Unavailable):
        house.reconcile()

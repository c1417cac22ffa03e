"""What /readyz asks."""

from chassis.health import Readiness


def test_a_check_that_joins_while_another_is_asked_is_asked_too():
    readiness = Readiness()
    readiness.add("first", lambda: readiness.add("second", lambda: "missing"))
    assert readiness.problems() == {"second": "missing"}
    readiness.drain()
    assert readiness.problems() == {"process": "draining", "second": "missing"}

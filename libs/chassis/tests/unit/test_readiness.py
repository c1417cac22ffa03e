"""What /readyz asks."""

from chassis.health import Readiness


def test_a_check_may_join_while_another_is_asked():
    readiness = Readiness()
    readiness.add("first", lambda: readiness.add("second", lambda: "missing"))
    assert readiness.problems() == {}
    assert readiness.problems() == {"second": "missing"}
    readiness.drain()
    assert readiness.problems() == {"process": "draining", "second": "missing"}

"""Containers beside native servers: every name they look for leads there, and every secret they ask for is there."""

import json
import re

from yeshi_local.containers import beside, secrets
from yeshi_local.containers.compose import text
from yeshi_local.machine import Machine


def a_machine(run):
    return Machine(run, gateway_port=8123, outside={}, proxied=True)


def test_everything_that_the_compose_file_insists_on_is_there(tmp_path):
    wanted = set(re.findall(r"\$\{(\w+):?\?\}", text()))
    given = beside.environment(a_machine(tmp_path))
    assert {name for name in wanted if not given.get(name)} == set()
    assert "KEY_ENCRYPTION_SECRET" in wanted


def test_secrets_are_the_native_servers_own(tmp_path):
    machine = a_machine(tmp_path)
    given = beside.environment(machine)
    values = machine.addresses()
    assert f":{given['POSTGRES_ORDERS_PASSWORD']}@" in values["postgres.orders"]
    assert f":{given['AMQP_EDGE_GATEWAY_PASSWORD']}@" in values["amqp.edge-gateway"]
    assert set(secrets.names()) <= set(given)


def test_the_override_tells_every_process_of_ours_where_the_servers_are():
    services = json.loads(beside.override({"LIMIT_FACTOR": "1000"}))["services"]
    assert set(services) == set(beside.ours())
    assert {"gateway", "orders", "orders-relay", "orders-migrate", "topology"} <= set(services)
    assert not {"line", "mailbox", "proxy", "rabbitmq"} & set(services)
    for service in services.values():
        assert f"rabbitmq:{beside.HOST}" in service["extra_hosts"]
        assert service["environment"] == {"LIMIT_FACTOR": "1000"}


def test_steps_are_the_services_that_end():
    assert "topology" in beside.steps()
    assert "orders-migrate" in beside.steps()
    assert "orders" not in beside.steps()


def test_each_name_is_forwarded_to_the_native_server(tmp_path):
    machine = a_machine(tmp_path)
    written = beside.forwarding(machine)
    assert f"bind {beside.HOST}:5672\n    server native 127.0.0.1:{machine.ports['rabbitmq']}\n" in written
    assert f"bind {beside.HOST}:27017\n    server native 127.0.0.1:{machine.ports['mongo']}\n" in written
    assert f"bind {beside.HOST}:2525\n    server native 127.0.0.1:{machine.ports['smtp']}\n" in written

"""The native proxy has the settings of the containers' proxy, and only other addresses."""

import pytest

from yeshi_local.front import Behind, native
from yeshi_local.machine import ROOT

SOURCE = (ROOT / "deploy" / "docker" / "haproxy.cfg").read_text()
GATEWAYS = {"gateway": Behind("127.0.0.1:8101", 9101), "gateway-2": Behind("127.0.0.1:8102", 9102)}
MOVED = ("bind", "server-template", "server", "resolvers", "nameserver", "hold", "accepted_payload_size")


def settings(text):
    lines = (line.partition("#")[0].split() for line in text.splitlines())
    return [words for words in lines if words and words[0] not in MOVED]


def test_every_setting_of_the_containers_proxy_stays():
    assert settings(native(SOURCE, "127.0.0.1:8000", GATEWAYS)) == settings(SOURCE)
    assert ["timeout", "connect", "2s"] in settings(SOURCE)


def test_each_gateway_is_asked_at_its_own_health_port_with_the_templates_checks():
    template = next(line for line in SOURCE.splitlines() if line.strip().startswith("server-template"))
    checks = template.partition("inter")[2].partition(" resolvers")[0]
    lines = [line.strip() for line in native(SOURCE, "127.0.0.1:8000", GATEWAYS).splitlines()]
    assert [line for line in lines if line.startswith("server ")] == [
        f"server gateway 127.0.0.1:8101 check port 9101 inter{checks}",
        f"server gateway-2 127.0.0.1:8102 check port 9102 inter{checks}",
    ]
    assert "bind 127.0.0.1:8000" in lines


def test_nothing_is_looked_up_by_name():
    text = native(SOURCE, "127.0.0.1:8000", GATEWAYS)
    assert "resolvers" not in text
    assert "nameserver" not in text
    assert "gateway:8000" not in text


@pytest.mark.parametrize("missing", ["bind", "server-template"])
def test_a_configuration_without_its_door_or_its_template_is_refused(missing):
    text = "\n".join(line for line in SOURCE.splitlines() if not line.strip().startswith(missing))
    with pytest.raises(ValueError, match="one bind and one server-template"):
        native(text, "127.0.0.1:8000", GATEWAYS)

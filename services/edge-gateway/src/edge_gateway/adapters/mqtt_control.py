"""Mosquitto's dynamic security: who may connect, and what they may do.

Source: mosquitto.org/documentation/dynamic-security. Commands travel as JSON on a control topic and are carried out in
order, within one turn of the broker. It puts no `%u` into topics, so every device has a role of its own.
"""

import logging
import threading
from typing import Any
from uuid import UUID

import msgspec
import paho.mqtt.client as mqtt

from chassis.errors import Unavailable
from edge_gateway.adapters.mqtt_address import Address
from edge_gateway.domain.device import TOPICS, topic

log = logging.getLogger(__name__)

CONTROL = "$CONTROL/dynamic-security/v1"
ANSWER_WITHIN = 2.0  # seconds
GATEWAY = "edge-gateway"
COUNTS = f"{TOPICS}/+/count"

Command = dict[str, Any]
#: Taking away what is not there is what «make it so» may begin with.
_NO_MATTER = frozenset({"Client not found", "Role not found"})


class ControlRefused(Unavailable):
    """The broker does not do as it is told: its administrator's rights, or its plugin, are not what they should be."""

    code = "broker_refused"


class MosquittoControl:
    """The broker's book of credentials, written as its administrator, on a connection for each change."""

    def __init__(self, address: Address, username: str, password: str) -> None:
        self._address = address
        self._username = username
        self._password = password

    def grant(self, device_id: UUID, password: str) -> None:
        """Makes the device anew, which ends connections with an older password. Raises Unavailable.

        Not before the broker knows the gateway: what it may not hear is not kept for it, so it would be lost.
        """
        if GATEWAY not in self.known():
            raise Unavailable("nobody hears devices yet; try again in a moment")
        acls = [{"acltype": "publishClientSend", "topic": f"{topic(device_id)}/#", "allow": True}]
        self._make(str(device_id), f"device-{device_id}", password, acls)

    def revoke(self, device_id: UUID) -> None:
        """Ends the device and its connection at once. Raises Unavailable."""
        self._run(*_unmake(str(device_id), f"device-{device_id}"))

    def known(self) -> set[str]:
        """Names of everybody the broker lets in. Raises Unavailable."""
        (answer,) = self._run({"command": "listClients", "verbose": False, "count": -1, "offset": 0})
        return set(answer["data"]["clients"])

    def let_gateway_in(self, password: str) -> None:
        """Makes the gateway's own user anew: whoever held the session with an older password loses it.

        What nobody was given the right to is forbidden from then on. Raises Unavailable.
        """
        closed = [
            {"acltype": "publishClientSend", "allow": False},
            {"acltype": "subscribe", "allow": False},
        ]
        self._run({"command": "setDefaultACLAccess", "acls": closed})
        acls = [{"acltype": "subscribeLiteral", "topic": COUNTS, "allow": True}]
        self._make(GATEWAY, GATEWAY, password, acls)

    def _make(self, username: str, role: str, password: str, acls: list[Command]) -> None:
        self._run(
            *_unmake(username, role),
            {"command": "createRole", "rolename": role, "acls": acls},
            {"command": "createClient", "username": username, "password": password, "roles": [{"rolename": role}]},
        )

    def _run(self, *commands: Command) -> list[dict[str, Any]]:
        """The broker's answers, one for each command. A first try may meet a broker that is just coming back."""
        try:
            answers = _Conversation(self._address, self._username, self._password).hold(commands)
        except Unavailable as error:
            log.warning("the MQTT broker's control is asked again: %s", error)
            answers = _Conversation(self._address, self._username, self._password).hold(commands)
        for answer in answers:
            if answer.get("error") and answer["error"] not in _NO_MATTER:
                raise ControlRefused(f"{answer.get('command')}: {answer['error']}")
        return answers


def _unmake(username: str, role: str) -> list[Command]:
    return [{"command": "deleteClient", "username": username}, {"command": "deleteRole", "rolename": role}]


class _Conversation:
    """One connection: connect, subscribe to the answers, send the commands, hear, leave."""

    def __init__(self, address: Address, username: str, password: str) -> None:
        self._address = address
        self._client = address.client("", username, password)
        self._done = threading.Event()
        self._problem = "the MQTT broker does not answer"
        self._answers: list[dict[str, Any]] | None = None
        self._client.on_connect = self._connected
        self._client.on_connect_fail = self._failed
        self._client.on_subscribe = self._subscribed
        self._client.on_message = self._heard

    def hold(self, commands: tuple[Command, ...]) -> list[dict[str, Any]]:
        """Raises Unavailable when there is no answer to every command in time."""
        self._body = msgspec.json.encode({"commands": commands})
        self._client.connect_timeout = ANSWER_WITHIN
        self._client.connect_async(self._address.host, self._address.port, clean_start=True)
        self._client.loop_start()
        try:
            self._done.wait(ANSWER_WITHIN)
        finally:
            self._client.disconnect()
            self._client.loop_stop()
        if self._answers is None or len(self._answers) != len(commands):
            raise Unavailable(self._problem)
        return self._answers

    def _connected(self, client: mqtt.Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            self._fail(f"the MQTT broker does not let the administrator in: {reason}")
            return
        client.subscribe(f"{CONTROL}/response", qos=1)

    def _subscribed(self, client: mqtt.Client, _data: Any, _mid: int, reasons: list[Any], _properties: Any) -> None:
        if any(reason.is_failure for reason in reasons):
            self._fail("the MQTT administrator may not hear answers")
            return
        client.publish(CONTROL, self._body, qos=1)

    def _heard(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        try:
            self._answers = msgspec.json.decode(message.payload)["responses"]
        except (msgspec.DecodeError, KeyError, TypeError) as error:
            self._problem = f"the MQTT broker's answer cannot be read: {error}"
        self._done.set()

    def _failed(self, _client: mqtt.Client, _data: Any) -> None:
        self._fail("the MQTT broker cannot be reached")

    def _fail(self, problem: str) -> None:
        self._problem = problem
        self._done.set()

"""moto's server with the bell's topic in it before its port opens, and with the subscriptions that it had: moto keeps
nothing over a restart, and SNS would.
"""

import json
import os
import socket
import sys
from pathlib import Path
from urllib.parse import urlsplit

from moto.server import main
from moto.sns.models import SNSBackend, Subscription, sns_backends

from yeshi_local.servers.small import ACCOUNT, KEPT, REGION, TOPIC


def keep(backend: SNSBackend, file: Path) -> None:
    """Subscribes again who was subscribed, under the same names, and writes down every change from now on.

    Not an address at which nobody listens any more: moto would fail for everybody's messages.
    """
    subscribe, unsubscribe = backend.subscribe, backend.unsubscribe
    for arn, topic, endpoint, protocol in json.loads(file.read_text()) if file.exists() else []:
        if not _listens(endpoint):
            continue
        again = subscribe(topic, endpoint, protocol)
        backend.subscriptions[arn] = backend.subscriptions.pop(again.arn)
        again.arn = again.attributes["SubscriptionArn"] = arn

    def write() -> None:
        there = backend.subscriptions.values()
        file.write_text(json.dumps([[one.arn, one.topic.arn, one.endpoint, one.protocol] for one in there]))

    def subscribe_and_write(topic_arn: str, endpoint: str, protocol: str) -> Subscription:
        made = subscribe(topic_arn, endpoint, protocol)
        write()
        return made

    def unsubscribe_and_write(subscription_arn: str) -> None:
        unsubscribe(subscription_arn)
        write()

    backend.subscribe, backend.unsubscribe = subscribe_and_write, unsubscribe_and_write  # type: ignore[method-assign]


def _listens(endpoint: str) -> bool:
    address = urlsplit(endpoint)
    try:
        socket.create_connection((address.hostname or "", address.port or 80), timeout=1).close()
    except OSError:
        return False
    return True


if __name__ == "__main__":
    topics = sns_backends[ACCOUNT][REGION]
    topics.create_topic(TOPIC)
    keep(topics, Path(os.environ[KEPT]))
    main(sys.argv[1:])

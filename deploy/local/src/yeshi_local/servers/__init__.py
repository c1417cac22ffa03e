"""Every server of the platform, described once: the native stack and the tests start them from the same words."""

from yeshi_local.servers.base import Server, ServerMissing
from yeshi_local.servers.mongo import Mongo
from yeshi_local.servers.mosquitto import Mosquitto
from yeshi_local.servers.postgres import Postgres
from yeshi_local.servers.process import Running
from yeshi_local.servers.rabbitmq import Account, Epmd, RabbitMQ
from yeshi_local.servers.small import S3, Sns

__all__ = [
    "S3",
    "Account",
    "Epmd",
    "Mongo",
    "Mosquitto",
    "Postgres",
    "RabbitMQ",
    "Running",
    "Server",
    "ServerMissing",
    "Sns",
]

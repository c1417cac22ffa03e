"""Names of exchanges and queues. A changed queue argument means a new name: bump the version here."""

RPC_EXCHANGE = "nameko-rpc"
DEAD = "dead"
RETRY_DELAYS = (1, 5, 30, 120, 600)  # seconds; one shared queue each


def event_exchange(source: str) -> str:
    """Topic exchange of a source; the routing key is the topic."""
    return f"{source}.events"


def event_queue(consumer: str) -> str:
    """The one durable quorum queue on which a service hears events."""
    return f"{consumer}.events.v1"


def rpc_queue(service: str) -> str:
    """nameko's queue of a service's methods; bound to RPC_EXCHANGE with `<service>.*`."""
    return f"rpc-{service}"


def retry(seconds: int) -> str:
    """Fanout exchange and queue of one delay. Messages keep the origin queue's name as their routing key."""
    return f"retry.{seconds}s"

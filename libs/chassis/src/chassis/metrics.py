"""The measures that every process shares. Names follow Prometheus' conventions: base units, `_total` on counters."""

from prometheus_client import Counter, Gauge, Histogram

_FAST = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

rpc_calls = Counter("yeshi_rpc_calls_total", "Calls answered, by method and outcome", ["method", "outcome"])
rpc_seconds = Histogram("yeshi_rpc_seconds", "Time to answer a call", ["method"], buckets=_FAST)
rpc_client_calls = Counter("yeshi_rpc_client_calls_total", "Calls made", ["method", "outcome"])

events_handled = Counter("yeshi_events_total", "Events taken from the queue", ["consumer", "outcome"])
event_batches = Histogram(
    "yeshi_event_batch_size", "Events of one batch", ["consumer"], buckets=(1, 2, 5, 10, 25, 50, 100, 250, 500, 1000)
)
event_seconds = Histogram("yeshi_event_batch_seconds", "Time a batch took", ["consumer"], buckets=_FAST)

outbox_published = Counter("yeshi_outbox_published_total", "Outbox rows confirmed by the broker", ["source"])
outbox_returned = Counter("yeshi_outbox_returned_total", "Outbox rows no queue took: a missing binding", ["source"])
outbox_waiting = Gauge("yeshi_outbox_waiting", "Outbox rows not yet published", ["source"])
outbox_oldest_seconds = Gauge("yeshi_outbox_oldest_seconds", "Age of the oldest unpublished row", ["source"])

pool_wait_seconds = Histogram("yeshi_pool_wait_seconds", "Waiting for a database connection", ["pool"], buckets=_FAST)
pool_broken = Counter("yeshi_pool_broken_total", "Database connections thrown away", ["pool"])

ready = Gauge("yeshi_ready", "1 when /readyz answers 200")

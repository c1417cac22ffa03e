"""What the door counts beside the chassis' own measures."""

from prometheus_client import Counter, Gauge, Histogram

_FAST = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15)

requests = Counter("yeshi_http_requests_total", "Requests answered", ["method", "route", "status"])
seconds = Histogram("yeshi_http_request_seconds", "Time until a request was answered", ["route"], buckets=_FAST)
under_way = Gauge("yeshi_http_requests_under_way", "Requests not yet answered, open streams among them")
streams = Gauge("yeshi_bell_streams", "Open bell streams")
streams_ended = Counter("yeshi_bell_streams_ended_total", "Bell streams that the gateway ended", ["reason"])
bells_written = Counter("yeshi_bell_events_written_total", "Events written to bell streams")
bell_gaps = Counter("yeshi_bell_gaps_total", "Times that changes of a bell had to be asked for")
webhooks = Counter("yeshi_webhooks_total", "Webhooks received", ["source", "outcome"])

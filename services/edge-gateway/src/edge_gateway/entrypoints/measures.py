"""What edge-gateway measures beside what every process does."""

from prometheus_client import Counter, Gauge, Histogram

readings = Counter(
    "yeshi_edge_readings_total",
    "MQTT messages taken, by outcome: counted, seen (before), or why they count nothing",
    ["outcome"],
)
skewed = Counter("yeshi_edge_skewed_readings_total", "Readings whose device's clock is to be doubted")
batch_size = Histogram(
    "yeshi_edge_batch_size", "Messages kept in one transaction", buckets=(1, 2, 5, 10, 25, 50, 100, 250, 500)
)
seconds_to_keep = Histogram(
    "yeshi_edge_seconds_to_keep",
    "From the arrival of a batch's first message to its acknowledgement",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
)
holding = Gauge("yeshi_edge_session_held", "1 in the replica that holds the MQTT session")

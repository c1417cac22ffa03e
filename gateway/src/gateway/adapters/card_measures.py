"""What Prometheus sees of the cards."""

from collections.abc import Iterator

from prometheus_client import REGISTRY
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from gateway.application.cards import CardCache


class CardMeasures(Collector):
    """Reads the figures when they are asked for, so that a hit counts nothing but itself."""

    def __init__(self) -> None:
        self._cards: CardCache | None = None

    def watch(self, cards: CardCache) -> None:
        """From now on the figures are those of this cache."""
        self._cards = cards

    def collect(self) -> Iterator[Metric]:
        """The figures."""
        cards = self._cards
        if cards is None:
            return
        yield CounterMetricFamily("yeshi_card_hits_total", "Cards that were held when asked for", cards.hits)
        yield CounterMetricFamily("yeshi_card_misses_total", "Cards that had to be fetched", cards.misses)
        yield GaugeMetricFamily("yeshi_cards", "Cards held", len(cards))
        yield GaugeMetricFamily("yeshi_card_bytes", "Bytes that the held cards take, about", cards.weight)
        yield GaugeMetricFamily("yeshi_cards_alive", "1 while events arrive that keep the cards true", int(cards.alive))


measures = CardMeasures()
REGISTRY.register(measures)

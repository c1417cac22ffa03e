"""Product cards: the public JSON of products, held as ready bytes and kept true by events."""

from gateway.application.cards.cache import CardCache
from gateway.application.cards.card import Card
from gateway.application.cards.ports import CardSource, Document, Json, View

__all__ = ["Card", "CardCache", "CardSource", "Document", "Json", "View"]

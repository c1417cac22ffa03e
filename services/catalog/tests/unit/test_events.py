"""How a batch of events is handed to the use cases."""

from types import SimpleNamespace

from catalog.entrypoints.events import CatalogRouter
from chassis import context
from contracts import media, users


def test_news_of_one_kind_in_a_batch_are_one_run_in_the_order_they_came():
    router, runs = CatalogRouter(SimpleNamespace()), []
    router.on(media.PhotoSettledV1, users.SellerChangedV1)(lambda run, tx: runs.append([one.data for one in run]))
    kinds = (users.SellerChangedV1, media.PhotoSettledV1, users.SellerChangedV1, media.PhotoSettledV1)
    router.apply([SimpleNamespace(topic=one.topic, data=at, work=context.new()) for at, one in enumerate(kinds)], None)
    assert runs == [[1, 3], [0, 2]]

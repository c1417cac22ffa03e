"""The planted failure: the usual way under the same load. A checker that lets it pass would let anything pass."""

import secrets

from yeshi_local.faults.checker import check
from yeshi_local.faults.peer import Peer, load


def test_the_checker_tells_the_usual_way_from_ours(rabbit_vhost, postgres_database, tmp_path):
    seed = secrets.randbelow(10**6)
    print(f"seed {seed}")
    peer = Peer(rabbit_vhost.url, postgres_database, tmp_path)
    with peer.running(products=3, stock=25):
        ledger = load(peer, orders=60, products=3, seed=seed, kill_every=3)
        found = {name: words for name, words in check(ledger, peer.evidence()).items() if words}
    for name, words in found.items():
        print(f"{name}: {len(words)} violations, such as: {words[0]}")
    assert "I1" in found  # orders doubled: nothing makes a repeated request the same one
    assert found.keys() & {"I3", "I8"}  # oversold, or a bell that never rang

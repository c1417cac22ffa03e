"""Signing keys: made once, published before they sign and after, sealed at rest."""

from datetime import timedelta

import jwt
import pytest

from chassis.errors import Unavailable
from users.adapters.es256_signatures import Es256Signatures
from users.application.ports import Policy
from users.domain import signing
from users.domain.errors import KeyUnreadable
from users.domain.signing import KEY_LIFE, SigningKey


def published(world) -> list[str]:
    return [key["kid"] for key in world.app.keys.public()]


def signed_by(world) -> str:
    return world.app.keys.signer()({})[0]


def test_the_first_key_is_made_at_once_and_signs_at_once(world):
    assert world.app.keys.problem() is None
    assert published(world) == ["key-1"]
    assert signed_by(world) == "key-1"


def test_a_second_replica_finds_the_key_of_the_first(world):
    world.app.keys.renew()
    other = world.replica(Policy("i", "a", True, "https://access.line.me"))
    assert other.keys.public() == world.app.keys.public()
    assert len(world.store.keys) == 1


def test_of_two_replicas_that_saw_no_key_one_makes_it(world, monkeypatch):
    """The second one reads before the first one's commit, and finds its key once it holds the lock."""
    other = world.replica(Policy("i", "a", True, "https://access.line.me"))
    original, seen = world.unit, []

    def stale():
        if not seen:
            seen.append(True)
            world.app.keys.renew()
        return original()

    monkeypatch.setattr(other.keys, "_units", stale)
    other.keys.renew()
    assert seen
    assert len(world.store.keys) == 1
    assert [key["kid"] for key in other.keys.public()] == ["key-1"]


def test_keys_turn_by_age_without_a_gap(world):
    world.app.keys.renew()
    world.wait(days=30)
    assert published(world) == ["key-2", "key-1"]  # known before it signs
    assert signed_by(world) == "key-1"
    world.wait(minutes=10)
    assert signed_by(world) == "key-2"
    world.wait(minutes=70)
    assert published(world) == ["key-2", "key-1"]  # its last tokens may still be on their way
    world.wait(minutes=1, seconds=1)
    assert published(world) == ["key-2"]
    assert set(world.store.keys) == {"key-2"}


def test_a_ring_that_was_asleep_does_not_sign_with_an_unpublished_key(world):
    world.app.keys.renew()
    world.wait(days=90)
    assert signed_by(world) == "key-1"
    assert published(world) == ["key-2", "key-1"]


def test_the_keys_are_read_again_only_once_a_minute(world):
    world.app.keys.renew()
    world.away = Unavailable("no database")
    world.wait(seconds=59)
    assert published(world) == ["key-1"]


def test_a_database_that_is_away_stops_neither_signing_nor_publishing(world):
    world.app.keys.renew()
    world.away = Unavailable("no database")
    world.wait(hours=5)
    assert published(world) == ["key-1"]
    assert signed_by(world) == "key-1"


def test_without_a_key_there_is_a_problem_and_no_account_is_made_in_vain(world):
    world.away = Unavailable("no database")
    assert world.app.keys.problem() == "no database"
    world.away = None
    assert world.app.keys.problem() is None


def test_the_schedule_of_many_keys(world):
    keys = [SigningKey(str(n), {}, b"", world.now + n * KEY_LIFE) for n in range(3)]
    at = world.now + 2 * KEY_LIFE + timedelta(minutes=1)
    assert signing.signing(keys, at) == keys[2]
    assert signing.published(keys, at) == [keys[2], keys[1]]
    assert signing.retired(keys, at) == [keys[0]]
    assert signing.signing(keys, world.now - timedelta(minutes=10)) == keys[0]  # a replica whose clock is late
    assert signing.signing([], at) is None
    assert signing.next_signs_from(keys, at) is None


def test_a_token_is_a_jwt_that_its_jwk_verifies(world):
    signatures = Es256Signatures("a long secret of this test")
    key = signatures.make(world.now)
    token = signatures.signer(key)({"sub": "u"})
    assert jwt.decode(token, jwt.PyJWK(key.public).key, algorithms=["ES256"]) == {"sub": "u"}
    assert jwt.get_unverified_header(token) == {"alg": "ES256", "kid": key.id, "typ": "at+jwt"}
    assert set(key.public) == {"kty", "crv", "x", "y", "kid", "alg", "use"}


def test_a_sealed_key_opens_with_its_secret_only(world):
    key = Es256Signatures("a long secret of this test").make(world.now)
    token = Es256Signatures("a long secret of this test").signer(key)({"sub": "u"})
    jwt.decode(token, jwt.PyJWK(key.public).key, algorithms=["ES256"])
    with pytest.raises(KeyUnreadable, match="KEY_ENCRYPTION_SECRET"):
        Es256Signatures("another secret of this test").signer(key)


def test_a_sealed_key_opens_under_its_own_name_only(world):
    signatures = Es256Signatures("a long secret of this test")
    one, two = signatures.make(world.now), signatures.make(world.now)
    with pytest.raises(KeyUnreadable):
        signatures.signer(SigningKey(one.id, one.public, two.sealed, world.now))


def test_two_keys_differ_and_neither_shows_its_private_part(world):
    signatures = Es256Signatures("a long secret of this test")
    one, two = signatures.make(world.now), signatures.make(world.now)
    assert one.id != two.id
    assert "sealed" not in repr(one)

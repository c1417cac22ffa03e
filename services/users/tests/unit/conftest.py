"""Users in memory: the same application on parts that forget everything."""

import copy
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from chassis.ids import uuid7
from users.application.entry import Login, Register
from users.application.line_login import LoginByLine
from users.application.mailing import Mailing
from users.application.ports import Policy, ShownToken
from users.bootstrap import Users, assemble
from users.domain.account import Profile
from users.domain.address import AddressBook
from users.domain.limits import Bucket, Failures, Limits
from users.domain.mail import Purpose
from users.domain.session import REFRESH_LIFE
from users.domain.signing import SigningKey

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
PASSWORD = "correct horse battery"


@dataclass
class Store:
    """What would be tables."""

    accounts: dict = field(default_factory=dict)
    sessions: dict = field(default_factory=dict)
    tokens: dict = field(default_factory=dict)  # digest: (session id, generation, issued at)
    sellers: dict = field(default_factory=dict)
    books: dict = field(default_factory=dict)
    nonces: dict = field(default_factory=dict)
    bindings: dict = field(default_factory=dict)
    mails: dict = field(default_factory=dict)  # mail id: (mail, due at)
    mail_tokens: dict = field(default_factory=dict)
    keys: dict = field(default_factory=dict)
    buckets: dict = field(default_factory=dict)
    failures: dict = field(default_factory=dict)
    events: list = field(default_factory=list)


class MemoryUnit:
    """A unit of work on a store."""

    def __init__(self, store: Store, clock) -> None:
        self.store = store
        self.accounts = _Accounts(store)
        self.sessions = _Sessions(store)
        self.sellers = _Sellers(store)
        self.addresses = _Addresses(store)
        self.line = _Line(store)
        self.mails = _Mails(store)
        self.keys = _Keys(store)
        self.throttles = _Throttles(store, clock)

    def publish(self, *events: object) -> None:
        self.store.events.extend(copy.deepcopy(events))


class _Part:
    def __init__(self, store: Store) -> None:
        self.store = store


class _Accounts(_Part):
    def add(self, account):
        taken = {one.email for one in self.store.accounts.values()}
        if account.id in self.store.accounts or (account.email is not None and account.email in taken):
            return False
        self.save(account)
        return True

    def by_id(self, user_id):
        account = self.store.accounts.get(user_id)
        if account is None or account.deleted_at is not None:
            return None
        seller, binding = self.store.sellers.get(user_id), self.store.bindings.get(user_id)
        bound = binding is not None and binding.line_user_id is not None
        return Profile(copy.deepcopy(account), seller.state.value if seller else None, bound)

    def by_email(self, email):
        return next((self.by_id(one.id) for one in self.store.accounts.values() if one.email == email), None)

    def lock(self, user_id):
        profile = self.by_id(user_id)
        return profile.account if profile else None

    def save(self, account):
        self.store.accounts[account.id] = copy.deepcopy(account)

    def rehash(self, user_id, old, new):
        if self.store.accounts[user_id].password_hash == old:
            self.store.accounts[user_id].password_hash = new


class _Sessions(_Part):
    def begin(self, session):
        return copy.deepcopy(self.store.sessions.setdefault(session.id, copy.deepcopy(session)))

    def get(self, session_id):
        return copy.deepcopy(self.store.sessions.get(session_id))

    def shown(self, token_digest):
        if token_digest not in self.store.tokens:
            return None
        session_id, generation, _ = self.store.tokens[token_digest]
        session = self.get(session_id)
        return ShownToken(session, generation, _Accounts(self.store).by_id(session.user_id))

    def save(self, session):
        self.store.sessions[session.id] = copy.deepcopy(session)

    def living(self, user_id):
        own = [one for one in self.store.sessions.values() if one.user_id == user_id and one.revoked_at is None]
        return copy.deepcopy(own)

    def issue(self, session, token_digest, at):
        self.store.tokens[token_digest] = (session.id, session.generation, at)

    def revoked_since(self, moment):
        return [one for one in self.store.sessions.values() if one.revoked_at and one.revoked_at >= moment]

    def forget(self, before):
        over = {one.id for one in self.store.sessions.values() if one.expires_at < before}
        old = [
            key
            for key, (session_id, _, issued_at) in self.store.tokens.items()
            if session_id in over or issued_at < before - REFRESH_LIFE
        ]
        for key in old:
            del self.store.tokens[key]
        for key in over:
            del self.store.sessions[key]
        return len(over) + len(old)


class _Sellers(_Part):
    def add(self, seller):
        if seller.id in self.store.sellers or seller.id not in self.store.accounts:
            return False
        self.save(seller)
        return True

    def get(self, seller_id, *, lock=False):
        return copy.deepcopy(self.store.sellers.get(seller_id))

    def save(self, seller):
        self.store.sellers[seller.id] = copy.deepcopy(seller)

    def many(self, seller_ids):
        return [self.store.sellers[one] for one in seller_ids if one in self.store.sellers]

    def page(self, state, after, limit):
        found = sorted(self.store.sellers.values(), key=lambda one: one.id)
        wanted = [one for one in found if state in (None, one.state) and (after is None or one.id > after)]
        return wanted[:limit]


class _Addresses(_Part):
    def of(self, user_id):
        return AddressBook(user_id, list(self.store.books.get(user_id, [])))

    def save(self, book):
        self.store.books[book.user_id] = list(book.addresses)


class _Line(_Part):
    def issue(self, nonce, most):
        if nonce.user_id not in self.store.accounts:
            return False
        self.store.nonces[nonce.digest] = nonce
        own = sorted((n for n in self.store.nonces.values() if n.user_id == nonce.user_id), key=lambda n: n.expires_at)
        for one in own[:-most]:
            del self.store.nonces[one.digest]
        return True

    def spend(self, nonce_digest):
        return self.store.nonces.pop(nonce_digest, None)

    def hold(self, user_id, line_user_id):
        holders = [one for one in self.store.bindings.values() if one.line_user_id == line_user_id]
        return self.get(user_id), copy.deepcopy(holders[0]) if holders else None

    def owner(self, line_user_id):
        return next((one.user_id for one in self.store.bindings.values() if one.line_user_id == line_user_id), None)

    def drop_nonces(self, user_id):
        self.store.nonces = {key: one for key, one in self.store.nonces.items() if one.user_id != user_id}

    def get(self, user_id):
        return copy.deepcopy(self.store.bindings.get(user_id))

    def save(self, binding):
        others = [one for one in self.store.bindings.values() if one.user_id != binding.user_id]
        assert binding.line_user_id is None or binding.line_user_id not in {one.line_user_id for one in others}
        self.store.bindings[binding.user_id] = copy.deepcopy(binding)

    def forget(self, before):
        old = [key for key, nonce in self.store.nonces.items() if nonce.expires_at < before]
        for key in old:
            del self.store.nonces[key]
        return len(old)


class _Mails(_Part):
    def add(self, mail):
        self.store.mails.setdefault(mail.id, (mail, mail.created_at))

    def claim(self, at, until):
        due = sorted((due_at, mail.id, mail) for mail, due_at in self.store.mails.values() if due_at <= at)
        if not due:
            return None
        mail = replace(due[0][2], tries=due[0][2].tries + 1)
        self.store.mails[mail.id] = (mail, until)
        return mail

    def put_off(self, mail, until):
        self.store.mails[mail.id] = (mail, until)

    def drop(self, mail):
        self.store.mails.pop(mail.id, None)

    def drop_of(self, address):
        self.store.mails = {key: one for key, one in self.store.mails.items() if one[0].address != address}

    def issue(self, token, most):
        self.store.mail_tokens[token.digest] = token
        own = [
            one
            for one in self.store.mail_tokens.values()
            if one.user_id == token.user_id and one.purpose is token.purpose
        ]
        for one in sorted(own, key=lambda one: one.expires_at)[:-most]:
            del self.store.mail_tokens[one.digest]

    def find(self, token_digest):
        return self.store.mail_tokens.get(token_digest)

    def spend(self, token_digest):
        return self.store.mail_tokens.pop(token_digest, None)

    def drop_tokens(self, user_id):
        self.store.mail_tokens = {k: one for k, one in self.store.mail_tokens.items() if one.user_id != user_id}
        self.store.mails = {
            key: one
            for key, one in self.store.mails.items()
            if one[0].user_id != user_id or one[0].purpose is not Purpose.CHANGE_EMAIL
        }

    def forget(self, before):
        old = [key for key, token in self.store.mail_tokens.items() if token.expires_at < before]
        for key in old:
            del self.store.mail_tokens[key]
        return len(old)


class _Keys(_Part):
    def all(self):
        return list(self.store.keys.values())

    hold = all

    def add(self, key):
        self.store.keys[key.id] = key

    def drop(self, key_ids):
        for key_id in key_ids:
            del self.store.keys[key_id]


class _Throttles(_Part):
    def __init__(self, store, clock):
        super().__init__(store)
        self.clock = clock

    def take(self, key, limit):
        self.store.buckets[key], wait = self.store.buckets.get(key, Bucket(self.clock())).take(limit, self.clock())
        return wait

    def attempt(self, account, patience):
        known = self.store.failures.get(account, Failures.none(self.clock()))
        self.store.failures[account], wait = known.attempt(patience, self.clock())
        return wait

    def forgive(self, account):
        self.store.failures.pop(account, None)

    def forget(self):
        old = [key for key, bucket in self.store.buckets.items() if bucket.full_at < self.clock()]
        for key in old:
            del self.store.buckets[key]
        return len(old)


class CountingPasswords:
    """Hashes that can be read, and a count of how often they were checked."""

    decoy = "1:a secret of nobody"

    def __init__(self) -> None:
        self.checked: list[str] = []
        self.hashed = 0
        self.parameters = "1"

    def hash(self, password):
        self.hashed += 1
        return f"{self.parameters}:{password}"

    def matches(self, stored, password):
        self.checked.append(stored)
        return stored.partition(":")[2] == password

    def outdated(self, stored):
        return not stored.startswith(f"{self.parameters}:")


class PlainSignatures:
    """Keys that are numbers; a token is (key id, claims)."""

    def __init__(self) -> None:
        self.numbers = itertools.count(1)

    def make(self, signs_from):
        identifier = f"key-{next(self.numbers)}"
        return SigningKey(identifier, {"kid": identifier}, b"", signs_from)

    def signer(self, key):
        return lambda claims: (key.id, claims)


class PostBox:
    """Takes letters, or fails as it is told to."""

    def __init__(self) -> None:
        self.letters: list = []
        self.trouble: Exception | None = None

    def send(self, letter):
        if self.trouble:
            raise self.trouble
        self.letters.append(letter)


class World:
    """The application, a clock that can be moved, and hands for tests."""

    def __init__(self, **policy: object) -> None:
        self.store = Store()
        self.now = NOON
        self.open_units = 0
        self.away: Exception | None = None
        self.passwords = CountingPasswords()
        self.signatures = PlainSignatures()
        self.secrets = itertools.count(1)
        self.post = PostBox()
        self.mailing = Mailing(
            self.unit, self.post, "https://yeshi.test/", lambda: self.now, lambda: f"link-{next(self.secrets)}"
        )
        values = {
            "issuer": "https://yeshi.test",
            "audience": "yeshi",
            "approve_sellers": True,
            "line_access_url": "https://access.line.me",
        }
        self.app = self.replica(Policy(**{**values, **policy}))

    def replica(self, policy: Policy) -> Users:
        return assemble(
            self.unit,
            self.unit,
            self.passwords,
            self.signatures,
            policy,
            Limits(),
            lambda: self.now,
            uuid7,
            lambda: f"secret-{next(self.secrets)}",
        )

    @contextmanager
    def unit(self) -> Iterator[MemoryUnit]:
        """Like a transaction: what it changed is undone when it raises."""
        if self.away:
            raise self.away
        before = copy.deepcopy(self.store.__dict__)
        self.open_units += 1
        try:
            yield MemoryUnit(self.store, lambda: self.now)
        except BaseException:
            self.store.__dict__.update(before)
            raise
        finally:
            self.open_units -= 1

    def wait(self, **time: float) -> None:
        self.now += timedelta(**time)

    def register(self, email: str = "ming@yeshi.test", password: str = PASSWORD, **changes) -> dict:
        values = {"user_id": uuid7(), "session_id": uuid7(), "name": "王小明", **changes}
        return self.app.door.register(Register(email=email, password=password, **values))

    def login(self, email: str = "ming@yeshi.test", password: str = PASSWORD, **changes) -> dict:
        return self.app.door.login(Login(email=email, password=password, **{"session_id": uuid7(), **changes}))

    def login_line(self, line_user_id: str, name: str = "小美", **changes) -> dict:
        values = {"user_id": uuid7(), "session_id": uuid7(), **changes}
        return self.app.line_door.login(LoginByLine(line_user_id=line_user_id, name=name, **values))

    def letters(self) -> list:
        """Sends what waits; what arrived since the last time."""
        while self.mailing.step():
            pass
        arrived, self.post.letters = self.post.letters, []
        return arrived

    def token(self) -> str:
        """The token of the one letter that arrives now."""
        (letter,) = self.letters()
        return letter.text.partition("#token=")[2].strip()

    def somebody(self, email: str = "ming@yeshi.test") -> UUID:
        return UUID(self.register(email)["user"]["user_id"])


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def manual_world() -> World:
    """Operators decide about sellers."""
    return World(approve_sellers=False)

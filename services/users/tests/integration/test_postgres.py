"""The application on the real database, with a clock that can be moved."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from chassis.errors import Unauthenticated
from chassis.ids import uuid7
from chassis.postgres import Pool
from chassis.postgres.migrate import migrate
from users.adapters.es256_signatures import Es256Signatures
from users.adapters.secrets import new_secret
from users.adapters.unit_of_work import readings, units
from users.application.entry import Login, Register, counted
from users.application.line import AccountLinked, bind
from users.application.line_login import LoginByLine
from users.application.mailing import Mailing
from users.application.ports import Letter, Policy
from users.application.recovery import ChangePassword
from users.application.sessions import revoke_all
from users.bootstrap import assemble
from users.domain.address import Address, AddressBook
from users.domain.errors import InvalidLink
from users.domain.limits import Limit, Limits, Patience
from yeshi_local.testing import until


class FastPasswords:
    """Parameters for tests."""

    decoy = "old:nothing"
    parameters = "old"

    def hash(self, password):
        return f"{self.parameters}:{password}"

    def matches(self, stored, password):
        return stored.partition(":")[2] == password

    def outdated(self, stored):
        return not stored.startswith(f"{self.parameters}:")


class World:
    """The application on a pool."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.now = datetime.now(UTC).replace(microsecond=0)
        self.passwords = FastPasswords()
        self.unit = units(pool)
        self.app = self.replica()

    def replica(self):
        return assemble(
            self.unit,
            readings(self.pool),
            self.passwords,
            Es256Signatures("a secret of this test world alone"),
            Policy("https://yeshi.test", "yeshi", True, "https://line.test"),
            Limits(),
            lambda: self.now,
            uuid7,
            new_secret,
        )

    def register(self, email):
        return self.app.door.register(Register(uuid7(), uuid7(), email, "correct horse", "王小明", "192.0.2.1"))

    def session_of(self, user_id: UUID) -> UUID:
        with self.unit() as unit:
            return unit.sessions.living(user_id)[-1].id

    def rows(self, query: str, *parameters: object) -> list[tuple]:
        with self.pool.connection() as connection, connection.cursor() as cursor:
            cursor.execute(query, parameters)
            return cursor.fetchall()

    def count(self, table: str) -> int:
        return self.rows(f"SELECT count(*) FROM {table}")[0][0]


@pytest.fixture(scope="module")
def pool(postgres):
    dsn = postgres.fresh()
    migrate(dsn, "users")
    made = Pool(dsn, size=8, name="test")
    yield made
    made.close()
    postgres.drop(dsn)


@pytest.fixture
def world(pool):
    return World(pool)


def test_of_many_rings_one_makes_the_key_and_keys_turn_and_go(world):
    rings = [world.replica().keys for _ in range(8)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda ring: ring.renew(), rings))
    assert world.count("signing_keys") == 1
    world.now += timedelta(days=30)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda ring: ring.renew(), rings))
    assert world.count("signing_keys") == 2
    world.now += timedelta(days=1)
    rings[0].renew()
    assert world.count("signing_keys") == 1
    assert rings[1].public() == rings[0].public()


def test_a_burst_is_counted_once_by_many_threads(world):
    limit, passed = Limit(per_minute=1, burst=10), []

    def take(_number: int) -> None:
        with world.unit() as unit:
            passed.append(unit.throttles.take("key", limit))

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(take, range(40)))
    assert passed.count(0) == 10
    assert all(wait > 50 for wait in passed if wait)


def test_failures_grow_are_forgiven_and_start_again(world):
    def attempt() -> float:
        with world.unit() as unit:
            return unit.throttles.attempt("account", Patience())

    def delay() -> timedelta:
        [(seen,)] = world.rows("SELECT blocked_until - last_at FROM login_failures WHERE account = 'account'")
        return seen

    def blocked_for(time: str) -> None:
        with world.pool.connection() as connection, connection.cursor() as cursor:
            cursor.execute("UPDATE login_failures SET blocked_until = now() + %s::interval", (time,))
            connection.commit()

    assert [attempt() for _ in range(10)] == [0] * 10
    for seconds in (1, 2, 4):
        assert delay() == timedelta(seconds=seconds)
        blocked_for("1 hour")
        assert 3000 < attempt() <= 3600
        blocked_for("0 seconds")
        assert attempt() == 0
    blocked_for("1 hour")
    with world.unit() as unit:
        unit.throttles.forgive("account")
    assert attempt() == 0
    assert delay() == timedelta()


def test_a_hash_with_old_parameters_is_made_anew_at_login(world):
    session = world.register("old@yeshi.test")
    world.passwords.parameters = "new"
    login = Login(uuid7(), "old@yeshi.test", "correct horse")
    assert world.app.door.login(login)["user"] == session["user"]
    with world.unit() as unit:
        assert unit.accounts.by_email("old@yeshi.test").account.password_hash == "new:correct horse"


def test_what_has_ended_is_dropped_and_the_rest_stays(world):
    before = world.count("accounts")
    session = world.register("tidy@yeshi.test")
    session = world.app.sessions.refresh(session["refresh_token"])
    with world.unit() as unit:
        account = unit.accounts.by_email("tidy@yeshi.test").account
    world.app.line.begin(account.id, world.session_of(account.id), None)
    world.now += timedelta(days=20)
    session = world.app.sessions.refresh(session["refresh_token"])
    world.now += timedelta(days=12)
    while world.app.housekeeping.tidy():
        pass
    assert world.count("line_nonces") == 0
    with world.unit() as unit:
        assert unit.accounts.by_email("tidy@yeshi.test") is not None
    assert world.count("accounts") == before + 1
    world.app.sessions.refresh(session["refresh_token"])  # a session in use lost its oldest tokens only
    world.now += timedelta(days=32)
    while world.app.housekeeping.tidy():
        pass
    assert world.count("sessions") == world.count("refresh_tokens") == 0


def test_an_upsert_of_a_session_shows_the_one_that_is_there(world):
    session = world.register("begun@yeshi.test")
    session_id = uuid7()
    barrier = threading.Barrier(4)

    def login(_number: int) -> dict:
        barrier.wait()
        return world.app.door.login(Login(session_id, "begun@yeshi.test", "correct horse"))

    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(login, range(4)))
    assert {answer["user"]["user_id"] for answer in answers} == {session["user"]["user_id"]}
    assert len({answer["refresh_token"] for answer in answers}) == 4


class Sender:
    """Sends letters. While the first token is made, `during` is called."""

    def __init__(self, world, during=lambda: None) -> None:
        self.letters: list[Letter] = []
        self.tokens: list[str] = []
        self.during = during
        self.mailing = Mailing(world.unit, self, "https://yeshi.test", lambda: world.now, self.secret)

    def send(self, letter):
        self.letters.append(letter)

    def secret(self) -> str:
        during, self.during = self.during, lambda: None
        during()
        self.tokens.append(new_secret())
        return self.tokens[-1]

    def all(self) -> "Sender":
        while self.mailing.step():
            pass
        return self


def until_waiting(world, waiting: int) -> None:
    """Until so many of these tests' transactions wait for another one."""
    until(lambda: world.count("pg_locks WHERE NOT granted AND pid <> pg_backend_pid()") == waiting)


def until_one_waits(world) -> None:
    """Until one of these tests' transactions waits for another one."""
    until_waiting(world, 1)


def leave(world, user_id):
    world.app.closing.delete(user_id, None, "correct horse")


def another_password(world, user_id):
    world.app.recovery.change(ChangePassword(user_id, None, "correct horse", "another horse, another battery"))


@pytest.mark.parametrize("gone", [leave, another_password])
def test_a_letter_on_its_way_leaves_no_token_behind(world, gone):
    Sender(world).all()
    user_id = UUID(world.register(f"{gone.__name__}@yeshi.test")["user"]["user_id"])
    with ThreadPoolExecutor(1) as thread:
        going = []

        def begin() -> None:
            going.append(thread.submit(gone, world, user_id))
            until_one_waits(world)

        sender = Sender(world, during=begin)
        sender.mailing.step()
        going[0].result()
    assert len(sender.tokens) == 1
    assert world.rows("SELECT purpose FROM mail_tokens WHERE user_id = %s", str(user_id)) == []


def test_a_letter_that_was_dropped_after_its_claim_is_not_sent(world):
    user_id = UUID(world.register("claimed@yeshi.test")["user"]["user_id"])
    sender = Sender(world).all()
    sent = len(sender.letters)
    world.app.email.ask(user_id, None, "newer@yeshi.test", "correct horse")
    with ThreadPoolExecutor(1) as thread:
        with world.unit() as unit:
            unit.accounts.lock(user_id)
            sending = thread.submit(sender.mailing.step)
            until_one_waits(world)
            unit.mails.drop_tokens(user_id)
        assert sending.result() is True
    assert len(sender.letters) == sent


def test_a_link_followed_while_its_account_drops_its_links_is_too_late(world):
    Sender(world).all()
    user_id = UUID(world.register("late@yeshi.test")["user"]["user_id"])
    [token] = Sender(world).all().tokens
    with ThreadPoolExecutor(1) as thread:
        with world.unit() as unit:
            unit.accounts.lock(user_id)
            following = thread.submit(world.app.recovery.verify, token)
            until_one_waits(world)
            unit.mails.drop_tokens(user_id)
        with pytest.raises(InvalidLink):
            following.result()


def test_a_login_beside_a_change_of_its_account_waits_for_it(world):
    email = "beside@yeshi.test"
    user_id = UUID(world.register(email)["user"]["user_id"])
    with ThreadPoolExecutor(1) as thread:
        with world.unit() as unit:
            unit.accounts.lock(user_id)
            login = thread.submit(world.app.door.login, Login(uuid7(), email, "correct horse"))
            until_one_waits(world)
            unit.throttles.forgive(counted(email))
        assert login.result()["user"]["user_id"] == str(user_id)


def test_an_account_linked_by_line_while_it_goes_is_bound_to_nobody(world):
    user_id = UUID(world.register("linked@yeshi.test")["user"]["user_id"])
    nonce = world.app.line.begin(user_id, world.session_of(user_id), None)["nonce"]
    linked = AccountLinked(nonce, "U" + "e" * 32, True, world.now)

    def hear() -> None:
        with world.unit() as unit:
            world.app.line.hold([linked], unit)
            world.app.line.linked(linked, unit)

    with ThreadPoolExecutor(1) as thread:
        with world.unit() as unit:
            account = unit.accounts.lock(user_id)
            hearing = thread.submit(hear)
            until_one_waits(world)
            unit.line.drop_nonces(user_id)
            account.erase(world.now)
            unit.accounts.save(account)
        hearing.result()
    with world.unit() as unit:
        assert unit.line.get(user_id) is None


def test_a_nonce_asked_for_while_its_account_goes_is_not_made(world):
    user_id = UUID(world.register("asking@yeshi.test")["user"]["user_id"])
    with ThreadPoolExecutor(1) as thread:
        with world.unit() as unit:
            account = unit.accounts.lock(user_id)
            asking = thread.submit(world.app.line.begin, user_id, world.session_of(user_id), None)
            until_one_waits(world)
            unit.line.drop_nonces(user_id)
            account.erase(world.now)
            unit.accounts.save(account)
        with pytest.raises(Unauthenticated):
            asking.result()
    assert world.rows("SELECT expires_at FROM line_nonces WHERE user_id = %s", str(user_id)) == []


def test_a_login_by_line_that_waits_for_its_unbinding_enters_another_account(world):
    line_user = "U" + "a" * 32
    user_id = UUID(world.register("unbound@yeshi.test")["user"]["user_id"])
    world.app.line_door.link(user_id, world.session_of(user_id), line_user)
    login = LoginByLine(uuid7(), uuid7(), line_user, "小美")
    with ThreadPoolExecutor(1) as thread:
        with world.unit() as unit:
            unit.accounts.lock(user_id)
            entering = thread.submit(world.app.line_door.login, login)
            until_one_waits(world)
            bind(unit, unit.line.get(user_id), None, world.now)
            revoke_all(unit, user_id, world.now)
        assert entering.result()["user"]["user_id"] == str(login.user_id)
    with world.unit() as unit:
        assert unit.sessions.living(user_id) == []


def link_by_nonce(world, user_id, session_id):
    world.app.line.begin(user_id, session_id, None)


def link_at_once(world, user_id, session_id):
    world.app.line_door.link(user_id, session_id, "U" + "b" * 32)


@pytest.mark.parametrize("link", [link_by_nonce, link_at_once])
def test_no_link_is_made_from_a_session_that_ends_while_it_waits(world, link):
    user_id = UUID(world.register(f"{link.__name__}@yeshi.test")["user"]["user_id"])
    session_id = world.session_of(user_id)
    with ThreadPoolExecutor(1) as thread:
        with world.unit() as unit:
            unit.accounts.lock(user_id)
            linking = thread.submit(link, world, user_id, session_id)
            until_one_waits(world)
            unit.line.drop_nonces(user_id)
            revoke_all(unit, user_id, world.now)
        with pytest.raises(Unauthenticated):
            linking.result()
    for table in ("line_nonces", "line_bindings"):
        assert world.rows(f"SELECT * FROM {table} WHERE user_id = %s", str(user_id)) == []


def test_a_logout_of_two_sessions_beside_the_end_of_all_waits_for_neither_twice(world):
    first, second, email = uuid7(), uuid7(), "two@yeshi.test"
    user_id = UUID(world.register(email)["user"]["user_id"])
    token = [world.app.door.login(Login(one, email, "correct horse")) for one in (first, second)][1]["refresh_token"]
    with ThreadPoolExecutor(1) as thread:
        with world.unit() as unit:
            unit.sessions.get(first)
            leaving = thread.submit(world.app.sessions.logout, user_id, first, token)
            until_one_waits(world)
            revoke_all(unit, user_id, world.now)
        leaving.result()
    with world.unit() as unit:
        assert unit.sessions.living(user_id) == []


def test_two_who_leave_with_a_letter_to_each_others_address_do_not_wait_for_each_other(world):
    emails = ["one@yeshi.test", "other@yeshi.test"]
    one, other = (UUID(world.register(email)["user"]["user_id"]) for email in emails)
    book = AddressBook(one, [])
    book.put(Address(uuid7(), "王小明", "0912345678", "臺北市", "大同區", "103", "寧夏路 1 號"))
    with world.unit() as unit:
        unit.addresses.save(book)
    world.app.email.ask(one, None, emails[1], "correct horse")
    world.app.email.ask(other, None, emails[0], "correct horse")
    with ThreadPoolExecutor(2) as threads:
        with world.unit() as unit:
            unit.addresses.save(book)  # where the first waits, having dropped what it drops before its address book
            leaving = [threads.submit(leave, world, one)]
            until_waiting(world, 1)
            leaving.append(threads.submit(leave, world, other))
            until_waiting(world, 2)
        for each in leaving:
            each.result()
    assert world.rows("SELECT purpose FROM mails WHERE address = ANY(%s)", emails) == []

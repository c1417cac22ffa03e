"""Register and login."""

from uuid import UUID

import pytest

from chassis.errors import Invalid, Kind, Missing
from chassis.ids import uuid7
from users.domain.errors import EmailTaken, InvalidCredentials, TooManyRequests, WeakPassword


def test_a_new_account_is_logged_in(world):
    session = world.register("Ming@Yeshi.TEST", name=" 王小明 ")
    assert session["user"]["email"] == "ming@yeshi.test"
    assert session["user"]["name"] == "王小明"
    assert session["user"]["roles"] == []
    key, claims = session["access_token"]
    assert key == "key-1"
    issued = int(world.now.timestamp())
    assert {name: value for name, value in claims.items() if name not in {"sub", "sid", "jti"}} == {
        "iss": "https://yeshi.test",
        "aud": "yeshi",
        "roles": [],
        "iat": issued,
        "nbf": issued,
        "exp": issued + 600,
    }
    assert claims["sub"] == session["user"]["user_id"]
    assert session["expires_in"] == 600


def test_no_refresh_token_is_stored_readable(world):
    sessions = [world.register(), world.login()]
    stored = repr(world.store)
    assert all(session["refresh_token"] not in stored for session in sessions)


@pytest.mark.parametrize("email", ["ming@yeshi.test", "MING@yeshi.test", " ming@YESHI.test "])
def test_an_address_makes_one_account_however_it_is_written(world, email):
    world.register()
    with pytest.raises(EmailTaken) as refusal:
        world.register(email)
    assert (refusal.value.code, refusal.value.kind) == ("email_taken", Kind.CONFLICT)


def test_the_same_call_again_is_the_same_account(world):
    ids = {"user_id": uuid7(), "session_id": uuid7()}
    first, again = world.register(**ids), world.register(**ids)
    assert first["user"] == again["user"]
    assert len(world.store.accounts) == len(world.store.sessions) == 1
    world.app.sessions.refresh(again["refresh_token"])  # whichever answer arrived, its token works


def test_the_same_user_id_with_another_session_is_no_repeat(world):
    user_id = uuid7()
    world.register(user_id=user_id)
    with pytest.raises(EmailTaken):
        world.register(user_id=user_id)


def test_a_user_id_that_names_another_account_makes_none(world):
    user_id = world.somebody()
    with pytest.raises(EmailTaken):
        world.register("other@yeshi.test", user_id=user_id)
    assert len(world.store.accounts) == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"email": "nobody"}, "email"),
        ({"email": "a@b"}, "email"),
        ({"email": "王@yeshi.test"}, "email"),
        ({"email": f"{'a' * 250}@yeshi.test"}, "email"),
        ({"email": "a@yeshi.test\0"}, "email"),
        ({"name": "  "}, "name"),
        ({"name": "x" * 61}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"password": "1234567"}, "password"),
        ({"password": "x1y2z3" * 22}, "password"),
        ({"password": "correct \ud800 horse"}, "password"),
    ],
)
def test_what_cannot_be_is_refused_with_its_field(world, changes, field):
    with pytest.raises(Invalid) as refusal:
        world.register(**changes)
    assert refusal.value.fields["field"] == field
    assert world.store.accounts == {}
    assert world.passwords.hashed == 0


@pytest.mark.parametrize(
    "password", ["12345678", "PassWord", "1qaz2wsx", "ji32k7au4a83", "aaaaaaaa", "１２３４５６７８", "ming@yeshi.test"]
)
def test_what_anybody_would_try_first_is_refused(world, password):
    with pytest.raises(WeakPassword) as refusal:
        world.register(password=password)
    assert refusal.value.code == "weak_password"


def test_long_plain_words_are_a_fine_password(world):
    world.register(password="四個常見的中文詞語")
    world.login(password="四個常見的中文詞語")


def test_a_password_typed_in_full_width_is_the_same(world):
    world.register(password="ｃｏｒｒｅｃｔ horse")
    world.login(password="correct horse")


def test_hashing_never_happens_inside_a_transaction(world, monkeypatch):
    seen = []
    hash_, matches = world.passwords.hash, world.passwords.matches
    monkeypatch.setattr(world.passwords, "hash", lambda *given: (seen.append(world.open_units), hash_(*given))[1])
    monkeypatch.setattr(world.passwords, "matches", lambda *given: (seen.append(world.open_units), matches(*given))[1])
    world.register()
    world.login()
    assert seen == [0, 0]


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("ming@yeshi.test", "wrong password"),
        ("nobody@yeshi.test", "correct horse battery"),
        ("not an address", "correct horse battery"),
        ("ming@yeshi.test", ""),
        ("ming@yeshi.test", "x" * 5000),
        ("ming@yeshi.test", "\ud800"),
    ],
    ids=["wrong", "unknown", "no-address", "empty", "endless", "surrogate"],
)
def test_wrong_and_unknown_look_the_same_and_cost_the_same(world, email, password):
    world.register()
    with pytest.raises(InvalidCredentials) as refusal:
        world.login(email, password)
    assert (refusal.value.code, refusal.value.kind) == ("invalid_credentials", Kind.UNAUTHENTICATED)
    assert refusal.value.detail == "e-mail address or password is wrong"
    assert refusal.value.fields == {}
    assert len(world.passwords.checked) == 1  # one hash is checked, whatever is wrong


def test_an_unknown_address_is_checked_against_the_decoy(world):
    with pytest.raises(InvalidCredentials):
        world.login()
    assert world.passwords.checked == [world.passwords.decoy]


def test_a_hash_with_old_parameters_is_made_anew_at_login(world):
    world.register()
    world.passwords.parameters = "2"
    world.login()
    (account,) = world.store.accounts.values()
    assert account.password_hash.startswith("2:")
    assert world.passwords.hashed == 2
    world.login()
    assert world.passwords.hashed == 2


def test_the_same_login_again_goes_on_with_its_session(world):
    world.register()
    session_id = uuid7()
    world.login(session_id=session_id)
    again = world.login(session_id=session_id)
    assert len(world.store.sessions) == 2  # that of registering, and this one
    world.app.sessions.refresh(again["refresh_token"])


def test_nobody_gets_into_anothers_session_by_its_id(world):
    other = world.register()
    world.register("other@yeshi.test")
    with pytest.raises(Missing):
        world.login("other@yeshi.test", session_id=session_of(other))


def session_of(answer):
    return UUID(answer["access_token"][1]["sid"])


def test_registering_is_limited_by_client(world):
    for number in range(20):
        world.register(f"a{number}@yeshi.test", client_ip="192.0.2.1")
    with pytest.raises(TooManyRequests) as refusal:
        world.register("late@yeshi.test", client_ip="::ffff:192.0.2.1")
    assert (refusal.value.code, refusal.value.kind) == ("too_many_requests", Kind.TOO_MANY)
    assert refusal.value.fields == {"retry_after": 2}
    world.register("other@yeshi.test", client_ip="192.0.2.2")
    world.wait(seconds=2)
    world.register("late@yeshi.test", client_ip="192.0.2.1")


def test_a_refused_request_hashes_nothing_and_counts_nothing(world):
    for number in range(20):
        world.register(f"a{number}@yeshi.test", client_ip="192.0.2.1")
    hashed = world.passwords.hashed
    for _ in range(50):
        with pytest.raises(TooManyRequests):
            world.register("late@yeshi.test", client_ip="192.0.2.1")
    assert world.passwords.hashed == hashed
    world.wait(seconds=2)
    world.register("late@yeshi.test", client_ip="192.0.2.1")


def test_calls_from_inside_are_not_counted(world):
    for number in range(25):
        world.register(f"a{number}@yeshi.test")


def test_ten_wrong_passwords_delay_the_right_one(world):
    world.register()
    for _ in range(10):
        with pytest.raises(InvalidCredentials):
            world.login(password="wrong password")
    checked = len(world.passwords.checked)
    with pytest.raises(TooManyRequests) as refusal:
        world.login()
    assert refusal.value.fields == {"retry_after": 1}
    assert len(world.passwords.checked) == checked
    world.wait(seconds=1)
    world.login()
    for _ in range(9):  # a right one forgets the wrong ones
        with pytest.raises(InvalidCredentials):
            world.login(password="wrong password")
    world.login()


def test_an_address_without_account_is_delayed_alike(world):
    for _ in range(10):
        with pytest.raises(InvalidCredentials):
            world.login("nobody@yeshi.test")
    with pytest.raises(TooManyRequests):
        world.login("Nobody@yeshi.test")
    world.register()
    world.login()  # others are not

"""Mailed links and passwords."""

from uuid import UUID

import pytest

from chassis.errors import Invalid, Unauthenticated, Unavailable
from chassis.ids import uuid7
from users.application.line import AccountLinked
from users.application.ports import Undeliverable
from users.application.recovery import ChangePassword
from users.domain.errors import (
    InvalidCredentials,
    InvalidLink,
    InvalidRefreshToken,
    PasswordNotSet,
    TooManyRequests,
    WeakPassword,
    WrongPassword,
)
from users.domain.events import LineChanged, SessionRevoked

EMAIL = "ming@yeshi.test"
NEW = "another horse, another battery"
LINE_USER = "U" + "0" * 31 + "1"


def verified(world, by) -> bool:
    return world.app.profile.me(by)["email_verified"]


@pytest.fixture
def ming(world) -> UUID:
    """Somebody whose first letter is out of the way."""
    by = world.somebody(EMAIL)
    world.letters()
    return by


def reset_token(world) -> str:
    world.app.recovery.forgot(EMAIL, "192.0.2.1")
    return world.token()


def test_whoever_registers_is_asked_once_to_prove_the_address(world):
    ids = {"user_id": uuid7(), "session_id": uuid7()}
    world.register(**ids)
    world.register(**ids)
    (letter,) = world.letters()
    assert letter.to == EMAIL
    assert letter.subject.startswith("請驗證你的電子郵件")
    assert "https://yeshi.test/account/verify-email#token=" in letter.text
    assert "https://yeshi.test/account/verify-email#token=" in letter.html


def test_a_letter_holds_nothing_that_somebody_typed(world):
    world.register(name="<b>免費贈品 http://evil.test</b>")
    (letter,) = world.letters()
    assert "evil" not in letter.text + letter.html + letter.subject


def test_a_link_proves_the_address_once(world):
    by = world.somebody(EMAIL)
    token = world.token()
    assert not verified(world, by)
    world.app.recovery.verify(token)
    assert verified(world, by)
    with pytest.raises(InvalidLink):
        world.app.recovery.verify(token)


def test_a_token_is_not_stored(world):
    world.somebody(EMAIL)
    token = world.token()
    assert token not in repr(world.store)


@pytest.mark.parametrize("token", ["", "never-made", "x" * 10_000])
def test_what_was_never_mailed_proves_nothing(world, ming, token):
    with pytest.raises(InvalidLink):
        world.app.recovery.verify(token)
    with pytest.raises(InvalidLink):
        world.app.recovery.reset(token, NEW)


def test_a_link_ends_after_its_time(world):
    by = world.somebody(EMAIL)
    token = world.token()
    world.wait(hours=24)
    with pytest.raises(InvalidLink):
        world.app.recovery.verify(token)
    assert not verified(world, by)
    reset = reset_token(world)
    world.wait(minutes=30)
    with pytest.raises(InvalidLink):
        world.app.recovery.reset(reset, NEW)


def test_a_link_opens_only_what_it_was_sent_for(world):
    world.somebody(EMAIL)
    verify = world.token()
    reset = reset_token(world)
    with pytest.raises(InvalidLink):
        world.app.recovery.reset(verify, NEW)
    with pytest.raises(InvalidLink):
        world.app.recovery.verify(reset)
    world.app.recovery.verify(verify)  # neither was spent by the wrong door
    world.app.recovery.reset(reset, NEW)


def test_asking_again_sends_another_letter_until_the_address_is_proved(world, ming):
    world.app.recovery.resend(ming)
    world.app.recovery.verify(world.token())
    world.app.recovery.resend(ming)
    assert world.letters() == []
    with pytest.raises(Unauthenticated):
        world.app.recovery.resend(uuid7())


def test_the_three_newest_links_work(world, ming):
    tokens = []
    for _ in range(4):
        world.wait(minutes=6)
        world.app.recovery.resend(ming)
        tokens.append(world.token())
    with pytest.raises(InvalidLink):
        world.app.recovery.verify(tokens[0])
    world.app.recovery.verify(tokens[1])


def test_whoever_forgot_the_password_gets_another_and_every_session_ends(world, ming):
    session = world.login(EMAIL)
    world.store.events.clear()
    world.app.recovery.reset(reset_token(world), NEW)
    with pytest.raises(InvalidCredentials):
        world.login(EMAIL)
    with pytest.raises(InvalidRefreshToken):
        world.app.sessions.refresh(session["refresh_token"])
    assert [type(event) for event in world.store.events] == [SessionRevoked, SessionRevoked]
    assert verified(world, ming)
    assert world.login(EMAIL, NEW)["user"]["user_id"] == str(ming)
    (letter,) = world.letters()
    assert letter.subject.startswith("你的密碼已變更")
    assert "#token" not in letter.text


def test_a_strangers_address_gets_the_same_answer_and_no_letter(world, ming):
    world.app.recovery.forgot("nobody@yeshi.test", "192.0.2.1")
    world.app.recovery.forgot(EMAIL, "192.0.2.1")
    waiting = [mail for mail, _ in world.store.mails.values()]
    assert [mail.address for mail in waiting] == ["nobody@yeshi.test", EMAIL]
    assert [letter.to for letter in world.letters()] == [EMAIL]
    assert world.store.mails == {}


def test_many_letters_to_one_address_are_left_out_in_silence(world, ming):
    for number in range(8):
        world.app.recovery.forgot(EMAIL, f"192.0.2.{number}")
        world.app.recovery.forgot("nobody@yeshi.test", f"192.0.2.{number}")
    assert len(world.letters()) == 3


def test_a_client_that_asks_too_often_is_told_so_whoever_it_asks_for(world):
    for number in range(10):
        world.app.recovery.forgot(f"nobody-{number}@yeshi.test", "192.0.2.1")
    with pytest.raises(TooManyRequests) as refusal:
        world.app.recovery.forgot(EMAIL, "192.0.2.1")
    assert refusal.value.fields["retry_after"] >= 1
    with pytest.raises(Invalid):
        world.app.recovery.forgot("no address", "192.0.2.2")


def test_a_weak_password_spends_no_link(world, ming):
    token = reset_token(world)
    with pytest.raises(WeakPassword):
        world.app.recovery.reset(token, "password")
    with pytest.raises(WeakPassword):
        world.app.recovery.reset(token, EMAIL)
    world.app.recovery.reset(token, NEW)


def test_another_password_ends_every_link_on_its_way(world, ming):
    first, second = reset_token(world), reset_token(world)
    world.app.recovery.reset(second, NEW)
    with pytest.raises(InvalidLink):
        world.app.recovery.reset(first, "and another one still")


def test_a_line_user_bound_before_the_address_was_proved_goes_with_the_old_password(world, ming):
    world.app.line_door.link(ming, world.session_of(ming), LINE_USER)
    world.app.recovery.reset(reset_token(world), NEW)
    assert world.app.profile.me(ming)["line_bound"] is False
    assert [e.binding.line_user_id for e in world.store.events if isinstance(e, LineChanged)] == [LINE_USER, None]


def test_a_line_user_bound_to_a_proved_account_stays(world):
    by = world.somebody(EMAIL)
    world.app.recovery.verify(world.token())
    world.app.line_door.link(by, world.session_of(by), LINE_USER)
    world.app.recovery.reset(reset_token(world), NEW)
    assert world.app.profile.me(by)["line_bound"] is True


@pytest.mark.parametrize("changed", ["reset", "change"])
def test_another_password_ends_a_line_link_that_was_begun_before_it(world, ming, changed):
    nonce = world.app.line.begin(ming, world.session_of(ming), None)["nonce"]
    if changed == "reset":
        world.app.recovery.reset(reset_token(world), NEW)
    else:
        world.app.recovery.change(ChangePassword(ming, None, "correct horse battery", NEW))
    with world.unit() as unit:
        world.app.line.linked(AccountLinked(nonce, LINE_USER, True, world.now), unit)
    assert world.app.profile.me(ming)["line_bound"] is False
    assert world.store.nonces == {}


def test_failed_logins_are_forgiven_with_the_new_password(world, ming):
    for _ in range(10):
        with pytest.raises(InvalidCredentials):
            world.login(EMAIL, "not this one")
    with pytest.raises(TooManyRequests):
        world.login(EMAIL)
    world.app.recovery.reset(reset_token(world), NEW)
    world.login(EMAIL, NEW)


def test_a_changed_password_ends_the_other_sessions(world):
    ids = {"user_id": uuid7(), "session_id": uuid7()}
    own, other = world.register(EMAIL, **ids), world.login(EMAIL)
    world.app.recovery.change(ChangePassword(ids["user_id"], ids["session_id"], "correct horse battery", NEW))
    world.app.sessions.refresh(own["refresh_token"])
    with pytest.raises(InvalidRefreshToken):
        world.app.sessions.refresh(other["refresh_token"])
    world.login(EMAIL, NEW)
    assert "你的密碼已變更" in " ".join(letter.subject for letter in world.letters())


def test_another_password_needs_the_one_before_and_tries_are_counted(world, ming):
    for _ in range(10):
        with pytest.raises(WrongPassword):
            world.app.recovery.change(ChangePassword(ming, None, "not this one", NEW))
    with pytest.raises(TooManyRequests):
        world.app.recovery.change(ChangePassword(ming, None, "correct horse battery", NEW))
    world.wait(minutes=1)
    with pytest.raises(WeakPassword):
        world.app.recovery.change(ChangePassword(ming, None, "correct horse battery", "12345678"))
    world.login(EMAIL)


def test_an_account_without_a_password_gets_one_by_mail(world):
    ids = {"user_id": uuid7(), "session_id": uuid7()}
    world.login_line(LINE_USER, email=EMAIL, **ids)
    with pytest.raises(PasswordNotSet):
        world.app.recovery.change(ChangePassword(ids["user_id"], None, "anything at all", NEW))
    world.app.recovery.reset(reset_token(world), NEW)
    assert world.login(EMAIL, NEW)["user"]["user_id"] == str(ids["user_id"])


def test_a_login_that_was_checked_before_the_change_begins_no_session(world, ming):
    matches = world.passwords.matches

    def changed_meanwhile(stored, password):
        right = matches(stored, password)
        world.store.accounts[ming].password_hash = "1:a new one"
        return right

    world.passwords.matches = changed_meanwhile
    with pytest.raises(Unavailable):
        world.login(EMAIL)


def test_a_letter_waits_for_the_mail_server(world):
    by = world.somebody(EMAIL)
    world.post.trouble = Unavailable("away")
    with pytest.raises(Unavailable):
        world.mailing.step()
    assert world.mailing.step() is False  # it is not due yet
    world.post.trouble = None
    world.wait(seconds=10)
    world.app.recovery.verify(world.token())
    assert verified(world, by)


def test_a_letter_that_is_refused_for_good_is_dropped(world):
    world.somebody(EMAIL)
    world.post.trouble = Undeliverable("reply 550")
    assert world.mailing.step() is True
    assert world.store.mails == {}


def test_a_letter_is_not_sent_when_its_time_is_over(world):
    world.somebody(EMAIL)
    world.wait(hours=25)
    assert world.letters() == []
    assert world.store.mails == {}


def test_a_letter_that_a_dead_process_claimed_is_sent_by_another(world):
    world.somebody(EMAIL)
    world.post.trouble = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        world.mailing.step()
    world.post.trouble = None
    assert world.mailing.step() is False
    world.wait(minutes=2)
    assert len(world.letters()) == 1

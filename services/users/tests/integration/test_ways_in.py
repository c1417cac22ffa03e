"""Letters on their way, LINE logins beside each other, and accounts that go: on real processes and a mail server."""

import contextlib
import sys

import pytest

from chassis.errors import Refusal
from chassis.ids import uuid7
from yeshi_local.mailbox.client import Mailbox
from yeshi_local.ports import free_port
from yeshi_local.servers.process import Program
from yeshi_local.testing import ready, until

PASSWORD, NEW_PASSWORD = "correct horse battery", "another horse, another battery"
VERIFY, RESET = "/account/verify-email", "/account/reset-password"
LINE_USER = "U" + "c" * 32
ADDRESS = {"name": "王小明", "phone": "0912345678", "city": "臺北市", "district": "大同區", "postal_code": "103"}


def refused(code: str):
    return pytest.raises(Refusal, check=lambda refusal: refusal.code == code)


class PostOffice:
    """The mail server's process."""

    def __init__(self, home) -> None:
        self.smtp, http = free_port(), free_port()
        values = {"MAILBOX_SMTP_PORT": str(self.smtp), "MAILBOX_HTTP_PORT": str(http), "MAILBOX_DATA": str(home / "m")}
        command = [sys.executable, "-m", "yeshi_local.mailbox"]
        self.program = Program(command, log=home / "mailbox.log", environment=values)
        self.url = f"http://127.0.0.1:{http}"
        self.box = Mailbox(self.url)

    def start(self) -> None:
        """Opens."""
        self.program.start()
        until(lambda: ready(self.url))

    def settings(self) -> dict[str, object]:
        """For who sends letters."""
        return {
            "SMTP_URL": f"smtp://127.0.0.1:{self.smtp}",
            "MAIL_FROM": "夜市 Yeshi <no-reply@yeshi.test>",
            "PUBLIC_URL": "https://yeshi.test",
        }


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    """A mail server that is open."""
    made = PostOffice(tmp_path_factory.mktemp("mail"))
    made.start()
    with contextlib.closing(made.box.http):
        yield made
    made.program.stop()


@pytest.fixture(scope="module")
def town(world, office):
    """The service, its relay, and two who send letters."""
    world.settings.update(office.settings())
    world.start_all("work", "work")
    return world


@pytest.fixture
def ming(town) -> dict:
    """Somebody new, logged in."""
    return town.register()


def principal(town, session) -> dict:
    return town.principal(session)


def waiting(town, address: str) -> list:
    return town.rows("SELECT mail_id FROM mails WHERE address = %s", address)


def test_a_letter_is_sent_once_by_one_of_several(town, office):
    people = [town.register()["user"]["email"] for _ in range(10)]
    for email in people:
        office.box.token(email, VERIFY)
        until(lambda email=email: waiting(town, email) == [])  # the box shows a letter before it says that it took it
    assert [len(office.box.letters(email)) for email in people] == [1] * 10


def test_an_address_is_proved_once(town, office, ming):
    email, who = ming["user"]["email"], principal(town, ming)
    token = office.box.token(email, VERIFY)
    stored = repr(town.rows("SELECT * FROM mail_tokens"))
    assert token not in stored
    answers = town.together(*[("verify_email", None, {"token": token})] * 5)
    assert sorted(answer.code if isinstance(answer, Refusal) else "ok" for answer in answers) == [
        *["invalid_link"] * 4,
        "ok",
    ]
    assert town.ask("me", who)["email_verified"] is True


def test_a_reset_ends_every_session_and_everybody_hears_it(town, office, ming):
    email = ming["user"]["email"]
    other = town.ask("login", None, {"session_id": str(uuid7()), "email": email, "password": PASSWORD})
    town.ask("forgot_password", None, {"email": email, "client_ip": "192.0.2.1"})
    token = office.box.token(email, RESET)
    town.ask("reset_password", None, {"token": token, "password": NEW_PASSWORD})
    ended = {town.principal(one)["session_id"] for one in (ming, other)}
    revoked = town.published(2, lambda event: event.type == "users.session_revoked.v1" and event.subject in ended)
    assert {one.session_id for one in revoked} == ended
    with refused("invalid_credentials"):
        town.ask("login", None, {"session_id": str(uuid7()), "email": email, "password": PASSWORD})
    with refused("invalid_link"):
        town.ask("reset_password", None, {"token": token, "password": "yet another password"})
    town.ask("login", None, {"session_id": str(uuid7()), "email": email, "password": NEW_PASSWORD})
    until(lambda: any("密碼已變更" in one["subject"] for one in office.box.letters(email)))


def test_nobody_learns_who_has_an_account_and_a_stranger_gets_no_letter(town, office, ming):
    assert town.ask("forgot_password", None, {"email": "stranger@yeshi.test"}) is None
    assert town.ask("forgot_password", None, {"email": ming["user"]["email"]}) is None
    office.box.token(ming["user"]["email"], RESET)
    until(lambda: waiting(town, "stranger@yeshi.test") == [])
    assert office.box.letters("stranger@yeshi.test") == []


def test_a_refused_letter_is_dropped_and_a_busy_server_is_asked_again(town):
    for email in ("refuse-550@yeshi.test", "refuse-451@yeshi.test"):
        town.register(email=email)
    until(lambda: waiting(town, "refuse-550@yeshi.test") == [])
    busy = "mails WHERE address = 'refuse-451@yeshi.test'"
    put_off = f"SELECT 1 FROM {busy} AND tries > 0 AND due_at < now() + interval '1 minute'"  # a claim holds for two
    until(lambda: town.rows(put_off))
    [(tries,)] = town.rows(f"SELECT tries FROM {busy}")
    town.rows("UPDATE mails SET due_at = now() WHERE address = 'refuse-451@yeshi.test'")
    until(lambda: town.rows(f"SELECT 1 FROM {busy} AND tries > %s", tries))


def test_letters_wait_while_the_mail_server_is_away(town, office):
    office.program.stop()
    email = town.register()["user"]["email"]
    until(lambda: town.rows("SELECT tries FROM mails WHERE address = %s", email) == [(1,)])
    office.start()
    town.rows("UPDATE mails SET due_at = now() WHERE address = %s", email)
    office.box.token(email, VERIFY, 40)


def test_the_first_logins_by_line_beside_each_other_make_one_account(town):
    calls = [
        (
            "login_line",
            None,
            {"user_id": str(uuid7()), "session_id": str(uuid7()), "line_user_id": LINE_USER, "name": "小美"},
        )
        for _ in range(20)
    ]
    answers = town.together(*calls)
    assert {answer["user"]["user_id"] for answer in answers} == {answers[0]["user"]["user_id"]}
    owner = answers[0]["user"]["user_id"]
    (heard,) = town.published(1, lambda event: event.type == "users.line_changed.v1" and event.subject == owner)
    assert heard.line_user_id == LINE_USER
    who = town.principal(answers[0])
    with refused("last_way_in"):
        town.ask("unbind_line", who)
    other = town.principal(town.register())
    with refused("line_taken"):
        town.ask("link_line", other, {"line_user_id": LINE_USER})


def test_a_changed_password_beside_logins_leaves_no_session_of_the_old_one(town, ming):
    who, email = principal(town, ming), ming["user"]["email"]
    change = ("change_password", who, {"current_password": PASSWORD, "new_password": NEW_PASSWORD})
    logins = [
        ("login", None, {"session_id": str(uuid7()), "email": email, "password": PASSWORD}) for _ in range(4)
    ]  # fmt: skip
    changed, *_ = town.together(change, *logins)
    assert changed is None
    living = town.rows(
        "SELECT session_id FROM sessions WHERE user_id = %s AND revoked_at IS NULL", ming["user"]["user_id"]
    )
    assert living == [(who["session_id"],)]


def test_an_account_goes_beside_everything_it_does(town, ming):
    who, email, user_id = principal(town, ming), ming["user"]["email"], ming["user"]["user_id"]
    address = [("put_address", who, {**ADDRESS, "line": "寧夏路 1 號", "address_id": str(uuid7())}) for _ in range(5)]
    doing = [
        *address,
        ("become_seller", who, {"kind": "person", "display_name": "阿明茶行", "phone": "0912345678"}),
        ("bind_line", who, None),
        ("link_line", who, {"line_user_id": "U" + "d" * 32}),
        ("patch_me", who, {"phone": "0912345678"}),
        ("resend_verification", who, None),
    ]
    answers = town.together(*doing, ("delete_account", who, {"password": PASSWORD}), *doing)
    assert answers[len(doing)] is None
    assert {answer.code for answer in answers if isinstance(answer, Refusal)} <= {"unauthenticated"}
    left = [
        repr(town.rows(f"SELECT * FROM {table} WHERE user_id = %s", user_id))
        for table in ("accounts", "sellers", "addresses", "line_bindings", "line_nonces", "mail_tokens")
    ]
    for personal in (email, "王小明", "912345678", "寧夏路", "阿明茶行", "d" * 32):
        assert personal not in "".join(left)
    for table in ("addresses", "line_nonces", "mail_tokens"):
        assert town.rows(f"SELECT count(*) FROM {table} WHERE user_id = %s", user_id) == [(0,)]
    with refused("unauthenticated"):
        town.ask("me", who)
    assert town.register(email=email)["user"]["user_id"] != user_id


def test_a_worker_says_what_it_lacks(town):
    status, said = town.once("work", SMTP_URL="http://mail.test", MAIL_FROM="nobody", PUBLIC_URL="yeshi.test")
    assert status == 2
    for name in ("SMTP_URL", "MAIL_FROM", "PUBLIC_URL"):
        assert name in said


def test_two_who_prove_the_same_new_address_at_once_have_one_winner(town, office):
    people, address = [town.register() for _ in range(2)], f"{uuid7()}@yeshi.test"
    for one in people:
        town.ask("change_email", principal(town, one), {"email": address.upper(), "password": PASSWORD})
    letters = until(lambda: found if len(found := office.box.letters(address)) == 2 else None)
    tokens = [one["text"].partition("/account/change-email#token=")[2].strip() for one in letters]
    answers = town.together(*[("confirm_email", None, {"token": token}) for token in tokens])
    assert sorted(one.code if isinstance(one, Refusal) else "ok" for one in answers) == ["email_taken", "ok"]
    seen = [town.ask("me", principal(town, one)) for one in people]
    assert sorted(one["email_verified"] for one in seen if one["email"] == address) == [True]
    proved = [town.ask("verified_email", principal(town, one))["email"] for one in people]
    assert sorted(proved, key=str) == sorted([address, None], key=str)


def test_an_invitation_is_mailed_to_who_has_no_account(town, office):
    address, invitation = f"{uuid7()}@yeshi.test", str(uuid7())
    town.ask("mail_invitation", None, {"invitation_id": invitation, "email": address})
    [letter] = until(lambda: office.box.letters(address))
    assert "https://yeshi.test/account/invitations" in letter["text"]
    with refused("invalid"):
        town.ask("mail_invitation", None, {"invitation_id": invitation, "email": "nobody"})

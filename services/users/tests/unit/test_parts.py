"""The real parts that need no server: hashing, secrets, settings."""

import pytest
from argon2 import PasswordHasher, Type, extract_parameters

from chassis.settings import SettingsError, load
from users.adapters.argon2_passwords import Argon2Passwords
from users.adapters.secrets import new_secret
from users.settings import UsersSettings

ENVIRONMENT = {
    "AMQP_URL": "amqp://users:a-long-password@127.0.0.1/",
    "POSTGRES_DSN": "postgresql://users:a-long-password@127.0.0.1/users",
    "KEY_ENCRYPTION_SECRET": "a secret that is long enough",
    "JWT_ISSUER": "https://yeshi.test",
    "JWT_AUDIENCE": "yeshi",
}


def test_passwords_are_hashed_by_argon2id_with_owasps_parameters():
    passwords = Argon2Passwords()
    for hashed in (passwords.hash("correct horse"), passwords.decoy):
        parameters = extract_parameters(hashed)
        assert (parameters.type, parameters.memory_cost, parameters.time_cost, parameters.parallelism) == (
            Type.ID,
            19456,
            2,
            1,
        )
    assert passwords.hash("correct horse") != passwords.hash("correct horse")


def test_only_the_password_matches():
    passwords = Argon2Passwords()
    hashed = passwords.hash("correct horse")
    assert passwords.matches(hashed, "correct horse")
    assert not passwords.matches(hashed, "correct horse ")
    assert not passwords.matches(hashed, "")
    assert not passwords.matches(passwords.decoy, "")
    assert not passwords.matches("no hash at all", "correct horse")


def test_hashing_and_checking_run_elsewhere():
    sent = []

    def elsewhere(work, *arguments):
        sent.append(work.__name__)
        return work(*arguments)

    passwords = Argon2Passwords(elsewhere)
    passwords.matches(passwords.hash("correct horse"), "correct horse")
    assert sent == ["hash", "_verify"]


def test_a_hash_with_other_parameters_is_outdated():
    passwords = Argon2Passwords()
    assert passwords.outdated(PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash("correct horse"))
    assert not passwords.outdated(passwords.hash("correct horse"))


def test_a_secret_has_256_bits_and_suits_a_url():
    made = {new_secret() for _ in range(100)}
    assert len(made) == 100
    assert all(len(secret) == 43 and secret.replace("-", "").replace("_", "").isalnum() for secret in made)


def test_settings_have_defaults_for_all_but_addresses_and_secrets():
    settings = load(UsersSettings, ENVIRONMENT)
    assert (settings.seller_approval, settings.line_access_url, settings.limit_factor) == (
        "automatic",
        "https://access.line.me",
        1,
    )
    assert "long enough" not in repr(settings)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"LIMIT_FACTOR": "100", "YESHI_ENV": "production"}, "LIMIT_FACTOR is for benches"),
        ({"LIMIT_FACTOR": "0"}, "LIMIT_FACTOR must be above 0"),
        ({"HASH_THREADS": "0"}, "HASH_THREADS must be"),
        ({"SELLER_APPROVAL": "maybe"}, "SELLER_APPROVAL"),
        ({"KEY_ENCRYPTION_SECRET": "short", "YESHI_ENV": "production"}, "KEY_ENCRYPTION_SECRET must be set"),
        ({"KEY_ENCRYPTION_SECRET": ""}, "KEY_ENCRYPTION_SECRET"),
        ({"JWT_ISSUER": ""}, "JWT_ISSUER"),
        ({"JWT_AUDIENCE": ""}, "JWT_AUDIENCE"),
    ],
)
def test_settings_that_cannot_be_are_refused(changes, problem):
    with pytest.raises(SettingsError, match=problem):
        load(UsersSettings, {**ENVIRONMENT, **changes})


def test_a_factor_is_for_benches():
    assert load(UsersSettings, {**ENVIRONMENT, "LIMIT_FACTOR": "100"}).limit_factor == 100

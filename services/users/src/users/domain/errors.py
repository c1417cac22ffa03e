"""What users refuses, by stable code."""

from chassis.errors import Kind, Refusal, Unavailable


class EmailTaken(Refusal):
    """An account with this e-mail address exists."""

    code = "email_taken"
    kind = Kind.CONFLICT


class WeakPassword(Refusal):
    """Too easy to guess."""

    code = "weak_password"


class InvalidCredentials(Refusal):
    """No such account, or another password: both look the same."""

    code = "invalid_credentials"
    kind = Kind.UNAUTHENTICATED


class InvalidRefreshToken(Refusal):
    """Unknown, used before, expired or revoked: all look the same."""

    code = "invalid_refresh_token"
    kind = Kind.UNAUTHENTICATED


class TooManyRequests(Refusal):
    """Come back later; `retry_after` in `fields` says in how many seconds."""

    code = "too_many_requests"
    kind = Kind.TOO_MANY


class TooManyAddresses(Refusal):
    """The address book is full."""

    code = "too_many_addresses"
    kind = Kind.CONFLICT


class IllegalTransition(Refusal):
    """A seller cannot go from their state to that one."""

    code = "illegal_transition"
    kind = Kind.CONFLICT


class KeyUnreadable(Unavailable):
    """The stored signing key was sealed with another secret."""

    code = "key_unreadable"

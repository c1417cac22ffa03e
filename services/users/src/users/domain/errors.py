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


class InvalidLink(Refusal):
    """The token of a mailed link: unknown, spent or too old, which all look the same."""

    code = "invalid_link"


class WrongPassword(Refusal):
    """Somebody who is logged in gave another password than theirs."""

    code = "wrong_password"
    kind = Kind.FORBIDDEN


class PasswordNotSet(Refusal):
    """The account has no password; one is made by a mailed link."""

    code = "password_not_set"
    kind = Kind.CONFLICT


class LoginAgain(Refusal):
    """An account without a password shows by a fresh login that its owner asks."""

    code = "login_again"
    kind = Kind.FORBIDDEN


class LineTaken(Refusal):
    """The LINE user belongs to another account."""

    code = "line_taken"
    kind = Kind.CONFLICT


class LastWayIn(Refusal):
    """Without LINE nobody could enter the account any more."""

    code = "last_way_in"
    kind = Kind.CONFLICT

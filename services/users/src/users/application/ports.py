"""What the use cases need from outside. Adapters implement it for real, tests in memory."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from users.domain.access import Claims
from users.domain.account import Account, Profile
from users.domain.address import AddressBook
from users.domain.events import Event
from users.domain.limits import Limit, Patience
from users.domain.line import IssuedNonce, LineBinding
from users.domain.mail import Mail, MailToken
from users.domain.seller import Seller, State
from users.domain.session import Session
from users.domain.signing import SigningKey

Clock = Callable[[], datetime]
NewId = Callable[[], UUID]
NewSecret = Callable[[], str]  # 256 random bits, safe in a URL
Sign = Callable[[Claims], str]


class Passwords(Protocol):
    """Slow one-way hashing. May take long, so it is never called inside a unit of work."""

    decoy: str  # a hash of nothing anybody knows: checking against it takes as long as against any other

    def hash(self, password: str) -> str:
        """The hash with its parameters."""

    def matches(self, stored: str, password: str) -> bool:
        """Whether this is the password."""

    def outdated(self, stored: str) -> bool:
        """Whether it was hashed with other parameters than today's."""


class Signatures(Protocol):
    """Key pairs for access tokens."""

    def make(self, signs_from: datetime) -> SigningKey:
        """A new key pair, its private part sealed."""

    def signer(self, key: SigningKey) -> Sign:
        """Signs claims with this key. Raises KeyUnreadable."""


class Accounts(Protocol):
    """Accounts by id and by e-mail address. Deleted ones are not there."""

    def add(self, account: Account) -> bool:
        """False when its id or its address is taken."""

    def by_id(self, user_id: UUID) -> Profile | None:
        """The account."""

    def by_email(self, email: str) -> Profile | None:
        """The account with this normalised address."""

    def lock(self, user_id: UUID) -> Account | None:
        """The account; nobody else changes it or its address book until the transaction ends."""

    def reading_another(self, after: UUID | None, limit: int) -> list[Account]:
        """Accounts that read another language than the default, in the order of their ids."""

    def save(self, account: Account) -> None:
        """Writes a locked account. Raises EmailTaken when somebody else has just got its address."""

    def rehash(self, user_id: UUID, old: str, new: str) -> None:
        """Replaces the hash if it is still the old one."""


@dataclass(frozen=True)
class ShownToken:
    """A refresh token somebody showed: its session (locked), its generation, and whose it is."""

    session: Session
    generation: int
    profile: Profile


class Sessions(Protocol):
    """Sessions with their refresh tokens, which are known by their digest only."""

    def begin(self, session: Session) -> Session:
        """Adds it, or answers the one with this id as it stands, locked."""

    def get(self, session_id: UUID) -> Session | None:
        """The session, locked."""

    def shown(self, token_digest: bytes) -> ShownToken | None:
        """What this token opens."""

    def save(self, session: Session) -> None:
        """Writes a locked session."""

    def living(self, user_id: UUID) -> list[Session]:
        """The account's sessions that were not revoked, locked."""

    def issue(self, session: Session, token_digest: bytes, at: datetime) -> None:
        """A token of the session's generation."""

    def revoked_since(self, moment: datetime) -> list[Session]:
        """Sessions revoked since then."""

    def forget(self, before: datetime) -> int:
        """Drops some of the sessions that expired before then and of the tokens issued a token's life before then;
        answers how many.
        """


class Sellers(Protocol):
    """Users with the right to sell, or who asked for it."""

    def add(self, seller: Seller) -> bool:
        """False when the user is one already, or no account."""

    def get(self, seller_id: UUID, *, lock: bool = False) -> Seller | None:
        """The seller; with `lock` nobody else changes them until the transaction ends."""

    def save(self, seller: Seller) -> None:
        """Writes a locked seller."""

    def many(self, seller_ids: Sequence[UUID]) -> list[Seller]:
        """Those of these users who are sellers."""

    def page(self, state: State | None, after: UUID | None, limit: int) -> list[Seller]:
        """Sellers in the order of their ids."""


@dataclass(frozen=True)
class Letter:
    """A letter as it is sent, as plain text and as HTML. `id` is the same in every try."""

    id: UUID
    to: str
    subject: str
    text: str
    html: str


class Post(Protocol):
    """Sends letters. May take seconds, so it is never called inside a unit of work."""

    def send(self, letter: Letter) -> None:
        """Hands it to the mail server. Raises Undeliverable when it never will be taken, Unavailable otherwise."""


class Undeliverable(Exception):
    """The mail server refuses this letter for good."""


class Addresses(Protocol):
    """Address books."""

    def of(self, user_id: UUID) -> AddressBook:
        """The book, possibly empty."""

    def save(self, book: AddressBook) -> None:
        """Writes the book of a locked account."""


class LineBindings(Protocol):
    """Nonces handed out, and bindings."""

    def issue(self, nonce: IssuedNonce, most: int) -> None:
        """Remembers a nonce of a locked account and forgets all but its newest `most`."""

    def issued_to(self, nonce_digests: Sequence[bytes]) -> set[UUID]:
        """The accounts these nonces were issued to, as far as they are not spent."""

    def spend(self, nonce_digest: bytes) -> IssuedNonce | None:
        """Takes the nonce away and answers it; None when it was never issued or is spent."""

    def hold(self, user_id: UUID, line_user_id: str) -> tuple[LineBinding | None, LineBinding | None]:
        """The account's binding and the binding that has this LINE user, nobody else changing any meanwhile."""

    def owner(self, line_user_id: str) -> UUID | None:
        """Whose LINE user this is."""

    def get(self, user_id: UUID) -> LineBinding | None:
        """The account's binding, locked."""

    def save(self, binding: LineBinding) -> None:
        """Writes a held binding."""

    def drop_nonces(self, user_id: UUID) -> None:
        """Forgets the account's nonces."""

    def forget(self, before: datetime) -> int:
        """Drops nonces that expired before then; answers how many."""


class Mails(Protocol):
    """Letters that wait, and the tokens of those that were sent."""

    def add(self, mail: Mail) -> None:
        """A letter that is due at once."""

    def claim(self, at: datetime, until: datetime) -> Mail | None:
        """A letter that is due, counting this try. It is not due again before `until`."""

    def hold(self, mail: Mail) -> bool:
        """Whether a claimed letter waits still; nobody else drops it until the transaction ends."""

    def put_off(self, mail: Mail, until: datetime) -> None:
        """The letter is due then."""

    def drop(self, mail: Mail) -> None:
        """The letter is done with."""

    def issue(self, token: MailToken, most: int) -> None:
        """Remembers a token and forgets all but the account's newest `most` for the purpose."""

    def find(self, token_digest: bytes) -> MailToken | None:
        """The token, if it was issued and is not spent."""

    def spend(self, token_digest: bytes) -> MailToken | None:
        """Takes the token away and answers it."""

    def drop_tokens(self, user_id: UUID, address: str | None = None) -> None:
        """Forgets every token of the account, letters that would bring one to another address, and any to this one."""

    def forget(self, before: datetime) -> int:
        """Drops tokens that expired before then; answers how many."""


class Keys(Protocol):
    """Signing keys."""

    def all(self) -> list[SigningKey]:
        """Every key."""

    def hold(self) -> list[SigningKey]:
        """Every key; nobody else adds one until the transaction ends."""

    def add(self, key: SigningKey) -> None:
        """Stores one."""

    def drop(self, key_ids: Sequence[str]) -> None:
        """Deletes these."""


class Throttles(Protocol):
    """Counters all replicas share, by the store's own clock."""

    def take(self, key: str, limit: Limit) -> float:
        """Counts one; 0 when it is within the limit, else in how many seconds there is room."""

    def attempt(self, account: str, patience: Patience) -> float:
        """Counts an attempt as failed; 0 when it may be made, else in how many seconds one may."""

    def forgive(self, account: str) -> None:
        """The attempt was right: forgets the failures."""

    def forget(self) -> int:
        """Drops counters that say nothing any more; answers how many."""


class UnitOfWork(Protocol):
    """One open transaction. What is published goes out when it commits."""

    accounts: Accounts
    sessions: Sessions
    sellers: Sellers
    addresses: Addresses
    line: LineBindings
    mails: Mails
    keys: Keys
    throttles: Throttles

    def publish(self, *events: Event) -> None:
        """Adds events to the transaction."""


Units = Callable[[], AbstractContextManager[UnitOfWork]]


@dataclass(frozen=True)
class Policy:
    """What the settings decide."""

    issuer: str
    audience: str
    approve_sellers: bool
    line_access_url: str

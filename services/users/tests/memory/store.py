"""What would be tables."""

from dataclasses import dataclass, field


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

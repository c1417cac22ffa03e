"""What would be tables."""

from dataclasses import dataclass, field


@dataclass
class Store:
    """What would be tables."""

    bells: dict = field(default_factory=dict)
    notifications: dict = field(default_factory=dict)
    shops: dict = field(default_factory=dict)
    locales: dict = field(default_factory=dict)
    bindings: dict = field(default_factory=dict)
    friends: dict = field(default_factory=dict)
    preferences: dict = field(default_factory=dict)
    deliveries: list = field(default_factory=list)
    inbound: dict = field(default_factory=dict)
    events: list = field(default_factory=list)

"""Fault rules: what goes wrong, where, for whom and how often.

A rule names a place (`on`, shell patterns with commas between them over route names such as `push`,
`multicast`, `webhook`, `pay.confirm`, `login.token`) and either one action (`do`) or a `script` with one
action per matching call.
Probabilities draw from the seed and the number of the call, so a run can be repeated exactly.
"""

import random
from collections.abc import Iterable
from fnmatch import fnmatchcase

import msgspec

BEFORE = frozenset({"error", "rate_limit", "user_limit", "quota", "unauthorized", "timeout_before_accept"})
AROUND = frozenset({"slow"})
AFTER = frozenset({"timeout_after_accept", "error_after_accept"})
WEBHOOK = frozenset({"drop", "duplicate", "reorder", "slow", "bad_signature", "redeliver"})
PAY = frozenset({"code_before_move", "code_after_move"})
LINK = frozenset({"fail"})
ACTIONS = BEFORE | AROUND | AFTER | WEBHOOK | PAY | LINK | {"ok"}


class Rule(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """One rule. It ends after `times` hits, or when its script is used up; `skip` lets the first calls pass."""

    id: str = ""
    on: str = "*"
    to: str | None = None  # only calls that concern this user or group
    do: str | None = None
    script: list[str] = []
    times: int | None = None
    skip: int = 0
    probability: float = 1.0
    seed: int = 0
    seconds: float = 60.0  # how long slow and timeout actions last
    code: str = "1199"  # the LINE Pay code of the code_ actions
    seen: int = 0
    hits: int = 0


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """What shall happen to one call."""

    action: str
    seconds: float
    code: str


class BadRule(ValueError):
    """A rule that could never work."""


def actions_of(place: str) -> frozenset[str]:
    """The actions that mean something at this place."""
    if place == "webhook":
        return WEBHOOK
    if place == "account_link":
        return LINK
    return BEFORE | AROUND | AFTER | (PAY if place.startswith("pay.") else frozenset())


class Faults:
    """The rules in force; the first one that strikes decides."""

    def __init__(self) -> None:
        self.rules: list[Rule] = []
        self._made = 0

    def add(self, rule: Rule) -> Rule:
        """Put a rule last. Raises BadRule."""
        wanted = set(rule.script) | ({rule.do} if rule.do else set())
        if not wanted:
            raise BadRule("a rule needs `do` or `script`")
        if unknown := wanted - ACTIONS:
            raise BadRule(f"unknown actions {sorted(unknown)}; known are {sorted(ACTIONS)}")
        if not 0 <= rule.probability <= 1:
            raise BadRule("probability is between 0 and 1")
        self._made += 1
        rule.id = rule.id or f"f{self._made}"
        self.remove(rule.id)
        self.rules.append(rule)
        return rule

    def replace(self, rules: Iterable[Rule]) -> None:
        """These rules instead of all others. Raises BadRule, then nothing has changed."""
        before, self.rules = self.rules, []
        try:
            for rule in rules:
                self.add(rule)
        except BadRule:
            self.rules = before
            raise

    def remove(self, rule_id: str) -> bool:
        """Drop a rule; whether it was there."""
        kept = [rule for rule in self.rules if rule.id != rule_id]
        found = len(kept) < len(self.rules)
        self.rules = kept
        return found

    def decide(self, place: str, to: Iterable[str] = ()) -> Fault | None:
        """What shall go wrong with this call, or None."""
        concerned = set(to)
        for rule in self.rules:
            here = any(fnmatchcase(place, pattern.strip()) for pattern in rule.on.split(","))
            if not here or (rule.to is not None and rule.to not in concerned):
                continue
            action = self._draw(rule)
            if action is not None and action != "ok" and action in actions_of(place):
                rule.hits += 1
                return Fault(action=action, seconds=rule.seconds, code=rule.code)
        return None

    @staticmethod
    def _draw(rule: Rule) -> str | None:
        number = rule.seen
        rule.seen += 1
        if rule.script:
            turn = number - rule.skip
            return rule.script[turn] if 0 <= turn < len(rule.script) else None
        if number < rule.skip or (rule.times is not None and rule.hits >= rule.times):
            return None
        if rule.probability < 1 and random.Random(f"{rule.seed}:{number}").random() >= rule.probability:
            return None
        return rule.do


class Buckets:
    """Token buckets per endpoint: one second's worth of calls may come at once."""

    def __init__(self) -> None:
        self._levels: dict[str, tuple[float, float]] = {}

    def take(self, name: str, rate: float, now: float) -> bool:
        """Whether a call at this moment is within `rate` calls a second."""
        size = max(rate, 1.0) if rate * 3600 > 100 else max(rate * 3600, 1.0)
        level, then = self._levels.get(name, (size, now))
        level = min(size, level + max(0.0, now - then) * rate)
        if level < 1:
            self._levels[name] = (level, now)
            return False
        self._levels[name] = (level - 1, now)
        return True

    def clear(self) -> None:
        """Fill all buckets."""
        self._levels.clear()

"""Option levels, and what becomes of the variants when a product gets others: whoever can stay keeps its id."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product as every_choice
from uuid import UUID

from catalog.domain import text
from chassis.errors import Invalid

MOST_LEVELS = 2
MOST_VALUES = 50
MOST_VARIANTS = 100

Choice = tuple[str, ...]  # one value of each level


@dataclass(frozen=True)
class OptionLevel:
    """One level of choice: 顏色 with 紅, 藍."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class WantedLevel:
    """A level as it is to be. `was` names the level it comes from, `renamed` its values' names before: {old: new}."""

    name: str
    values: tuple[str, ...]
    was: str | None = None
    renamed: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """Options of the variants that stay, by id; the ids of those that go; and what is made anew, in order."""

    levels: tuple[OptionLevel, ...]
    stay: dict[UUID, Choice]
    go: tuple[UUID, ...]
    made: tuple[Choice, ...]


def levels(given: Sequence[OptionLevel]) -> tuple[OptionLevel, ...]:
    """At most two levels with distinct names and values. Raises Invalid."""
    if len(given) > MOST_LEVELS:
        raise Invalid(f"options have at most {MOST_LEVELS} levels", field="options")
    checked = tuple(
        OptionLevel(
            text.line(level.name, "options.name", 20),
            tuple(text.line(value, "options.values", 30) for value in level.values),
        )
        for level in given
    )
    for level in checked:
        if not 1 <= len(level.values) <= MOST_VALUES or len(set(level.values)) != len(level.values):
            raise Invalid(f"{level.name} needs 1 to {MOST_VALUES} different values", field="options.values")
    if len({level.name for level in checked}) != len(checked):
        raise Invalid("option levels need different names", field="options.name")
    return checked


def combinations(given: Sequence[OptionLevel]) -> list[Choice]:
    """Every choice of one value per level; one empty choice when there are no levels."""
    return list(every_choice(*(level.values for level in given)))


def reshaped(
    known: Sequence[OptionLevel], variants: Sequence[tuple[UUID, Choice]], wanted: Sequence[WantedLevel]
) -> Plan:
    """What becomes of these variants when the levels become the wanted ones. Raises Invalid.

    A level is the one named by `was`, else the one of its name, else the one in its place. Variants follow renamed
    values; those of a value that is gone go, and so does the later of two that would look the same. A new level's
    first value is that of the variants there are. New variants are made for new values only: a combination that was
    deleted stays deleted.
    """
    new = levels([OptionLevel(level.name, level.values) for level in wanted])
    if not known and len(variants) > 1:
        if new:
            raise Invalid("variants without options cannot be told apart by them", field="options")
        return Plan(new, dict(variants), (), ())
    sources = _sources(known, wanted, new)
    names = [
        {} if source is None else _renamed(one.renamed, known[source])
        for one, source in zip(wanted, sources, strict=True)
    ]
    stay: dict[UUID, Choice] = {}
    go: list[UUID] = []
    for variant_id, options in variants:
        choice = tuple(
            level.values[0] if source is None else names[at].get(options[source], options[source])
            for at, (level, source) in enumerate(zip(new, sources, strict=True))
        )
        fits = all(value in level.values for value, level in zip(choice, new, strict=True))
        if fits and choice not in stay.values():
            stay[variant_id] = choice
        else:
            go.append(variant_id)
    return Plan(new, stay, tuple(go), _made(known, new, sources, names, set(stay.values())))


def _renamed(given: dict[str, str], level: OptionLevel) -> dict[str, str]:
    """What values of a level are called from now on. One that was renamed before is left alone. Raises Invalid."""
    names = {old: text.line(now, "options.renamed", 30) for old, now in given.items() if old in level.values}
    if any(now in level.values for old, now in names.items() if now != old) or len(set(names.values())) != len(names):
        raise Invalid("two values would have the same name", field="options.renamed")
    return names


def _made(
    known: Sequence[OptionLevel],
    new: Sequence[OptionLevel],
    sources: Sequence[int | None],
    names: Sequence[dict[str, str]],
    there: set[Choice],
) -> tuple[Choice, ...]:
    """Choices with a new value in them; on a new level, only beside variants that are there."""
    old = [
        {level.values[0]} if source is None else {names[at].get(value, value) for value in known[source].values}
        for at, (level, source) in enumerate(zip(new, sources, strict=True))
    ]
    made = []
    for choice in combinations(new):
        fresh = [at for at, value in enumerate(choice) if value not in old[at]]
        beside = tuple(new[at].values[0] if sources[at] is None else value for at, value in enumerate(choice))
        if choice in there or not fresh:
            continue
        if any(sources[at] is not None for at in fresh) or beside in there:
            made.append(choice)
    if not there and not made:
        made = combinations(new)[:1]
    if len(there) + len(made) > MOST_VARIANTS:
        raise Invalid(f"a product has at most {MOST_VARIANTS} variants", field="options")
    return tuple(made)


def _sources(
    known: Sequence[OptionLevel], wanted: Sequence[WantedLevel], new: Sequence[OptionLevel]
) -> list[int | None]:
    """Which known level each new one comes from; None for one that was not there."""
    places = {level.name: at for at, level in enumerate(known)}
    sources: list[int | None] = []
    for one, level in zip(wanted, new, strict=True):
        source = places.get(level.name if one.was is None else one.was, places.get(level.name))
        if one.was is not None and source is None:
            raise Invalid(f"there is no option level {one.was[:20]!r}", field="options.was")
        sources.append(source)
    if len({one for one in sources if one is not None}) != len([one for one in sources if one is not None]):
        raise Invalid("two levels come from the same one", field="options.was")
    for at, source in enumerate(sources):
        if source is None and len(new) == len(known) and at not in sources:
            sources[at] = at
    return sources


def fitting(options: Choice, known: Sequence[OptionLevel]) -> Choice:
    """One value for each level. Raises Invalid."""
    if len(options) != len(known):
        raise Invalid(f"a variant of this product has {len(known)} options", field="variants.options")
    cleaned = tuple(text.line(value, "variants.options", 30) for value in options)
    for value, level in zip(cleaned, known, strict=True):
        if value not in level.values:
            raise Invalid(f"{level.name} has no value {value!r}", field="variants.options")
    return cleaned


def widened(known: tuple[OptionLevel, ...], options: Choice) -> tuple[OptionLevel, ...]:
    """The levels with the values of a new variant among theirs. Raises Invalid."""
    if len(options) != len(known):
        return known
    return levels(
        tuple(
            level if value.strip() in level.values else OptionLevel(level.name, (*level.values, value))
            for level, value in zip(known, options, strict=True)
        )
    )

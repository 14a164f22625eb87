"""When an agent is asked to register, complete or confirm a customer: rules from a file, and what they come to."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

from cti.assist.card import CardState
from cti.assist.conditions import BadCondition, Condition, holds, is_empty, leaves, parse
from cti.assist.faults import Fault, is_bad
from cti.assist.places import Source


class Missing(msgspec.Struct, frozen=True):
    name: str
    worth: float
    when: Condition | None = None


class Rules(msgspec.Struct, frozen=True):
    """What a centre wants to know of its customers."""

    form: str = ""  # for callers whom nobody knows; "" asks for nothing
    at_most: int = 2
    missing: tuple[Missing, ...] = ()
    stale: Mapping[str, int] = {}  # field -> days
    outcomes: Mapping[str, tuple[str, ...]] = {}  # outcome -> fields


class Facts(msgspec.Struct, frozen=True):
    """What is known when prompts are worked out."""

    card: CardState
    now: datetime
    customer: Mapping[str, Any] = {}  # field -> value
    confirmed_at: Mapping[str, datetime] = {}  # field -> when it was last written or confirmed
    outcome: str = ""  # what the agent chose, "" before


class Prompt(msgspec.Struct, frozen=True):
    """Something to ask the customer, the most urgent first. `require` holds the wrap-up until it is done."""

    kind: Literal["register", "require", "ask", "confirm"]
    field: str = ""
    form: str = ""  # of `register`
    outcome: str = ""  # of `require`: what needs it
    age_days: int | None = None  # of `confirm`; None when nobody knows how old it is


def prompts(rules: Rules, facts: Facts) -> tuple[Prompt, ...]:
    """Return what to ask now.

    A caller whom nobody knows is registered. Of a known customer come first the fields that the chosen outcome needs,
    then the missing ones of the greatest worth, then the stale ones, the oldest first; of the last two together no more
    than the rules allow in one call.
    """
    needed = rules.outcomes.get(facts.outcome, ())
    required = [Prompt("require", field, outcome=facts.outcome) for field in needed if _lacks(facts, field)]
    if facts.card == "unknown":
        register = [Prompt("register", form=rules.form)] if rules.form else []
        return (*required, *register)
    if facts.card != "known":
        return tuple(required)
    asked = {prompt.field for prompt in required}
    missing = [each for each in rules.missing if each.name not in asked and _lacks(facts, each.name)]
    missing = [each for each in missing if each.when is None or holds(each.when, facts.customer.get)]
    missing.sort(key=lambda each: -each.worth)  # equal ones stay in the order of the file
    ask = [Prompt("ask", each.name) for each in missing]
    return (*required, *[*ask, *_stale(rules, facts)][: rules.at_most])


def holds_wrap_up(found: Collection[Prompt]) -> bool:
    """Return whether the wrap-up may not end yet."""
    return any(prompt.kind == "require" for prompt in found)


def _stale(rules: Rules, facts: Facts) -> list[Prompt]:
    found: list[tuple[float, Prompt]] = []
    for field, days in rules.stale.items():
        if _lacks(facts, field):
            continue
        confirmed = facts.confirmed_at.get(field)
        age = None if confirmed is None else (facts.now - confirmed).days
        if age is None or age > days:
            oldest_first = float("-inf") if age is None else -age
            found.append((oldest_first, Prompt("confirm", field, age_days=age)))
    return [prompt for _, prompt in sorted(found, key=lambda each: each[0])]


def _lacks(facts: Facts, field: str) -> bool:
    return is_empty(facts.customer.get(field))


# --- the file ------------------------------------------------------------------------------------------------------


class _Unknown(msgspec.Struct, frozen=True):
    form: str


class _MissingFile(msgspec.Struct, frozen=True):
    at_most: Annotated[int, msgspec.Meta(ge=1, le=10)] = 2
    field: list[Any] = []


class _MissingField(msgspec.Struct, frozen=True):
    name: str
    worth: Annotated[float, msgspec.Meta(ge=0)] = 1
    when: str = ""


class _Stale(msgspec.Struct, frozen=True):
    field: str
    days: Annotated[int, msgspec.Meta(ge=1, le=36_500)]


class _Outcome(msgspec.Struct, frozen=True):
    outcome: str
    require: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]


class _File(msgspec.Struct, frozen=True):
    unknown_caller: Any = None
    missing: Any = None
    stale: list[Any] = []
    outcome: list[Any] = []


def compile_rules(
    file: str, text: str, *, forms: Collection[str] | None = None, customer: Collection[str] | None = None
) -> tuple[Rules | None, tuple[Fault, ...]]:
    """Return the rules in *text* with what is wrong; None when they cannot be used.

    *forms* are those that there are, *customer* the fields of a customer; None leaves them unchecked.
    """
    source = Source(file, text)
    if not source.is_toml:
        return None, source.faults.in_order()
    data = source.data
    source.struct(_File, data)
    unknown = source.struct(_Unknown, data["unknown_caller"], "unknown_caller") if "unknown_caller" in data else None
    if unknown is not None and forms is not None and unknown.form not in forms:
        known = ", ".join(sorted(forms)) or "-"
        source.faults.error(source.place("unknown_caller", "form"), "unknown_form", name=unknown.form, known=known)
    at_most, missing = _missing_of(source, customer)
    stale: dict[str, int] = {}
    for index, each in enumerate(source.structs(_Stale, "stale")):
        if each is not None:
            _check_field(source, each.field, customer, "stale", index, "field")
            stale[each.field] = each.days
    outcomes: dict[str, tuple[str, ...]] = {}
    for index, rule in enumerate(source.structs(_Outcome, "outcome")):
        if rule is None:
            continue
        for position, field in enumerate(rule.require):
            _check_field(source, field, customer, "outcome", index, "require", position)
        outcomes[rule.outcome] = rule.require
    rules = Rules(unknown.form if unknown else "", at_most, missing, stale, outcomes)
    return (None if is_bad(source.faults.found) else rules), source.faults.in_order()


def _missing_of(source: Source, customer: Collection[str] | None) -> tuple[int, tuple[Missing, ...]]:
    if "missing" not in source.data:
        return 2, ()
    head = source.struct(_MissingFile, source.data["missing"], "missing")
    if head is None:
        return 2, ()
    found: list[Missing] = []
    for index, each in enumerate(head.field):
        written = source.struct(_MissingField, each, "missing", "field", index)
        if written is None:
            continue
        _check_field(source, written.name, customer, "missing", "field", index, "name")
        when = _when(source, written.when, customer, index) if written.when.strip() else None
        found.append(Missing(written.name, written.worth, when))
    return head.at_most, tuple(found)


def _when(source: Source, text: str, customer: Collection[str] | None, index: int) -> Condition | None:
    path = ("missing", "field", index, "when")
    try:
        condition = parse(text)
    except BadCondition as bad:
        source.faults.error(source.place(*path), "condition_syntax", near=bad.near)
        return None
    for leaf in leaves(condition):
        _check_field(source, leaf.name, customer, *path)
    return condition


def _check_field(source: Source, name: str, customer: Collection[str] | None, *path: str | int) -> None:
    if customer is not None and name not in customer:
        known = ", ".join(sorted(customer))
        source.faults.error(source.place(*path), "unknown_field", name=name, known=known)

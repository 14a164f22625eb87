"""From the text of a form file to a form, or to everything that is wrong with it."""

import hashlib
import re
from collections.abc import Collection, Mapping
from datetime import date, time
from typing import Any

import msgspec

from cti.assist.checks import CHECKS
from cti.assist.conditions import (
    All,
    Any_,
    BadCondition,
    Compare,
    Condition,
    Filled,
    Not,
    OneOf,
    leaves,
    parse,
    text_of,
)
from cti.assist.faults import LANGUAGES, Fault, Place, is_bad
from cti.assist.forms.model import TEXT_LENGTH, Choice, Field, FieldType, Form, Tree, Words
from cti.assist.places import Source

NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")

_TEXTS = ("text", "long_text")
_ORDERED = ("integer", "number", "date", "time")
# what may be written of a field besides what all have -> for which types
_FOR: Mapping[str, tuple[str, ...]] = {
    "min": _ORDERED,
    "max": _ORDERED,
    "min_length": _TEXTS,
    "max_length": _TEXTS,
    "pattern": _TEXTS,
    "pattern_says": _TEXTS,
    "check": _TEXTS,
    "choices": ("choice", "choices"),
    "tree": ("tree",),
}
# A group that repeats inside and is repeated itself, and what browsers write otherwise.
_UNSAFE = re.compile(r"\((?:[^()\\]|\\.)*(?<!\\)[+*}](?:[^()\\]|\\.)*\)[+*{]")
_FOREIGN = re.compile(r"\(\?P|\(\?[aiLmsux#]|\\[AZ]")


class _Head(msgspec.Struct, frozen=True):
    title: Words
    field: list[Any] = []


class _Written(msgspec.Struct, frozen=True):
    """A field as the file has it."""

    name: str
    label: Words
    type: FieldType = "text"
    help: Words = Words()
    required: bool = False
    required_if: str = ""
    show_if: str = ""
    min: Any = None
    max: Any = None
    min_length: int = 0
    max_length: int = 0
    pattern: str = ""
    pattern_says: Words = Words()
    check: str = ""
    choices: tuple[Choice, ...] = ()
    tree: str = ""
    fills: str = ""


def compile_form(
    name: str, file: str, text: str, *, trees: Mapping[str, Tree], customer: Collection[str] | None = None
) -> tuple[Form | None, tuple[Fault, ...]]:
    """Return the form in *text* with what is wrong; None when it cannot be used.

    *customer* are the fields that a customer has; None leaves `fills` unchecked.
    """
    source = Source(file, text)
    if not source.is_toml:
        return None, source.faults.in_order()
    head = source.struct(_Head, source.data)
    written = source.structs(_Written, "field")
    if not written:
        source.faults.error(Place(1), "no_fields")
    if head is not None:
        _languages(source, head.title, "title")
    work = _Compiler(source, trees, customer)
    fields = [work.field(each, index) for index, each in enumerate(written) if each is not None]
    if head is None or is_bad(source.faults.found):
        return None, source.faults.in_order()
    digest = hashlib.sha256(repr((text, sorted((tree.name, tree) for tree in trees.values()))).encode())
    form = Form(name, head.title, digest.hexdigest()[:12], tuple(fields))
    return form, source.faults.in_order()


def _languages(source: Source, words: Words, *path: str | int) -> None:
    for language in LANGUAGES:
        if not getattr(words, language).strip():
            source.faults.error(source.place(*path), "missing_language", language=language)


class _Compiler:
    def __init__(self, source: Source, trees: Mapping[str, Tree], customer: Collection[str] | None) -> None:
        self._source = source
        self._faults = source.faults
        self._trees = trees
        self._customer = customer
        self._data = found if isinstance(found := source.data.get("field"), list) else []
        self._names: dict[str, Place] = {
            each["name"]: source.place("field", index, "name")
            for index, each in reversed(list(enumerate(self._data)))
            if isinstance(each, dict) and isinstance(each.get("name"), str)
        }
        self._known: dict[str, Field] = {}  # those above the one at hand

    def field(self, written: _Written, index: int) -> Field:

        def place(*path: str | int) -> Place:
            return self._source.place("field", index, *path)

        if not NAME.fullmatch(written.name):
            self._faults.error(place("name"), "wrong_name", name=written.name)
        if written.name in self._known:
            self._faults.error(place("name"), "twice", name=written.name, line=self._names[written.name].line)
        _languages(self._source, written.label, "field", index, "label")
        for key, types in _FOR.items():
            if key in self._data[index] and written.type not in types:
                self._faults.error(place(key), "not_for_type", key=key, type=written.type)
        low = self._limit(written, "min", place("min"))
        high = self._limit(written, "max", place("max"))
        if is_above(low, high):
            self._faults.error(place("min"), "upside_down", low=text_of(low), high=text_of(high))
        longest = written.max_length or TEXT_LENGTH.get(written.type, 0)
        if written.min_length > longest and written.type in _TEXTS:
            self._faults.error(place("min_length"), "upside_down", low=written.min_length, high=longest)
        self._pattern(written, place("pattern"))
        if written.check and written.check not in CHECKS:
            self._faults.error(place("check"), "unknown_check", name=written.check, known=", ".join(CHECKS))
        self._choices(written, index)
        if self._customer is not None and written.fills and written.fills not in self._customer:
            known = ", ".join(sorted(self._customer))
            self._faults.error(place("fills"), "unknown_field", name=written.fills, known=known)
        compiled = Field(
            name=written.name,
            type=written.type,
            label=written.label,
            help=written.help,
            required=written.required,
            required_if=self._condition(written.required_if, place("required_if")),
            show_if=self._condition(written.show_if, place("show_if")),
            min=low,
            max=high,
            min_length=written.min_length,
            max_length=longest,
            pattern=written.pattern,
            pattern_says=written.pattern_says,
            check=written.check,
            choices=written.choices,
            tree=self._trees.get(written.tree),
            fills=written.fills,
        )
        self._known.setdefault(written.name, compiled)
        return compiled

    def _limit(self, written: _Written, key: str, place: Place) -> float | str | None:
        found = getattr(written, key)
        if found is None or written.type not in _ORDERED:
            return None
        if written.type in ("integer", "number"):
            if isinstance(found, int | float) and not isinstance(found, bool):
                return float(found)
            self._faults.error(place, "wrong_value", key=key, problem="must be a number")
            return None
        if isinstance(found, date | time):
            return found.isoformat()[:10] if isinstance(found, date) else found.isoformat("minutes")
        text = str(found)
        if written.type == "date" and (text == "today" or is_date(text)):
            return text
        if written.type == "time" and is_time(text):
            return text
        example = "2026-12-31 or today" if written.type == "date" else "18:00"
        self._faults.error(place, "wrong_value", key=key, problem=f"write it like {example}")
        return None

    def _pattern(self, written: _Written, place: Place) -> None:
        if not written.pattern:
            return
        try:
            re.compile(written.pattern)
        except re.error as error:
            self._faults.error(place, "bad_pattern", problem=error.msg)
            return
        if _FOREIGN.search(written.pattern):
            self._faults.error(place, "bad_pattern", problem="(?P, (?i, \\A and \\Z are unknown to browsers")
        if _UNSAFE.search(written.pattern):
            self._faults.error(place, "unsafe_pattern")

    def _choices(self, written: _Written, index: int) -> None:
        place = self._source.place("field", index, "choices")
        if written.type in ("choice", "choices") and not written.choices:
            self._faults.error(place, "no_choices", type=written.type)
        seen: dict[str, Place] = {}
        for position, choice in enumerate(written.choices):
            here = self._source.place("field", index, "choices", position)
            if choice.value in seen:
                self._faults.error(here, "twice", name=choice.value, line=seen[choice.value].line)
            seen[choice.value] = here
            _languages(self._source, Words(choice.zh, choice.en), "field", index, "choices", position)
        if written.type == "tree" and not written.tree:
            self._faults.error(place, "no_tree")
        elif written.tree and written.tree not in self._trees:
            here = self._source.place("field", index, "tree")
            self._faults.error(here, "unknown_tree", name=written.tree, known=", ".join(self._trees) or "-")

    def _condition(self, text: str, place: Place) -> Condition | None:
        if not text.strip():
            return None
        try:
            condition = parse(text)
        except BadCondition as bad:
            self._faults.error(place, "condition_syntax", near=bad.near)
            return None
        condition = self._typed(condition)
        for leaf in leaves(condition):
            field = self._known.get(leaf.name)
            if field is None:
                code = "condition_later" if leaf.name in self._names else "condition_name"
                self._faults.error(place, code, name=leaf.name)
                continue
            if isinstance(leaf, Filled):
                continue
            op = leaf.op if isinstance(leaf, Compare) else "="
            for value in leaf.values if isinstance(leaf, OneOf) else (leaf.value,):
                if not can_be(field, op, value):
                    self._faults.error(place, "condition_value", name=leaf.name, value=text_of(value))
        return condition

    def _typed(self, condition: Condition) -> Condition:
        """Return *condition* with numbers as text where the field that is asked for holds text."""
        match condition:
            case All(parts):
                return All(tuple(map(self._typed, parts)))
            case Any_(parts):
                return Any_(tuple(map(self._typed, parts)))
            case Not(part):
                return Not(self._typed(part))
            case Filled():
                return condition
        field = self._known.get(condition.name)
        if field is None or field.type in ("integer", "number"):
            return condition
        if isinstance(condition, OneOf):
            return OneOf(condition.name, tuple(map(text_of, condition.values)), condition.at)
        return Compare(condition.name, condition.op, text_of(condition.value), condition.at)


def is_above(low: float | str | None, high: float | str | None) -> bool:
    """Return whether two limits, as far as they are known, leave nothing between them."""
    if isinstance(low, float) and isinstance(high, float):
        return low > high
    if isinstance(low, str) and isinstance(high, str):
        return "today" not in (low, high) and low > high
    return False


def can_be(field: Field, op: str, value: str | float) -> bool:
    """Return whether asking *field* for *value* makes sense."""
    several = field.type in ("choices", "tree")
    if (op == "has") != several:
        return False
    match field.type:
        case "integer" | "number":
            return isinstance(value, float)
        case "yes_no":
            return value in ("yes", "no") and op in ("=", "!=")
        case "choice" | "choices":
            return any(value == choice.value for choice in field.choices) and op in ("=", "!=", "has")
        case "date":
            return isinstance(value, str) and is_date(value)
        case "time":
            return isinstance(value, str) and is_time(value)
        case "tree":
            return isinstance(value, str)
        case _:
            return op in ("=", "!=") and isinstance(value, str)


def is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def is_time(text: str) -> bool:
    return re.fullmatch(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]", text, re.ASCII) is not None

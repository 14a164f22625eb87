"""Conditions that a team lead writes: `kind = company and (premium >= 5000 or tags has vip)`.

    name = value    name != value    name < 3    name >= 2026-01-01    name in (a, b)    name has vip
    name is empty   name is filled   name        (the same as: name = yes)
    not ...         ... and ...      ... or ...  ( ... )

Values are words, numbers, dates, times, `today`, or anything in quotes. What is empty is equal to nothing, and neither
more nor less than anything.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

MOST_DEEP = 20
TODAY = "today"  # as a value: the day of the talk, where there is one

Value = str | float


class Compare(msgspec.Struct, frozen=True, gc=False, tag="compare"):
    name: str
    op: str  # = != < <= > >= has
    value: Value
    at: int = 0  # where the name stands in the text


class OneOf(msgspec.Struct, frozen=True, gc=False, tag="one_of"):
    name: str
    values: tuple[Value, ...]
    at: int = 0


class Filled(msgspec.Struct, frozen=True, gc=False, tag="filled"):
    name: str
    at: int = 0


class Not(msgspec.Struct, frozen=True, tag="not"):
    part: "Condition"


class All(msgspec.Struct, frozen=True, tag="all"):
    parts: tuple["Condition", ...]


class Any_(msgspec.Struct, frozen=True, tag="any"):
    parts: tuple["Condition", ...]


Condition = Compare | OneOf | Filled | Not | All | Any_


class BadCondition(Exception):
    """The text is no condition from *at* on."""

    def __init__(self, at: int, near: str) -> None:
        super().__init__(near)
        self.at = at
        self.near = near


def parse(text: str) -> Condition:
    """Return the condition in *text*, or raise BadCondition."""
    return _Reader(text).whole()


def holds(condition: Condition, value_of: Callable[[str], Any]) -> bool:
    """Return whether *condition* holds, where *value_of* tells what a name stands for."""
    match condition:
        case Compare(name, op, value):
            return _compare(value_of(name), op, value if value != TODAY else value_of(TODAY) or TODAY)
        case OneOf(name, values):
            found = value_of(name)
            return any(_compare(found, "=", value) for value in values)
        case Filled(name):
            return not is_empty(value_of(name))
        case Not(part):
            return not holds(part, value_of)
        case All(parts):
            return all(holds(part, value_of) for part in parts)
        case Any_(parts):
            return any(holds(part, value_of) for part in parts)


def leaves(condition: Condition) -> Iterator[Compare | OneOf | Filled]:
    """Return the questions that *condition* is made of, from left to right."""
    match condition:
        case Not(part):
            yield from leaves(part)
        case All(parts) | Any_(parts):
            for part in parts:
                yield from leaves(part)
        case _:
            yield condition


def is_empty(value: object) -> bool:
    return value is None or value == "" or value == () or value == []


def text_of(value: object) -> str:
    """Return *value* as it is written in conditions and texts: yes and no, whole numbers without a point."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, list | tuple):
        return ", ".join(map(text_of, value))
    return "" if value is None else str(value)


def _compare(found: Any, op: str, value: Value) -> bool:
    if is_empty(found):
        return op == "!="
    if op == "has":
        parts = found if isinstance(found, list | tuple) else str(found).split(",")
        return text_of(value) in [text_of(part).strip() for part in parts]
    left: Any = found
    right: Any = value
    if isinstance(value, str) or isinstance(found, bool):
        left, right = text_of(found), text_of(value)
    else:
        try:
            left = float(found)
        except (TypeError, ValueError):
            return op == "!="
    match op:
        case "=":
            return bool(left == right)
        case "!=":
            return bool(left != right)
        case "<":
            return bool(left < right)
        case "<=":
            return bool(left <= right)
        case ">":
            return bool(left > right)
        case _:
            return bool(left >= right)


_TOKEN = re.compile(
    r"""\s*(?:(?P<quoted>"[^"]*"|'[^']*')|(?P<op><=|>=|!=|≠|≤|≥|=|<|>|＝)|(?P<mark>[(),（），])"""
    r"""|(?P<word>[^\s"'<>=!≠≤≥＝(),（），]+))"""
)
_PLAIN = {"≠": "!=", "≤": "<=", "≥": ">=", "＝": "=", "（": "(", "）": ")", "，": ","}
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?", re.ASCII)
_WORDS = frozenset({"and", "or", "not", "in", "is", "has", "empty", "filled"})


class _Token(msgspec.Struct, frozen=True, gc=False):
    kind: str  # quoted, op, mark, word, end
    text: str
    at: int


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens: list[_Token] = []
        self._next = 0
        text = text.rstrip()
        at, end = 0, len(text)
        while at < end:
            found = _TOKEN.match(text, at)
            if found is None:
                at += len(text[at:]) - len(text[at:].lstrip())
                raise BadCondition(at, text[at : at + 20])
            kind = found.lastgroup or ""
            word, start = found[kind], found.start(kind)
            if kind in ("op", "mark"):
                word = _PLAIN.get(word, word)
            self._tokens.append(_Token(kind, word, start))
            at = found.end()
        self._tokens.append(_Token("end", "", end))

    def whole(self) -> Condition:
        found = self._any(0)
        if self._peek.kind != "end":
            raise self._bad()
        return found

    @property
    def _peek(self) -> _Token:
        return self._tokens[self._next]

    def _take(self) -> _Token:
        token = self._tokens[self._next]
        if token.kind != "end":
            self._next += 1
        return token

    def _took(self, word: str) -> bool:
        token = self._tokens[self._next]
        if token.text != word or token.kind not in ("word", "mark"):
            return False
        self._next += 1
        return True

    def _bad(self) -> BadCondition:
        at = self._peek.at
        return BadCondition(at, self._text[at : at + 20] or "…")

    def _any(self, deep: int) -> Condition:
        parts = [self._all(deep)]
        while self._took("or"):
            parts.append(self._all(deep))
        return parts[0] if len(parts) == 1 else Any_(tuple(parts))

    def _all(self, deep: int) -> Condition:
        parts = [self._one(deep)]
        while self._took("and"):
            parts.append(self._one(deep))
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _one(self, deep: int) -> Condition:
        if deep > MOST_DEEP:
            raise self._bad()
        if self._took("not"):
            return Not(self._one(deep + 1))
        if self._took("("):
            inner = self._any(deep + 1)
            if not self._took(")"):
                raise self._bad()
            return inner
        token = self._peek
        if token.kind != "word" or token.text in _WORDS:
            raise self._bad()
        self._take()
        return self._about(token.text, token.at)

    def _about(self, name: str, at: int) -> Condition:
        if self._took("is"):
            negated = self._took("not")
            if self._took("filled"):
                return Not(Filled(name, at)) if negated else Filled(name, at)
            if self._took("empty"):
                return Filled(name, at) if negated else Not(Filled(name, at))
            raise self._bad()
        if self._took("in"):
            if not self._took("("):
                raise self._bad()
            values = [self._value()]
            while self._took(","):
                values.append(self._value())
            if not self._took(")"):
                raise self._bad()
            return OneOf(name, tuple(values), at)
        if self._took("has"):
            return Compare(name, "has", text_of(self._value()), at)
        if self._peek.kind == "op":
            op = self._take().text
            return Compare(name, op, self._value(), at)
        return Compare(name, "=", "yes", at)

    def _value(self) -> Value:
        token = self._peek
        if token.kind == "quoted":
            self._take()
            return token.text[1:-1]
        if token.kind != "word" or token.text in _WORDS:
            raise self._bad()
        self._take()
        return float(token.text) if _NUMBER.fullmatch(token.text) else token.text

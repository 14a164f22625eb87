"""Whether what was filled in fits the form: the one check that counts, made by the service."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from functools import lru_cache
from typing import Any

import msgspec

from cti.assist.checks import CHECKS, cn_id
from cti.assist.conditions import All, holds, is_empty
from cti.assist.forms.compiling import is_date, is_time
from cti.assist.forms.model import Field, Form
from cti.assist.forms.schema import LONGEST_LIST

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
_LINES = re.compile(r"[\r\n\t]+")


class FieldError(msgspec.Struct, frozen=True):
    """What is wrong with one field. *path* leads to it: "city", or "phones/2" inside a list."""

    path: str
    code: str  # a key of cti/assist/texts.py
    values: Mapping[str, str] = {}
    at: int | None = None  # the character, where one can be named


class Filled(msgspec.Struct, frozen=True):
    """What a form came to: the *values* as they are kept, of fields that are shown and not empty, and the *errors*."""

    values: Mapping[str, Any]
    errors: tuple[FieldError, ...]


def validate(form: Form, given: Mapping[str, Any], *, today: date) -> Filled:
    """Return what is kept of *given* and what is wrong with it.

    A field that its condition hides is left out whatever it holds; a draft may still have it.
    """
    known = {field.name for field in form.fields}
    errors = [FieldError(name, "unknown_field") for name in given if name not in known]
    values: dict[str, Any] = {}
    for field in form.fields:
        if not is_shown(field, values.get):
            continue
        value = plain(field, given.get(field.name))
        if is_empty(value):
            if is_required(field, values.get):
                errors.append(FieldError(field.name, "required"))
            continue
        error = error_of(field, value, today=today)
        if error is None:
            values[field.name] = CHECKS[field.check].tidy(value) if field.check else value
        else:
            errors.append(error)
            values[field.name] = value  # conditions below see what was typed
    wrong = {error.path.partition("/")[0] for error in errors}
    kept = {name: value for name, value in values.items() if name not in wrong}
    return Filled(kept, tuple(errors))


def is_shown(field: Field, value_of: Callable[[str], Any]) -> bool:
    return field.show_if is None or holds(field.show_if, value_of)


def is_required(field: Field, value_of: Callable[[str], Any]) -> bool:
    """Return whether a *field* that is shown may not be empty."""
    return field.required or (field.required_if is not None and holds(All((field.required_if,)), value_of))


def plain(field: Field, value: Any) -> Any:
    """Return *value* without surrounding space and control characters; None stands for nothing."""
    if isinstance(value, str):
        value = _LINES.sub(" ", value) if field.type != "long_text" else value.replace("\r\n", "\n")
        value = _CONTROL.sub("", value).strip()
    return None if is_empty(value) else value


def error_of(field: Field, value: Any, *, today: date) -> FieldError | None:
    """Return what is wrong with *value*, which is not empty."""

    def wrong(code: str, **values: object) -> FieldError:
        return FieldError(
            field.name,
            code,
            {key: f"{found:g}" if isinstance(found, float) else str(found) for key, found in values.items()},
        )

    match field.type:
        case "text" | "long_text":
            if not isinstance(value, str):
                return wrong("type_text")
            return _text_error(field, value, wrong, today)
        case "yes_no":
            return None if isinstance(value, bool) else wrong("type_yes_no")
        case "integer" | "number":
            if not _is_number(value) or (field.type == "integer" and value != int(value)):
                return wrong(f"type_{field.type}")
            if isinstance(field.min, float) and value < field.min:
                return wrong("too_small", limit=field.min)
            if isinstance(field.max, float) and value > field.max:
                return wrong("too_big", limit=field.max)
            return None
        case "date" | "time":
            if not isinstance(value, str) or not (is_date(value) if field.type == "date" else is_time(value)):
                return wrong(f"type_{field.type}")
            low, high = _moment(field.min, today), _moment(field.max, today)
            if low and value < low:
                return wrong("too_early", limit=low)
            return wrong("too_late", limit=high) if high and value > high else None
        case "choice":
            return None if value in [choice.value for choice in field.choices] else wrong("choice")
        case "choices":
            return _choices_error(field, value, wrong)
        case "tree":
            return _tree_error(field, value, wrong)


def _text_error(field: Field, text: str, wrong: Callable[..., FieldError], today: date) -> FieldError | None:
    if len(text) < field.min_length:
        return wrong("too_short", limit=field.min_length)
    if len(text) > field.max_length:
        return wrong("too_long", limit=field.max_length)
    if field.pattern and not _compiled(field.pattern).fullmatch(text):
        return wrong("pattern")
    if field.check:
        found = cn_id(text, today=today) if field.check == "cn_id" else CHECKS[field.check].wrong(text)
        if found is not None:
            return FieldError(field.name, f"{field.check}.{found.code}", at=found.at)
    return None


def _choices_error(field: Field, value: Any, wrong: Callable[..., FieldError]) -> FieldError | None:
    if not isinstance(value, list | tuple) or len(value) > LONGEST_LIST:
        return wrong("choice")
    known = [choice.value for choice in field.choices]
    for index, one in enumerate(value):
        if one not in known or one in value[:index]:
            return FieldError(f"{field.name}/{index}", "choice")
    return None


def _tree_error(field: Field, value: Any, wrong: Callable[..., FieldError]) -> FieldError | None:
    if not isinstance(value, list | tuple) or field.tree is None:
        return wrong("tree")
    for index, step in enumerate(value):
        below = field.tree.below(tuple(value[:index]))
        if not below or step not in [branch.zh for branch in below]:
            return FieldError(f"{field.name}/{index}", "tree")
    if field.tree.below(tuple(value)):
        return FieldError(f"{field.name}/{len(value)}", "tree_more")
    return None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15


def _moment(limit: float | str | None, today: date) -> str:
    return today.isoformat() if limit == "today" else str(limit or "")


@lru_cache(maxsize=1_000)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)

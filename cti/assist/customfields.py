"""The fields of a customer that a centre declares for itself, and what may stand in them."""

import re
from collections.abc import Iterable
from datetime import date
from typing import Annotated, Literal

import msgspec

LONGEST = 1_000  # characters

_YES = frozenset({"yes", "y", "true", "1", "是", "有", "对"})
_NO = frozenset({"no", "n", "false", "0", "否", "无", "不是", "没有"})


class CustomField(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """[[customer_field]] of the settings: one more thing to know about each customer."""

    name: Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
    kind: Literal["text", "number", "date", "yes_no", "choice"] = "text"
    zh: str = ""  # what people call it; "" is its name
    en: str = ""
    choices: tuple[str, ...] = ()  # of the kind choice


def value_of(field: CustomField, text: str) -> str:
    """Return *text* as it is kept, "" for nothing, or raise ValueError with a sentence for who wrote it."""
    text = text.strip()
    if not text:
        return ""
    if len(text) > LONGEST:
        raise ValueError(f"{field.name} has more than {LONGEST} characters")
    match field.kind:
        case "number":
            return _number(field, text)
        case "date":
            return _date(field, text)
        case "yes_no":
            word = text.casefold()
            if word not in _YES | _NO:
                raise ValueError(f"{field.name} must be yes or no")
            return "yes" if word in _YES else "no"
        case "choice":
            if text not in field.choices:
                raise ValueError(f"{field.name} must be one of: {', '.join(field.choices)}")
    return text


def faults_of(fields: Iterable[CustomField], taken: Iterable[str]) -> list[str]:
    """Return what is wrong with the declared *fields*; *taken* are the names of what every customer has."""
    found, seen = [], set(taken)
    for field in fields:
        if field.name in seen:
            found.append(f"{field.name} is there already")
        seen.add(field.name)
        if (field.kind == "choice") != bool(field.choices):
            found.append(f"{field.name}: choices are for the kind choice, which needs some")
    return found


def _number(field: CustomField, text: str) -> str:
    plain = text.replace(",", "")
    if not re.fullmatch(r"[+-]?[0-9]{1,18}(\.[0-9]{1,9})?", plain):
        raise ValueError(f"{field.name} must be a number")
    whole, point, part = plain.lstrip("+").partition(".")
    sign = "-" if whole.startswith("-") else ""
    whole, part = whole.lstrip("-").lstrip("0") or "0", part.rstrip("0")
    kept = f"{whole}.{part}" if point and part else whole
    return kept if kept == "0" else sign + kept


def _date(field: CustomField, text: str) -> str:
    found = re.fullmatch(
        r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[ T]00:00(?::00)?)?", text, re.ASCII
    )
    found = found or re.fullmatch(r"(\d{4})(\d{2})(\d{2})", text, re.ASCII)
    try:
        if found:
            return date(int(found[1]), int(found[2]), int(found[3])).isoformat()
    except ValueError:
        pass
    raise ValueError(f"{field.name} must be a date such as 2026-03-31")

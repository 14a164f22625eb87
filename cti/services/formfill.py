"""Between a form and a customer's record: what of the record a form shows, and what its values change there."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from cti.assist.conditions import is_empty, text_of
from cti.assist.forms.model import Field, Form
from cti.assist.forms.validation import FieldError
from cti.assist.numbers import normalise
from cti.customers import Address, CustomerChange, CustomerRecord, Mark
from cti.forms import Filed
from cti.ports import CustomerNumber

Values = Mapping[str, Any]

ADDRESS = ("province", "city", "district", "street", "postcode")
_LEVELS = ADDRESS[:3]  # what a tree that fills "address" chooses
_PLAIN = ("name", "company", "note", "owner")
_CHINA = "+86"


def history_name(fills: str, name: str = "") -> str:
    """Return how history calls what a field that *fills* it, or only has a *name*, changes."""
    if not fills:
        return f"answers.{name}"
    if fills == "address" or fills in ADDRESS:
        return "addresses"
    if fills == "number":
        return "numbers"
    return fills if fills in (*_PLAIN, "kind", "tags", "id_number", "consent") else f"fields.{fills}"


def values_of(form: Form, filed: Filed) -> dict[str, Any]:
    """Return what *form* shows of a customer; what is empty is left out."""
    found = {field.name: _value(field, filed) for field in form.fields}
    return {name: value for name, value in found.items() if not is_empty(value)}


def facts_of(filed: Filed) -> dict[str, Any]:
    """Return the customer as rules ask for it: by the names of the settings, further answers by theirs."""
    record, customer = filed.record, filed.record.customer
    address = record.addresses[0] if record.addresses else Address()
    return {
        **filed.answers,
        **customer.fields,
        **{name: getattr(customer, name) for name in (*_PLAIN, "kind", "tags")},
        **{name: getattr(address, name) for name in ADDRESS},
        "address": str(address),
        "id_number": record.id_number,
        "number": customer.numbers[0].e164 if customer.numbers else "",
        "do_not_call": customer.do_not_call,
    }


def confirmed_at(filed: Filed, field: str) -> datetime:
    """Return when the customer's *field* was last written or confirmed."""
    changed = filed.changed.get(history_name(field)) or filed.changed.get(f"answers.{field}")
    at = changed.at if changed else filed.record.created_at
    numbers = filed.record.customer.numbers
    verified = numbers[0].verified_at if field == "number" and numbers else None
    return max(at, verified) if verified else at


class Work(msgspec.Struct, frozen=True):
    """What values of a form come to."""

    change: CustomerChange
    answers: Mapping[str, Any]
    consent: bool | None
    errors: tuple[FieldError, ...]  # values that fit the form and not the record


def work_of(form: Form, values: Values, filed: Filed | None, *, region: str, caller: str) -> Work:
    """Return what *values*, in which None empties a field, change at a customer, None for a new one.

    *caller* is the number of the call, in E.164: the customer is known to have it.
    """
    record = filed.record if filed else None
    change: dict[str, Any] = {}
    fields: dict[str, str] = {}
    address: dict[str, str] = {}
    answers: dict[str, Any] = {}
    errors: list[FieldError] = []
    consent = None
    numbers = record.customer.numbers if record else ()
    for field in form.fields:
        if field.name not in values:
            continue
        value = values[field.name]
        match field.fills:
            case "":
                answers[field.name] = value
            case "consent":
                consent = value if isinstance(value, bool) else None
            case "number":
                e164 = normalise(str(value), region) if value else None
                if e164:
                    numbers = _with_number(numbers, e164, caller)
                elif value:
                    errors.append(FieldError(field.name, "pattern"))
            case "address" if isinstance(value, list | tuple):
                address |= dict(zip(_LEVELS, (*value, "", "", ""), strict=False))
            case "address":
                address |= dict.fromkeys(_LEVELS, "") | ({"street": str(value)} if value else {})
            case fills if fills in ADDRESS:
                address[fills] = text_of(value)
            case "tags":
                change["tags"] = tuple(value) if isinstance(value, list | tuple) else _split(text_of(value))
            case "kind":
                if value in ("person", "company"):
                    change["kind"] = value
            case fills if fills in (*_PLAIN, "id_number"):
                change[fills] = text_of(value)
            case fills:
                fields[fills] = text_of(value)
    if caller and all(number.e164 != caller for number in numbers):
        numbers = (CustomerNumber(caller), *numbers)
    if record is None or numbers != record.customer.numbers:
        change["numbers"] = numbers
    if address:
        first, *others = (record.addresses if record else ()) or (Address(),)
        change["addresses"] = (msgspec.structs.replace(first, **address), *others)
    if fields:
        change["fields"] = fields
    return Work(CustomerChange(**change), answers, consent, tuple(errors))


def national(e164: str) -> str:
    """Return a number as it is typed at home."""
    return e164.removeprefix(_CHINA) if e164.startswith(_CHINA) else e164


def consent_of(record: CustomerRecord) -> bool | None:
    """Return what the customer last said to our keeping their data."""
    said = [mark for mark in record.marks if mark.kind == "consent" and mark.channel == "any"]
    return max(said, key=lambda mark: mark.at).given if said else None


def consent_mark(given: bool, *, at: datetime, who: str, call: str, source: str) -> Mark:
    return Mark("consent", "any", given, at, f"{source}, call {call}" if call else source, who)


def _value(field: Field, filed: Filed) -> Any:
    record, customer = filed.record, filed.record.customer
    address = record.addresses[0] if record.addresses else Address()
    match field.fills:
        case "":
            return filed.answers.get(field.name)
        case "consent":
            return consent_of(record)
        case "number":
            return national(customer.numbers[0].e164) if customer.numbers else None
        case "address":
            levels = [text for name in _LEVELS if (text := getattr(address, name))]
            return levels if field.type == "tree" else str(address)
        case "tags":
            return list(customer.tags) if field.type == "choices" else ", ".join(customer.tags)
        case "id_number":
            return record.id_number
        case fills if fills in ADDRESS:
            return getattr(address, fills)
        case fills if fills in (*_PLAIN, "kind"):
            return getattr(customer, fills)
        case fills:
            return _typed(field, customer.fields.get(fills, ""))


def _typed(field: Field, text: str) -> Any:
    """Return what a field of the centre's own, which is kept as text, is in a form."""
    if not text:
        return None
    match field.type:
        case "yes_no":
            return text == "yes"
        case "integer" | "number":
            try:
                number = float(text)
            except ValueError:
                return text
            return int(number) if number.is_integer() else number
        case "choices" | "tree":
            return list(_split(text))
    return text


def _with_number(numbers: tuple[CustomerNumber, ...], e164: str, caller: str) -> tuple[CustomerNumber, ...]:
    """Return *numbers* with *e164*: instead of the first, which the form showed, unless that is proven to be theirs."""
    if any(number.e164 == e164 for number in numbers):
        return numbers
    if not numbers or numbers[0].verified_at is not None or numbers[0].e164 == caller:
        return (*numbers, CustomerNumber(e164))
    return (CustomerNumber(e164), *numbers[1:])


def _split(text: str) -> tuple[str, ...]:
    for mark in ("，", "、", "；", ";"):
        text = text.replace(mark, ",")
    return tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))

"""A form as JSON Schema (2020-12), for the browser: the same rules that cti/assist/forms/validation.py holds.

What JSON Schema cannot say stands in keys of our own: `x-labels`, `x-help` and `x-choices` are texts; `x-show-if` is a
condition, `{"field", "op", "value"}` or `{"all" | "any" | "not": ...}`; `x-check` names a check; `x-tree` a choice
tree, which `tree_of` gives; `x-fills` the customer's field. Limits of dates and times are `formatMinimum` and
`formatMaximum`; "today" is the day. Screens trim texts, and leave out what is empty or not shown, before they check
and send.
"""

from typing import Any

import msgspec

from cti.assist.checks import CHECKS
from cti.assist.conditions import All, Any_, Compare, Condition, Filled, Not, OneOf
from cti.assist.forms.model import Field, Form, Tree, Words

Schema = dict[str, Any]

LONGEST_LIST = 50

_TYPES: dict[str, Schema] = {
    "text": {"type": "string"},
    "long_text": {"type": "string", "format": "textarea"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "date": {"type": "string", "format": "date"},
    "time": {"type": "string", "format": "time", "pattern": r"^(?:[01][0-9]|2[0-3]):[0-5][0-9]$"},
    "yes_no": {"type": "boolean"},
    "choice": {"type": "string"},
    "choices": {"type": "array", "uniqueItems": True, "maxItems": LONGEST_LIST},
    "tree": {"type": "array"},
}
_LIMITS = {
    "<": ("exclusiveMaximum", "formatExclusiveMaximum"),
    "<=": ("maximum", "formatMaximum"),
    ">": ("exclusiveMinimum", "formatExclusiveMinimum"),
    ">=": ("minimum", "formatMinimum"),
}


def schema_of(form: Form) -> Schema:
    """Return *form* as JSON Schema."""
    rules = [_required_if(form, field) for field in form.fields if _is_conditional(field)]
    schema: Schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"form:{form.name}:{form.version}",
        "type": "object",
        "x-labels": _words(form.title),
        "properties": {field.name: _property(field) for field in form.fields},
        "required": [field.name for field in form.fields if field.required and field.show_if is None],
        "additionalProperties": False,
    }
    if rules:
        schema["allOf"] = rules
    return schema


def tree_of(tree: Tree) -> Schema:
    """Return *tree* for a browser: its levels, and each choice as [zh, en, [those below]]."""
    return {"levels": [_words(level) for level in tree.levels], "choices": msgspec.to_builtins(_rows(tree.branches))}


def condition_of(condition: Condition) -> Schema:
    """Return *condition* as a screen evaluates it."""
    match condition:
        case Compare(name, op, value):
            return {"field": name, "op": op, "value": value}
        case OneOf(name, values):
            return {"field": name, "op": "in", "value": list(values)}
        case Filled(name):
            return {"field": name, "op": "filled"}
        case Not(part):
            return {"not": condition_of(part)}
        case All(parts):
            return {"all": [condition_of(part) for part in parts]}
        case Any_(parts):
            return {"any": [condition_of(part) for part in parts]}


def _rows(branches: tuple[Any, ...]) -> list[Any]:
    return [[branch.zh, branch.en, _rows(branch.below)] for branch in branches]


def _words(words: Words) -> dict[str, str]:
    return {"zh": words.zh, "en": words.en}


def _property(field: Field) -> Schema:
    found: Schema = {**_TYPES[field.type], "x-labels": _words(field.label)}
    if field.help != Words():
        found["x-help"] = _words(field.help)
    if field.type in ("text", "long_text"):
        found["minLength"] = max(1, field.min_length)
        found["maxLength"] = field.max_length
    patterns = [f"^(?:{field.pattern})$"] if field.pattern else []
    if field.check:
        patterns.append(CHECKS[field.check].pattern)
        found["x-check"] = field.check
    if len(patterns) == 1:
        found["pattern"] = patterns[0]
    elif patterns:
        found["allOf"] = [{"pattern": pattern} for pattern in patterns]
    if field.pattern_says != Words():
        found["x-pattern-says"] = _words(field.pattern_says)
    for limit, op in ((field.min, ">="), (field.max, "<=")):
        if limit is not None:
            found[_LIMITS[op][field.type in ("date", "time")]] = limit
    values = [choice.value for choice in field.choices]
    if field.choices:
        found["x-choices"] = {choice.value: {"zh": choice.zh, "en": choice.en} for choice in field.choices}
    if field.type == "choice":
        found["enum"] = values
    elif field.type == "choices":
        found["items"] = {"enum": values}
        found["minItems"] = 1
    elif field.tree is not None:
        found["items"] = {"type": "string"}
        found["minItems"] = 1
        found["maxItems"] = len(field.tree.levels)
        found["x-tree"] = field.tree.name
    if field.show_if is not None:
        found["x-show-if"] = condition_of(field.show_if)
    if field.fills:
        found["x-fills"] = field.fills
    return found


def _is_conditional(field: Field) -> bool:
    return field.required_if is not None or (field.required and field.show_if is not None)


def _required_if(form: Form, field: Field) -> Schema:
    parts = [] if field.required or field.required_if is None else [field.required_if]
    if field.show_if is not None:
        parts.append(field.show_if)
    return {"if": _rule(form, All(tuple(parts))), "then": {"required": [field.name]}}


def _rule(form: Form, condition: Condition) -> Schema:
    """Return the schema that accepts just the forms for which *condition* holds."""
    match condition:
        case Not(part):
            return {"not": _rule(form, part)}
        case All(parts):
            return {"allOf": [_rule(form, part) for part in parts]}
        case Any_(parts):
            return {"anyOf": [_rule(form, part) for part in parts]}
        case Filled(name):
            return {"required": [name]}
        case OneOf(name, values):
            return {"required": [name], "properties": {name: {"enum": [_const(form, name, value) for value in values]}}}
        case Compare(name, "!=", value):
            same = {"required": [name], "properties": {name: {"const": _const(form, name, value)}}}
            return {"not": same}
        case Compare(name, "=", value):
            return {"required": [name], "properties": {name: {"const": _const(form, name, value)}}}
        case Compare(name, "has", value):
            return {"required": [name], "properties": {name: {"contains": {"const": value}}}}
        case Compare(name, op, value):
            key = _LIMITS[op][isinstance(value, str)]
            return {"required": [name], "properties": {name: {key: value}}}


def _const(form: Form, name: str, value: str | float) -> Any:
    field = form.field(name)
    if field is not None and field.type == "yes_no":
        return value == "yes"
    return value

"""What is filled in, checked by the service; and the schema for browsers, read independently, says the same."""

import re
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti.assist.forms.model import Form
from cti.assist.forms.schema import schema_of
from cti.assist.forms.validation import FieldError, is_shown, plain, validate
from cti.assist.texts import error_text
from tests.unit.assist.forms.test_form_files import compiled, field

TODAY = date(2026, 11, 24)
FORM = compiled(
    field('type = "choice"\nrequired = true\nchoices = [{value="p",zh="人",en="P"},{value="c",zh="司",en="C"}]', "kind")
    + field('required_if = "kind = c"\nmin_length = 2\nmax_length = 6', "name")
    + field('type = "integer"\nmin = 1\nmax = 120', "age")
    + field('type = "date"\nmin = 1900-01-01\nmax = "today"\nshow_if = "kind = p"\nrequired = true', "born")
    + field('type = "yes_no"', "agreed")
    + field('type = "choices"\nchoices = [{value="a",zh="甲",en="A"},{value="b",zh="乙",en="B"}]', "likes")
    + field('type = "number"\nrequired_if = "agreed and (age >= 18 or likes has b) or name is empty"', "sum")
    + field('pattern = "[A-Z]-[0-9]+"\nshow_if = "kind != c and not (born < 1950-01-01)"', "policy")
    + field('type = "time"\nmax = "18:00"\nrequired_if = "kind in (c, p) and policy is filled"', "hour")
)
PERSON = {"kind": "p", "name": " 王芳\n ", "born": "1990-05-01", "age": 36}


def errors(form: Form, given: dict[str, Any]) -> dict[str, str]:
    return {error.path: error.code for error in validate(form, given, today=TODAY).errors}


def test_what_is_right_is_kept_without_surrounding_space() -> None:
    filled = validate(FORM, PERSON, today=TODAY)
    assert not filled.errors
    assert filled.values == {"kind": "p", "name": "王芳", "born": "1990-05-01", "age": 36}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"kind": ""}, {"kind": "required"}),
        ({"kind": "x"}, {"kind": "choice"}),
        ({"kind": "c", "name": " "}, {"name": "required", "sum": "required"}),
        ({"name": "王"}, {"name": "too_short"}),
        ({"name": "王" * 7}, {"name": "too_long"}),
        ({"name": 3}, {"name": "type_text"}),
        ({"age": 0}, {"age": "too_small"}),
        ({"age": 121}, {"age": "too_big"}),
        ({"age": 1.5}, {"age": "type_integer"}),
        ({"age": True}, {"age": "type_integer"}),
        ({"age": "36"}, {"age": "type_integer"}),
        ({"born": "1990-02-30"}, {"born": "type_date"}),
        ({"born": "2026-11-25"}, {"born": "too_late"}),
        ({"born": "1899-12-31"}, {"born": "too_early"}),
        ({"agreed": True}, {"sum": "required"}),
        ({"likes": ["a", "z"]}, {"likes/1": "choice"}),
        ({"likes": ["a", "a"]}, {"likes/1": "choice"}),
        ({"policy": "a-1"}, {"policy": "pattern", "hour": "required"}),
        ({"policy": "A-1", "hour": "18:01"}, {"hour": "too_late"}),
        ({"policy": "A-1", "hour": "6 pm"}, {"hour": "type_time"}),
        ({"shoe": "43"}, {"shoe": "unknown_field"}),
        ({"sum": float("inf")}, {"sum": "type_number"}),
        ({"sum": [1]}, {"sum": "type_number"}),
    ],
)
def test_an_error_names_its_field(change: dict[str, Any], expected: dict[str, str]) -> None:
    assert errors(FORM, PERSON | change) == expected


def test_a_hidden_field_counts_for_nothing() -> None:
    filled = validate(FORM, PERSON | {"kind": "c", "born": "nonsense", "policy": "nonsense"}, today=TODAY)
    assert not filled.errors
    assert "born" not in filled.values


def test_a_check_tells_where_and_what_is_right_is_kept_tidy() -> None:
    form = compiled(field('check = "cn_id"'))
    (error,) = validate(form, {"a": "110105194912310021"}, today=TODAY).errors
    assert error == FieldError("a", "cn_id.checksum", at=17)
    assert error_text(error.code, error.values, error.at).endswith("（第 18 位）")
    assert validate(form, {"a": "110105 19491231 002x"}, today=TODAY).values == {"a": "11010519491231002X"}
    assert errors(form, {"a": "11010520271231002X"}) == {"a": "cn_id.birth_date"}


def test_a_tree_is_chosen_to_the_last_level() -> None:
    form = compiled(field('type = "tree"\ntree = "places"'))
    assert errors(form, {"a": ["浙江省", "杭州市"]}) == {}
    assert errors(form, {"a": ["北京市"]}) == {}
    assert errors(form, {"a": ["浙江省"]}) == {"a/1": "tree_more"}
    assert errors(form, {"a": ["北京市", "杭州市"]}) == {"a/1": "tree"}
    assert errors(form, {"a": ["浙江省", ["杭州市"]]}) == {"a/1": "tree"}
    assert errors(form, {"a": "浙江省"}) == {"a": "tree"}


def accepts(schema: dict[str, Any], value: Any) -> bool:
    """Read the part of JSON Schema that forms use, word for word as its specification says."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    types = {
        "object": isinstance(value, dict),
        "string": isinstance(value, str),
        "boolean": isinstance(value, bool),
        "array": isinstance(value, list),
        "number": is_number,
        "integer": is_number and value == int(value),
    }

    def same(one: Any, other: Any) -> bool:
        return isinstance(one, bool) == isinstance(other, bool) and one == other

    def bound(key: str, limit: Any) -> bool:
        if key.startswith("format"):
            if not isinstance(value, str):
                return True
            limit, key = TODAY.isoformat() if limit == "today" else limit, key.removeprefix("format").lower()
        elif not is_number:
            return True
        return {
            "minimum": lambda: value >= limit,
            "maximum": lambda: value <= limit,
            "exclusiveminimum": lambda: value > limit,
            "exclusivemaximum": lambda: value < limit,
        }[key.lower()]()

    def says(key: str, rule: Any) -> bool:
        match key:
            case "type":
                return types[rule]
            case "properties":
                return not types["object"] or all(accepts(rule[name], value[name]) for name in rule if name in value)
            case "required":
                return not types["object"] or all(name in value for name in rule)
            case "additionalProperties":
                return not types["object"] or set(value) <= set(schema["properties"])
            case "allOf":
                return all(accepts(part, value) for part in rule)
            case "anyOf":
                return any(accepts(part, value) for part in rule)
            case "not":
                return not accepts(rule, value)
            case "if":
                return not accepts(rule, value) or accepts(schema["then"], value)
            case "const":
                return same(rule, value)
            case "enum":
                return any(same(each, value) for each in rule)
            case "contains":
                return not types["array"] or any(accepts(rule, each) for each in value)
            case "items":
                return not types["array"] or all(accepts(rule, each) for each in value)
            case "uniqueItems":
                return not types["array"] or len({repr(each) for each in value}) == len(value)
            case "minItems" | "maxItems":
                return not types["array"] or (len(value) >= rule if key == "minItems" else len(value) <= rule)
            case "minLength" | "maxLength":
                return not types["string"] or (len(value) >= rule if key == "minLength" else len(value) <= rule)
            case "pattern":
                return not types["string"] or re.search(rule, value) is not None
            case "format":
                return rule != "date" or not types["string"] or re.fullmatch(r"\d{4}-\d\d-\d\d", value) is not None
            case "then" | "$schema" | "$id":
                return True
        return key.startswith("x-") or bound(key, rule)

    return all(says(key, rule) for key, rule in schema.items())


def sent(form: Form, given: dict[str, Any]) -> dict[str, Any]:
    """Return what a screen sends: trimmed, without what is empty or hidden."""
    found: dict[str, Any] = {}
    for each in form.fields:
        value = plain(each, given.get(each.name))
        if value is not None and is_shown(each, found.get):
            found[each.name] = value
    return found


answers = st.fixed_dictionaries(
    {},
    optional={
        "kind": st.sampled_from(["p", "c", "x", "", 3]),
        "name": st.sampled_from(["", "  ", "王", "王芳", "Li Ming", "欧阳娜娜", True]),
        "age": st.sampled_from([0, 1, 17, 18, 18.5, 120, 121, "18", False]),
        "born": st.sampled_from(["1899-12-31", "1949-12-31", "1950-01-01", "2026-11-24", "2026-11-25", "1950-1-1", 5]),
        "agreed": st.sampled_from([True, False, "yes", 1]),
        "likes": st.sampled_from([[], ["a"], ["b"], ["a", "b"], ["a", "a"], ["z"], "a"]),
        "sum": st.sampled_from([0, -1.5, 1e6, "1", True]),
        "policy": st.sampled_from(["A-1", "a-1", "A-1 ", "xA-1", ""]),
        "hour": st.sampled_from(["00:00", "18:00", "18:01", "24:00", "9:00"]),
    },
)


@given(answers)
def test_the_service_and_the_schema_agree(given: dict[str, Any]) -> None:
    mine = validate(FORM, given, today=TODAY)
    assert (not mine.errors) == accepts(schema_of(FORM), sent(FORM, given)), mine.errors
    if not mine.errors:
        assert mine.values == sent(FORM, given)
        assert validate(FORM, mine.values, today=TODAY) == mine


@given(st.dictionaries(st.sampled_from([each.name for each in FORM.fields]), st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2), max_leaves=5,
)))  # fmt: skip
def test_any_json_is_judged(given: dict[str, Any]) -> None:
    filled = validate(FORM, given, today=TODAY)
    for error in filled.errors:
        assert error_text(error.code, error.values, error.at, language="en")

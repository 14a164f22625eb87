"""When an agent is asked to register, complete or confirm."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti.assist.prompts import Facts, Prompt, Rules, compile_rules, holds_wrap_up, prompts

NOW = datetime(2026, 11, 24, tzinfo=UTC)
TEXT = """
[unknown_caller]
form = "registration"
[missing]
at_most = 2
[[missing.field]]
name = "email"
worth = 1
[[missing.field]]
name = "id_number"
worth = 10
[[missing.field]]
name = "company"
worth = 5
when = "kind = company"
[[missing.field]]
name = "address"
worth = 3
[[stale]]
field = "address"
days = 365
[[stale]]
field = "number"
days = 180
[[outcome]]
outcome = "sold"
require = ["id_number", "email"]
"""


def rules(text: str = TEXT) -> Rules:
    found, faults = compile_rules("rules.toml", text)
    assert found is not None, faults
    return found


def asked(facts: Facts) -> list[tuple[str, str]]:
    return [(prompt.kind, prompt.field or prompt.form) for prompt in prompts(rules(), facts)]


def test_an_unknown_caller_is_registered() -> None:
    assert asked(Facts("unknown", NOW)) == [("register", "registration")]


@pytest.mark.parametrize("card", ["hidden", "looking", "failed", "internal", "several"])
def test_who_is_not_made_out_is_asked_nothing(card: str) -> None:
    assert asked(Facts(card, NOW)) == []  # type: ignore[arg-type]


def test_the_two_most_valuable_of_what_is_missing() -> None:
    assert asked(Facts("known", NOW)) == [("ask", "id_number"), ("ask", "address")]
    assert asked(Facts("known", NOW, {"kind": "company"})) == [("ask", "id_number"), ("ask", "company")]
    assert asked(Facts("known", NOW, {"id_number": "x", "address": "y"})) == [("ask", "email"), ("confirm", "address")]


def test_what_is_old_is_confirmed_the_oldest_first() -> None:
    customer = {"email": "e", "id_number": "i", "address": "a", "number": "n"}
    fresh = {"address": NOW - timedelta(days=365), "number": NOW - timedelta(days=180)}
    assert asked(Facts("known", NOW, customer, fresh)) == []
    old = {"address": NOW - timedelta(days=366), "number": NOW - timedelta(days=400)}
    assert asked(Facts("known", NOW, customer, old)) == [("confirm", "number"), ("confirm", "address")]
    (first, second) = prompts(rules(), Facts("known", NOW, customer, {"number": NOW}))[:1] * 2
    assert first == second == Prompt("confirm", "address", age_days=None)


def test_an_outcome_holds_the_wrap_up_until_its_fields_are_there() -> None:
    facts = Facts("known", NOW, {"address": "a", "email": "e"}, {"address": NOW}, "sold")
    found = prompts(rules(), facts)
    assert found[0] == Prompt("require", "id_number", outcome="sold")
    assert holds_wrap_up(found)
    assert ("ask", "id_number") not in asked(facts)
    assert not holds_wrap_up(prompts(rules(), Facts("known", NOW, {"id_number": "i", "email": "e"}, {}, "sold")))
    assert asked(Facts("unknown", NOW, {}, {}, "sold"))[-1] == ("register", "registration")


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("[unknown_caller]\nform = 'x'\n", "unknown_form", 2),
        ("[[stale]]\nfield = 'shoe'\ndays = 3\n", "unknown_field", 2),
        ("[[stale]]\nfield = 'email'\ndays = 0\n", "wrong_value", 3),
        ("[[outcome]]\noutcome = 'x'\nrequire = ['email', 'shoe']\n", "unknown_field", 3),
        ("[missing]\n[[missing.field]]\nname = 'email'\nwhen = 'kind = = x'\n", "condition_syntax", 4),
        ("[missing]\n[[missing.field]]\nname = 'email'\nwhen = 'shoe'\n", "unknown_field", 4),
        ("[moon]\n", "unknown_key", 1),
        ("stale = 3\n", "wrong_value", 1),
        ("[missing]\nat_most = 0\n", "wrong_value", 2),
    ],
)
def test_a_fault_is_told_with_its_line(text: str, code: str, line: int) -> None:
    found, faults = compile_rules("rules.toml", text, forms=["registration"], customer=["email", "kind"])
    assert found is None
    assert (code, line) in [(fault.code, fault.place.line) for fault in faults]
    assert all(fault.said("zh") for fault in faults)


values = st.sampled_from(["", "x"])
fields = ["email", "id_number", "company", "address", "number"]


@given(
    st.fixed_dictionaries({}, optional=dict.fromkeys(fields, values)),
    st.dictionaries(st.sampled_from(fields), st.integers(0, 1000).map(lambda days: NOW - timedelta(days=days))),
    st.sampled_from(["", "sold", "other"]),
)
def test_nobody_is_asked_for_more_than_the_rules_allow_nor_twice(
    customer: dict[str, str], confirmed: dict[str, datetime], outcome: str
) -> None:
    found = prompts(rules(), Facts("known", NOW, customer, confirmed, outcome))
    assert len([prompt for prompt in found if prompt.kind != "require"]) <= 2
    assert len({prompt.field for prompt in found}) == len(found)
    for prompt in found:
        assert (prompt.kind == "confirm") == bool(customer.get(prompt.field))

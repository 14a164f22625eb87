"""Conditions that a team lead writes."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti.assist.conditions import BadCondition, holds, leaves, parse

KNOWN: dict[str, Any] = {
    "kind": "company",
    "premium": "5200",
    "age": 17.0,
    "tags": ("vip", "old"),
    "until": "2026-12-31",
    "agreed": True,
    "note": "",
    "城市": "杭州",
    "size": 0,
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("kind = company", True),
        ("kind = 'company'", True),
        ("kind != company", False),
        ("kind in (person, company)", True),
        ("premium >= 5000", True),
        ("premium > 5200", False),
        ("premium < 10000", True),  # by number, not by letter
        ("age < 18", True),
        ("age = 17", True),
        ("tags has vip", True),
        ("tags has VIP", False),
        ("until <= 2026-12-31", True),
        ("until < 2026-12-31", False),
        ("agreed", True),
        ("agreed = no", False),
        ("not agreed", False),
        ("note is empty", True),
        ("note is filled", False),
        ("note is not empty", False),
        ("note = x", False),
        ("note != x", True),
        ("note < 3", False),
        ("missing > 3", False),
        ("size is filled", True),  # zero is an answer
        ("size = 0", True),
        ("kind < 3", False),
        ("城市 = 杭州", True),
        ("城市 ＝ 杭州 and （premium ≥ 5000）", True),
        ("kind = person or kind = company and agreed", True),
        ("(kind = person or kind = company) and not agreed", False),
        ("not not agreed", True),
    ],
)
def test_what_holds(text: str, expected: bool) -> None:
    assert holds(parse(text), KNOWN.get) is expected


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("", 0),
        ("kind =", 6),
        ("kind = company and", 18),
        ("(kind = company", 15),
        ("kind = company)", 14),
        ("kind in company", 8),
        ("kind is red", 8),
        ("and", 0),
        ("kind = 'company", 7),
        ("kind == company", 6),
        ("not " * 50 + "kind", 84),
    ],
)
def test_what_is_no_condition_is_told_with_its_place(text: str, at: int) -> None:
    with pytest.raises(BadCondition) as caught:
        parse(text)
    assert caught.value.at == at


def test_the_names_in_a_condition() -> None:
    found = parse("a = 1 and (b is filled or not c in (x, y))")
    assert [(leaf.name, leaf.at) for leaf in leaves(found)] == [("a", 0), ("b", 11), ("c", 30)]


@given(st.text(alphabet="ab =<>()'\"andornti,é是", max_size=40))
def test_any_text_is_a_condition_or_refused(text: str) -> None:
    condition = None
    with suppress(BadCondition):
        condition = parse(text)
    assert condition is None or holds(condition, lambda name: "") in (True, False)

"""What may be dialled: the numbers of a centre in China, spelled as people and fraudsters spell them."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti.assist.dialling import SENTENCES, Dialling, DialRule, Refusal, dialable, reading_of

CHINA = DialRule(region="CN")


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        ("110", "emergency"),
        ("119", "emergency"),
        ("120", "emergency"),
        ("1101", "extension"),
        ("10086", "extension"),  # a short service number; the switch knows which of them it has
        ("13800138000", "national"),
        ("013800138000", "national"),
        ("+8613800138000", "national"),
        ("008613800138000", "national"),
        ("01088886666", "national"),
        ("88886666", "national"),  # in the same city
        ("4008001234", "national"),
        ("8008101234", "national"),
        ("16012345", "premium"),
        ("0019005551234", "premium"),
        ("+19005551234", "premium"),
        ("+979123456789", "premium"),
        ("0085221234567", "international"),
        ("+390612345678", "international"),
        ("1790900390612345678", "international"),  # by way of another carrier
        ("+88212345678", "international"),  # a satellite
        ("*97", "code"),
        ("#31#13800138000", "code"),
        ("1790913800138000", "unknown"),  # a carrier's code before a number: not what it was read as
        ("00008613800138000", "unknown"),
        ("9013800138000", "unknown"),
        ("+", "unknown"),
        ("", "unknown"),
        ("1380013800013800138000", "unknown"),
    ],
)
def test_what_a_number_reaches(number: str, kind: str) -> None:
    assert reading_of(number, "CN").kind == kind


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("138 0013-8000", "13800138000"),
        ("１３８００１３８０００", "13800138000"),
        ("(010) 8888/6666", "01088886666"),
        ("\u202a+86 138 0013 8000\u202c", "+8613800138000"),
        ("13800138000@trunk", ""),
        ("13800138000&PJSIP/1901", ""),
        ("sip:13800138000", ""),
        ("1\r\nAction: x", ""),
        ("١٢٣٤٥٦٧٨", ""),
        ("5", ""),
    ],
)
def test_what_is_typed_is_dialled_in_plain_digits(typed: str, number: str) -> None:
    assert dialable(typed) == number


@pytest.mark.parametrize(
    ("number", "agent", "inspector"),
    [
        ("120", None, None),
        ("1002", None, None),
        ("13800138000", None, "dial_national"),
        ("4008001234", None, "dial_national"),
        ("00390612345678", "dial_abroad", "dial_abroad"),
        ("+19005551234", "dial_premium", "dial_premium"),
        ("16012345", "dial_premium", "dial_premium"),
        ("*8", "dial_code", "dial_code"),
        ("1790913800138000", "dial_number", "dial_number"),
        ("anna", "dial_number", "dial_number"),
    ],
)
def test_without_settings_nothing_is_open_to_fraud(
    number: str, agent: Refusal | None, inspector: Refusal | None
) -> None:
    assert CHINA.refusal(number, "agent") == agent
    assert CHINA.refusal(number, "inspector") == inspector


def test_every_refusal_has_its_sentence() -> None:
    assert set(SENTENCES) == set(get_args(Refusal))


def test_a_role_without_a_rule_calls_nobody_but_for_help() -> None:
    assert CHINA.refusal("120", "guest") is None
    assert CHINA.refusal("1002", "guest") == "dial_barred"


def test_countries_are_opened_one_by_one_and_premium_numbers_are_not_opened_with_them() -> None:
    rule = DialRule(Dialling(countries=("+852", "+1")), region="CN")
    assert rule.refusal("0085221234567", "agent") is None
    assert rule.refusal("+12125551234", "agent") is None
    assert rule.refusal("+19005551234", "agent") == "dial_premium"
    assert rule.refusal("+390612345678", "agent") == "dial_abroad"
    assert rule.refusal("+12125551234", "inspector") == "dial_abroad"


def test_a_prefix_is_compared_with_the_number_and_not_with_how_it_was_spelled() -> None:
    rule = DialRule(Dialling(barred=("+8613800138",), allowed=("+8616012", "*97")), region="CN")
    for spelled in ("13800138000", "013800138000", "008613800138000", "+8613800138000"):
        assert rule.refusal(spelled, "agent") == "dial_barred"
    assert rule.refusal("16012345", "agent") is None
    assert rule.refusal("*97", "agent") is None
    assert rule.refusal("*98", "agent") == "dial_code"


def test_an_emergency_number_is_never_barred() -> None:
    rule = DialRule(Dialling(agent=(), barred=("1", "+")), region="CN")
    assert rule.refusal("120", "agent") is None
    assert rule.refusal("1002", "agent") == "dial_barred"


def test_behind_the_digits_for_an_outside_line_stands_the_number_that_counts() -> None:
    rule = DialRule(Dialling(outside_line="9"), region="CN")
    assert rule.refusal("913800138000", "agent") is None
    assert rule.refusal("9001900555123", "agent") == "dial_number"
    assert rule.refusal("90019005551234", "agent") == "dial_premium"
    assert rule.refusal("900390612345678", "agent") == "dial_abroad"
    assert rule.refusal("9001", "agent") is None  # an extension


def test_a_role_may_be_given_everything() -> None:
    rule = DialRule(Dialling(supervisor=("extension", "code", "national", "international", "premium")), region="CN")
    for number in ("*8", "+390612345678", "+19005551234", "13800138000"):
        assert rule.refusal(number, "supervisor") is None
    assert rule.refusal("1790913800138000", "supervisor") == "dial_number"


@given(st.text(alphabet="0123456789+*#-. ", max_size=24))
def test_what_an_agent_may_dial_is_at_home(typed: str) -> None:
    if CHINA.refusal(typed, "agent") is None:
        reading = reading_of(dialable(typed), "CN")
        assert reading.kind in ("emergency", "extension", "national")
        assert reading.kind != "national" or reading.e164.startswith("+86")

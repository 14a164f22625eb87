"""Telephone numbers as networks and people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti.assist.numbers import is_e164, normalise, read, shown


@pytest.mark.parametrize(
    ("raw", "region", "e164"),
    [
        ("13800138000", "CN", "+8613800138000"),
        ("+86 138 0013 8000", "CN", "+8613800138000"),
        ("008613800138000", "CN", "+8613800138000"),
        ("010-6552 9988", "CN", "+861065529988"),
        ("02161234567", "CN", "+862161234567"),
        ("１３８００１３８０００", "CN", "+8613800138000"),
        ("+390612345678", "CN", "+390612345678"),
        ("06 1234 5678", "IT", "+390612345678"),  # the zero stays
        ("030 901820", "DE", "+4930901820"),
        ("+44 (0)20 7031 3000", "CN", "+442070313000"),
        ("(212) 736-5000", "US", "+12127365000"),
        ("tel:+8613800138000", "CN", "+8613800138000"),
        ("sip:+8613800138000@10.0.0.1;user=phone", "IT", "+8613800138000"),
        (" 13800138000 ", "CN", "+8613800138000"),
    ],
)
def test_a_number_is_e164_whoever_wrote_it(raw: str, region: str, e164: str) -> None:
    assert normalise(raw, region) == e164
    assert read(raw, region).kind == "e164"


@pytest.mark.parametrize(
    "raw", ["", "  ", "anonymous", "Anonymous", "RESTRICTED", "<unknown>", "sip:anonymous@anonymous.invalid"]
)
def test_a_hidden_number(raw: str) -> None:
    assert read(raw, "CN").kind == "hidden"
    assert normalise(raw, "CN") is None


@pytest.mark.parametrize("raw", ["1001", "201", "9", "10086", "95588"])
def test_an_extension_or_a_service_number(raw: str) -> None:
    assert read(raw, "CN").kind == "extension"
    assert normalise(raw, "CN") is None


@pytest.mark.parametrize(
    "raw",
    [
        "Mario",
        "138001380001380013800013800",
        "+",
        "+1",
        "6552998",  # without its area code it could be anywhere in the country
        "<img src=x onerror=alert(1)>",
        "9" * 10_000,
        "'; DROP TABLE calls; --",
    ],
)
def test_what_is_no_number(raw: str) -> None:
    assert read(raw, "CN").kind == "unparsable"
    assert normalise(raw, "CN") is None


@pytest.mark.parametrize(
    ("number", "region", "expected"),
    [
        ("+8613800138000", "CN", "138 0013 8000"),
        ("+8613800138000", "IT", "+86 138 0013 8000"),
        ("+390612345678", "IT", "06 1234 5678"),
        ("1001", "CN", "1001"),
        ("", "CN", ""),
        ("+x", "CN", "+x"),
        ("+" + "1" * 100, "CN", "+" + "1" * 100),
    ],
)
def test_a_number_for_people(number: str, region: str, expected: str) -> None:
    assert shown(number, region) == expected


@given(st.text(max_size=80), st.sampled_from(["CN", "IT", "US", "DE"]))
def test_any_text_is_one_of_the_four(raw: str, region: str) -> None:
    number = read(raw, region)
    assert number.raw == raw
    assert (number.kind == "e164") == bool(number.e164)
    if number.e164:
        assert is_e164(number.e164)
        assert normalise(number.e164, "US") == number.e164
    shown(raw, region)

"""Numbers that carry their own proof."""

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti.assist.checks import CHECKS, Wrong, bank_card, cn_id, cn_mobile, credit_code, email, identity_of, longer_id


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("11010519491231002X", None),  # the example of GB 11643
        ("440524188001010014", None),  # its other example
        ("110105 19491231 002x", None),
        ("110105194912310021", Wrong("checksum", 17)),
        ("110105 19491231 0021", Wrong("checksum", 19)),
        ("11010519491331002X", Wrong("birth_date", 6)),
        ("11010519490229002X", Wrong("birth_date", 6)),
        ("01010519491231002X", Wrong("region", 0)),
        ("1101051949123100", Wrong("length")),
        ("1101O519491231002X", Wrong("characters", 4)),
        ("X10105194912310021", Wrong("characters", 0)),
        ("110105491231002", None),  # the old form
        ("110105491331002", Wrong("birth_date", 6)),
        ("11010549123100X", Wrong("characters", 14)),
        ("", Wrong("length")),
        ("１１０１０５１９４９１２３１００２Ｘ", Wrong("characters", 0)),
    ],
)
def test_a_resident_id(text: str, wrong: Wrong | None) -> None:
    assert cn_id(text) == wrong


def test_nobody_is_born_tomorrow() -> None:
    assert cn_id("11010519491231002X", today=date(1949, 12, 30)) == Wrong("birth_date", 6)
    assert cn_id("11010519491231002X", today=date(1949, 12, 31)) is None


def test_what_an_id_says() -> None:
    identity = identity_of("11010519491231002X")
    assert identity is not None
    assert (identity.born, identity.sex, identity.province) == (date(1949, 12, 31), "female", "11")
    assert identity_of("110105194912310021") is None
    assert longer_id("110105491231002") == "11010519491231002X"


@given(st.from_regex(r"[0-9]{17}", fullmatch=True), st.integers(0, 17), st.sampled_from("0123456789X"))
def test_an_id_with_one_character_wrong_is_found(first: str, at: int, other: str) -> None:
    right = next((first + last for last in "0123456789X" if cn_id(first + last) is None), None)
    if right is None or right[at] == other:
        return
    assert cn_id(right[:at] + other + right[at + 1 :]) is not None


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("13800138000", None),
        ("+86 138 0013 8000", None),
        ("0086-138-0013-8000", None),
        ("1380013800", Wrong("length")),
        ("12800138000", Wrong("prefix", 0)),
        ("+86 128 0013 8000", Wrong("prefix", 4)),
        ("138O0138000", Wrong("characters", 3)),
    ],
)
def test_a_mobile_number(text: str, wrong: Wrong | None) -> None:
    assert cn_mobile(text) == wrong


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("wang.fang@example.com.cn", None),
        (" a+b@x.cn ", None),
        ("wang.fang", Wrong("no_at")),
        ("wang fang@example.cn", Wrong("characters", 4)),
        ("@example.cn", Wrong("characters", 0)),
        ("wang@example", Wrong("domain", 5)),
        ("wang@exam_ple.cn", Wrong("domain", 5)),
        ("wang@example..cn", Wrong("domain", 13)),
        ("a" * 65 + "@example.cn", Wrong("length")),
    ],
)
def test_an_email_address(text: str, wrong: Wrong | None) -> None:
    assert email(text) == wrong


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("91350100M000100Y43", None),  # the example of GB 32100
        ("9144030071526726XG", None),
        ("91110000802100433b", None),
        ("91350100M000100Y44", Wrong("checksum", 17)),
        ("91350100M000100I43", Wrong("characters", 15)),
        ("9135O100M000100Y43", Wrong("characters", 4)),
        ("91A50100M000100Y43", Wrong("region", 2)),
        ("91350100M000100Y4", Wrong("length")),
    ],
)
def test_a_unified_social_credit_code(text: str, wrong: Wrong | None) -> None:
    assert credit_code(text) == wrong


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("6222 0212 0000 0000 0009", Wrong("length")),
        ("4111 1111 1111 1111", None),
        ("5500-0000-0000-0004", None),
        ("4111 1111 1111 1112", Wrong("checksum", 18)),
        ("4111 1111 1111 111a", Wrong("characters", 18)),
        ("", Wrong("length")),
    ],
)
def test_a_bank_card(text: str, wrong: Wrong | None) -> None:
    assert bank_card(text) == wrong


@given(st.from_regex(r"[0-9]{12,19}", fullmatch=True), st.data())
def test_a_card_with_one_digit_wrong_is_found(number: str, data: st.DataObject) -> None:
    right = next(number[:-1] + last for last in "0123456789" if bank_card(number[:-1] + last) is None)
    at = data.draw(st.integers(0, len(right) - 1))
    digit = data.draw(st.sampled_from("0123456789"))
    if digit != right[at]:
        assert bank_card(right[:at] + digit + right[at + 1 :]) is not None


@given(st.from_regex(r"[0-9]{2}[0-9]{6}[0-9A-HJ-NP-RTUWXY]{9}", fullmatch=True), st.data())
def test_a_credit_code_with_one_character_wrong_is_found(first: str, data: st.DataObject) -> None:
    right = next(first + last for last in "0123456789ABCDEFGHJKLMNPQRTUWXY" if credit_code(first + last) is None)
    at = data.draw(st.integers(0, 17))
    other = data.draw(st.sampled_from("0123456789ABCDEFGHJKLMNPQRTUWXY"))
    if other != right[at]:
        assert credit_code(right[:at] + other + right[at + 1 :]) is not None


@given(st.sampled_from(sorted(CHECKS)), st.text(alphabet="0123456789Xx+-@. aM\u3000é", max_size=30))
def test_any_text_is_right_or_wrong_somewhere_in_it_and_the_right_ones_have_the_form(name: str, text: str) -> None:
    check = CHECKS[name]
    wrong = check.wrong(text)
    if wrong is None:
        assert check.wrong(check.tidy(text)) is None
        assert check.tidy(check.tidy(text)) == check.tidy(text)
        assert re.search(check.pattern, text.replace("\u3000", " "))
    elif wrong.at is not None:
        assert 0 <= wrong.at <= len(text)

"""What is said, with the customer's data in it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti.assist.playbook.templates import BadTemplate, most_seconds, parse, render, seconds


@pytest.mark.parametrize(
    ("text", "empty", "filled"),
    [
        ("您好{name}", "您好", "您好王芳"),
        ("您好{name:车主}！", "您好车主！", "您好王芳！"),
        ("您好{ name ：车主}！", "您好车主！", "您好王芳！"),
        ("您好[，{name}的家长]。", "您好。", "您好，王芳的家长。"),
        ("Hello {name}, here is us", "Hello, here is us", "Hello 王芳, here is us"),
        (r"a \{b\} \[c\] \\", r"a {b} [c] \ ".strip(), r"a {b} [c] \ ".strip()),
        ("一，\n二 three\nfour", "一，二 three four", "一，二 three four"),
        ("[{name} and {none}]x", "x", "x"),
    ],
)
def test_a_text_is_sound_with_and_without_data(text: str, empty: str, filled: str) -> None:
    template = parse(text)
    assert render(template, {}.get) == empty
    assert render(template, {"name": "王芳"}.get) == filled


@pytest.mark.parametrize(("text", "at"), [("a{b", 1), ("a}", 1), ("[a", 0), ("a]", 1), ("[[a]]", 1), ("{}", 0)])
def test_a_text_that_is_wrong_is_told_with_its_place(text: str, at: int) -> None:
    with pytest.raises(BadTemplate) as caught:
        parse(text)
    assert caught.value.at == at


def test_data_is_text_and_nothing_else() -> None:
    assert render(parse("您好{name}"), {"name": "{agent} [x]\n<b>"}.get) == "您好{agent} [x] <b>"


def test_the_time_to_say_something() -> None:
    assert seconds("您好，这里是客服。", 240, "zh") == pytest.approx(7 / 4)
    assert seconds("Good morning, it's us.", 120, "en") == pytest.approx(2)


@given(st.text(alphabet="ab. 您好，12'", max_size=30), st.sampled_from(["zh", "en"]))
def test_the_quick_bound_of_the_time_is_one(text: str, language: str) -> None:
    assert seconds(text, 100, language) <= most_seconds(text, 100, language)


@given(st.text(alphabet="ab{}[]:\\ 您，\n", max_size=30))
def test_any_text_is_one_or_refused(text: str) -> None:
    try:
        template = parse(text)
    except BadTemplate as bad:
        place = bad.at
    else:
        place = 0
        render(template, {"a": "1"}.get)
    assert 0 <= place <= len(text)

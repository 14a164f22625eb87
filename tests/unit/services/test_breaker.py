"""When a system elsewhere is left alone, and when it gets another chance."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti.services.breaker import TRANSITIONS, Breaker
from cti.services.kept import Kept


def test_it_opens_when_enough_questions_failed_and_closes_when_the_one_after_the_pause_is_answered() -> None:
    breaker = Breaker(fewest=3, window_seconds=60, pause_seconds=10)
    for at in (1.0, 2.0, 3.0):
        assert breaker.lets_pass(at)
        breaker.failed(at)
    assert breaker.state == "open"
    assert not breaker.lets_pass(12.9)

    assert breaker.lets_pass(13.0)  # the pause is over: one may try
    assert not breaker.lets_pass(13.1)  # and nobody else meanwhile
    breaker.answered(13.2)

    assert breaker.state == "closed"
    assert breaker.failures == 0
    assert breaker.lets_pass(13.3)


def test_it_opens_again_when_the_one_that_tries_fails() -> None:
    breaker = Breaker(fewest=1, pause_seconds=10)
    breaker.failed(0)
    assert breaker.lets_pass(10)
    breaker.failed(11)

    assert breaker.state == "open"
    assert not breaker.lets_pass(20)
    assert breaker.lets_pass(21)


def test_an_answer_to_what_was_asked_before_it_opened_does_not_close_it() -> None:
    breaker = Breaker(fewest=1)
    breaker.failed(0)
    breaker.answered(1)
    assert breaker.state == "open"


def test_failures_that_are_few_or_long_ago_do_not_open_it() -> None:
    breaker = Breaker(fewest=3, window_seconds=60)
    for at in range(0, 1000, 31):  # never three in a minute
        breaker.failed(at)
        assert breaker.state == "closed"
    often_answered = Breaker(fewest=3, window_seconds=60)
    for at in range(30):
        often_answered.answered(at)
        if at % 3 == 0:
            often_answered.failed(at)
    assert often_answered.state == "closed"


def test_every_state_knows_what_an_answer_and_a_failure_mean() -> None:
    states = {state for state, _ in TRANSITIONS} | set(TRANSITIONS.values())
    for state, heard in itertools.product(states, ("answered", "failed")):
        assert (state, heard) in TRANSITIONS


STEPS = st.lists(st.tuples(st.floats(0, 40), st.sampled_from(["ask", "answered", "failed"])), max_size=60)


@given(STEPS)
def test_whatever_happens_it_lets_a_question_pass_again(steps: list[tuple[float, str]]) -> None:
    """And while it is half open, only one at a time."""
    breaker, at, under_way = Breaker(fewest=2, window_seconds=30, pause_seconds=10), 0.0, 0
    for wait, step in steps:
        at += wait
        if step == "ask":
            passed = breaker.lets_pass(at)
            under_way += passed
            if breaker.state == "half_open" and passed:
                assert not breaker.lets_pass(at)
        elif under_way:
            under_way -= 1
            breaker.answered(at) if step == "answered" else breaker.failed(at)
    for _ in range(under_way):
        breaker.failed(at)
    assert breaker.lets_pass(at + 10)


def test_answers_are_kept_for_their_time_and_so_many_at_most() -> None:
    kept: Kept[str] = Kept(2)
    kept.put("a", "A", until=10)
    kept.put("b", "B", until=20)
    assert (kept.get("a", 9.9), kept.get("a", 10), kept.get("b", 10)) == ("A", None, "B")
    kept.put("b", "B2", until=30)
    kept.put("c", "C", until=30)
    kept.put("d", "D", until=30)
    assert [kept.get(key, 11) for key in "abcd"] == [None, None, "C", "D"]
    assert len(kept) == 2


@pytest.mark.parametrize("wrong", [("open", "tripped"), ("closed", "rested"), ("half_open", "tripped")])
def test_what_cannot_happen_is_in_no_table(wrong: tuple[str, str]) -> None:
    assert wrong not in TRANSITIONS

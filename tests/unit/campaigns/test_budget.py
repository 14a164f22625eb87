"""The cap on abandoned calls holds at every instant, whoever answers when, whatever the pacer wants."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cti.campaigns.budget import Window, admitted, left

CAPS = st.sampled_from([0.0, 0.01, 0.03, 0.05, 0.5])


@given(
    cap=CAPS,
    answered=st.integers(0, 5_000),
    abandoned=st.integers(0, 200),
    in_flight=st.integers(0, 200),
    held=st.integers(0, 100),
    wanted=st.integers(0, 300),
)
def test_it_admits_the_most_that_the_worst_case_allows(
    cap: float, answered: int, abandoned: int, in_flight: int, held: int, wanted: int
) -> None:
    window = Window(answered + abandoned, abandoned)
    found = admitted([window], cap=cap, in_flight=in_flight, held=held, wanted=wanted)

    def holds(more: int) -> bool:
        lines = in_flight + more
        return window.abandoned + lines - held <= Fraction(str(cap)) * (window.answered + lines) or lines <= held

    assert 0 <= found <= wanted
    assert found == 0 or holds(found)
    assert found == wanted or not holds(found + 1)


def test_the_strictest_window_decides() -> None:
    month, day = Window(10_000, 100), Window(40, 1)
    asked = {"cap": 0.03, "in_flight": 5, "held": 5, "wanted": 50}
    assert admitted([month], **asked) == 50
    assert admitted([month, day], **asked) == admitted([day], **asked) == 0


def test_a_line_with_an_agent_held_for_it_always_starts() -> None:
    assert admitted([Window(100, 50)], cap=0.03, in_flight=2, held=5, wanted=9) == 3


def test_a_cold_window_is_one_to_one() -> None:
    assert admitted([Window(0, 0)], cap=0.03, in_flight=0, held=4, wanted=20) == 4


def test_what_is_left_is_told() -> None:
    assert left(Window(1_000, 12), cap=0.03) == 18
    assert left(Window(10, 2), cap=0.03) == -2
    with pytest.raises(ValueError, match="cap"):
        admitted([Window(1, 0)], cap=1.0, in_flight=0, held=0, wanted=1)


class Adversary:
    """A centre in which whoever wants the cap broken says who answers, which agent is freed, and how many to dial."""

    def __init__(self, cap: float, answered: int) -> None:
        self.cap = Fraction(str(cap))
        self.plain = cap
        self.answered, self.abandoned = answered, 0
        self.in_flight = self.held = self.busy = 0

    def dial(self, wanted: int) -> None:
        window = Window(self.answered, self.abandoned)
        self.in_flight += admitted([window], cap=self.plain, in_flight=self.in_flight, held=self.held, wanted=wanted)

    def answer(self) -> None:
        if self.in_flight:
            self.in_flight -= 1
            self.answered += 1
            if self.held:
                self.held -= 1
                self.busy += 1
            else:
                self.abandoned += 1

    def fail(self) -> None:
        self.in_flight = max(0, self.in_flight - 1)

    def free(self) -> None:
        self.held += 1


@settings(max_examples=300)
@given(
    cap=CAPS,
    before=st.integers(0, 400),
    moves=st.lists(
        st.one_of(
            st.tuples(st.just("dial"), st.integers(0, 60)),
            st.tuples(st.sampled_from(["answer", "answer", "fail", "free"]), st.just(0)),
        ),
        max_size=200,
    ),
)
def test_no_order_of_answers_breaks_the_cap(cap: float, before: int, moves: list[tuple[str, int]]) -> None:
    centre = Adversary(cap, before)
    for move, count in moves:
        if move == "dial":
            centre.dial(count)
        else:
            getattr(centre, move)()
        assert centre.abandoned <= centre.cap * centre.answered

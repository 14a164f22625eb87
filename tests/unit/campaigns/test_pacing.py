"""The pacers: what they promise whatever happens, and what they reach in shifts on a virtual clock."""

import json
import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cti.campaigns.pacing import (
    AgentView,
    CallResolved,
    CallView,
    Pacer,
    PacerConfig,
    PacingEvent,
    Snapshot,
    TalkEnded,
    WrapEnded,
    make_pacer,
)
from cti.simulation.shift import Outcome, Shift, Simulation, exponential

NOTHING = Snapshot(0.0, (), (), (), (), (), (), (), (), 0, 0, 10**6)


def snapshot(now: float = 0.0, *, idle: int = 0, talking: int = 0, ringing: int = 0, **more: Any) -> Snapshot:
    return replace(
        NOTHING,
        now=now,
        idle=tuple(AgentView(f"i{n}", now - 1.0) for n in range(idle)),
        talking=tuple(AgentView(f"t{n}", now - 60.0) for n in range(talking)),
        ringing=tuple(CallView(f"r{n}", now - 4.0, now - 2.0) for n in range(ringing)),
        **more,
    )


def taught(pacer: Pacer, *, answer: float = 0.25, calls: int = 400, seed: int = 1) -> Pacer:
    """Return *pacer* after so many calls and talks."""
    chance = random.Random(seed)
    for n in range(calls):
        at = n * 2.0
        if chance.random() < answer:
            delay = chance.uniform(6.0, 16.0)
            pacer.observe(CallResolved(at + delay, n, "answered", at, at + 2.0, at + delay))
            pacer.observe(TalkEnded(at + delay + 100.0, n % 7, n, chance.expovariate(1 / 100.0), "human"))
            pacer.observe(WrapEnded(at + delay + 120.0, n % 7, chance.expovariate(1 / 20.0)))
        else:
            pacer.observe(CallResolved(at + 27.0, n, "noanswer", at, at + 2.0, None))
    return pacer


def shifted(shift: Shift, *, mode: str = "predictive", seed: int = 1, tick: float = 1.0, **config: Any) -> Outcome:
    made = PacerConfig(mode=mode, window_end=shift.hours * 3_600.0, tick=tick, **config)  # type: ignore[arg-type]
    return Simulation(shift, make_pacer(made), made, seed).run()


# --- one to one ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["preview", "progressive"])
@given(idle=st.integers(0, 50), ringing=st.integers(0, 50), free=st.integers(0, 60))
def test_one_to_one_never_has_more_calls_than_idle_agents(mode: str, idle: int, ringing: int, free: int) -> None:
    pacer = make_pacer(PacerConfig(mode=mode))  # type: ignore[arg-type]
    launch = pacer.decide(snapshot(idle=idle, ringing=ringing, lines_free=free)).launch
    assert launch == min(max(0, idle - ringing), free)


def test_a_target_of_nothing_is_one_to_one() -> None:
    pacer = make_pacer(PacerConfig(abandon_target=0.0))
    assert pacer.decide(snapshot(idle=3, talking=40)).launch == 3


@pytest.mark.parametrize(
    ("name", "value"), [("abandon_target", 1.0), ("ring_timeout", 10.0), ("tick", 0.0), ("patience", -1.0)]
)
def test_a_configuration_that_cannot_be_is_refused(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=name):
        make_pacer(PacerConfig(**{name: value}))  # type: ignore[arg-type]


# --- predictive ------------------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(
    idle=st.integers(0, 30),
    talking=st.integers(0, 60),
    ringing=st.integers(0, 80),
    answered=st.integers(0, 2_000),
    share=st.floats(0, 0.2),
    free=st.integers(0, 200),
    most=st.integers(0, 150),
)
def test_never_below_one_to_one_and_never_above_the_lines(
    idle: int, talking: int, ringing: int, answered: int, share: float, free: int, most: int
) -> None:
    pacer = taught(make_pacer(PacerConfig(max_lines=most)), calls=60)
    now = snapshot(
        900.0, idle=idle, talking=talking, ringing=ringing,
        answered=answered, abandoned=int(answered * share), lines_free=free,
    )  # fmt: skip
    launch = pacer.decide(now).launch
    room = max(0, min(free, most - ringing - talking))
    assert min(room, max(0, idle - ringing)) <= launch <= room


def test_asking_twice_is_answered_alike_and_what_was_launched_is_not_launched_again() -> None:
    pacer = taught(make_pacer(PacerConfig()))
    now = snapshot(900.0, idle=5, talking=20, answered=200, abandoned=2)
    first = pacer.decide(now)
    assert first.launch > 5
    assert pacer.decide(now) == first
    dialled = replace(now, dialing=tuple(CallView(f"d{n}", 900.0, 900.0) for n in range(first.launch)))
    assert pacer.decide(dialled).launch == 0


def test_a_spent_budget_is_one_to_one() -> None:
    pacer = taught(make_pacer(PacerConfig()))
    assert pacer.decide(snapshot(900.0, idle=5, talking=20, answered=1_000, abandoned=60)).launch == 5


def test_the_reason_is_a_sentence_with_its_figures() -> None:
    pacer = taught(make_pacer(PacerConfig()))
    decision = pacer.decide(snapshot(900.0, idle=0, talking=3, ringing=12, answered=1_000, abandoned=28))
    assert decision.launch == 0
    assert "held" in decision.reason
    assert "12 in flight" in decision.reason
    assert "2.0 abandoned calls left" in decision.reason
    assert decision.diagnostics["abandon_budget"] == pytest.approx(2.0)


def test_unknown_names_and_calls_that_never_rang_are_taken() -> None:
    pacer = make_pacer(PacerConfig())
    pacer.observe(CallResolved(1.0, ("odd", 1), "failed", 0.0, None, None))
    pacer.observe(WrapEnded(2.0, "nobody", 0.0))
    assert pacer.decide(snapshot(3.0, idle=1)).launch >= 1


def test_a_pacer_goes_on_after_a_restart_as_if_there_had_been_none() -> None:
    config = PacerConfig(window_end=28_800.0)
    first = taught(make_pacer(config))
    first.decide(snapshot(900.0, idle=4, talking=16, answered=100, abandoned=1))
    second = make_pacer(config, json.loads(json.dumps(first.export_state())))

    for n in range(60):
        event: PacingEvent = TalkEnded(901.0 + n, n % 5, n, 30.0 + n, "human")
        for pacer in (first, second):
            pacer.observe(event)
        now = snapshot(901.0 + n, idle=n % 4, talking=16, ringing=n % 11, answered=100 + n, abandoned=1 + n // 30)
        assert first.decide(now) == second.decide(now)


# --- shifts ----------------------------------------------------------------------------------------------------------

# The optimum of the memoryless shift (talk 120 s, wrap-up 20 s, 11 s from launch to answer, patience 2 s, 3 %
# abandoned), from the dual of its Markov decision process.
BOUNDS = {(10, 0.25): 0.862, (20, 0.5): 0.920}


@pytest.mark.parametrize(("agents", "answer"), BOUNDS)
def test_a_cold_start_comes_close_to_the_optimum(agents: int, answer: float) -> None:
    shift = Shift(
        agents, lambda at: answer, hours=2.0, talk=exponential(120.0), wrap=exponential(20.0), memoryless=11.0
    )
    came = shifted(shift)
    assert came.abandon_rate <= 0.033
    assert came.utilisation >= 0.94 * BOUNDS[agents, answer]


def _steps(at: float) -> float:
    return 0.45 if int(at // 1_800.0) % 2 else 0.15


def _come_and_go(at: float) -> int:
    return 12 if at % 7_200.0 < 3_600.0 else 5


@pytest.mark.parametrize(
    ("name", "shift"),
    [
        ("three agents", Shift(3, lambda at: 0.3, hours=4.0)),
        ("an answer rate that jumps", Shift(10, _steps, hours=2.0)),
        (
            "agents who come and go",
            Shift(12, lambda at: 0.3, hours=2.0, staffing=lambda at: 12 if at % 7_200 < 3_600 else 5),
        ),
    ],
)
def test_whatever_changes_the_cap_holds_and_it_gains_over_one_to_one(name: str, shift: Shift) -> None:
    came, plain = shifted(shift), shifted(shift, mode="progressive")
    assert came.abandon_rate <= 0.033, name
    assert came.utilisation > plain.utilisation, name


def test_the_same_seed_is_the_same_shift() -> None:
    shift = Shift(5, lambda at: 0.3, hours=0.5)
    runs: list[Callable[[], Outcome]] = [lambda: shifted(shift, seed=7)] * 2
    one, two = (run() for run in runs)
    assert (one.launched, one.answered, one.abandoned) == (two.launched, two.answered, two.abandoned)
    assert one.utilisation == two.utilisation

"""The table of an agent's states: what each event does from each state, and what the switch is asked."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from cti.agents import events as ev
from cti.agents.heard import heard
from cti.agents.machine import TRANSITIONS, apply
from cti.agents.model import Agent, Place, S, Wish, WrapUp, WrapUpPolicy

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
TIMED = WrapUpPolicy("timed", 30.0)
FREE, PAUSED = Place(paused=False), Place(paused=True, reason="meal")
QUEUES = {"sales": 0, "support": 2}

OUT = Agent(assigned=QUEUES)
READY = Agent(assigned=QUEUES, base=S.READY, places={"sales": FREE, "support": FREE})
BREAK = Agent(assigned=QUEUES, base=S.NOT_READY, reason="meal", places={"sales": PAUSED, "support": PAUSED})


def but(agent: Agent, **changes: object) -> Agent:
    return msgspec.structs.replace(agent, **changes)


def obeyed(agent: Agent, *effects: ev.Effect) -> Agent:
    """Return *agent* after the switch reported all that is expected."""
    for queue, place in list(agent.expected.items()):
        event = heard(agent, queue, place, NOON)
        assert isinstance(event, ev.Obeyed)
        agent, more = apply(agent, event)
        assert more == ()
    return agent


def test_every_event_has_a_rule() -> None:
    def leaves(kind: type) -> set[type]:
        below = kind.__subclasses__()
        return {kind} if not below else {leaf for each in below for leaf in leaves(each)}

    assert set(TRANSITIONS) == leaves(ev.AgentEvent)


def test_signing_in_joins_paused_and_is_true_when_the_switch_says_so() -> None:
    agent, effects = apply(OUT, ev.SignIn(NOON))
    assert effects == (ev.Join("sales", 0, paused=True), ev.Join("support", 2, paused=True))
    assert (agent.state, agent.asked) == (S.SIGNED_OUT, Wish(S.NOT_READY, "signed_in"))
    agent = obeyed(agent)
    assert (agent.state, agent.reason, agent.asked) == (S.NOT_READY, "signed_in", None)


def test_signing_in_to_some_queues_only() -> None:
    _, effects = apply(OUT, ev.SignIn(NOON, ("support",)))
    assert [effect.queue for effect in effects] == ["support"]
    with pytest.raises(ev.NotNow, match="not assigned"):
        apply(OUT, ev.SignIn(NOON, ("vip",)))


@pytest.mark.parametrize(
    ("agent", "command"),
    [
        (OUT, ev.AskReady(NOON)),
        (OUT, ev.AskNotReady(NOON)),
        (OUT, ev.SignOut(NOON)),
        (OUT, ev.Force(NOON, S.READY, "lead")),
        (READY, ev.SignIn(NOON)),
        (READY, ev.FinishWrapUp(NOON)),
        (READY, ev.ExtendWrapUp(NOON)),
        (READY, ev.Release(NOON)),
        (BREAK, ev.Reserve(NOON)),
        (but(READY, activity=S.RINGING), ev.AskWrapUp(NOON)),
        (but(READY, policy=TIMED, wrap_up=WrapUp(NOON)), ev.ExtendWrapUp(NOON)),
        (but(BREAK, reachable=False), ev.AskReady(NOON)),
        (Agent(), ev.SignIn(NOON)),
    ],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(agent: Agent, command: ev.AgentCommand) -> None:
    with pytest.raises(ev.NotNow):
        apply(agent, command)


def test_a_break_pauses_every_queue_and_ready_ends_it() -> None:
    agent, effects = apply(READY, ev.AskNotReady(NOON, "meal"))
    assert effects == (ev.Pause("sales", "meal"), ev.Pause("support", "meal"))
    assert agent.state is S.READY
    agent = obeyed(agent)
    assert (agent.state, agent.reason) == (S.NOT_READY, "meal")
    agent, effects = apply(agent, ev.AskReady(NOON))
    assert effects == (ev.Unpause("sales"), ev.Unpause("support"))
    assert obeyed(agent).state is S.READY


def test_a_wrap_up_is_protected_from_the_first_word_on() -> None:
    agent, _ = apply(READY, ev.Rung(NOON))
    agent, effects = apply(agent, ev.Connected(NOON, TIMED))
    assert effects == (ev.Pause("sales", "wrap_up"), ev.Pause("support", "wrap_up"))
    agent, effects = apply(obeyed(agent), ev.CallEnded(NOON))
    assert (agent.state, effects) == (S.WRAP_UP, ())
    assert agent.wrap_up == WrapUp(NOON + timedelta(seconds=30))
    too_early, _ = apply(agent, ev.WrapUpTimedOut(NOON + timedelta(seconds=29)))
    assert too_early == agent
    agent, effects = apply(agent, ev.WrapUpTimedOut(NOON + timedelta(seconds=30)))
    assert effects == (ev.Unpause("sales"), ev.Unpause("support"))
    assert agent.state is S.WRAP_UP
    assert obeyed(agent).state is S.READY


def test_a_wrap_up_that_the_switch_does_not_end_ends_in_not_ready() -> None:
    places = {"sales": PAUSED, "support": PAUSED}
    agent, _ = apply(but(READY, places=places, policy=TIMED, wrap_up=WrapUp(NOON)), ev.WrapUpTimedOut(NOON))
    agent, effects = apply(agent, ev.GaveUp(NOON))
    assert (agent.state, agent.reason, effects) == (S.NOT_READY, "wrap_up", ())


def test_a_queue_paused_by_hand_stays_so_over_a_call() -> None:
    agent, _ = apply(READY, ev.PausedOutside(NOON, "sales", "audit"))
    assert agent.state is S.READY
    agent, _ = apply(agent, ev.Connected(NOON, TIMED))
    agent, _ = apply(obeyed(agent), ev.CallEnded(NOON))
    _, effects = apply(agent, ev.WrapUpTimedOut(NOON + timedelta(seconds=30)))
    assert effects == (ev.Unpause("support"),)


def test_where_the_switchs_people_manage_the_queues_they_are_followed() -> None:
    agent, effects = apply(Agent(), ev.AddedOutside(NOON, "sales", FREE))
    assert (agent.state, agent.by, effects) == (S.READY, "switch", ())
    agent, effects = apply(OUT, ev.AddedOutside(NOON, "sales", FREE))
    assert (agent.state, agent.reason) == (S.NOT_READY, "added_outside")
    assert [effect.queue for effect in effects] == ["sales"]


@pytest.mark.parametrize(
    ("last", "places", "state", "reason", "asks"),
    [
        (READY, {"sales": FREE}, S.READY, "", 0),
        (READY, {"sales": PAUSED}, S.NOT_READY, "meal", 0),
        (READY, {"sales": Place(paused=True, reason="wrap_up")}, S.NOT_READY, "restart", 0),
        (BREAK, {"sales": FREE, "support": PAUSED}, S.NOT_READY, "meal", 1),
        (BREAK, {"sales": PAUSED}, S.NOT_READY, "meal", 0),
        (OUT, {"sales": FREE}, S.NOT_READY, "restart", 1),
        (READY, {}, S.SIGNED_OUT, "", 0),
        (Agent(), {"sales": FREE}, S.READY, "", 0),
    ],
)
def test_after_a_restart(last: Agent, places: dict[str, Place], state: S, reason: str, asks: int) -> None:
    agent, effects = apply(but(last, places={}), ev.Rebuilt(NOON, places))
    assert (agent.state, agent.reason, len(effects)) == (state, reason, asks)


def test_a_reserved_agent_gets_no_other_call_and_is_released() -> None:
    agent, effects = apply(READY, ev.Reserve(NOON))
    assert (agent.state, len(effects)) == (S.RESERVED, 2)
    agent, effects = apply(obeyed(agent), ev.Release(NOON))
    assert effects == (ev.Unpause("sales"), ev.Unpause("support"))
    assert obeyed(agent).state is S.READY


def test_a_force_says_who_and_why() -> None:
    agent, _ = apply(READY, ev.Force(NOON, S.NOT_READY, "Lena", "new tariff", "training"))
    agent = obeyed(agent)
    assert (agent.state, agent.reason, agent.by, agent.why) == (S.NOT_READY, "training", "Lena", "new tariff")
    agent, _ = apply(but(agent, activity=S.TALKING), ev.Force(NOON, S.SIGNED_OUT, "Lena", "fire alarm"))
    assert agent.pending == Wish(S.SIGNED_OUT, "forced", "Lena", "fire alarm")


def test_a_report_from_before_the_request_is_passed_over() -> None:
    agent, _ = apply(READY, ev.AskNotReady(NOON, "meal"))
    assert heard(agent, "sales", FREE, NOON) is None
    agent, _ = apply(agent, ev.GaveUp(NOON))
    assert heard(agent, "sales", FREE, NOON) is None
    assert heard(agent, "sales", PAUSED, NOON) == ev.PausedOutside(NOON, "sales", "meal")

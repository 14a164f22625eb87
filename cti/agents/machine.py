"""The life of an agent's state. Every rule about which event may follow which, and what comes of it, is in this file.

Nobody is made ready who did not ask for it: whatever goes wrong (a call not answered, a lost phone, a correction in the
switch, a restart) ends in not ready, with its reason. In wrap-up, and as soon as a break is asked for in a call, the
queues are paused, so that no call comes in between.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec

from cti.agents import events as ev
from cti.agents import moves
from cti.agents.model import CALLS, NO_WRAP_UP, SWITCH, Agent, Place, S, Wish, WrapUp
from cti.agents.moves import Outcome

_replace = msgspec.structs.replace


def apply(agent: Agent, event: ev.AgentEvent) -> Outcome:
    """Return *agent* as it stands after *event*, and what to ask of the switch.

    A command that does not fit raises NotNow; anything else that does not fit changes nothing.
    """
    allowed, rule = TRANSITIONS[type(event)]
    if agent.state not in allowed:
        if isinstance(event, ev.AgentCommand):
            kind = ev.NoQueue if agent.state is S.SIGNED_OUT else ev.NotNow
            raise kind(_REFUSALS.get(type(event), f"not while {agent.state.value.replace('_', ' ')}"))
        return agent, ()
    after, effects = rule(agent, event)
    if effects:
        after = _replace(after, expected={**after.expected, **moves.expected(effects)})
    return (after if after.state is agent.state else _replace(after, since=event.at)), effects


# --- what people ask for ------------------------------------------------------------------------------------------


def _sign_in(agent: Agent, event: ev.SignIn) -> Outcome:
    wanted = event.queues or tuple(agent.assigned)
    if not agent.assigned:
        raise ev.NoQueue("no queue is assigned to you")
    if unknown := [queue for queue in wanted if queue not in agent.assigned]:
        raise ev.NotNow(f"not assigned to you: {', '.join(unknown)}")
    ready = agent.base is S.READY
    joins = tuple(
        ev.Join(queue, agent.assigned[queue], paused=not ready or agent.reserved)
        for queue in wanted
        if queue not in agent.places and agent.expected.get(queue) is None
    )
    if not joins:
        raise ev.NotNow("you are signed in")
    return (agent, joins) if ready else moves.send(agent, Wish(S.NOT_READY, agent.reason or "signed_in"), joins)


def _sign_out(agent: Agent, event: ev.SignOut) -> Outcome:
    return _want(agent, Wish(S.SIGNED_OUT))


def _ask_ready(agent: Agent, event: ev.AskReady) -> Outcome:
    return _want(agent, Wish(S.READY))


def _ask_not_ready(agent: Agent, event: ev.AskNotReady) -> Outcome:
    return _want(agent, Wish(S.NOT_READY, event.reason))


def _force(agent: Agent, event: ev.Force) -> Outcome:
    return _want(agent, Wish(event.target, event.reason or "forced", event.by, event.why))


def _want(agent: Agent, wish: Wish) -> Outcome:
    """Bring about what somebody asked for: now, or after the call and its wrap-up."""
    if wish.target is not S.SIGNED_OUT and not agent.places:
        raise ev.NoQueue("the phone is in no queue")
    if wish.target is S.READY:
        wish = _replace(wish, reason="")
        if not agent.reachable:
            raise ev.NotNow("the phone cannot be reached")
        if not agent.is_occupied:
            return moves.go(_replace(agent, held_back=frozenset()), wish)
        if agent.base is not S.READY:
            return _replace(agent, pending=wish), ()
        if moves.is_ending(agent):
            return agent, ()
        must_stay = agent.policy.follows or agent.wants_wrap_up or agent.wrap_up is not None
        return _replace(agent, pending=None), () if must_stay else moves.unpauses(agent)
    if not agent.is_occupied or moves.is_ending(agent):
        return moves.go(agent, wish)
    return _replace(agent, pending=wish), moves.pauses(agent, wish.reason or "pending")


def _ask_wrap_up(agent: Agent, event: ev.AskWrapUp) -> Outcome:
    if agent.policy.mode != "optional":
        raise ev.NotNow("the calls of this queue have no wrap-up to ask for")
    if agent.activity is None:
        return _replace(agent, wrap_up=WrapUp(), reserved=False), moves.pauses(agent, "wrap_up")
    return _replace(agent, wants_wrap_up=True), moves.pauses(agent, "wrap_up")


def _finish(agent: Agent, event: ev.FinishWrapUp) -> Outcome:
    if agent.wrap_up is None:
        raise ev.NotNow(_REFUSALS[ev.FinishWrapUp])
    return moves.over(agent, Wish(S.READY) if event.ready else Wish(S.NOT_READY, event.reason))


def _extend(agent: Agent, event: ev.ExtendWrapUp) -> Outcome:
    if agent.wrap_up is None or not agent.can_extend or agent.wrap_up.until is None:
        raise ev.NotNow("this wrap-up cannot be made longer")
    until = agent.wrap_up.until + timedelta(seconds=agent.policy.extension_seconds)
    return _replace(agent, wrap_up=WrapUp(until, extended=True)), ()


def _reserve(agent: Agent, event: ev.Reserve) -> Outcome:
    return _replace(agent, reserved=True), moves.pauses(agent, "reserved")


def _release(agent: Agent, event: ev.Release) -> Outcome:
    return moves.back_to_ready(_replace(agent, reserved=False))


# --- what happens at the phone ------------------------------------------------------------------------------------


def _rung(agent: Agent, event: ev.Rung) -> Outcome:
    policy = NO_WRAP_UP if agent.wrap_up is None else agent.policy  # an earlier call is still being wrapped up
    return _replace(agent, activity=S.RINGING, talked=False, policy=policy, wants_wrap_up=False), ()


def _connected(agent: Agent, event: ev.Connected) -> Outcome:
    is_first = agent.wrap_up is None and (not agent.talked or agent.policy.mode == "none")
    policy = event.policy if is_first else agent.policy
    agent = _replace(agent, activity=S.TALKING, talked=True, policy=policy)
    return agent, moves.pauses(agent, "wrap_up") if policy.follows else ()


def _not_answered(agent: Agent, event: ev.NotAnswered) -> Outcome:
    agent = _idle(agent)
    if agent.wrap_up is not None:
        return agent, ()
    return moves.demote(agent, event.cause) if agent.pending is None else moves.over(agent, None)


def _call_ended(agent: Agent, event: ev.CallEnded) -> Outcome:
    policy, before = agent.policy, agent
    agent = _idle(agent)
    if agent.wrap_up is not None:  # this call came while an earlier one was being wrapped up
        return agent, ()
    if before.talked and (policy.follows or (policy.mode == "optional" and before.wants_wrap_up)):
        until = event.at + timedelta(seconds=policy.seconds) if policy.ends_by_itself else None
        return _replace(agent, wrap_up=WrapUp(until)), moves.pauses(agent, "wrap_up")
    return moves.over(agent, None)


def _idle(agent: Agent) -> Agent:
    return _replace(agent, activity=None, talked=False, wants_wrap_up=False, reserved=False)


def _phone_lost(agent: Agent, event: ev.PhoneLost) -> Outcome:
    stays = agent.pending if agent.pending is None or agent.pending.target is not S.READY else None
    return moves.demote(_replace(agent, reachable=False, pending=stays), "phone_lost")


def _phone_back(agent: Agent, event: ev.PhoneBack) -> Outcome:
    return _replace(agent, reachable=True), ()


def _to(activity: S) -> "Callable[[Agent, ev.AgentEvent], Outcome]":
    return lambda agent, event: (_replace(agent, activity=activity, talked=True), ())


def _wrap_up_timed_out(agent: Agent, event: ev.WrapUpTimedOut) -> Outcome:
    if agent.wrap_up is None or agent.wrap_up.until is None or event.at < agent.wrap_up.until:
        return agent, ()
    return moves.over(agent, None)


# --- what the switch reports --------------------------------------------------------------------------------------


def _obeyed(agent: Agent, event: ev.Obeyed) -> Outcome:
    expected = {queue: place for queue, place in agent.expected.items() if queue != event.queue}
    agent = moves.place(_replace(agent, expected=expected), event.queue, event.place)
    if agent.asked is not None and moves.is_true(agent, agent.asked):
        return _arrived(moves.arrive(agent, agent.asked))
    return (agent if agent.expected else moves.settled(agent)), ()


def _arrived(agent: Agent) -> Outcome:
    """What was asked for meanwhile comes true at once where nothing is there to wait for."""
    return (agent, ()) if agent.is_occupied or agent.pending is None else moves.over(agent, None)


def _added(agent: Agent, event: ev.AddedOutside) -> Outcome:
    agent = moves.place(agent, event.queue, event.place)
    if event.place.paused:
        if agent.base is S.SIGNED_OUT:
            agent = moves.outside(agent, S.NOT_READY, event.place.reason or "added_outside")
        return agent, ()
    return _unpaused_by_others(agent, event.queue, "added_outside")


def _unpaused(agent: Agent, event: ev.UnpausedOutside) -> Outcome:
    agent = moves.place(agent, event.queue, Place(paused=False))
    agent = _replace(agent, held_back=agent.held_back - {event.queue})
    return _unpaused_by_others(agent, event.queue, agent.reason)


def _unpaused_by_others(agent: Agent, queue: str, reason: str) -> Outcome:
    """The switch would give calls of *queue*. Who is not ready stays so, where this service manages the queues."""
    must_pause = agent.wrap_up is not None or agent.reserved or agent.pending is not None or agent.asked is not None
    if agent.base is S.READY and not must_pause:
        return agent, ()
    if agent.is_managed or must_pause or not agent.reachable:
        if agent.base is S.SIGNED_OUT:
            agent = moves.outside(agent, S.NOT_READY, reason)
        return agent, (ev.Pause(queue, agent.reason),)
    return moves.outside(agent, S.READY, ""), ()


def _paused(agent: Agent, event: ev.PausedOutside) -> Outcome:
    agent = moves.place(agent, event.queue, Place(paused=True, reason=event.reason))
    if agent.base is not S.READY:
        if event.reason and agent.base is S.NOT_READY and agent.asked is None:
            agent = moves.outside(agent, S.NOT_READY, event.reason)
        return agent, ()
    agent = _replace(agent, held_back=agent.held_back | {event.queue})
    return (agent if agent.expected else moves.settled(agent)), ()


def _removed(agent: Agent, event: ev.RemovedOutside) -> Outcome:
    agent = moves.place(agent, event.queue, None)
    expected = {queue: place for queue, place in agent.expected.items() if queue != event.queue}
    agent = _replace(agent, held_back=agent.held_back - {event.queue}, expected=expected)
    if agent.asked is not None and moves.is_true(agent, agent.asked):
        return _arrived(moves.arrive(agent, agent.asked))
    return (agent if agent.expected else moves.settled(agent)), ()


def _gave_up(agent: Agent, event: ev.GaveUp) -> Outcome:
    """Believe what was reported last. A wrap-up that could not be ended in ready ends in not ready."""
    was_ending = moves.is_ending(agent)
    agent = _replace(agent, expected={}, asked=None)
    if was_ending:
        agent = _replace(agent, wrap_up=None, base=S.NOT_READY, reason="wrap_up", by="", why="")
        if agent.pending is not None:
            return moves.over(agent, None)
    return moves.settled(agent), ()


def _compared(agent: Agent, event: ev.Compared) -> Outcome:
    """Ask again for the pauses that the switch should have and has not."""
    must_pause = agent.wrap_up is not None or agent.reserved or agent.pending is not None
    if agent.expected or not (must_pause or (agent.is_managed and agent.base is S.NOT_READY)):
        return agent, ()
    return agent, moves.pauses(agent, agent.reason)


def _rebuilt(agent: Agent, event: ev.Rebuilt) -> Outcome:
    """Go on as the agent last was, as far as the switch agrees."""
    was_ready, reason = agent.base is S.READY, agent.reason if agent.base is S.NOT_READY else ""
    agent = _replace(
        agent, places=dict(event.places), expected={}, asked=None, pending=None, wrap_up=None, reserved=False
    )
    if not event.places:
        return _replace(agent, base=S.SIGNED_OUT, reason="", by="", why=""), ()
    if all(place.paused for place in event.places.values()):
        if was_ready or not reason:
            found = next((place.reason for place in event.places.values() if place.reason), "")
            own = found in ("", "wrap_up", "reserved", "pending")
            agent = _replace(agent, reason="restart" if own else found, by="" if own else SWITCH, why="")
        return _replace(agent, base=S.NOT_READY), ()
    if was_ready:
        held = frozenset(queue for queue, place in event.places.items() if place.paused)
        return _replace(agent, held_back=held), ()
    if not agent.is_managed:
        return moves.outside(agent, S.READY, ""), ()
    agent = _replace(agent, base=S.NOT_READY, reason=reason or "restart")
    return agent, moves.pauses(agent, agent.reason)


def _assigned(agent: Agent, event: ev.Assigned) -> Outcome:
    """Leave the queues that are no longer assigned, where there still are others; join none unasked."""
    gone = [queue for queue in agent.places if queue in agent.assigned and queue not in event.queues]
    return _replace(agent, assigned=dict(event.queues)), tuple(ev.Leave(queue) for queue in gone)


ANY = frozenset(S)

# event -> (the states in which it is taken, what comes of it)
TRANSITIONS: dict[type[ev.AgentEvent], tuple[frozenset[S], Callable[[Agent, Any], Outcome]]] = {
    ev.SignIn: (ANY - CALLS - {S.WRAP_UP}, _sign_in),
    ev.SignOut: (ANY - {S.SIGNED_OUT}, _sign_out),
    ev.AskReady: (ANY - {S.SIGNED_OUT}, _ask_ready),
    ev.AskNotReady: (ANY - {S.SIGNED_OUT}, _ask_not_ready),
    ev.AskWrapUp: (frozenset({S.TALKING, S.HELD, S.READY}), _ask_wrap_up),
    ev.FinishWrapUp: (frozenset({S.WRAP_UP, S.PHONE_LOST}), _finish),
    ev.ExtendWrapUp: (frozenset({S.WRAP_UP}), _extend),
    ev.Force: (ANY - {S.SIGNED_OUT}, _force),
    ev.Reserve: (frozenset({S.READY}), _reserve),
    ev.Release: (frozenset({S.RESERVED}), _release),
    ev.Rung: (ANY - CALLS, _rung),
    ev.NotAnswered: (frozenset({S.RINGING}), _not_answered),
    ev.Connected: (ANY, _connected),
    ev.Held: (ANY - {S.HELD}, _to(S.HELD)),
    ev.Retrieved: (frozenset({S.HELD}), _to(S.TALKING)),
    ev.CallEnded: (CALLS, _call_ended),
    ev.PhoneLost: (ANY, _phone_lost),
    ev.PhoneBack: (ANY, _phone_back),
    ev.Obeyed: (ANY, _obeyed),
    ev.AddedOutside: (ANY, _added),
    ev.RemovedOutside: (ANY, _removed),
    ev.PausedOutside: (ANY, _paused),
    ev.UnpausedOutside: (ANY, _unpaused),
    ev.GaveUp: (ANY, _gave_up),
    ev.Compared: (ANY, _compared),
    ev.Rebuilt: (ANY, _rebuilt),
    ev.Assigned: (ANY, _assigned),
    ev.WrapUpTimedOut: (ANY, _wrap_up_timed_out),
}

_REFUSALS: dict[type[ev.AgentEvent], str] = {
    ev.FinishWrapUp: "there is no wrap-up to end",
    ev.ExtendWrapUp: "there is no wrap-up to make longer",
    ev.SignOut: "you are signed out",
    ev.AskReady: "the phone is in no queue",
    ev.AskNotReady: "the phone is in no queue",
    ev.Force: "they are signed out",
    ev.AskWrapUp: "there was no call to wrap up",
}

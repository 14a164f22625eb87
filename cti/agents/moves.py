"""The steps of which the rules in machine.py are made: asking the switch for a state, arriving in it, falling back."""

from collections.abc import Iterable, Mapping

import msgspec

from cti.agents import events as ev
from cti.agents.model import SWITCH, Agent, Place, S, Wish

Effects = tuple[ev.Effect, ...]
Outcome = tuple[Agent, Effects]

_replace = msgspec.structs.replace


def go(agent: Agent, wish: Wish) -> Outcome:
    """Ask the switch for what *wish* needs; it comes true when the switch reports it."""
    match wish.target:
        case S.SIGNED_OUT:
            effects: Effects = tuple(ev.Leave(queue) for queue, _ in _soon(agent))
        case S.NOT_READY:
            effects = pauses(agent, wish.reason)
        case _:
            effects = unpauses(agent)
    return send(agent, wish, effects)


def send(agent: Agent, wish: Wish, effects: Effects) -> Outcome:
    if not effects and not agent.expected:
        return arrive(agent, wish), ()
    return _replace(agent, asked=wish), effects


def arrive(agent: Agent, wish: Wish) -> Agent:
    agent = _replace(agent, base=wish.target, reason=wish.reason, by=wish.by, why=wish.why, asked=None)
    return _replace(agent, wrap_up=None, reserved=False)


def demote(agent: Agent, reason: str) -> Outcome:
    """Make not ready at once who was ready, without being asked."""
    if agent.base is not S.READY and (agent.asked is None or agent.asked.target is not S.READY):
        return agent, ()
    agent = _replace(agent, base=S.NOT_READY, reason=reason, by="", why="", asked=None, reserved=False)
    return agent, pauses(agent, reason)


def pauses(agent: Agent, reason: str) -> Effects:
    """Pause in every queue where the switch has the agent, or soon will have, taking calls."""
    return tuple(ev.Pause(queue, reason) for queue, place in _soon(agent) if not place.paused)


def unpauses(agent: Agent) -> Effects:
    return tuple(ev.Unpause(queue) for queue, place in _soon(agent) if place.paused and queue not in agent.held_back)


def _soon(agent: Agent) -> Iterable[tuple[str, Place]]:
    there = {**agent.places, **agent.expected}
    return [(queue, place) for queue, place in there.items() if place is not None]


def place(agent: Agent, queue: str, place: Place | None) -> Agent:
    places = {name: known for name, known in agent.places.items() if name != queue}
    if place is not None:
        places[queue] = place
    return _replace(agent, places=places)


def expected(effects: Effects) -> Mapping[str, Place | None]:
    found: dict[str, Place | None] = {}
    for effect in effects:
        match effect:
            case ev.Join(paused=paused):
                found[effect.queue] = Place(paused)
            case ev.Leave():
                found[effect.queue] = None
            case ev.Pause(reason=reason):
                found[effect.queue] = Place(paused=True, reason=reason)
            case ev.Unpause():
                found[effect.queue] = Place(paused=False)
    return found


def over(agent: Agent, finish: Wish | None) -> Outcome:
    """The call and its wrap-up are over: what was asked for meanwhile comes true, else *finish*, else as before."""
    wish = agent.pending or finish
    agent = _replace(agent, pending=None)
    if not agent.places:
        return _replace(agent, base=S.SIGNED_OUT, reason="", wrap_up=None), ()
    if wish is None:
        return back_to_ready(agent) if agent.base is S.READY else (_replace(agent, wrap_up=None), ())
    if wish.target is S.READY:
        agent = _replace(agent, held_back=frozenset())
        if not agent.reachable:
            wish = Wish(S.NOT_READY, "phone_lost")
    return go(agent, wish)


def back_to_ready(agent: Agent) -> Outcome:
    """Take calls again as before, but for the queues in which somebody paused the agent meanwhile."""
    if agent.places.keys() <= agent.held_back:
        reason = next(iter(agent.places.values())).reason
        return _replace(outside(agent, S.NOT_READY, reason), wrap_up=None, held_back=frozenset()), ()
    return go(agent, Wish(S.READY, "", agent.by, agent.why))


def settled(agent: Agent) -> Agent:
    """Return the agent with the base that fits where the switch has them, now that nothing is under way."""
    agent = _replace(agent, asked=None, wrap_up=None if is_ending(agent) else agent.wrap_up)
    if not agent.places:
        if agent.base is not S.SIGNED_OUT:
            agent = outside(agent, S.SIGNED_OUT, "")
        return _replace(agent, pending=None, reserved=False, wrap_up=None)
    if agent.base is S.SIGNED_OUT:
        return outside(agent, S.NOT_READY, "added_outside")
    paused = all(place.paused for place in agent.places.values())
    if agent.base is S.READY and paused and not (agent.is_occupied or agent.reserved):
        found = next(iter(agent.places.values())).reason
        return _replace(outside(agent, S.NOT_READY, found), held_back=frozenset())
    return agent


def outside(agent: Agent, base: S, reason: str) -> Agent:
    return _replace(agent, base=base, reason=reason, by=SWITCH, why="")


def is_ending(agent: Agent) -> bool:
    """Whether the wrap-up is over but for the switch, which has not reported it yet."""
    return agent.activity is None and agent.wrap_up is not None and agent.asked is not None


def is_true(agent: Agent, wish: Wish) -> bool:
    if agent.expected:
        return False
    match wish.target:
        case S.SIGNED_OUT:
            return not agent.places
        case S.NOT_READY:
            return bool(agent.places) and all(place.paused for place in agent.places.values())
        case _:
            return any(not place.paused for place in agent.places.values())

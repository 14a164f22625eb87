"""Who may do what: one function, asked at every HTTP call, every command of a screen and every delivery to one."""

from collections.abc import Callable
from enum import Enum

import msgspec

from cti.assist.dialling import DialRule
from cti.calls.facts import Device
from cti.ports import User, UserRole


class Action(Enum):
    SEE_ACCOUNT = "see_account"
    CHANGE_PASSWORD = "change_password"
    LOG_OUT = "log_out"
    OPEN_SCREEN = "open_screen"
    SEE_CALL = "see_call"  # one's card, number and state: asked at every delivery
    ACT_ON_CALL = "act_on_call"
    DIAL = "dial"  # by one's own phone, by whatever way it gets to the switch
    SEE_AGENT_STATE = "see_agent_state"
    SET_AGENT_STATE = "set_agent_state"
    USE_PHONE = "use_phone"  # as the page that rings and talks
    SEE_TEAM = "see_team"
    FORCE_AGENT_STATE = "force_agent_state"
    SEE_OWN_WORK = "see_own_work"  # one's figures, calls, notes and sessions
    TAKE_PHONE = "take_phone"  # sit down at another one
    SEE_AUDIT = "see_audit"
    SEE_TICKET = "see_ticket"
    WORK_ON_TICKET = "work_on_ticket"  # take it, solve it, say something
    JUDGE_TICKET = "judge_ticket"  # close it, open it again, give it to somebody, weigh it
    SEE_LINK = "see_link"
    FILL_FORM = "fill_form"  # about whoever is in one's call, or a customer whom one may see
    SEE_CUSTOMER = "see_customer"  # and change: whoever serves them
    MANAGE_PEOPLE = "manage_people"
    SEE_OPERATIONS = "see_operations"


class Actor(msgspec.Struct, frozen=True, gc=False):
    """Somebody who is logged in."""

    user: str  # the name to log in with
    role: UserRole
    device: Device
    must_change: bool = False


def actor_of(user: User) -> Actor:
    return Actor(user.name, user.role, Device(user.device), user.must_change)


class Phone(msgspec.Struct, frozen=True, gc=False):
    """Whose call, state or card it is: that of whoever has the phone."""

    device: Device


class Colleague(msgspec.Struct, frozen=True, gc=False):
    """Somebody whose state is seen or changed, with both teams: "" is none, and nobody's."""

    user: str
    role: UserRole
    team: str
    team_of_actor: str


class Case(msgspec.Struct, frozen=True, gc=False):
    """A ticket: whose it is, and the teams of it and of who asks; "" is none."""

    made_by: str
    owner: str
    team: str
    team_of_actor: str


class Dialled(msgspec.Struct, frozen=True, gc=False):
    """A number to be called from a phone, or for a call to go on to, and what the centre lets be dialled."""

    device: Device
    number: str
    rule: DialRule


Object = Phone | Colleague | Case | Dialled | None
Rule = Callable[[Actor, Object], bool]


def _anybody(actor: Actor, obj: Object) -> bool:
    return True


def _own(actor: Actor, obj: Object) -> bool:
    return isinstance(obj, Phone) and obj.device != "" and obj.device == actor.device


def _dials(actor: Actor, obj: Object) -> bool:
    """Whether *actor* may have the number called from their own phone."""
    return (
        isinstance(obj, Dialled)
        and obj.device != ""
        and obj.device == actor.device
        and obj.rule.refusal(obj.number, actor.role) is None
    )


def _leads(actor: Actor, obj: Object) -> bool:
    """Whether *actor* leads the team in which *obj* takes calls."""
    return (
        actor.role in ("lead", "supervisor")
        and isinstance(obj, Colleague)
        and obj.user != actor.user
        and obj.role in ("agent", "lead")
        and obj.team != ""
        and obj.team == obj.team_of_actor
    )


def _in_case(actor: Actor, obj: Object) -> bool:
    """Whether the ticket concerns *actor*: their own, or one of their team."""
    return isinstance(obj, Case) and (
        actor.role in ("supervisor", "inspector")
        or actor.user in (obj.made_by, obj.owner)
        or (obj.team != "" and obj.team == obj.team_of_actor)
    )


def _works_on(actor: Actor, obj: Object) -> bool:
    return actor.role in ("agent", "lead", "supervisor") and _in_case(actor, obj)


def _judges(actor: Actor, obj: Object) -> bool:
    """Whether *actor* is the lead of the ticket's team, or a supervisor."""
    if not isinstance(obj, Case):
        return False
    return actor.role == "supervisor" or (actor.role == "lead" and obj.team != "" and obj.team == obj.team_of_actor)


def _with_role(*roles: UserRole) -> Rule:
    return lambda actor, obj: actor.role in roles


RULES: dict[Action, Rule] = {
    Action.SEE_ACCOUNT: _anybody,
    Action.CHANGE_PASSWORD: _anybody,
    Action.LOG_OUT: _anybody,
    Action.OPEN_SCREEN: _anybody,
    Action.SEE_LINK: _anybody,
    Action.SEE_CALL: _own,
    Action.ACT_ON_CALL: _own,
    Action.DIAL: _dials,
    Action.SEE_AGENT_STATE: _own,
    Action.SET_AGENT_STATE: _own,
    Action.USE_PHONE: _own,
    Action.SEE_TEAM: _with_role("lead", "supervisor"),
    Action.FORCE_AGENT_STATE: _leads,
    Action.SEE_OWN_WORK: _anybody,
    Action.TAKE_PHONE: _with_role("agent", "lead", "supervisor"),
    Action.SEE_AUDIT: _with_role("admin"),
    Action.SEE_TICKET: _in_case,
    Action.WORK_ON_TICKET: _works_on,
    Action.JUDGE_TICKET: _judges,
    Action.FILL_FORM: _with_role("agent", "lead", "supervisor"),
    Action.SEE_CUSTOMER: _with_role("agent", "lead", "supervisor"),
    Action.MANAGE_PEOPLE: _with_role("admin"),
    Action.SEE_OPERATIONS: _with_role("admin"),
}

_BEFORE_OWN_PASSWORD = frozenset({Action.SEE_ACCOUNT, Action.CHANGE_PASSWORD, Action.LOG_OUT})


def can(actor: Actor | None, action: Action, obj: Object = None) -> bool:
    """Whether *actor* may do *action* to *obj*. What no rule allows is not allowed."""
    if actor is None or (actor.must_change and action not in _BEFORE_OWN_PASSWORD):
        return False
    rule = RULES.get(action)
    return rule is not None and rule(actor, obj)

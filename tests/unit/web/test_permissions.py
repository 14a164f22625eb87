"""Every cell of role x action x whose."""

import itertools
from typing import get_args

import pytest

from cti.assist.dialling import DialRule
from cti.calls.facts import Device
from cti.ports import UserRole
from cti.web.permissions import RULES, Action, Actor, Colleague, Dialled, Object, Phone, can

OWN, OTHER = Phone(Device("PJSIP/1001")), Phone(Device("PJSIP/1002"))
NONE = Phone(Device(""))

MATE = Colleague("y", "agent", "blue", "blue")

EVERYBODY = {
    Action.SEE_ACCOUNT,
    Action.CHANGE_PASSWORD,
    Action.LOG_OUT,
    Action.OPEN_SCREEN,
    Action.SEE_LINK,
    Action.SEE_OWN_WORK,
}
LEADS = {Action.SEE_TEAM}
AT_PHONES = {Action.TAKE_PHONE, Action.FILL_FORM, Action.SEE_CUSTOMER}
OWN_PHONE = {Action.USE_PHONE, Action.SEE_CALL, Action.ACT_ON_CALL, Action.SEE_AGENT_STATE, Action.SET_AGENT_STATE}
ADMINISTRATOR = {Action.MANAGE_PEOPLE, Action.SEE_OPERATIONS, Action.SEE_AUDIT}


def allowed(role: UserRole, action: Action, whose: Object) -> bool:
    """The table, written out a second time."""
    if action in EVERYBODY:
        return True
    if action in OWN_PHONE:
        return whose == OWN
    if action is Action.FORCE_AGENT_STATE:
        return role in ("lead", "supervisor") and whose == MATE
    if action in LEADS:
        return role in ("lead", "supervisor")
    if action in AT_PHONES:
        return role in ("agent", "lead", "supervisor")
    return role == "admin" and action in ADMINISTRATOR


@pytest.mark.parametrize("role", get_args(UserRole))
def test_the_matrix(role: UserRole) -> None:
    actor = Actor("x", role, OWN.device)
    for action, whose in itertools.product(Action, (None, OWN, OTHER, NONE, MATE)):
        assert can(actor, action, whose) is allowed(role, action, whose), (role, action, whose)


@pytest.mark.parametrize("role", get_args(UserRole))
def test_a_password_of_ones_own_comes_first(role: UserRole) -> None:
    actor = Actor("x", role, OWN.device, must_change=True)
    may = {action for action, whose in itertools.product(Action, (None, OWN)) if can(actor, action, whose)}
    assert may == {Action.SEE_ACCOUNT, Action.CHANGE_PASSWORD, Action.LOG_OUT}


@pytest.mark.parametrize(
    "whom",
    [
        Colleague("y", "agent", "red", "blue"),
        Colleague("y", "agent", "", ""),
        Colleague("y", "supervisor", "blue", "blue"),
        Colleague("y", "admin", "blue", "blue"),
        Colleague("x", "lead", "blue", "blue"),
    ],
)
@pytest.mark.parametrize("role", ["lead", "supervisor"])
def test_a_lead_leads_those_who_take_calls_in_the_own_team(role: UserRole, whom: Colleague) -> None:
    assert not can(Actor("x", role, OWN.device), Action.FORCE_AGENT_STATE, whom)


@pytest.mark.parametrize("role", get_args(UserRole))
def test_numbers_are_dialled_from_ones_own_phone_and_as_the_rule_has_it(role: UserRole) -> None:
    rule, actor = DialRule(region="CN"), Actor("x", role, OWN.device)
    calls_outside = role in ("agent", "lead", "supervisor")
    assert can(actor, Action.DIAL, Dialled(OWN.device, "1002", rule))
    assert can(actor, Action.DIAL, Dialled(OWN.device, "13800138000", rule)) is calls_outside
    assert not can(actor, Action.DIAL, Dialled(OTHER.device, "1002", rule))
    assert not can(actor, Action.DIAL, Dialled(OWN.device, "+19005551234", rule))
    assert not can(Actor("x", role, Device("")), Action.DIAL, Dialled(Device(""), "1002", rule))


def test_nobody_may_nothing() -> None:
    assert not any(can(None, action, whose) for action, whose in itertools.product(Action, (None, OWN)))


def test_who_has_no_phone_owns_no_call() -> None:
    actor = Actor("x", "agent", Device(""))
    assert not any(can(actor, action, NONE) for action in OWN_PHONE)


def test_an_action_without_a_rule_is_not_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert set(RULES) == set(Action)
    monkeypatch.delitem(RULES, Action.SEE_LINK)
    assert not can(Actor("x", "admin", OWN.device), Action.SEE_LINK)

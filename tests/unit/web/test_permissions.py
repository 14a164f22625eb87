"""Every cell of role x action x whose."""

import itertools
from typing import get_args

import pytest

from cti.calls.facts import Device
from cti.ports import UserRole
from cti.web.permissions import RULES, Action, Actor, Phone, can

OWN, OTHER = Phone(Device("PJSIP/1001")), Phone(Device("PJSIP/1002"))
NONE = Phone(Device(""))

EVERYBODY = {Action.SEE_ACCOUNT, Action.CHANGE_PASSWORD, Action.LOG_OUT, Action.OPEN_SCREEN, Action.SEE_LINK}
OWN_PHONE = {Action.SEE_CALL, Action.ACT_ON_CALL, Action.SEE_AGENT_STATE, Action.SET_AGENT_STATE}
ADMINISTRATOR = {Action.MANAGE_PEOPLE, Action.SEE_OPERATIONS}


def allowed(role: UserRole, action: Action, whose: Phone | None) -> bool:
    """The table, written out a second time."""
    if action in EVERYBODY:
        return True
    if action in OWN_PHONE:
        return whose == OWN
    return role == "admin" and action in ADMINISTRATOR


@pytest.mark.parametrize("role", get_args(UserRole))
def test_the_matrix(role: UserRole) -> None:
    actor = Actor("x", role, OWN.device)
    for action, whose in itertools.product(Action, (None, OWN, OTHER, NONE)):
        assert can(actor, action, whose) is allowed(role, action, whose), (role, action, whose)


@pytest.mark.parametrize("role", get_args(UserRole))
def test_a_password_of_ones_own_comes_first(role: UserRole) -> None:
    actor = Actor("x", role, OWN.device, must_change=True)
    may = {action for action, whose in itertools.product(Action, (None, OWN)) if can(actor, action, whose)}
    assert may == {Action.SEE_ACCOUNT, Action.CHANGE_PASSWORD, Action.LOG_OUT}


def test_nobody_may_nothing() -> None:
    assert not any(can(None, action, whose) for action, whose in itertools.product(Action, (None, OWN)))


def test_who_has_no_phone_owns_no_call() -> None:
    actor = Actor("x", "agent", Device(""))
    assert not any(can(actor, action, NONE) for action in OWN_PHONE)


def test_an_action_without_a_rule_is_not_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert set(RULES) == set(Action)
    monkeypatch.delitem(RULES, Action.SEE_LINK)
    assert not can(Actor("x", "admin", OWN.device), Action.SEE_LINK)

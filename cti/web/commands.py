"""Carries out what a screen asks: may this person do it, then the service, then `done` or a refusal."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from cti.calls.facts import Device
from cti.calls.model import CallId
from cti.ports import OutcomeUnknown, SwitchError, SwitchUnreachable
from cti.services.assist import (
    AlreadyRegistered,
    AssistService,
    NoNumber,
    NotYourCall,
    StoreFailed,
    UnknownCustomer,
)
from cti.services.clock import ServiceClock
from cti.services.pops import UnknownPop
from cti.web import messages as m
from cti.web.permissions import Action, Phone, can
from cti.web.screens import Screen, ScreenHub

MOST_UNDER_WAY = 8  # commands of one screen that wait for the switch or the database

_REFUSALS: dict[type[Exception], tuple[m.RefusalCode, str]] = {
    NotYourCall: ("not_your_call", "this call never reached your phone"),
    UnknownCustomer: ("unknown_customer", "nobody of that id has the number of this call"),
    NoNumber: ("no_number", "the call has no number to register"),
    AlreadyRegistered: ("already_registered", "a customer was registered from this call already"),
    StoreFailed: ("storage_failed", "the customer was not stored; try again"),
    UnknownPop: ("unknown_pop", "no such pop was sent to you lately"),
}

_ACTIONS: dict[type[m.Command], Action] = {
    m.SetAgentState: Action.SET_AGENT_STATE,
    m.PopPainted: Action.SEE_CALL,
    m.ChooseCustomer: Action.ACT_ON_CALL,
    m.RegisterCustomer: Action.ACT_ON_CALL,
    m.SyncClock: Action.SEE_LINK,
}


class Commands:
    """Commands of all screens. What takes time runs in tasks, so that a screen's next message is read meanwhile."""

    def __init__(self, hub: ScreenHub, assist: AssistService, clock: ServiceClock) -> None:
        self._hub = hub
        self._assist = assist
        self._clock = clock
        self._under_way: dict[Screen, set[asyncio.Task[None]]] = {}

    def run(self, screen: Screen, command: m.ScreenCommand) -> None:
        """Carry out *command*, now or in a task; the screen gets the answer."""
        device = screen.actor.device
        action = _ACTIONS.get(type(command))
        needs_phone = action is not Action.SEE_LINK
        if needs_phone and not device:
            self._refuse(screen, command.id, "no_device", "you have no phone")
            return
        if action is None or not can(screen.actor, action, Phone(device) if needs_phone else None):
            self._refuse(screen, command.id, "not_allowed", "you may not do that")
            return
        match command:
            case m.SyncClock():
                self._done(screen, command.id)
            case m.PopPainted(pop=pop, received=received, painted=painted):
                try:
                    self._assist.painted(device, pop, received=received, painted=painted)
                except UnknownPop as error:
                    self._refuse(screen, command.id, *_REFUSALS[type(error)])
            case m.ChooseCustomer(call=call, customer=customer):
                self._choose(screen, command.id, device, CallId(call), customer)
            case m.RegisterCustomer():
                self._start(screen, command.id, self._register(device, command))
            case m.SetAgentState(state=state, reason=reason):
                self._start(
                    screen, command.id, self._assist.set_ready(device, ready=state == "ready", reason=_one_line(reason))
                )

    async def close(self) -> None:
        tasks = [task for tasks in self._under_way.values() for task in tasks]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _choose(self, screen: Screen, id: int, device: Device, call: CallId, customer: int) -> None:
        try:
            self._assist.choose(device, call, customer)
        except (NotYourCall, UnknownCustomer) as error:
            self._refuse(screen, id, *_REFUSALS[type(error)])
        else:
            self._done(screen, id)

    async def _register(self, device: Device, command: m.RegisterCustomer) -> None:
        await self._assist.register(
            device,
            CallId(command.call),
            name=_one_line(command.name),
            company=_one_line(command.company),
            note=command.note.strip(),
            tags=tuple(dict.fromkeys(_one_line(tag) for tag in command.tags)),
        )

    def _start(self, screen: Screen, id: int, work: Coroutine[Any, Any, object]) -> None:
        tasks = self._under_way.setdefault(screen, set())
        if len(tasks) >= MOST_UNDER_WAY:
            work.close()
            self._refuse(screen, id, "too_many", "wait for what you asked before")
            return
        task = asyncio.get_running_loop().create_task(self._answer(screen, id, work), name=f"command:{screen.session}")
        tasks.add(task)
        task.add_done_callback(lambda done: self._ended(screen, done))

    def _ended(self, screen: Screen, task: asyncio.Task[None]) -> None:
        tasks = self._under_way.get(screen)
        if tasks is not None:
            tasks.discard(task)
            if not tasks:
                del self._under_way[screen]

    async def _answer(self, screen: Screen, id: int, work: Coroutine[Any, Any, object]) -> None:
        try:
            await work
        except (NotYourCall, NoNumber, AlreadyRegistered, StoreFailed) as error:
            self._refuse(screen, id, *_REFUSALS[type(error)])
        except SwitchUnreachable as error:
            self._refuse(screen, id, "link_down", str(error))
        except OutcomeUnknown as error:
            self._refuse(screen, id, "outcome_unknown", str(error))
        except SwitchError as error:
            self._refuse(screen, id, "switch_refused", str(error))
        else:
            self._done(screen, id)

    def _done(self, screen: Screen, id: int) -> None:
        self._hub.reply(screen, m.DoneMessage(id=id, now=self._clock.now()))

    def _refuse(self, screen: Screen, id: int, code: m.RefusalCode, text: str) -> None:
        self._hub.reply(screen, m.RefusalMessage(id=id, code=code, text=text))


def _one_line(text: str) -> str:
    """Return *text* without line ends and other control characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())

"""Carries out what a screen asks: may this person do it, then the service, then `done` or a refusal."""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from typing import Any

from cti.agents import events as ev
from cti.agents.model import S
from cti.calls.facts import Device
from cti.calls.model import CallId
from cti.forms import About
from cti.ports import OutcomeUnknown, StorageDown, SwitchError, SwitchUnreachable
from cti.services.aftercall import AfterCall, OutcomeMissing, Subject
from cti.services.agents import AgentService, Make
from cti.services.assist import AssistService, NotYourCall
from cti.services.clock import ServiceClock
from cti.services.identity import AlreadyRegistered, Identity, NoNumber, StoreFailed, UnknownCustomer
from cti.services.once import Once
from cti.services.people import PeopleService
from cti.services.pops import UnknownPop
from cti.services.teamfeed import TeamFeed
from cti.web import messages as m
from cti.web.call_commands import CallCommands, CallRefused
from cti.web.form_presence import FormPresence
from cti.web.permissions import Action, Actor, Colleague, Phone, can
from cti.web.screens import Screen, ScreenHub


class NoSuchColleague(Exception):
    """Nobody of that name is in the team of who asks."""


MOST_UNDER_WAY = 8  # commands of one screen that wait for the switch or the database

_REFUSALS: dict[type[Exception], tuple[m.RefusalCode, str]] = {
    NotYourCall: ("not_your_call", "this call never reached your phone"),
    UnknownCustomer: ("unknown_customer", "nobody of that id has the number of this call"),
    NoNumber: ("no_number", "the call has no number to register"),
    AlreadyRegistered: ("already_registered", "a customer was registered from this call already"),
    StoreFailed: ("storage_failed", "the customer was not stored; try again"),
    OutcomeMissing: ("outcome_missing", "choose what the call came to first"),
    NoSuchColleague: ("unknown_person", "nobody of that name is in your team"),
    UnknownPop: ("unknown_pop", "no such pop was sent to you lately"),
}

_ACTIONS: dict[type[m.Command], Action] = {
    m.SignIn: Action.SET_AGENT_STATE,
    m.SignOut: Action.SET_AGENT_STATE,
    m.SetAgentState: Action.SET_AGENT_STATE,
    m.FinishWrapUp: Action.SET_AGENT_STATE,
    m.ExtendWrapUp: Action.SET_AGENT_STATE,
    m.RepairAgentState: Action.SET_AGENT_STATE,
    m.WatchTeam: Action.SEE_TEAM,
    m.UnwatchTeam: Action.SEE_TEAM,
    m.ForceAgentState: Action.SEE_TEAM,  # and FORCE_AGENT_STATE, once it is known whose
    m.PopPainted: Action.SEE_CALL,
    m.Dial: Action.ACT_ON_CALL,  # and DIAL, once the number is known
    m.HangUp: Action.ACT_ON_CALL,
    m.Transfer: Action.ACT_ON_CALL,  # and DIAL
    m.PressKeys: Action.ACT_ON_CALL,
    m.ChooseCustomer: Action.ACT_ON_CALL,
    m.DenyCustomer: Action.ACT_ON_CALL,
    m.RegisterCustomer: Action.ACT_ON_CALL,
    m.WriteNote: Action.ACT_ON_CALL,
    m.OpenForm: Action.FILL_FORM,
    m.CloseForm: Action.FILL_FORM,
    m.SyncClock: Action.SEE_LINK,
}


class Commands:
    """Commands of all screens. What takes time runs in tasks, so that a screen's next message is read meanwhile."""

    def __init__(
        self,
        hub: ScreenHub,
        assist: AssistService,
        identity: Identity,
        agents: AgentService,
        people: PeopleService,
        after: AfterCall,
        clock: ServiceClock,
        team: TeamFeed[Screen],
        calls: CallCommands,
    ) -> None:
        self._hub = hub
        self._team = team
        self._assist = assist
        self._identity = identity
        self._agents = agents
        self._people = people
        self._after = after
        self._clock = clock
        self._calls = calls
        self.forms: FormPresence | None = None  # where there are forms
        self._once = Once()
        self._under_way: dict[Screen, set[asyncio.Task[None]]] = {}

    def run(self, screen: Screen, command: m.ScreenCommand) -> None:
        """Carry out *command*, now or in a task; the screen gets the answer."""
        device = screen.actor.device
        action = _ACTIONS.get(type(command))
        needs_phone = action not in (Action.SEE_LINK, Action.SEE_TEAM, Action.FILL_FORM)
        if needs_phone and not device:
            self._refuse(screen, command.id, "no_device", "you have no phone")
            return
        if action is None or not can(screen.actor, action, Phone(device) if needs_phone else None):
            self._refuse(screen, command.id, "not_allowed", "you may not do that")
            return
        match command:
            case m.SyncClock():
                self._done(screen, command.id)
            case m.WatchTeam():
                self._done(screen, command.id)
                self._team.watch(screen)
            case m.UnwatchTeam():
                self._team.unwatch(screen)
                self._done(screen, command.id)
            case m.OpenForm():
                self._open_form(screen, command)
            case m.CloseForm():
                if self.forms is not None:
                    self.forms.close(screen)
                self._done(screen, command.id)
            case m.PopPainted(pop=pop, received=received, painted=painted):
                try:
                    self._assist.painted(device, pop, received=received, painted=painted)
                except UnknownPop as error:
                    self._refuse(screen, command.id, *_REFUSALS[type(error)])
            case m.ChooseCustomer(call=call, customer=customer):
                self._choose(screen, command.id, device, CallId(call), customer)
            case m.DenyCustomer(call=call, customer=customer):
                denial = self._identity.deny(device, CallId(call), customer, who=screen.actor.user)
                self._start(screen, command.id, denial)
            case m.RegisterCustomer():
                self._start(screen, command.id, self._register(device, command))
            case m.WriteNote():
                self._start(screen, command.id, self._write_note(screen.actor, command))
            case m.CallCommand():
                work = self._calls.work(screen.actor, command)
                self._start(screen, command.id, self._once.run(screen.actor.user, command.key, work))
            case m.AgentCommand():
                self._start(
                    screen, command.id, self._once.run(screen.actor.user, command.key, self._work(screen, command))
                )

    def _work(self, screen: Screen, command: m.AgentCommand) -> Callable[[], Coroutine[Any, Any, None]]:
        """Return what carries out *command*, about the state of whoever sent it or of somebody in their team."""
        actor = screen.actor
        match command:
            case m.ForceAgentState():
                return lambda: self._force(actor, command)
            case m.RepairAgentState():
                return lambda: self._repair(actor)
            case m.SignIn(queues=queues):
                return self._ask(actor, lambda at: ev.SignIn(at, queues))
            case m.SignOut():
                return self._ask(actor, ev.SignOut)
            case m.SetAgentState(state="ready"):
                return self._ask(actor, ev.AskReady)
            case m.SetAgentState(state="wrap_up"):
                return self._ask(actor, ev.AskWrapUp)
            case m.SetAgentState(reason=reason):
                return self._ask(actor, lambda at: ev.AskNotReady(at, _one_line(reason)))
            case m.FinishWrapUp(state=state, reason=reason):
                return lambda: self._finish(actor, lambda at: ev.FinishWrapUp(at, state == "ready", _one_line(reason)))
            case _:
                return self._ask(actor, ev.ExtendWrapUp)

    def _ask(self, actor: Actor, make: Make) -> Callable[[], Coroutine[Any, Any, None]]:
        return lambda: self._agents.ask(actor.device, make)

    async def _finish(self, actor: Actor, make: Make) -> None:
        """End the wrap-up, unless the call still needs its outcome. A database that is down keeps nobody at it."""
        with contextlib.suppress(StorageDown, NotYourCall):
            call = self._agents.wrapping_up(actor.device)
            about = self._assist.subject(actor.device, CallId(call))
            profile = self._people.profile_of(actor.user)
            if profile is not None and actor.device in about.talked and not about.internal:
                subject = Subject(call, about.queue, about.e164, about.chosen)
                if not await self._after.is_settled(profile.user, subject):
                    raise OutcomeMissing
        await self._agents.ask(actor.device, make)

    async def _repair(self, actor: Actor) -> None:
        await self._agents.repair(actor.device)
        await self._people.note(actor.user, "agent.repair", whom=actor.user)

    async def _force(self, actor: Actor, command: m.ForceAgentState) -> None:
        profile, lead = self._people.profile_of(command.user), self._people.profile_of(actor.user)
        if profile is None or not profile.user.device:
            raise NoSuchColleague
        user = profile.user
        whom = Colleague(user.name, user.role, profile.team, self._people.team_of(actor.user))
        if not can(actor, Action.FORCE_AGENT_STATE, whom):
            raise NoSuchColleague
        by = lead.user.display_name if lead is not None else actor.user
        reason, why = _one_line(command.reason), _one_line(command.why)
        await self._agents.ask(
            Device(user.device), lambda at: ev.Force(at, S(command.state), by or actor.user, why, reason)
        )
        await self._people.note(actor.user, "agent.force", whom=user.name, state=command.state, reason=reason, why=why)

    async def close(self) -> None:
        await self._once.close()
        tasks = [task for tasks in self._under_way.values() for task in tasks]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _choose(self, screen: Screen, id: int, device: Device, call: CallId, customer: int) -> None:
        try:
            self._identity.choose(device, call, customer)
        except (NotYourCall, UnknownCustomer) as error:
            self._refuse(screen, id, *_REFUSALS[type(error)])
        else:
            self._done(screen, id)

    def _open_form(self, screen: Screen, command: m.OpenForm) -> None:
        about = About(command.customer)
        if command.call:
            try:
                subject = self._assist.subject(screen.actor.device, CallId(command.call))
            except NotYourCall as error:
                self._refuse(screen, command.id, *_REFUSALS[type(error)])
                return
            about = About(subject.chosen, subject.e164, subject.call)
        elif not can(screen.actor, Action.SEE_CUSTOMER):
            self._refuse(screen, command.id, "not_allowed", "you may not do that")
            return
        if self.forms is not None:
            self.forms.open(screen, about)
        self._done(screen, command.id)

    async def _register(self, device: Device, command: m.RegisterCustomer) -> None:
        await self._identity.register(
            device,
            CallId(command.call),
            name=_one_line(command.name),
            company=_one_line(command.company),
            note=command.note.strip(),
            tags=tuple(dict.fromkeys(_one_line(tag) for tag in command.tags)),
        )

    async def _write_note(self, actor: Actor, command: m.WriteNote) -> None:
        profile = self._people.profile_of(actor.user)
        if profile is None:
            raise NotYourCall(command.call)
        text = command.text.replace("\0", "").strip()
        await self._assist.write_note(actor.device, CallId(command.call), profile.user, text)

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
        except tuple(_REFUSALS) as error:
            self._refuse(screen, id, *_REFUSALS[type(error)])
        except CallRefused as error:
            self._refuse(screen, id, error.code, str(error))
        except ev.NotNow as error:
            self._refuse(screen, id, "no_queue" if isinstance(error, ev.NoQueue) else "not_now", str(error))
        except StorageDown:
            self._refuse(screen, id, "storage_failed", "it was done, and could not be written down")
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

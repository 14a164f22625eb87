"""The states of all agents: driven by calls, by the switch's queues and by people; carried out through the switch."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from cti.agents import events as ev
from cti.agents import machine
from cti.agents.heard import differences, heard
from cti.agents.model import NO_WRAP_UP, Agent, S, WrapUpPolicy
from cti.calls.facts import Device, DeviceReachable, Fact, LinkLost, Snapshot
from cti.ports import OutcomeUnknown, Switch, SwitchError, SwitchUnreachable, User
from cti.services.agentviews import moment_of, view_of_agent
from cti.services.atphone import events_at
from cti.services.clock import ServiceClock
from cti.services.desks import Desk
from cti.services.members import Members
from cti.services.statelog import StateLog
from cti.services.views import AgentView, CallView, DeskView
from cti.staff import AgentLog, Profile, StateSpan

log = logging.getLogger(__name__)

ANSWER_SECONDS = 5.0  # for the switch to answer, and again for it to report
REPORT_SECONDS = 0.5  # normally the report is there by then; it may come before or after the answer
REPAIR_SECONDS = 15.0

Make = Callable[[datetime], ev.AgentCommand]


class AgentScreens(Protocol):
    def agent(self, device: Device, agent: AgentView) -> None: ...


class AgentService:
    """`on_fact` and `on_calls` are called by the consumer of a switch; they neither wait nor raise.

    A state is shown as the switch reported it. What was asked of the switch is `asked` until then; when there is no
    answer or no report in time, what was reported last counts, and a snapshot is asked for.
    """

    def __init__(
        self,
        *,
        screens: AgentScreens,
        clock: ServiceClock,
        switch: Switch | None = None,
        desk: DeskView | None = None,
        spans: AgentLog | None = None,
    ) -> None:
        self._screens = screens
        self._clock = clock
        self._switch = switch
        self.desk = desk or DeskView()
        self._policies = {
            queue.name: WrapUpPolicy(queue.wrap_up, queue.wrap_up_seconds, queue.extension_seconds)
            for queue in self.desk.queues
        }
        self._log = StateLog(spans, self._now)
        self._members = Members()
        self._desks: dict[Device, Desk] = {}
        self._calls: dict[Device, tuple[CallView, ...]] = {}
        self._up = False
        self._seen = False  # a snapshot, ever
        self._snapshots: set[asyncio.Future[None]] = set()

    # --- who has which phone ----------------------------------------------------------------------------------------

    def restore(self, profiles: Iterable[Profile], going_on: Iterable[StateSpan]) -> None:
        """Take over what everybody did when the service ended; the first snapshot tells what of it still holds."""
        last = {span.user: span for span in going_on}
        for profile in profiles:
            span = last.pop(profile.user.id, None)
            if profile.user.device and not profile.user.disabled:
                desk = self.meet(profile.user)
                desk.agent = msgspec.structs.replace(desk.agent, assigned=dict(profile.queues))
                if span is not None and span.base in (S.NOT_READY.value, S.READY.value):
                    desk.agent = msgspec.structs.replace(
                        desk.agent, base=S(span.base), reason=span.reason, by=span.by, why=span.why
                    )
            elif span is not None:
                self._log.end(span)
                span = None
            if span is not None:
                self._log.end(span)

    def meet(self, user: User) -> Desk:
        """Note that *user* has their phone."""
        desk = self._desk(Device(user.device))
        if desk.user != user.id:
            self._part(desk)
            desk.user = user.id
            for other in self._desks.values():
                if other is not desk and other.user == user.id:
                    self._leave(other)
        desk.name = user.display_name or user.name
        return desk

    def assign(self, profile: Profile) -> None:
        """Note the phone that somebody has, and the queues that they are to serve from now on."""
        if profile.user.device and not profile.user.disabled:
            self._feed(self.meet(profile.user), ev.Assigned(self._now(), dict(profile.queues)))
            return
        for desk in self._desks.values():
            if desk.user == profile.user.id:
                self._leave(desk)

    def view(self, device: Device) -> AgentView:
        return self._desk(device).view

    def wrapping_up(self, device: Device) -> str:
        """Return the call that the agent with *device* writes up now, "" for none."""
        desk = self._desks.get(device)
        return desk.last_call if desk is not None and desk.agent.wrap_up is not None else ""

    @property
    def queues(self) -> Iterable[str]:
        """Return the names of queues that the switch or the settings spoke of."""
        return sorted({*self._members.queues, *self._policies})

    # --- what the switch says ---------------------------------------------------------------------------------------

    def on_fact(self, fact: Fact) -> None:
        phones: Iterable[Device] = self._members.take(fact)
        match fact:
            case LinkLost():
                self._up = False
                for desk in self._desks.values():
                    if desk.agent.expected:
                        self._feed(desk, ev.GaveUp(self._now()))
            case Snapshot():
                self._up = self._seen = True
                phones = list(self._desks)
                for waiting in self._snapshots:
                    if not waiting.done():
                        waiting.set_result(None)
        for phone in phones:
            known = self._desks.get(phone)
            if known is not None:
                self._look(known)
                if isinstance(fact, Snapshot):
                    self._feed(known, ev.Compared(self._now()))

    def on_calls(self, device: Device, calls: Sequence[CallView], *, rung_out: str = "") -> None:
        """Take all calls at *device*; *rung_out* is why a queue rang it in vain just now, "" if none did."""
        if calls:
            self._calls[device] = tuple(calls)
        else:
            self._calls.pop(device, None)
        desk = self._desks.get(device)
        if desk is not None:
            self._at_phone(desk, tuple(calls), rung_out)

    def phone_registered(self, device: Device) -> None:
        """The page with *device* registered: known here before the switch tells, whose events overtake one another."""
        self.on_fact(DeviceReachable(self._now(), device, reachable=True))

    def customer_waits(self, device: Device, *, waits: bool) -> None:
        """A customer waits for the page with *device*: the call goes on, and no wrap-up begins until nobody waits."""
        desk = self._desks.get(device)
        if desk is None or desk.is_awaited is waits:
            return
        desk.is_awaited = waits
        if waits:
            self._feed(desk, ev.Held(self._now()))
        else:
            self._at_phone(desk, self._calls.get(device, ()), "")

    # --- what people ask --------------------------------------------------------------------------------------------

    async def ask(self, device: Device, make: Make) -> None:
        """Do what somebody asks of the agent with *device*; return when the switch took it, and normally reported it.

        Raises NotNow when it does not fit, SwitchError when the switch did not do it.
        """
        desk = self._desk(device)
        async with desk.lock:
            if self._switch is None or not self._up:
                raise SwitchUnreachable("there is no link to the telephone system")
            done = self._feed(desk, make(self._now()))
            if done is not None:
                await asyncio.shield(done)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(desk.at_rest.wait(), REPORT_SECONDS)

    async def repair(self, device: Device) -> None:
        """Forget what is believed of the agent with *device*, and believe what the switch says next."""
        desk = self._desk(device)
        if self._switch is None or not self._up:
            raise SwitchUnreachable("there is no link to the telephone system")
        before = desk.agent.state
        self._feed(desk, ev.GaveUp(self._now()))
        answered: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._snapshots.add(answered)
        self._switch.ask_for_snapshot()
        try:
            async with asyncio.timeout(REPAIR_SECONDS):
                await answered
        except TimeoutError:
            raise OutcomeUnknown("the telephone system did not list its queues in time") from None
        finally:
            self._snapshots.discard(answered)
        self._at_phone(desk, self._calls.get(device, ()), "")
        log.info(
            "an agent's state was repaired",
            extra={"device": device, "before": before.value, "after": desk.agent.state.value},
        )

    async def close(self) -> None:
        workers = [desk.worker for desk in self._desks.values() if desk.worker is not None]
        for desk in self._desks.values():
            desk.close()
        await asyncio.gather(*workers, return_exceptions=True)

    # --- the machine ------------------------------------------------------------------------------------------------

    def _now(self) -> datetime:
        return moment_of(self._clock.now())

    def _desk(self, device: Device) -> Desk:
        desk = self._desks.get(device)
        if desk is None:
            desk = self._desks[device] = Desk(device, self._now())
            self._members.know(device)
            if self._seen:
                self._look(desk)
            self._at_phone(desk, self._calls.get(device, ()), "")
        return desk

    def _look(self, desk: Desk) -> None:
        """Compare what the switch has of the desk's phone with what is known."""
        places, at = self._members.places_of(desk.device), self._now()
        if desk.is_known:
            for event in differences(desk.agent, places, at):
                self._feed(desk, event)
        else:
            desk.is_known = True
            self._feed(desk, ev.Rebuilt(at, places))
        reachable = self._members.is_reachable(desk.device)
        if reachable is not desk.agent.reachable:
            self._feed(desk, ev.PhoneBack(at) if reachable else ev.PhoneLost(at))

    def _at_phone(self, desk: Desk, calls: tuple[CallView, ...], rung_out: str) -> None:
        if desk.is_awaited:
            return
        happened = events_at(
            desk.agent.activity,
            calls,
            talked=desk.talked,
            rung_out=rung_out,
            policy_of=lambda queue: self._policies.get(queue, NO_WRAP_UP),
            at=self._now(),
        )
        desk.talked = frozenset(
            call.call for call in calls if call.state in ("connected", "hold") or call.call in desk.talked
        )
        if calls:
            desk.last_call = calls[0].call
        for event in happened:
            self._feed(desk, event)

    def _feed(self, desk: Desk, event: ev.AgentEvent) -> "asyncio.Future[None] | None":
        """Apply *event*; return what is done when the switch took what follows, None when nothing does."""
        desk.agent, effects = machine.apply(desk.agent, event)
        done = self._order(desk, effects) if effects else None
        self._set_timer(desk)
        view = view_of_agent(desk.agent)
        if view != desk.view:
            self._log.keep(desk, view)
            desk.view = view
            self._screens.agent(desk.device, view)
        if isinstance(event, ev.ExtendWrapUp):
            log.info("a wrap-up was extended", extra={"device": desk.device, "call": desk.last_call})
        if desk.agent.expected:
            desk.at_rest.clear()
        else:
            desk.at_rest.set()
            desk.stop_waiting()
        return done

    def _set_timer(self, desk: Desk) -> None:
        wrap_up = desk.agent.wrap_up
        until = wrap_up.until if wrap_up is not None else None
        if until == desk.wrap_up_until:
            return
        desk.wrap_up_until = until
        if desk.wrap_up_timer is not None:
            desk.wrap_up_timer.cancel()
            desk.wrap_up_timer = None
        if until is not None:
            left = max(0.0, (until - self._now()).total_seconds())
            loop = asyncio.get_running_loop()
            desk.wrap_up_timer = loop.call_later(left, lambda: self._feed(desk, ev.WrapUpTimedOut(until)))

    # --- the switch -------------------------------------------------------------------------------------------------

    def _order(self, desk: Desk, effects: Sequence[ev.Effect]) -> "asyncio.Future[None]":
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        done.add_done_callback(_retrieved)
        desk.orders.append((effects, done))
        desk.stop_waiting()
        if desk.worker is None:
            desk.worker = loop.create_task(self._work(desk), name=f"agent:{desk.device}")
        return done

    async def _work(self, desk: Desk) -> None:
        """Have the switch carry out the desk's orders, one after the other."""
        while desk.orders:
            effects, done = desk.orders[0]
            try:
                await self._carry_out(desk, effects)
            except SwitchError as error:
                log.warning("the switch did not do it", extra={"device": desk.device, "problem": str(error)})
                self._give_up(desk, error)
                return
            desk.orders.popleft()
            done.set_result(None)
        desk.worker = None
        if desk.agent.expected:
            desk.report_timer = asyncio.get_running_loop().call_later(REPORT_SECONDS, self._look_again, desk)

    def _look_again(self, desk: Desk) -> None:
        """All was answered, and not all of it made a difference that the switch would report."""
        places = self._members.places_of(desk.device)
        for queue in tuple(desk.agent.expected):
            event = heard(desk.agent, queue, places.get(queue), self._now(), answered=True)
            if event is not None:
                self._feed(desk, event)
        if desk.agent.expected and desk.worker is None:
            desk.report_timer = asyncio.get_running_loop().call_later(ANSWER_SECONDS, self._unreported, desk)

    async def _carry_out(self, desk: Desk, effects: Sequence[ev.Effect]) -> None:
        if self._switch is None or not self._up:
            raise SwitchUnreachable("there is no link to the telephone system")
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                outcomes = await asyncio.gather(
                    *(self._send(self._switch, desk, effect) for effect in effects), return_exceptions=True
                )
        except TimeoutError:
            raise OutcomeUnknown(f"the telephone system did not answer within {ANSWER_SECONDS:g} s") from None
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome

    async def _send(self, switch: Switch, desk: Desk, effect: ev.Effect) -> None:
        member = self._members.name_in(desk.device, effect.queue)
        match effect:
            case ev.Join(queue=queue, penalty=penalty, paused=paused):
                await switch.join_queue(queue, member, name=desk.name, penalty=penalty, paused=paused)
            case ev.Leave(queue=queue):
                await switch.leave_queue(queue, member)
            case ev.Pause(queue=queue, reason=reason):
                await switch.pause(member, paused=True, reason=reason, queue=queue)
            case ev.Unpause(queue=queue):
                await switch.pause(member, paused=False, queue=queue)

    def _unreported(self, desk: Desk) -> None:
        desk.report_timer = None
        log.warning("the switch did not report what it was asked for", extra={"device": desk.device})
        self._give_up(desk, OutcomeUnknown("the telephone system did not report it"))

    def _give_up(self, desk: Desk, error: SwitchError) -> None:
        orders, desk.orders = list(desk.orders), type(desk.orders)()
        for _, done in orders:
            done.set_exception(error)
        desk.worker = None
        self._feed(desk, ev.GaveUp(self._now()))
        if self._switch is not None and self._up:
            self._switch.ask_for_snapshot()

    # --- people -----------------------------------------------------------------------------------------------------

    def _leave(self, desk: Desk) -> None:
        """Its person went to another phone, or may work no more: no queue rings it."""
        self._part(desk)
        if desk.agent.state is not S.SIGNED_OUT:
            self._feed(desk, ev.SignOut(self._now()))

    def _part(self, desk: Desk) -> None:
        """Nobody has the phone of *desk* any more."""
        if desk.span is not None:
            self._log.end(desk.span)
        desk.span, desk.user = None, 0
        desk.agent = msgspec.structs.replace(desk.agent, assigned=Agent().assigned)


def _retrieved(done: "asyncio.Future[None]") -> None:
    """Nobody may wait for it; what went wrong was logged."""
    if not done.cancelled():
        done.exception()

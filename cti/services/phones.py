"""Keeps the customer of an agent whose page went: music at once, and the agent again as soon as their page is back.

A closed page says nothing to the switch: the customer would sit in silence until the switch misses the sound. So when
the page of a phone goes, its customers are parked. When the phone registers again in time, the one who talked is given
back to it. Else the dialplan sends him where he came from, ahead of the others, also when this service is gone.
"""

import asyncio
import logging
from collections.abc import Coroutine, Sequence
from typing import Any, Protocol

from cti.calls import events as ev
from cti.calls.facts import ChannelId, Device
from cti.calls.model import Call, CallId, Connection, ConnectionState, Role
from cti.ports import Switch, SwitchError
from cti.services.callviews import agents_in

log = logging.getLogger(__name__)

_TALKING = frozenset((ConnectionState.CONNECTED, ConnectionState.HOLD))
# A page whose socket broke comes back after 1 s at the earliest, and answers what rang before.
RINGS_ON_SECONDS = 2.0


class Registry(Protocol):
    """The live calls of a switch."""

    def call(self, call_id: CallId) -> Call | None: ...


class Agents(Protocol):
    """The states of agents, as far as the pages of their phones decide them."""

    def phone_registered(self, device: Device) -> None:
        """The phone *device* can be rung."""

    def customer_waits(self, device: Device, *, waits: bool) -> None:
        """Somebody waits for the page with the phone *device*: its call goes on; or nobody does any more."""


class _Parked:
    """A customer who waits for the page of *device*."""

    __slots__ = ("customer", "device", "given_back", "parking", "timer", "was_held")

    def __init__(self, device: Device, customer: ChannelId, *, was_held: bool, timer: asyncio.TimerHandle) -> None:
        self.device = device
        self.customer = customer
        self.was_held = was_held
        self.timer = timer
        self.parking: asyncio.Task[None] | None = None
        self.given_back = False  # asked for; until the agent answers


class PhoneService:
    """`on_events` is called by the consumer of a switch, `lost` and `registered` by whoever sees the phones."""

    def __init__(self, switch: Switch, *, wait_seconds: int) -> None:
        self.wait_seconds = wait_seconds
        self._switch = switch
        self._registry: Registry | None = None
        self._devices: dict[CallId, frozenset[Device]] = {}  # the agents' phones in each call
        self._parked: dict[CallId, _Parked] = {}
        self._rings: dict[Device, asyncio.TimerHandle] = {}  # phones that rang when their page went
        self._agents: Agents | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def tell(self, agents: Agents) -> None:
        """Tell *agents* from now on what their pages do."""
        self._agents = agents

    def on_events(self, events: Sequence[ev.CallEvent], registry: Registry) -> None:
        """Take what happened to calls; *registry* has them as they now stand."""
        self._registry = registry
        for event in events:
            if isinstance(event, ev.CallsJoined) and event.joined in self._parked:
                self._drop(event.joined)
            if isinstance(event, ev.Established) and event.call in self._parked:
                self._answered(event.call, event.device)
            call = registry.call(event.call)
            if call is None:
                self._devices.pop(event.call, None)
                self._drop(event.call)
            elif devices := frozenset(agents_in(call)):
                self._devices[event.call] = devices
            else:
                self._devices.pop(event.call, None)

    def waiting(self, device: Device) -> tuple[CallId, ...]:
        """Return the calls whose customers wait for *device*, the one that it gets back first."""
        mine = [(call, parked) for call, parked in self._parked.items() if parked.device == device]
        return tuple(call for call, _ in sorted(mine, key=lambda each: each[1].was_held))

    def lost(self, device: Device) -> None:
        """The page with the phone *device* went: nobody is left without a word."""
        if self._registry is None:
            return
        for call_id, devices in list(self._devices.items()):
            call = self._registry.call(call_id)
            if call is not None and device in devices:
                self._leave(call, agents_in(call)[device])

    def replaced(self, device: Device) -> None:
        """Another page is the phone *device* from now on. It knows nothing of what rings at the one before."""
        self._forget_ring(device)
        self._end_rings(device)

    def registered(self, device: Device) -> None:
        """The phone *device* can be rung again: it gets back whom it talked with last."""
        self._forget_ring(device)
        if self._agents is not None:
            self._agents.phone_registered(device)
        waiting = self.waiting(device)
        if waiting and not any(self._parked[call].given_back for call in waiting):
            self._parked[waiting[0]].given_back = True
            self._start(self._give_back(waiting[0]), waiting[0])

    async def close(self) -> None:
        """Give up what is under way."""
        for call in list(self._parked):
            self._drop(call)
        for device in list(self._rings):
            self._forget_ring(device)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # --- a page went ------------------------------------------------------------------------------------------------

    def _leave(self, call: Call, agent: Connection) -> None:
        parked = self._parked.get(call.id)
        if agent.state is ConnectionState.ALERTING and (parked is None or not parked.given_back):
            self._forget_ring(agent.device)
            timer = asyncio.get_running_loop().call_later(RINGS_ON_SECONDS, self.replaced, agent.device)
            self._rings[agent.device] = timer
            return
        customer = _customer_of(call)
        if customer is None or call.consults is not None or _others(call, agent, customer):
            self._start(self._hang_up(call.id, agent.channel), call.id)
            return
        if customer.state not in (*_TALKING, ConnectionState.QUEUED):
            self._start(self._hang_up(call.id, agent.channel), call.id)  # his phone rings yet
            return
        self._park(call.id, agent, customer)

    def _park(self, call: CallId, agent: Connection, customer: Connection) -> None:
        self._forget(call)
        timer = asyncio.get_running_loop().call_later(self.wait_seconds, self._drop, call)
        parked = _Parked(agent.device, customer.channel, was_held=agent.state is ConnectionState.HOLD, timer=timer)
        self._parked[call] = parked
        parked.parking = self._start(self._parking(call, parked), call)
        if self._agents is not None:
            self._agents.customer_waits(agent.device, waits=True)

    async def _parking(self, call: CallId, parked: _Parked) -> None:
        try:
            await self._switch.park(parked.customer, seconds=self.wait_seconds)
        except SwitchError as error:
            log.warning("a customer whose agent's page went was not parked", extra=_about(call, error))
            self._drop(call, parked)
            return
        log.info("a customer waits for the page of his agent", extra={"call": call})

    def _end_rings(self, device: Device) -> None:
        """Let whoever rings *device* go on to somebody else."""
        for call_id, devices in self._devices.items():
            call = self._registry.call(call_id) if self._registry is not None and device in devices else None
            agent = agents_in(call).get(device) if call is not None else None
            if agent is not None and agent.state is ConnectionState.ALERTING and call_id not in self._parked:
                self._start(self._hang_up(call_id, agent.channel), call_id)

    def _forget_ring(self, device: Device) -> None:
        timer = self._rings.pop(device, None)
        if timer is not None:
            timer.cancel()

    async def _hang_up(self, call: CallId, channel: ChannelId) -> None:
        try:
            await self._switch.hang_up(channel)
        except SwitchError as error:
            log.warning("the leg of a page that went was not ended", extra=_about(call, error))

    # --- a page is back ---------------------------------------------------------------------------------------------

    async def _give_back(self, call: CallId) -> None:
        parked = self._parked[call]
        if parked.parking is not None:
            await asyncio.wait([parked.parking])
        if self._parked.get(call) is not parked:
            return
        try:
            await self._switch.give_back(parked.customer, parked.device)
        except SwitchError as error:
            log.warning("a customer was not given back to his agent", extra=_about(call, error))
            parked.given_back = False

    def _answered(self, call: CallId, device: Device) -> None:
        parked = self._parked[call]
        if parked.given_back or device != parked.device:
            self._drop(call)
        if device == parked.device and self._agents is not None:
            self._agents.customer_waits(device, waits=False)  # they talk, whoever else may wait on hold

    # --- keeping ----------------------------------------------------------------------------------------------------

    def _drop(self, call: CallId, parked: _Parked | None = None) -> None:
        """The customer of *call* has an agent again, went, or waits no longer."""
        found = self._parked.get(call)
        if found is None or (parked is not None and found is not parked):
            return
        self._forget(call)
        if self._agents is not None and not self.waiting(found.device):
            self._agents.customer_waits(found.device, waits=False)

    def _forget(self, call: CallId) -> None:
        parked = self._parked.pop(call, None)
        if parked is not None:
            parked.timer.cancel()

    def _start(self, work: Coroutine[Any, Any, None], call: CallId) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work, name=f"phone:{call}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def _customer_of(call: Call) -> Connection | None:
    return next((one for one in call.connections.values() if one.role is Role.TRUNK), None)


def _others(call: Call, agent: Connection, customer: Connection) -> bool:
    """Whether somebody besides *agent* talks with *customer*."""
    known = (agent.channel, customer.channel)
    return any(one.channel not in known and one.state in _TALKING for one in call.connections.values())


def _about(call: CallId, error: SwitchError) -> dict[str, str]:
    return {"call": call, "error": type(error).__name__, "problem": str(error)}

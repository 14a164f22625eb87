"""Calls of desk phones, dialled and ended from the screen: asked of the switch once, done when the switch reports it.

A phone in the page speaks for itself by SIP; this is for phones that only the switch can move. What that cannot do to a
desk phone (answer, hold) is not offered.
"""

import asyncio
import hashlib
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Protocol

from cti.calls import events as ev
from cti.calls.facts import ChannelId, Device, Fact, OriginateEnded
from cti.calls.model import Call, CallId, Connection, ConnectionState, Role
from cti.ports import OutcomeUnknown, Switch, SwitchRefused, SwitchUnreachable
from cti.services.assist import NotYourCall
from cti.services.callviews import agents_in

REPORT_SECONDS = 4.5  # in all: a screen that hears nothing for 5 s says so itself

_TALKING = frozenset((ConnectionState.CONNECTED, ConnectionState.HOLD))


class NotInThisState(Exception):
    """The call is there, but cannot be treated so as it stands; the text says why."""


class Registry(Protocol):
    """The live calls of a switch."""

    def call(self, call_id: CallId) -> Call | None: ...


def channel_of(user: str, key: str) -> ChannelId:
    """Return the id of the leg that the command *key* of *user* makes: the same each time, so the switch makes one."""
    return ChannelId("cti-dial-" + hashlib.sha256(f"{user}\n{key}".encode()).hexdigest()[:32])


class _Awaited:
    """What a command waits for, and the answer to an originate of ours that came to nothing."""

    __slots__ = ("channel", "device", "failed", "holds", "over")

    def __init__(self, holds: Callable[[Registry], bool], device: Device, channel: ChannelId | None) -> None:
        self.holds = holds
        self.device = device
        self.channel = channel  # of an originate
        self.failed = False
        self.over = asyncio.Event()


class CallControl:
    """`on_fact` and `on_events` are called by the consumer of a switch; they neither wait nor raise."""

    def __init__(self, switch: Switch | None) -> None:
        self._switch = switch
        self._registry: Registry | None = None
        self._awaited: set[_Awaited] = set()

    def on_fact(self, fact: Fact) -> None:
        if not isinstance(fact, OriginateEnded) or fact.success:
            return
        for awaited in self._awaited:
            # A phone that is not there gets no leg, so that the answer names none.
            is_its = fact.device == awaited.device if fact.channel is None else fact.channel == awaited.channel
            if is_its and awaited.channel is not None:
                awaited.failed = True
                awaited.over.set()

    def on_events(self, events: Sequence[ev.CallEvent], registry: Registry) -> None:
        """Take what happened to calls; *registry* has them as they now stand."""
        self._registry = registry
        for awaited in self._awaited:
            if awaited.holds(registry):
                awaited.over.set()

    # --- what a screen asks -----------------------------------------------------------------------------------------

    async def dial(self, device: Device, number: str, *, channel: ChannelId) -> None:
        """Ring *device* as *channel*, then *number* for it; return when the phone is being rung. Raises SwitchError.

        Done too when *channel* is there already: the command was sent again after a restart of the service.
        """
        if self._registry is not None and self._registry.call(CallId(channel)) is not None:
            return
        rung = _Awaited(lambda registry: registry.call(CallId(channel)) is not None, device, channel)
        await self._carried_out(self._reached().originate(device, number, channel=channel), rung)

    async def hang_up(self, device: Device, call: CallId) -> None:
        """End the part of *device* in *call*, also one that rings. Raises NotYourCall and SwitchError."""
        own = self._own(device, call)
        await self._carried_out(self._reached().hang_up(own.channel), self._leaves(call, own))

    async def transfer(self, device: Device, call: CallId, number: str) -> None:
        """Have who talks with *device* go on to *number*. Raises NotYourCall, NotInThisState and SwitchError."""
        own = self._own(device, call)
        if own.state not in _TALKING:
            raise NotInThisState("a call is transferred once it is answered")
        await self._carried_out(self._reached().transfer(own.channel, number), self._leaves(call, own))

    async def press(self, device: Device, call: CallId, keys: str) -> None:
        """Send the tones of *keys* to who talks with *device*. Raises NotYourCall, NotInThisState and SwitchError."""
        own = self._own(device, call)
        other = self._other(call, own)
        if own.state is not ConnectionState.CONNECTED or other is None:
            raise NotInThisState("keys are sent to one party that is talked with")
        try:
            async with asyncio.timeout(REPORT_SECONDS):
                for key in keys:
                    await self._reached().press(other.channel, key)
        except TimeoutError:
            raise OutcomeUnknown("the switch did not answer in time") from None

    # --- which leg, and what became of it ---------------------------------------------------------------------------

    def _reached(self) -> Switch:
        if self._switch is None:
            raise SwitchUnreachable("there is no link to the switch")
        return self._switch

    def _own(self, device: Device, call_id: CallId) -> Connection:
        call = self._registry.call(call_id) if self._registry is not None else None
        own = agents_in(call).get(device) if call is not None else None
        if own is None:
            raise NotYourCall(call_id)
        return own

    def _other(self, call_id: CallId, own: Connection) -> Connection | None:
        """Return who hears *own* when that is one party: never a guess among several."""
        call = self._registry.call(call_id) if self._registry is not None else None
        parties = [
            each
            for each in (call.connections.values() if call is not None else ())
            if each.channel != own.channel
            and each.role not in (Role.LOCAL, Role.SUPERVISOR)
            and each.state is ConnectionState.CONNECTED
        ]
        return parties[0] if len(parties) == 1 else None

    def _leaves(self, call_id: CallId, own: Connection) -> _Awaited:
        def gone(registry: Registry) -> bool:
            call = registry.call(call_id)
            return call is None or own.channel not in call.connections

        return _Awaited(gone, own.device, None)

    async def _carried_out(self, request: Coroutine[Any, Any, None], awaited: _Awaited) -> None:
        """Send *request* and wait until the switch reports what it led to."""
        self._awaited.add(awaited)
        try:
            async with asyncio.timeout(REPORT_SECONDS):
                await request
                await awaited.over.wait()
        except TimeoutError:
            raise OutcomeUnknown("the switch did not report it in time: look at your calls") from None
        finally:
            self._awaited.discard(awaited)
        if awaited.failed:
            raise SwitchRefused("your phone could not be rung: is it connected, and free?")

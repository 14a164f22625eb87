"""What leads see of their people, told in batches: who is in which state and call, as far as each lead may see it.

A wall of a thousand agents is fed from here too: what changes many times between two batches is told once, a screen
that is behind gets its changes in one piece when it has read what it has, and nothing is kept but what each was told.
"""

import asyncio
from collections.abc import Callable, Collection, Hashable, Iterator, Sequence
from typing import Generic, Literal, Protocol, TypeVar

import msgspec

from cti.calls.facts import Device
from cti.calls.parties import extension_of
from cti.services.views import AgentView, CallView
from cti.staff import Profile

BATCH_SECONDS = 0.2
MOST_IN_FRAME = 200  # people


class MateCall(msgspec.Struct, frozen=True, gc=False):
    """A call that somebody has, as their lead sees it."""

    call: str
    direction: Literal["inbound", "outbound", "internal"]
    state: Literal["initiated", "alerting", "connected", "hold"]
    queue: str
    shown: str  # the number for people; "" when hidden
    since: float  # talking, else ringing


class MateView(msgspec.Struct, frozen=True, gc=False):
    """Somebody in the team, now."""

    user: str
    name: str
    extension: str
    team: str
    agent: AgentView
    calls: tuple[MateCall, ...] = ()


class TeamChange(msgspec.Struct, frozen=True):
    people: tuple[MateView, ...]  # who is new or different
    gone: tuple[str, ...] = ()  # who is to be seen no more
    whole: bool = False  # nobody else is to be seen, but for those in the frames that follow


W = TypeVar("W", bound=Hashable)
W_contra = TypeVar("W_contra", contravariant=True)


class Audience(Protocol[W_contra]):
    """Those who watch. None of them is ever waited for."""

    def may_see(self, watcher: W_contra, mate: Profile) -> bool:
        """Asked for everybody in every change, at the moment of its delivery."""

    def is_there(self, watcher: W_contra) -> bool:
        """Whether *watcher* may still come to read."""

    def is_ready(self, watcher: W_contra) -> bool:
        """Whether *watcher* has read what it was shown."""

    def show(self, watcher: W_contra, change: TeamChange) -> None: ...


class _Watch:
    """What one watcher was told, and what is to be told."""

    __slots__ = ("dirty", "everybody", "is_new", "shown")

    def __init__(self) -> None:
        self.shown: dict[str, MateView] = {}
        self.dirty: set[Device] = set()
        self.everybody = True
        self.is_new = True


class TeamFeed(Generic[W]):
    """Overhears what all phones are shown, and who is in which team; tells whoever watches."""

    def __init__(
        self,
        audience: Audience[W],
        *,
        profiles: Callable[[], Collection[Profile]],
        view_of: Callable[[Device], AgentView],
    ) -> None:
        self._audience = audience
        self._profiles = profiles
        self._view_of = view_of
        self._calls: dict[Device, dict[str, CallView]] = {}
        self._watches: dict[W, _Watch] = {}
        self._by_device: dict[Device, Profile] | None = None
        self._told_at = float("-inf")
        self._timer: asyncio.TimerHandle | None = None

    # --- who watches --------------------------------------------------------------------------------------------------

    def watch(self, watcher: W) -> None:
        """Tell *watcher* everybody now, and what changes from then on. Asked again, it begins anew."""
        self._watches[watcher] = _Watch()
        self._tell_all()

    def unwatch(self, watcher: W) -> None:
        self._watches.pop(watcher, None)

    @property
    def watchers(self) -> int:
        return len(self._watches)

    def close(self) -> None:
        self._watches.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    # --- what happens -------------------------------------------------------------------------------------------------

    def agent(self, device: Device, agent: AgentView) -> None:
        self._touch(device)

    def call(self, device: Device, call: CallView) -> None:
        self._calls.setdefault(device, {})[call.call] = call
        self._touch(device)

    def call_gone(self, device: Device, call: str) -> None:
        calls = self._calls.get(device, {})
        calls.pop(call, None)
        if not calls:
            self._calls.pop(device, None)
        self._touch(device)

    def people_changed(self) -> None:
        """Somebody came, went, or is in another team: that takes effect at once."""
        self._by_device = None
        for watch in self._watches.values():
            watch.everybody = True
        self._tell_all()

    # --- telling ------------------------------------------------------------------------------------------------------

    def _touch(self, device: Device) -> None:
        if not self._watches:
            return
        for watch in self._watches.values():
            watch.dirty.add(device)
        self._tell_soon()

    def _tell_soon(self) -> None:
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_at(max(loop.time(), self._told_at + BATCH_SECONDS), self._tell_all)

    def _tell_all(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._told_at = asyncio.get_running_loop().time()
        views: dict[str, MateView] = {}
        waits = False
        for watcher, watch in list(self._watches.items()):
            if not self._audience.is_there(watcher):
                del self._watches[watcher]
            elif not watch.everybody and not watch.dirty:
                continue
            elif self._audience.is_ready(watcher):
                for change in self._changes(watcher, watch, views):
                    self._audience.show(watcher, change)
            else:
                waits = True
        if waits:
            self._tell_soon()

    def _changes(self, watcher: W, watch: _Watch, views: dict[str, MateView]) -> Iterator[TeamChange]:
        """Return what *watcher* is to be told now, in pieces that a frame can hold, and note it as told."""
        people = self._at_phones()
        looked_at = people.values() if watch.everybody else [people[one] for one in watch.dirty if one in people]
        seen = [self._view(mate, views) for mate in looked_at if self._audience.may_see(watcher, mate)]
        names = {mate.user for mate in seen}
        asked = watch.shown.keys() if watch.everybody else {mate.user.name for mate in looked_at}
        gone = tuple(sorted(user for user in asked - names if watch.shown.pop(user, None)))
        changed = [mate for mate in seen if watch.shown.get(mate.user) != mate]
        watch.shown.update((mate.user, mate) for mate in changed)
        is_new, watch.is_new = watch.is_new, False
        watch.everybody = False
        watch.dirty.clear()
        return _pieces(changed, gone, whole=is_new)

    def _at_phones(self) -> dict[Device, Profile]:
        if self._by_device is None:
            self._by_device = {
                Device(profile.user.device): profile
                for profile in self._profiles()
                if profile.user.device and not profile.user.disabled
            }
        return self._by_device

    def _view(self, mate: Profile, views: dict[str, MateView]) -> MateView:
        """Return *mate* as they are now: made once for all watchers."""
        user = mate.user
        view = views.get(user.name)
        if view is None:
            device = Device(user.device)
            calls = tuple(_call(one) for one in self._calls.get(device, {}).values())
            name = user.display_name or user.name
            view = MateView(user.name, name, extension_of(device), mate.team, self._view_of(device), calls)
            views[user.name] = view
        return view


def _call(call: CallView) -> MateCall:
    since = call.alerting_at if call.answered_at is None else call.answered_at
    return MateCall(call.call, call.direction, call.state, call.queue, call.shown, since)


def _pieces(changed: Sequence[MateView], gone: tuple[str, ...], *, whole: bool) -> Iterator[TeamChange]:
    """Yield the change in frames of a bounded size; nothing when there is nothing to say."""
    if changed or gone or whole:
        yield TeamChange(tuple(changed[:MOST_IN_FRAME]), gone, whole)
    for at in range(MOST_IN_FRAME, len(changed), MOST_IN_FRAME):
        yield TeamChange(tuple(changed[at : at + MOST_IN_FRAME]))

"""What agents write about a call while it lives: colleagues who get it, or are asked about it, see it at the ring.

A note belongs to the call that a conversation is about, so a consultation shows and keeps those of its customer's call.
It is stored as it is typed, beside the open calls, and becomes part of the call's record as soon as there is one.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from cti.calls.facts import Device
from cti.calls.model import CallId
from cti.ports import LiveNote, LiveNotes, StorageDown, StorageRefused, User
from cti.services.clock import milliseconds
from cti.services.views import CallView, ColleagueNote, NotesView, Screens

log = logging.getLogger(__name__)

KEPT_DAYS = 7  # a note whose call never left a record
MOST_WAITING = 10_000  # calls whose notes are in memory
_JOINS_KEPT = 1_000


class CallNotes:
    """The notes of all live calls. What concerns the database runs in tasks, behind the events."""

    def __init__(self, kept: LiveNotes, screens: Screens) -> None:
        self._kept = kept
        self._screens = screens
        self._of: dict[CallId, dict[int, LiveNote]] = {}  # by call and user, in the order of first writing
        self._about: dict[CallId, CallId] = {}  # a consultation -> the call that it is about
        self._stored: set[CallId] = set()  # calls of which something is stored, or about to be
        self._joined: OrderedDict[CallId, CallId] = OrderedDict()
        self._tasks: set[asyncio.Task[None]] = set()

    async def load(self) -> None:
        """Take over what was written before a restart; what has a record by now becomes part of it."""
        oldest = datetime.now(UTC) - timedelta(days=KEPT_DAYS)
        for note in await self._kept.all():
            if note.call not in self._of and await self._kept.settle(note.call):
                continue
            if note.at < oldest:
                await self._kept.forget(note.call)
                continue
            self._stored.add(note.call)
            self._of.setdefault(note.call, {})[note.user] = note

    def about(self, call: CallId) -> CallId:
        """Return which call the consultation *call* is about, itself where it is none."""
        return self._about.get(call, call)

    def consultations_of(self, call: CallId) -> list[CallId]:
        return [asked for asked, about in self._about.items() if about == call]

    def arrives(self, device: Device, call: CallView) -> None:
        """*call* is new at *device*: show what was written about it."""
        about = CallId(call.about)
        if call.about != call.call:
            self._about[CallId(call.call)] = about
        notes = self.view(about)
        if notes is not None:
            self._screens.notes(device, notes)

    def view(self, call: CallId) -> NotesView | None:
        """Return what was written about *call* so far, None for nothing."""
        notes = tuple(
            ColleagueNote(note.name, note.author, note.text, milliseconds(note.at))
            for note in self._of.get(call, {}).values()
            if note.text
        )
        return NotesView(call, notes) if notes else None

    def text_of(self, call: CallId, user: int) -> str:
        """Return what *user* wrote about *call* and its record does not have yet, "" for nothing."""
        note = self._of.get(call, {}).get(user)
        return note.text if note is not None else ""

    async def write(
        self, call: CallId, user: User, text: str, *, to: Iterable[Device], is_live: Callable[[], bool]
    ) -> None:
        """Keep *text*, all that *user* has to say about *call* ("" for nothing), and show it *to* those phones.

        Returns when it is stored; raises StorageDown when it is not, though colleagues see it.
        """
        note = LiveNote(call, user.id, user.name, user.display_name or user.name, text, datetime.now(UTC))
        self._stored.add(call)
        self._of.setdefault(call, {})[user.id] = note
        view = self.view(call) or NotesView(call, ())
        for device in to:
            self._screens.notes(device, view)
        await self._kept.put(note)
        if (goes_on := self._joined.get(call)) is not None:
            await self._kept.move(call, goes_on)
        elif not is_live():
            await self._settle(call)

    def joined(self, call: CallId, joined: CallId) -> None:
        """The call *joined* goes on as *call*."""
        if joined not in self._stored:
            return
        self._joined[joined] = call
        if len(self._joined) > _JOINS_KEPT:
            self._joined.popitem(last=False)
        self._stored.discard(joined)
        self._stored.add(call)
        here = self._of.setdefault(call, {})
        for user, note in self._of.pop(joined, {}).items():
            here[user] = note.on(call, before=here.get(user))
        self._start(self._kept.move(joined, call), call)

    def ended(self, call: CallId) -> None:
        """Nobody has *call* any more; what was written waits for its record."""
        self._about.pop(call, None)
        if len(self._of) > MOST_WAITING:
            self._of.pop(next(iter(self._of)))  # stored it is

    def recorded(self, call: CallId) -> None:
        """The record of *call* is stored: its notes go there."""
        if call in self._stored:
            self._start(self._settle(call), call)

    async def close(self) -> None:
        """Let what is under way come to its end."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=5.0)

    async def _settle(self, call: CallId) -> None:
        if await self._kept.settle(call):
            self._stored.discard(call)
            self._of.pop(call, None)

    def _start(self, work: Coroutine[Any, Any, None], call: CallId) -> None:
        async def run() -> None:
            try:
                await work
            except (StorageDown, StorageRefused) as problem:  # it stays where it is until the next start
                log.error("the notes of a call did not reach its record", extra={"call": call, "problem": str(problem)})

        task = asyncio.get_running_loop().create_task(run(), name=f"notes:{call}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

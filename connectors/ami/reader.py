"""From bytes to facts: frames, trust and translation in one pass, the same for a live link and for a capture.

No I/O. Everything that Asterisk says passes through here, in order, so each step is kept short: an event that nobody
wants costs a look at its name.
"""

import contextlib
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

from connectors.ami.attached import BEARERS, USER_EVENT, Attachments
from connectors.ami.frames import FrameReader, Malformed, headers_of, lines_of
from connectors.ami.lists import CHANNELS, QUEUES, SHAPES, FoundList, belongs, count, list_begun
from connectors.ami.snapshot import Assembly, Queues, startup_of
from connectors.ami.translate import TRANSLATIONS
from connectors.ami.trust import Descriptions, Prologue, Refusals, begins_like_a_frame, moment_of
from cti.calls.facts import Fact, SwitchStopping

_WANTED = {
    name.encode(): (name, translation.fact, Descriptions(translation.describes))
    for name, translation in TRANSLATIONS.items()
}
_ANY = Descriptions(("", "Dest"))

# Frequent and of no use: skipped unread. All others that nobody wants are looked at, for they may be forged.
_IGNORED = frozenset(
    (
        b"AgentComplete AgentDump BridgeCreate BridgeDestroy BridgeInfoChannel BridgeListItem BridgeMerge CEL Cdr "
        b"ChallengeSent ChannelTalkingStart ChannelTalkingStop ConfbridgeEnd ConfbridgeMute ConfbridgeStart "
        b"ConfbridgeUnmute ContactStatus DTMFBegin DTMFEnd DeviceStateChange ExtensionStatus LocalOptimizationBegin "
        b"LocalOptimizationEnd MixMonitorMute MixMonitorStart MixMonitorStop MusicOnHoldStart MusicOnHoldStop "
        b"NewAccountCode NewConnectedLine Newexten PresenceStateChange QueueSummary RTCPReceived RTCPSent "
        b"SoftHangupRequest Status SuccessfulAuth TestEvent UserEvent VarSet"
    ).split()
)
_EVENT = b"Event: "
_TOLD = f"\r\nUserEvent: {USER_EVENT}\r\n".encode()
_PATIENCE = timedelta(seconds=2)  # for the list of queues, where a capture holds none after that of channels
_JITTER = timedelta(seconds=1)  # its threads stamp events a little out of order; more is a clock set back
BORN = re.compile(r"(?:^|-)(\d{10})\.\d+$")  # Uniqueids end with the second of their making
_NEVER = datetime.fromtimestamp(0, UTC)


class Answers(Protocol):
    """Whoever sent requests on this connection and waits for what comes back."""

    def awaits(self, action_id: str) -> bool: ...

    def take(self, action_id: str, frame: bytes) -> None:
        """Take an answer, or an item of one, in order."""


class Listener(Protocol):
    """Whoever wants events that are no facts."""

    names: set[bytes]

    def dispatch(self, event: dict[str, str]) -> object: ...


class Reader:
    """Reads one connection to Asterisk.

    `answers` is where answers go; without it (a capture) they are looked at only for lists. `suspect` is called when a
    frame was refused, so that what it may have hidden is asked for. `wall` gives the time where the PBX does not.
    `attachments` are what the dialplan may attach to calls.
    """

    def __init__(
        self,
        *,
        systemname: str | None = None,
        answers: Answers | None = None,
        listener: Listener | None = None,
        suspect: Callable[[], None] = lambda: None,
        refusals: Refusals | None = None,
        boot: str = "",
        now: datetime | None = None,
        wall: Callable[[], datetime] | None = None,
        attachments: Attachments | None = None,
    ) -> None:
        self.frames = FrameReader(greeted=answers is not None)
        self.prologue = Prologue(systemname)
        self.refusals = Refusals() if refusals is None else refusals
        self.boot = boot  # of the snapshots; learned from CoreStatus where none was given
        self.now = now  # by the switch's clock
        self.uptime_seconds: int | None = None  # by FullyBooted
        self.stopping = False
        self.incomplete_lists = 0
        self.events = 0
        self._answers = answers
        self._listener = listener
        self._others: set[bytes] = set() if listener is None else listener.names
        self._suspect = suspect
        self._wall = wall
        self._attachments = attachments
        self._list: FoundList | None = None
        self._assembly: Assembly | None = None
        self._listing = Queues()  # of the list that comes
        self._queues: Queues | None = None  # listed just before the channels
        self._out: list[Fact] = []
        self._last = b""  # the latest event, wanted or not

    @property
    def booted(self) -> bool:
        """Whether FullyBooted came."""
        return self.uptime_seconds is not None

    def feed(self, data: bytes) -> list[Fact]:
        """Return what *data* states, in order; raise FrameTooLong or NotAsterisk when there is no going on."""
        out = self._out = []
        frames = self.frames.feed(data)
        for frame, following in zip(frames, (*frames[1:], self.frames.rest), strict=True) if frames else ():
            if frame[:7] != _EVENT:
                self._other(frame)
                continue
            self.events += 1
            self._last = frame
            name = frame[7 : frame.find(b"\r\n")]
            wanted = _WANTED.get(name)
            if wanted is None:
                if self._attachments is not None and name == b"UserEvent" and _TOLD in frame:
                    self._unusual(name, frame, following, told=True)
                elif name not in _IGNORED or self._list is not None or name in self._others:
                    self._unusual(name, frame)
                continue
            lines = lines_of(frame)
            try:
                at = self.prologue.time_of(lines)
                headers = headers_of(lines)
                wanted[2].check(headers)
                if not begins_like_a_frame(following):
                    raise Malformed("cut")
                if at is None:
                    at = self._guess_time(headers)
                elif self.now is not None and at < self.now < at + _JITTER:
                    at = self.now
                self.now = at
                fact = wanted[1](headers, at)
            except Malformed as fault:
                self._refuse(fault.kind, wanted[0])
            except (KeyError, ValueError):
                self._refuse("header_missing", wanted[0])
            else:
                if self._attachments is not None and name in BEARERS:
                    for attached in self._attachments.stated(lines, headers, at):
                        self._state(attached)
                if fact is not None:
                    self._state(fact)
        return out

    def heard(self) -> datetime:
        """Return when the switch last stated anything, wanted or not, by its own clock."""
        now = self.now or _NEVER
        try:
            return max(now, self.prologue.time_of(lines_of(self._last), of_a_fact=False) or now)
        except Malformed:
            return now

    def release(self, *, without_queues: bool = True) -> list[Fact]:
        """Return what is held back for a list that will not come.

        Where only the list of queues is missing there is a snapshot *without_queues*, or none at all.
        """
        out = self._out = []
        self._list = None
        if self._assembly is not None:
            self._assembly.listed = self._assembly.listed and without_queues
            self._finish(self._assembly, self._queues)
        return out

    # --- what is stated -----------------------------------------------------------------------------------------

    def _state(self, fact: Fact) -> None:
        if isinstance(fact, SwitchStopping):
            self.stopping = True
        assembly = self._assembly
        if assembly is None:
            self._queues = None
            self._out.append(fact)
            return
        assembly.held.append(fact)
        if self._answers is None and self._list is None and fact.at - assembly.held[0].at > _PATIENCE:
            self._finish(assembly, self._queues)

    def _finish(self, assembly: Assembly, queues: Queues | None) -> None:
        """State the snapshot, if its channels are known, and all that was held back for it."""
        self._assembly = self._queues = None
        if assembly.listed:
            self._out.append(assembly.snapshot(self.boot, queues))
        self._out += assembly.held

    def _guess_time(self, headers: dict[str, str]) -> datetime:
        if self._wall is not None:
            return self._wall()
        now = self.now or _NEVER
        born = BORN.search(headers.get("Uniqueid", ""))
        return max(now, datetime.fromtimestamp(int(born[1]), UTC)) if born else now

    # --- answers and lists --------------------------------------------------------------------------------------

    def _other(self, frame: bytes) -> None:
        """Take a frame that is no event."""
        if not frame.startswith(b"Response: "):
            self._refuse("fragment")
            return
        lines = lines_of(frame)
        action_id = lines[1].removeprefix("ActionID: ") if len(lines) > 1 and lines[1].startswith("ActionID: ") else ""
        if self._answers is not None:
            if not self._answers.awaits(action_id):
                self._refuse("answer_to_nobody")
                return
            self._note_time(lines)
        startup = startup_of(lines)
        if startup and not self.boot:
            self.boot = startup
        self._list = list_begun(lines)
        if self._answers is not None:
            self._answers.take(action_id, frame)

    def _note_time(self, lines: list[str]) -> None:
        """Learn the switch's time from the answer to a Ping."""
        if len(lines) == 4 and lines[2] == "Ping: Pong":
            with contextlib.suppress(Malformed):
                self.now = moment_of(lines[3].removeprefix("Timestamp: "))

    def _unusual(self, name: bytes, frame: bytes, following: bytes = b"", *, told: bool = False) -> None:
        """Take an event that no translation wants: an item of a list, FullyBooted, or one that nobody knows.

        *told*: it seems to be what the dialplan tells about a call.
        """
        lines = lines_of(frame)
        shape = SHAPES.get(name)
        if shape is not None and self._list is not None and belongs(lines, shape, self._list):
            self._item(lines, name, frame)
            return
        if name == b"FullyBooted" and self._fully_booted(lines):
            return
        for line in (lines[1] if len(lines) > 1 else "", lines[-1]):
            action_id = line.removeprefix("ActionID: ")
            if action_id == line:
                continue
            if self._answers is None:  # an item of some other list
                return
            if self._answers.awaits(action_id):
                self._answers.take(action_id, frame)
                return
        if self._list is not None and not self._list.name and not self._list.announced:
            self._list = None
        try:
            at = self.prologue.time_of(lines, of_a_fact=False)
            heard = self._listener is not None and name in self._others
            if told or heard:
                headers = headers_of(lines)
                _ANY.check(headers)
                if not begins_like_a_frame(following):
                    raise Malformed("cut")
                if self._attachments is not None and told:
                    for attached in self._attachments.told(lines, headers, at or self._guess_time(headers)):
                        self._state(attached)
                if self._listener is not None and heard:
                    self._listener.dispatch(headers)
            elif name not in _IGNORED:
                self.refusals.note_unknown(name.decode("utf-8", "replace"))
        except Malformed as fault:
            self._refuse(fault.kind)

    def _item(self, lines: list[str], name: bytes, frame: bytes) -> None:
        found, shape = self._list, SHAPES[name]
        assert found is not None
        first = not found.name
        try:
            count(lines, shape, found)
        except ValueError:
            self._refuse("list_end")
            return
        if first and found.name == CHANNELS:
            if self._assembly is not None:  # the list of queues never came
                self._finish(self._assembly, None)
            self._assembly = Assembly(self._time(), self._attachments)
        elif first:
            self._listing = Queues()
        if found.ended:
            self._list = None
            self._list_ended(found)
        elif found.name == QUEUES:
            self._listing.add(lines, self._time() if self._assembly is None else self._assembly.at)
        elif self._assembly is not None:
            self._assembly.add(lines)
        if self._answers is not None and found.action_id:
            self._answers.take(found.action_id, frame)

    def _list_ended(self, found: FoundList) -> None:
        assembly = self._assembly
        if not found.complete:
            self.incomplete_lists += 1
            self.refusals.count("list_incomplete", found.name)
            self._assembly = None
            if assembly is not None:
                self._out += assembly.held
        elif found.name == QUEUES:
            self._queues = self._listing
            if assembly is not None and assembly.listed:
                self._finish(assembly, self._queues)
        elif assembly is not None:
            assembly.listed = True
            if self._queues is not None:
                self._finish(assembly, self._queues)

    def _fully_booted(self, lines: list[str]) -> bool:
        """Take FullyBooted, which comes without time and name right after the login, and only then."""
        if self.booted:
            return False
        uptime = next((line for line in lines if line.startswith("Uptime: ")), "").removeprefix("Uptime: ")
        if "Status: Fully Booted" not in lines or lines[1:2] != ["Privilege: system,all"] or len(lines) > 7:
            return False
        self.uptime_seconds = int(uptime) if uptime.isdecimal() else 0
        return True

    def _time(self) -> datetime:
        if self._wall is not None and (self.now is None or not self.prologue.has_time):
            return self._wall()
        return self.now or _NEVER

    # --- what is refused ----------------------------------------------------------------------------------------

    def _refuse(self, kind: str, event: str = "") -> None:
        """Count a frame that is not to be trusted, and have the switch asked what it may have hidden.

        In a list it is a piece of an item that a caller's text cut; asking again would bring it again.
        """
        self.refusals.count(kind, event)
        if self._list is None:
            self._suspect()
            return
        self._list.strays += 1
        if not self._list.name and self._answers is None:
            self._list = None  # the answer was not followed by an item: not a list, or not Asterisk's

"""Which frames are Asterisk's own, and which a caller wrote.

Asterisk prints some values raw, and a SIP caller chooses them: with CR LF in his number he ends a line or a frame and
writes his own. He has 79 bytes for each value, and what Asterisk writes after the value follows his text. So:

* An event must begin with Event, Privilege, Timestamp, SystemName, complete and in this order. With the shortest names
  that is longer than 79 bytes (tests/unit/ami/test_trust.py adds it up), and a random systemname cannot be guessed.
  Where the PBX has no timestampevents or no systemname, the prologue is shorter, as its own first event shows.
* No header may stand twice in a frame (frames.headers_of): a smuggled Uniqueid comes beside the true one.
* Asterisk describes a channel in a fixed order, from CallerIDNum to Linkedid. A line put in breaks the order, and so
  does a frame that a caller ended early.
* A frame that a caller ended early is followed by the rest of the true one, which begins like no frame. Should a read
  end exactly between the two, the forged end must hold Uniqueid and Linkedid: with a systemname of 8 characters or more
  that, too, is longer than 79 bytes.
* Answers and items of lists have the ActionID where Asterisk puts it, and the shape of their kind (lists.py).
"""

import logging
import re
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime

from connectors.ami.frames import Malformed

log = logging.getLogger(__name__)

# The classes of events that state facts, always exactly one. A shorter name, such as cc, would leave room to forge.
_PRIVILEGES = frozenset({"Privilege: system,all", "Privilege: call,all", "Privilege: agent,all"})
_ANY_PRIVILEGE = re.compile(r"Privilege: [a-z,]+,all")
_TIMESTAMP, _SYSTEMNAME = "Timestamp: ", "SystemName: "
_EVENT, _RESPONSE = b"Event: ", b"Response: "
_SECOND_LINES = (b"Privilege: ", b"ActionID: ", b"Queue: ")
_MOST_KINDS = 200  # of refused frames, counted one by one; callers choose the names


class Prologue:
    """How each event of one connection begins. What was not told is learned from its first event.

    The beginning of the first event is genuine: a caller's text always comes after the beginning of some event.
    """

    def __init__(self, systemname: str | None = None) -> None:
        self._system = None if systemname is None else f"{_SYSTEMNAME}{systemname}"
        self.learned = False
        self.has_time = True

    @property
    def systemname(self) -> str:
        """What the PBX calls itself, "" where it has no name or none is known yet."""
        return "" if self._system is None else self._system.removeprefix(_SYSTEMNAME)

    def time_of(self, lines: list[str], *, of_a_fact: bool = True) -> datetime | None:
        """Return when the event was stated, None where the PBX does not say; raise Malformed if it is forged."""
        if not self.learned:
            self._learn(lines)
        try:
            if lines[1] not in _PRIVILEGES and (of_a_fact or not _ANY_PRIVILEGE.fullmatch(lines[1])):
                raise Malformed("prologue")
            if not self.has_time:
                if self._system is not None and lines[2] != self._system:
                    raise Malformed("prologue")
                return None
            stamp = lines[2]
            if stamp[:11] != _TIMESTAMP or (self._system is not None and lines[3] != self._system):
                raise Malformed("prologue")
        except IndexError:
            raise Malformed("prologue") from None
        return moment_of(stamp[11:])

    def _learn(self, lines: list[str]) -> None:
        if len(lines) < 3 or not _ANY_PRIVILEGE.fullmatch(lines[1]):
            return
        self.has_time = lines[2].startswith(_TIMESTAMP)
        place = 3 if self.has_time else 2
        if self._system is None and len(lines) > place and lines[place].startswith(_SYSTEMNAME):
            self._system = lines[place]
        self.learned = True


# In the order in which every release from 18 to 22 writes them.
_DESCRIPTION = (
    *("CallerIDNum", "CallerIDName", "ConnectedLineNum", "ConnectedLineName", "Language", "AccountCode"),
    *("Context", "Exten", "Priority", "Uniqueid", "Linkedid"),
)


class Descriptions:
    """Checks that the channels which an event describes are described as Asterisk does it."""

    def __init__(self, prefixes: Iterable[str]) -> None:
        self._wanted = [(f"{prefix}CallerIDNum", f"{prefix}Uniqueid", self._order(prefix)) for prefix in prefixes]

    @staticmethod
    def _order(prefix: str) -> list[str]:
        return [prefix + name for name in _DESCRIPTION]

    def check(self, headers: dict[str, str]) -> None:
        """Raise Malformed where a description is torn or something stands in it; one may be missing altogether."""
        names = list(headers)
        for first, uid, order in self._wanted:
            if first in headers:
                place = names.index(first)
                if names[place : place + len(order)] != order:
                    raise Malformed("description")
            elif uid in headers:
                raise Malformed("description")


def begins_like_a_frame(data: bytes) -> bool:
    """Return whether *data*, which follows a frame, may be the next one rather than the rest of one that was cut."""
    if len(data) < len(_RESPONSE):
        return True  # too little to tell
    if data[:7] != _EVENT:
        return data.startswith(_RESPONSE)
    end = data.find(b"\r\n")
    return end < 0 or len(data) < end + 13 or data.startswith(_SECOND_LINES, end + 2)


def moment_of(stamp: str) -> datetime:
    """Return the moment that *stamp*, as in Timestamp headers, states; raise Malformed if it has not their form."""
    if len(stamp) != 17 or stamp[10] != ".":
        raise Malformed("timestamp")
    try:
        return datetime.fromtimestamp(float(stamp), UTC)
    except (ValueError, OverflowError, OSError):
        raise Malformed("timestamp") from None


class Refusals:
    """Counts what was refused, by kind, and tells the log once for each kind; never what stood in it."""

    def __init__(self, *, quiet: bool = False) -> None:
        self.counts: Counter[tuple[str, str]] = Counter()
        self.unknown: Counter[str] = Counter()  # genuine events that we do not know, by name
        self._quiet = quiet

    @property
    def total(self) -> int:
        return self.counts.total()

    def count(self, kind: str, event: str = "") -> None:
        """Count a frame refused for *kind*; *event* must be a name that we know, or ""."""
        key = (kind, event)
        if key not in self.counts:
            if len(self.counts) >= _MOST_KINDS:
                key = (kind, "other")
            if key not in self.counts and not self._quiet:
                log.warning("AMI frame refused: %s %s", kind, event, extra={"kind": kind, "event": event})
        self.counts[key] += 1

    def note_unknown(self, event: str) -> None:
        """Count a genuine event of a name that we do not know; it is skipped."""
        if event not in self.unknown:
            if len(self.unknown) >= _MOST_KINDS:
                event = "other"
            elif not self._quiet:
                log.info("AMI event of an unknown kind: %s", event)
        self.unknown[event] += 1

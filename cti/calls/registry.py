"""The live calls of one switch: facts go in, call events come out.

Nothing here is counted up from events. A fact changes the board (legs and bridges); then each call it touched is
settled: what its connections should be is read off the board, and the difference is what happened. So a fact that comes
twice, late or not at all does no lasting harm, and a snapshot mends the rest.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from cti.calls import folding, resync, transfers
from cti.calls.book import Book
from cti.calls.events import CallEvent
from cti.calls.facts import ChannelId, Fact, LinkLost, Snapshot
from cti.calls.folding import Touched
from cti.calls.model import Call, CallId, Cause
from cti.calls.parties import Parties
from cti.calls.records import KeptCall, record_of
from cti.calls.settling import settle

_FOLDS = {**folding.FOLDS, **transfers.FOLDS}


class CallRegistry:
    """Folds the facts of one switch into calls."""

    def __init__(self, parties: Parties | None = None) -> None:
        self._book = Book(parties or Parties())
        self._kept: list[KeptCall] = []  # from before a restart of the daemon, until the first snapshot
        self._blind = False  # the link was lost: hang-ups may have been missed
        self._last_seen: datetime | None = None
        self._boot = ""

    @property
    def calls(self) -> Mapping[CallId, Call]:
        """Every live call, consultations included, as it now stands."""
        return {call_id: dossier.call for call_id, dossier in self._book.dossiers.items()}

    def call(self, call_id: CallId) -> Call | None:
        dossier = self._book.dossiers.get(call_id)
        return dossier.call if dossier else None

    @property
    def channels(self) -> frozenset[ChannelId]:
        """Every leg that is believed to live."""
        return frozenset(self._book.board.legs)

    def apply(self, fact: Fact) -> list[CallEvent]:
        """Take in *fact* and return what happened to calls by it, in order."""
        self._book.out = []
        fold = _FOLDS.get(type(fact))
        if fold is not None:
            self._settle(fold(self._book, fact), fact.at)
        elif isinstance(fact, Snapshot):
            self._settle(self._resync(fact), fact.at)
        elif isinstance(fact, LinkLost):
            self._last_seen = self._last_seen if self._blind else fact.at
            self._blind = True
        return self._book.out

    def wants_snapshot(self) -> bool:
        """Return once whether something did not fit since the last call, so that a fresh snapshot would help."""
        wanted, self._book.suspicious = self._book.suspicious, False
        return wanted

    def keep(self, call_id: CallId, at: datetime) -> KeptCall | None:
        """Return what must be stored of a live call at *at*, or None when it leaves no record."""
        dossier = self._book.dossiers.get(call_id)
        if dossier is None or not dossier.leaves_record:
            return None
        devices = (*dossier.call.agents, *dossier.call.supervisors)
        spans, record = tuple(dossier.spans.values()), record_of(dossier, at, boundary=at)
        return KeptCall(call_id, self._boot, tuple(dossier.known), devices, at, spans, record)

    def restore(self, kept: Iterable[KeptCall]) -> None:
        """Take over the calls that were live when the daemon ended; the next snapshot tells which still are."""
        self._kept.extend(kept)
        self._blind = True
        self._last_seen = max((call.last_seen for call in self._kept), default=None)

    def close_all(self, at: datetime) -> list[CallEvent]:
        """End every live call as uncertain, for when no more facts will come. Return what happened."""
        self._book.out = []
        for dossier in list(self._book.dossiers.values()):
            alive_at = max(self._last_seen or at, dossier.touched_at)
            self._book.close(dossier, alive_at, Cause.END_NOT_SEEN, boundary=at)
        return self._book.out

    def _resync(self, snapshot: Snapshot) -> Touched:
        rebooted = bool(self._boot and snapshot.boot and snapshot.boot != self._boot)
        self._boot = snapshot.boot or self._boot
        blind_since = (self._last_seen or snapshot.at) if self._blind else None
        self._blind = False
        resync.take_over(self._book, self._kept, snapshot)
        self._kept = []
        return resync.bring_into_line(self._book, snapshot, rebooted=rebooted, blind_since=blind_since)

    def _settle(self, touched: Touched, at: datetime) -> None:
        seen: set[int] = set()
        for dossier in touched:
            if dossier is not None and id(dossier) not in seen:
                seen.add(id(dossier))
                dossier.touched_at = at
                settle(self._book, dossier, at)
        if not self._blind:
            self._last_seen = at

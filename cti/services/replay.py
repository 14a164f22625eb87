"""Tells the calls in a recorded stream of facts, one JSON object a line."""

from collections.abc import Iterable, Iterator

import msgspec

from cti.calls.events import CallCleared, CallEvent
from cti.calls.facts import Fact
from cti.calls.model import FinishedCall
from cti.calls.parties import Parties
from cti.calls.registry import CallRegistry


def lines_of(facts: Iterable[Fact], parties: Parties) -> Iterator[bytes]:
    """Yield every call event as it happens, then one record for each call.

    A call still open at the end is closed there as uncertain: its end was not seen.
    """
    registry = CallRegistry(parties)
    records: list[FinishedCall] = []
    last = None
    for fact in facts:
        last = fact.at
        yield from _told(registry.apply(fact), records)
    if last is not None:
        yield from _told(registry.close_all(last), records)
    for record in records:
        told = msgspec.structs.asdict(record)
        del told["data"]  # which variables count is in the settings, and a capture is read without any
        yield msgspec.json.encode({"record": "call", **told})


def _told(events: Iterable[CallEvent], records: list[FinishedCall]) -> Iterator[bytes]:
    for event in events:
        if isinstance(event, CallCleared) and event.record is not None:
            records.append(event.record)
            event = msgspec.structs.replace(event, record=None, spans=())
        yield msgspec.json.encode(event)

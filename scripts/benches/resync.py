"""bench resync: the whole picture rebuilt from one snapshot of many channels, from bytes to call events.

Beside it, in the same run: the bytes alone split into dicts, and a snapshot that changes nothing, as the sweep takes
one every minute.
"""

import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from ingest import plain_split
from machine import machine
from rich.console import Console
from rich.table import Table

from connectors.ami.reader import Reader
from cti.calls.facts import Snapshot
from cti.calls.registry import CallRegistry

CHANNELS = 2_000
ROUNDS = 5

_HEAD = """Asterisk Call Manager/11.0.0
Response: Success
ActionID: r-1
Message: Authentication accepted

Event: FullyBooted
Privilege: system,all
Uptime: 388
LastReload: 388
Status: Fully Booted

Response: Success
ActionID: r-2
EventList: start
Message: Channels will follow

"""
_CHANNEL = """Event: CoreShowChannel
ActionID: r-2
Channel: {name}
ChannelState: 6
ChannelStateDesc: Up
CallerIDNum: {number}
CallerIDName: 客户
ConnectedLineNum: {other}
ConnectedLineName: <unknown>
Language: en
AccountCode: none
Context: {context}
Exten: 5000
Priority: 1
Uniqueid: pbx-1795423172.{uid}
Linkedid: pbx-1795423172.{linked}
ChanVariable: CTI_CALL=
ChanVariable: CTI_CAMPAIGN=
ChanVariable: AMDSTATUS=
ChanVariable: AMDCAUSE=
Application: {application}
ApplicationData: {data}
Duration: 00:01:00
BridgeId: bridge-{linked}

"""
_TAIL = """Event: CoreShowChannelsComplete
ActionID: r-2
EventList: Complete
ListItems: {count}

Response: Success
ActionID: r-3
EventList: start
Message: Queue status will follow

Event: QueueStatusComplete
ActionID: r-3
EventList: Complete
ListItems: 0

"""


def lists() -> bytes:
    """Return what a switch says that has CHANNELS legs in talk, two in each call."""
    parts = [_HEAD]
    for uid in range(0, CHANNELS, 2):
        customer, agent = f"138{uid:08}", str(10_000 + uid // 2)
        for leg, name, number, other, context, application, data in (
            (uid, f"PJSIP/trunk-{uid:08x}", customer, agent, "from-trunk", "Queue", "support,t,,,600"),
            (uid + 1, f"PJSIP/{agent}-{uid + 1:08x}", agent, customer, "phones", "AppQueue", "(Outgoing Line)"),
        ):
            parts.append(
                _CHANNEL.format(
                    name=name, number=number, other=other, context=context, uid=leg, linked=uid,
                    application=application, data=data,
                )
            )  # fmt: skip
    parts.append(_TAIL.format(count=CHANNELS))
    return "".join(parts).replace("\n", "\r\n").encode()


def snapshot_of(data: bytes) -> Snapshot:
    facts = Reader(now=datetime.now(UTC), boot="one").feed(data)
    return next(fact for fact in facts if isinstance(fact, Snapshot))


def best(work: Callable[[], object]) -> float:
    shortest = float("inf")
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        shortest = min(shortest, time.perf_counter() - began)
    return shortest


def main() -> None:
    data = lists()
    snapshot = snapshot_of(data)
    known = CallRegistry()
    known.apply(snapshot)
    assert len(snapshot.channels) == CHANNELS
    assert len(known.calls) == CHANNELS // 2

    split = best(lambda: plain_split([data]))
    steps = [
        ("bytes split into dicts", split),
        ("bytes to snapshot", best(lambda: snapshot_of(data))),
        ("snapshot to calls and events", best(lambda: CallRegistry().apply(snapshot))),
        ("all of it", best(lambda: CallRegistry().apply(snapshot_of(data)))),
        ("a snapshot that changes nothing", best(lambda: known.apply(snapshot))),
    ]
    table = Table(title=f"resync: {CHANNELS:,} channels, {CHANNELS // 2:,} calls, best of {ROUNDS}; aim: under 1 s")
    for heading in ("step", "ms", "beside the split"):
        table.add_column(heading, justify="left" if heading == "step" else "right")
    for name, seconds in steps:
        table.add_row(name, f"{seconds * 1e3:.1f}", f"{seconds / split:.1f} x")
    console = Console()
    console.print(table)
    console.print(machine())


if __name__ == "__main__":
    main()

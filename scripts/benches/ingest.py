"""bench ingest: AMI bytes to typed facts, CPU time for one event, beside stock panoramisk and a plain split."""

import asyncio
import logging
import time
from collections.abc import Callable
from pathlib import Path

from machine import machine
from panoramisk.ami_protocol import AMIProtocol
from panoramisk.manager import Manager
from rich.console import Console
from rich.table import Table

from connectors.ami.reader import Reader

TRACES = Path(__file__).resolve().parents[2] / "tests" / "traces"
READ = 64 * 1024  # bytes at once
REPEAT = 10
ROUNDS = 5

# What a CTI service would register for with panoramisk.
PATTERNS = (
    *("Newchannel", "Newstate", "NewCallerid", "Rename", "HangupRequest", "Hangup", "DialBegin", "DialState"),
    *("DialEnd", "OriginateResponse", "BridgeEnter", "BridgeLeave", "LocalBridge", "Hold", "Unhold", "QueueCaller*"),
    *("QueueMember*", "AgentCalled", "AgentRingNoAnswer", "AgentConnect", "PeerStatus", "*Transfer", "Confbridge*"),
    "ChanSpy*",
)


def ours(chunks: list[bytes]) -> int:
    """Bytes to facts, with the rules of trust: what the live link does."""
    reader = Reader()
    return sum(len(reader.feed(chunk)) for chunk in chunks)


def plain_split(chunks: list[bytes]) -> int:
    """Every event as a dict of str with repeated headers as lists: the reference."""
    rest, count = b"", 0
    for chunk in chunks:
        *frames, rest = (rest + chunk).split(b"\r\n\r\n")
        for frame in frames:
            headers: dict[str, str | list[str]] = {}
            for line in frame.decode("utf-8", "replace").split("\r\n"):
                name, _, value = line.partition(": ")
                before = headers.get(name)
                if before is None:
                    headers[name] = value
                elif isinstance(before, list):
                    before.append(value)
                else:
                    headers[name] = [before, value]
            count += len(headers) > 0
    return count


def stock_panoramisk(chunks: list[bytes]) -> int:
    """panoramisk as it is, with a callback that counts registered for 24 patterns."""
    seen = 0

    def count(manager: Manager, event: object) -> None:
        nonlocal seen
        seen += 1

    manager = Manager(loop=asyncio.new_event_loop())
    for pattern in PATTERNS:
        manager.register_event(pattern, count)
    protocol = AMIProtocol()
    protocol.connection_made(_Transport())
    protocol.factory = manager
    protocol.encoding = "utf8"
    for chunk in chunks:
        protocol.data_received(chunk)
    manager.loop.close()
    return seen


class _Transport:
    def close(self) -> None:
        """Nothing is connected."""


def cpu_seconds(work: Callable[[list[bytes]], int], chunks: list[bytes]) -> float:
    best = float("inf")
    for _ in range(ROUNDS):
        began = time.process_time()
        work(chunks)
        best = min(best, time.process_time() - began)
    return best


def main() -> None:
    logging.getLogger("connectors").setLevel(logging.ERROR)  # one trace is an attack
    logging.getLogger("panoramisk").setLevel(logging.CRITICAL)
    console = Console()
    # Stock panoramisk fails on a frame with two Event headers: the attack is measured apart.
    traces = [path for path in sorted(TRACES.glob("*.ami")) if path.stem != "sip_injection"]
    # Without the two that make it start a coroutine and close the connection.
    data = (
        b"".join(
            part + b"\r\n\r\n"
            for path in traces
            for part in path.read_bytes().split(b"\r\n\r\n")
            if part and not part.startswith((b"Event: FullyBooted", b"Event: Shutdown"))
        )
        * REPEAT
    )
    events = data.count(b"\r\nEvent: ")
    chunks = [data[start : start + READ] for start in range(0, len(data), READ)]

    table = Table(title=f"ingest: {events:,} events, {len(data) / events:.0f} bytes each, CPU time, best of {ROUNDS}")
    for heading in ("reader", "µs an event", "events/s a core", "beside the plain split", "beside stock"):
        table.add_column(heading, justify="left" if heading == "reader" else "right")
    readers = (
        ("plain split to dicts of str", plain_split),
        ("ours: bytes to facts", ours),
        ("panoramisk 1.4, 24 patterns", stock_panoramisk),
    )
    with console.status("measuring"):
        seconds = {name: cpu_seconds(work, chunks) for name, work in readers}
    plain, stock = seconds[readers[0][0]], seconds[readers[2][0]]
    for name, spent in seconds.items():
        row = (
            f"{spent / events * 1e6:.2f}",
            f"{events / spent:,.0f}",
            f"{spent / plain:.2f} x",
            f"{stock / spent:.1f} x faster",
        )
        table.add_row(name, *row)
    console.print(table)
    console.print(machine())

    attack = (TRACES / "sip_injection.ami").read_bytes() * (REPEAT * 10)
    spent = cpu_seconds(ours, [attack[start : start + READ] for start in range(0, len(attack), READ)])
    per_event = spent / attack.count(b"\r\nEvent: ") * 1e6
    console.print(f"under attack (sip_injection.ami): {per_event:.2f} µs an event")


if __name__ == "__main__":
    main()

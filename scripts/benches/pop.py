"""bench pop: from the ringing event on the wire to the frame at one of many agents, beside a bare prototype.

The service and the prototype run on core 0, one after the other; Asterisk and the browsers are this process, on core 1.
Both get the same recorded queue call, told again and again, and the same database. The load is this machine's: figures
say something beside each other, in one run.
"""

import argparse
import asyncio
import contextlib
import os
import resource
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(HERE))

import uvloop  # noqa: E402
from machine import machine  # noqa: E402
from people import FOLDER, database, log_in  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.table import Table  # noqa: E402
from screens import open_all  # noqa: E402
from traffic import Traffic, device_of  # noqa: E402

from cti.services.pops import Figures, figures  # noqa: E402
from tests.fakes.ami_peer import AmiPeer  # noqa: E402

_TICK = os.sysconf("SC_CLK_TCK")


class Server:
    """The process that is measured."""

    def __init__(self, name: str, pid: int, port: int) -> None:
        self.name = name
        self.pid = pid
        self.port = port

    def cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICK

    def megabytes(self) -> float:
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) / 1_024


class Row:
    def __init__(
        self, server: str, rate: float, ms: Figures, cpu_us: float, rung: int, popped: int, rest: float
    ) -> None:
        self.server, self.rate, self.ms, self.cpu_us = server, rate, ms, cpu_us
        self.rung, self.popped, self.rest = rung, popped, rest


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.asynccontextmanager
async def serving(name: str, command: Sequence[str], port: int, word: bytes) -> AsyncIterator[Server]:
    """Run *command* on core 0 from the moment it says *word* to the end of the block."""
    log = (FOLDER / f"{name}.log").open("wb")
    process = await asyncio.create_subprocess_exec(
        "taskset", "-c", "0", sys.executable, *command, stdout=subprocess.PIPE, stderr=log, cwd=HERE
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(120):
            while word not in (line := await process.stdout.readline()):
                if not line:
                    raise RuntimeError(f"{name} did not start: see {log.name}")
        yield Server(name, process.pid, port)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()
        log.close()


def settings(ami_port: int, web_port: int, path: Path) -> Path:
    file = FOLDER / "pop.toml"
    file.write_text(
        f'[switch]\nusername = "cti"\nsecret = "s3cret"\nport = {ami_port}\ntrunks = ["PJSIP/trunk"]\n'
        f'[database]\nurl = "sqlite:///{path}"\nbackup_folder = "{FOLDER}/backups"\n'
        f'[web]\nport = {web_port}\n[log]\nlevel = "warning"\n'
    )
    file.chmod(0o600)
    return file


async def measure(
    server: Server, peer: AmiPeer, screens_of: Sequence[tuple[str, str]], args: argparse.Namespace, *, first: int = 0
) -> list[Row]:
    """Open the agents' screens and replay every rate."""
    popped: asyncio.Queue[str] = asyncio.Queue()
    at: dict[str, float] = {}
    async with asyncio.timeout(120):
        screens, _ = await open_all(server.port, screens_of, popped, at)
    traffic = Traffic(peer, agents=args.agents, customers=args.customers, first=first)
    await traffic.find_trigger(popped)
    await traffic.run(500, 1.0)  # warm
    rows = []
    for rate in args.rates:
        at.clear()
        cpu, began = server.cpu_seconds(), time.perf_counter()
        await traffic.run(rate, args.seconds)
        spent = time.perf_counter() - began
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(10):
                while len(at) < len(traffic.sent):
                    await popped.get()
        rest = time.perf_counter() - began - spent
        cpu = server.cpu_seconds() - cpu
        ms = figures((at[call] - sent) * 1_000 for call, sent in traffic.sent.items() if call in at)
        rows.append(
            Row(server.name, traffic.events / spent, ms, cpu / traffic.events * 1e6, len(traffic.sent), len(at), rest)
        )
    for screen in screens:
        screen.transport.abort()
    return rows


async def crowd(server: Server, tokens: Sequence[str]) -> str:
    """Connect everybody, twice."""
    popped: asyncio.Queue[str] = asyncio.Queue()
    before = server.megabytes()
    screens, first = await open_all(server.port, [("/ws", token) for token in tokens], popped, {})
    idle = server.megabytes()
    for screen in screens:
        screen.transport.abort()
    screens, again = await open_all(server.port, [("/ws", token) for token in tokens], popped, {}, at_once=500)
    text = (
        f"{len(tokens):,} screens: {before:.0f} MB before, {idle:.0f} MB connected; first connection {first:.1f} s,"
        f" all again with snapshots {again:.1f} s, then {server.megabytes():.0f} MB"
    )
    for screen in screens:
        screen.transport.abort()
    return text


def lag(port: int) -> str:
    """Return the share of samples of the event loop's lag within 10 ms, as the service counts it."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        lines = answer.read().decode().splitlines()
    values = {line.split(" ")[0]: float(line.split(" ")[1]) for line in lines if line.startswith("cti_event_loop_lag")}
    within = values['cti_event_loop_lag_seconds_bucket{le="0.01"}']
    return f"event-loop lag within 10 ms: {within / values['cti_event_loop_lag_seconds_count']:.2%} of samples"


async def main(args: argparse.Namespace) -> None:
    os.sched_setaffinity(0, {1})
    path = args.database
    rows: list[Row] = []
    notes: list[str] = []
    async with AmiPeer() as peer:
        port = free_port()
        command = [str(HERE / "scripts/benches/pop_prototype.py"), str(peer.port), str(port), str(path)]
        async with serving("prototype", command, port, b"ready") as server:
            devices = [(f"/ws?device={device_of(n)}", "none") for n in range(args.agents)]
            rows += await measure(server, peer, devices, args)
    tokens = log_in(path, max(args.agents, args.crowd))
    async with AmiPeer() as peer, the_service(peer, path) as server:
        rows += await measure(server, peer, [("/ws", token) for token in tokens[: args.agents]], args)
        notes.append(lag(server.port))
    async with AmiPeer() as peer, the_service(peer, path) as server:
        notes.append(await crowd(server, tokens[: args.crowd]))
    show(rows, notes, args)


@contextlib.asynccontextmanager
async def the_service(peer: AmiPeer, path: Path) -> AsyncIterator[Server]:
    """Run the product on core 0, with *peer* for its Asterisk."""
    port = free_port()
    command = ["-m", "cti.cli", "run", "--config", str(settings(peer.port, port, path))]
    async with serving("service", command, port, b"serving") as server:
        await peer.hears("QueueStatus")
        yield server


def show(rows: Sequence[Row], notes: Sequence[str], args: argparse.Namespace) -> None:
    table = Table(
        title=f"bench pop: {args.agents:,} agents, {args.customers:,} customers, load {os.getloadavg()[0]:.1f}"
    )
    for title in ("path", "events/s", "p50 ms", "p95 ms", "p99 ms", "CPU us/event", "ratio", "popped", "backlog s"):
        table.add_column(title, justify="right")
    bare = {round(row.rate, -2): row.cpu_us for row in rows if row.server == "prototype"}
    for row in rows:
        base = min(bare.items(), key=lambda each: abs(each[0] - row.rate))[1]
        table.add_row(
            row.server, f"{row.rate:,.0f}", f"{row.ms.p50:.2f}", f"{row.ms.p95:.2f}", f"{row.ms.p99:.2f}",
            f"{row.cpu_us:.0f}", f"{row.cpu_us / base:.2f}", f"{row.popped}/{row.rung}", f"{row.rest:.2f}",
        )  # fmt: skip
    console = Console(width=120)
    console.print(table)
    for note in (*notes, machine()):
        console.print(note)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--agents", type=int, default=1_000)
    parser.add_argument("--customers", type=int, default=10_000_000)
    parser.add_argument("--crowd", type=int, default=5_000, help="connected agents for the memory figure")
    parser.add_argument(
        "--rates", type=lambda text: [float(n) for n in text.split(",")], default=[500.0, 2_000.0, 5_000.0, 8_000.0]
    )
    parser.add_argument("--seconds", type=float, default=10.0)
    arguments = parser.parse_args()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 20_000)), hard))
    arguments.database = database(arguments.customers)
    uvloop.run(main(arguments))

"""bench imports: a CSV file of very many customers, with what it does to pops of a service that runs meanwhile.

The import is `cti customers import` in a process of its own, as an operator runs it. The load is this machine's; CPU
seconds say what it costs without that.
"""

import argparse
import asyncio
import contextlib
import csv
import os
import random
import resource
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(HERE))

import msgspec  # noqa: E402
from machine import machine  # noqa: E402
from people import FOLDER, database, log_in  # noqa: E402
from pop import Row, measure, settings, the_service  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.table import Table  # noqa: E402

from tests.fakes.ami_peer import AmiPeer  # noqa: E402

SURNAMES, GIVEN = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗", "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉萍红"
FORMS = ("{n}", "+86{n}", "{a} {b} {c}", "{a}-{b}-{c}")
REFUSED_EVERY = 500


class Imported(msgspec.Struct):
    seconds: float
    cpu_seconds: float
    megabytes: float
    said: str


def table_of(rows: int) -> Path:
    """Return a CSV file with so many rows, of which one in REFUSED_EVERY has no number."""
    path = FOLDER / f"import-{rows}.csv"
    if path.exists():
        return path
    FOLDER.mkdir(parents=True, exist_ok=True)
    dice = random.Random(1)
    with path.with_suffix(".part").open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["姓名", "手机", "座机", "公司", "标签", "城市", "地址"])
        for n in range(rows):
            mobile = f"139{n:08d}"
            text = FORMS[n % 4].format(n=mobile, a=mobile[:3], b=mobile[3:7], c=mobile[7:])
            if n % REFUSED_EVERY == REFUSED_EVERY - 1:
                text = "13800"
            name = dice.choice(SURNAMES) + dice.choice(GIVEN) + dice.choice(GIVEN)
            desk = f"010-6{n % 10_000_000:07d}" if n % 5 == 0 else ""
            company = "杭州云山贸易有限公司" if n % 3 == 0 else ""
            writer.writerow([name, text, desk, company, "VIP;续保" if n % 2 else "", "杭州市", f"文三路 {n % 999} 号"])
    path.with_suffix(".part").rename(path)
    return path


def peak_of(pid: int) -> int:
    """Return the most memory that a process had, in kB."""
    return int(Path(f"/proc/{pid}/status").read_text().split("VmHWM:")[1].split()[0])


async def imported(file: Path, config: Path) -> Imported:
    """Import *file* as an operator does."""
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "cti.cli", "customers", "import", str(file), "--config", str(config)]
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, cwd=HERE
    )
    most = 0
    assert process.stdout is not None
    saying = asyncio.create_task(process.stdout.read())
    while not saying.done():
        with contextlib.suppress(OSError, IndexError):
            status = Path(f"/proc/{process.pid}/status").read_text()  # noqa: ASYNC240 - no disk behind it
            most = max(most, int(status.split("VmHWM:")[1].split()[0]))
        await asyncio.wait([saying], timeout=0.5)
    await process.wait()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Imported(time.perf_counter() - began, cpu, most / 1_024, (await saying).decode().strip())


async def beside_pops(args: argparse.Namespace) -> tuple[list[Row], Imported]:
    """Measure pops before an import and during one."""
    os.sched_setaffinity(0, {1})
    path = args.database
    tokens = log_in(path, args.agents)
    screens = [("/ws", token) for token in tokens]
    async with AmiPeer() as peer, the_service(peer, path) as server:
        alone = await measure(server, peer, screens, args)
        config = FOLDER / "pop.toml"
        importing = asyncio.create_task(imported(table_of(args.beside), config))
        await asyncio.sleep(2.0)
        during = await measure(server, peer, screens, args, first=1_000_000)
        done = await importing
    return [*alone, *during], done


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--beside", type=int, default=300_000, help="rows that are imported while calls are popped")
    parser.add_argument("--customers", type=int, default=100_000, help="who are there before")
    parser.add_argument("--agents", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=8.0)
    args = parser.parse_args()
    args.rates = [500.0]
    file = table_of(args.rows)
    empty = FOLDER / "import.db"
    for old in FOLDER.glob("import*.db*"):
        old.unlink()
    for old in (*FOLDER.glob(f"customers-{args.customers}.db*"), *FOLDER.glob("import-*.csv.refused.csv")):
        old.unlink(missing_ok=True)
    args.database = database(args.customers)
    alone = asyncio.run(imported(file, settings(1, 1, empty)))
    rows, beside = asyncio.run(beside_pops(args))
    console = Console(width=110)
    table = Table(title="bench imports")
    for title in ("", "rows", "seconds", "rows/s", "CPU us/row", "peak MB", "aim"):
        table.add_column(title, justify="right" if title else "left")
    for name, count, done, aim in (
        ("alone", args.rows, alone, "> 20,000 rows/s, < 200 MB"),
        ("beside a service", args.beside, beside, "pop p99 < 5 ms"),
    ):
        cpu = f"{done.cpu_seconds / count * 1e6:.0f}"
        rate = f"{count / done.seconds:,.0f}"
        table.add_row(name, f"{count:,}", f"{done.seconds:.1f}", rate, cpu, f"{done.megabytes:.0f}", aim)
    console.print(table)
    pops = Table(title=f"pops of {args.agents} agents, {args.rates[0]:,.0f} events/s")
    for title in ("", "p50 ms", "p95 ms", "p99 ms", "ratio p99", "popped"):
        pops.add_column(title, justify="right" if title else "left")
    for name, row in zip(("no import", "during an import"), rows, strict=True):
        ratio = f"{row.ms.p99 / rows[0].ms.p99:.2f}"
        ms = (f"{row.ms.p50:.2f}", f"{row.ms.p95:.2f}", f"{row.ms.p99:.2f}")
        pops.add_row(name, *ms, ratio, f"{row.popped}/{row.rung}")
    console.print(pops)
    console.print(f"{alone.said}\n{machine()}, load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()

"""bench playbook: how long a playbook takes to compile, and a step of a talk to be taken.

Compiled is a file of many nodes with texts in two languages, answers, branches, fields, cards and required statements.
Beside it stand the plain parse of the same file (lines to entries, nothing understood) and Python's own TOML reader on
a file of the same content. The steps are those of the shipped playbooks and of the big one, texts filled in.
"""

import argparse
import statistics
import sys
import time
import tomllib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(HERE))

import msgspec  # noqa: E402
from machine import machine  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.table import Table  # noqa: E402

from cti.assist.faults import Faults  # noqa: E402
from cti.assist.playbook import engine as ng  # noqa: E402
from cti.assist.playbook.compiling import compile_playbook  # noqa: E402
from cti.assist.playbook.model import Playbook  # noqa: E402
from cti.assist.playbook.reading import read  # noqa: E402

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
FACTS = ng.Facts({"name": "王芳", "premium": "4200", "no_claim_years": 4}, agent="8001")
HEAD = """---
title: 大话术 | Big playbook
fields: name, premium
required:
- recording: 录音 | recorded
forbidden: 保证, 绝对, guaranteed
---
## n0 开场 | Opening
zh: {greeting}，请问是{name:客户}吗？本次通话会被录音。
en: {greeting}, is that {name:the customer}? The call is recorded.
says: recording
next: n1
"""
NODE = """## n{i} 第{i}步 | Step {i}
zh: 您好{{name:客户}}，[去年的保费是{{premium}}元，]这是第{i}步，请问您对我们的方案有兴趣吗？
  可以先了解一下，再做决定。
en: Dear {{name:customer}}, [last year you paid {{premium}} yuan,] this is step {i}: would our offer interest you?
ask: q{i} 是否有兴趣 | Interested
- yes: 有 | Yes
- no: 没有 | No -> n{other}
- stop: 结束 | Stop -> end
if: q{i} = yes and queue != night -> n{after}
next: n{after}
"""
CARD = "## !card{i} 异议 | Objection\nkey: {key}\nzh: 理解您的考虑。\nen: I understand.\nnext: return\n"
END = "## end 结束 | End\nzh: 再见！\nen: Goodbye!\nend: done\n"


def big(count: int) -> str:
    """Return a playbook of *count* nodes."""
    cards = "".join(CARD.format(i=i, key=key) for i, key in enumerate("abcdefghij"))
    last = count - 12
    nodes = "".join(
        NODE.format(i=i, after=f"{i + 1}" if i < last else "0", other=min(last, i + 7)) for i in range(1, last + 1)
    )
    return HEAD + nodes.replace("> n0", "> end").replace("next: n0", "next: end") + cards + END


def timed(work: Callable[[], Any], rounds: int) -> list[float]:
    """Return the seconds of each round."""
    work()
    found = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        found.append(time.perf_counter() - began)
    return sorted(found)


def steps(playbook: Playbook, rounds: int, *, spoken: bool) -> list[float]:
    """Return the seconds of each step of talks that answer, object, return and go back; with the text if *spoken*."""
    found: list[float] = []
    key = playbook.cards()[0].key
    for turn in range(rounds):
        run, _ = ng.begin(playbook, NOW, FACTS)
        for step in range(60):
            question = playbook.nodes[run.node].question
            event: ng.TalkEvent
            if run.place:
                event = ng.Returned(NOW)
            elif step % 7 == 3:
                event = ng.Objected(NOW, key)
            elif question and question.answers:
                event = ng.Answered(NOW, question.answers[(turn + step) % 2 if turn % 3 else 0].value)
            elif question:
                event = ng.Answered(NOW, {"number": "12000", "date": "2026-12-01"}.get(question.kind, "是的"))
            else:
                event = ng.WentOn(NOW)
            began = time.perf_counter()
            run, _ = ng.apply(playbook, run, event, FACTS)
            if spoken:
                ng.text_of_node(playbook, run, "zh", FACTS, NOW)
            found.append(time.perf_counter() - began)
            if run.outcome:
                break
    return sorted(found)


def as_toml(text: str) -> str:
    """Return the lines of *text* as a TOML file, for comparison."""
    rows = [line.partition(": ") for line in text.splitlines() if ": " in line]
    return "".join(f"[[line]]\nkey = {key!r}\ntext = '''{rest}'''\n" for key, _, rest in rows)


def main() -> int:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--nodes", type=int, default=1_000)
    arguments.add_argument("--rounds", type=int, default=25)
    chosen = arguments.parse_args()
    text = big(chosen.nodes)
    toml = as_toml(text)
    compiled, faults = compile_playbook("big", "big.md", text)
    if compiled is None:
        print("\n".join(map(str, faults[:10])))
        return 1
    parse = timed(lambda: read(text, Faults("big.md")), chosen.rounds)
    plain = statistics.median(parse)
    rows: list[tuple[str, list[float], float, str, float | None]] = [
        ("plain parse of the file", parse, 1e3, "ms", None),
        ("the same lines by tomllib", timed(lambda: tomllib.loads(toml), chosen.rounds), 1e3, "ms", None),
        ("compile and lint", timed(lambda: compile_playbook("big", "big.md", text), chosen.rounds), 1e3, "ms", 0.1),
    ]
    for path in sorted((HERE / "config" / "playbooks").glob("*.md")):
        shipped = path.read_text(encoding="utf-8")
        named = timed(lambda name=path.stem, shipped=shipped: compile_playbook(name, name, shipped), chosen.rounds)
        rows.append((f"compile {path.stem}", named, 1e3, "ms", None))
        playbook, _ = compile_playbook(path.stem, path.name, shipped)
        if playbook is not None:
            rows.append(("  a step of it, with its text", steps(playbook, 300, spoken=True), 1e6, "µs", 50e-6))
    rows.append((f"a step among {len(compiled.nodes)} nodes", steps(compiled, 300, spoken=False), 1e6, "µs", 50e-6))
    rows.append(("  the same, with its text", steps(compiled, 300, spoken=True), 1e6, "µs", 50e-6))
    run, _ = ng.begin(compiled, NOW, FACTS)
    rows.append(("  its state to JSON", timed(lambda: msgspec.json.encode(run), 1_000), 1e6, "µs", None))

    table = Table(
        "what",
        "p50",
        "p99",
        "of the plain parse",
        "aim",
        title=f"{len(compiled.nodes)} nodes, {len(text):,} characters",
    )
    missed = False
    for what, times, scale, unit, aim in rows:
        middle, late = statistics.median(times), times[min(len(times) - 1, int(len(times) * 0.99))]
        met = aim is None or middle < aim
        missed = missed or not met
        ratio = middle / plain
        table.add_row(
            what,
            f"{middle * scale:.2f} {unit}",
            f"{late * scale:.2f} {unit}",
            f"{ratio:.1f} ×" if ratio > 0.01 else f"{ratio:.1e} ×",
            "" if aim is None else f"< {aim * scale:g} {unit} {'ok' if met else 'MISSED'}",
        )
    Console(width=120).print(table)
    print(machine())
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())

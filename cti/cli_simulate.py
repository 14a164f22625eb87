"""The command line for "what if": cti simulate, a shift on a virtual clock through the real pacing code."""

import tomllib
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from cti.simulation.scenarios import Described

Seeds = Annotated[
    int, typer.Option("--seeds", min=1, max=100, help="So many shifts of each; the same ones for each rule.")
]
Cap = Annotated[float | None, typer.Option("--abandon-target", min=0.0, max=0.99, help="Instead of the scenario's.")]
Agents = Annotated[int | None, typer.Option("--agents", min=1, max=1_000, help="Instead of the scenario's.")]
Guard = Annotated[bool, typer.Option("--guard", help="With the hard budget around the pacer, from a cold window.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object for each rule, in place of the table.")]

_TICKS = "▁▂▃▄▅▆▇█"


def simulate(
    scenario: Annotated[
        str, typer.Argument(help="One of those that come with the product, or a TOML file that describes a shift.")
    ] = "team",
    seeds: Seeds = 3,
    agents: Agents = None,
    abandon_target: Cap = None,
    guard: Guard = False,
    as_json: Json = False,
) -> None:
    """Pace a shift by our rule, one to one, a fixed ratio and the rules of other dialers; draw what each comes to."""
    import msgspec
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
    from rich.table import Table

    from cti.campaigns.budget import Window, admitted
    from cti.campaigns.pacing import OneToOne, Pacer, PacerConfig, Snapshot, make_pacer
    from cti.simulation.rivals import AdaptiveLevel, FixedRatio, SoonFree
    from cti.simulation.shift import Outcome, Simulation

    described = _described(scenario)
    changed = {"agents": agents, "abandon_target": abandon_target}
    described = msgspec.structs.replace(
        described, **{name: value for name, value in changed.items() if value is not None}
    )
    config = described.config()
    rules: dict[str, Callable[[], Pacer]] = {
        "predictive": lambda: make_pacer(config),
        "one to one": lambda: OneToOne(replace(config, mode="progressive")),
        "2 lines each": lambda: FixedRatio(config),
        "VICIdial's rule": lambda: AdaptiveLevel(config),
        "Issabel's rule": lambda: SoonFree(config),
    }

    def guarded(snapshot: Snapshot, launch: int) -> int:
        window = Window(snapshot.answered, snapshot.abandoned)
        return admitted(
            [window], cap=config.abandon_target, in_flight=snapshot.in_flight, held=len(snapshot.idle), wanted=launch
        )

    def shift_of(pacer: Pacer, used: PacerConfig, seed: int) -> Outcome:
        if guard:
            return Simulation(described.shift(), pacer, used, seed, admit=guarded).run()
        return Simulation(described.shift(), pacer, used, seed).run()

    came: dict[str, list[Outcome]] = {name: [] for name in rules}
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, transient=True, console=Console(stderr=True)) as progress:
        task = progress.add_task("shifts", total=len(rules) * seeds)
        for name, make in rules.items():
            progress.update(task, description=name)
            for seed in range(1, seeds + 1):
                came[name].append(shift_of(make(), config, seed))
                progress.advance(task)

    plain = _mean([each.utilisation for each in came["one to one"]])
    table = Table("rule", "used", "x 1:1", "abandoned", "worst", "wait", "utilisation, 50 to 100 %")
    table.columns[0].no_wrap = table.columns[-1].no_wrap = True
    for name, found in came.items():
        used = _mean([each.utilisation for each in found])
        answered, abandoned = sum(each.answered for each in found), sum(each.abandoned for each in found)
        waits = [wait for each in found for wait in each.waits]
        worst = max(each.abandon_rate for each in found)
        if as_json:
            told = {
                "rule": name,
                "utilisation": round(used, 4),
                "abandoned": round(abandoned / max(1, answered), 5),
                "worst_shift": round(worst, 5),
                "mean_wait_seconds": round(_mean(waits), 3),
                "launched": sum(each.launched for each in found),
                "answered": answered,
            }
            typer.echo(msgspec.json.encode(told).decode())
            continue
        share = f"{abandoned / max(1, answered):.2%}"
        table.add_row(
            name,
            f"{used:.1%}",
            f"{used / plain:.2f}" if plain else "",
            f"[red]{share}[/red]" if abandoned > config.abandon_target * answered else share,
            f"{worst:.2%}",
            f"{_mean(waits):.2f} s",
            _line([each[1] for each in found[0].track]),
        )
    if not as_json:
        Console().print(table)
        asked = f"{described.agents} agents, {described.hours:g} h, at most {config.abandon_target:.1%} abandoned"
        typer.echo(f"{scenario}: {asked}, {seeds} shifts each{', with the hard budget' if guard else ''}")


def _described(scenario: str) -> "Described":
    """Return the shift that *scenario* names, or leave with what is wrong."""
    import msgspec

    from cti.simulation.scenarios import SCENARIOS, Described

    if scenario in SCENARIOS:
        return SCENARIOS[scenario]
    path = Path(scenario)
    if path.suffix != ".toml":
        typer.echo(f"there is no scenario {scenario}; there are {', '.join(SCENARIOS)}, or give a .toml file", err=True)
        raise typer.Exit(2)
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Described)
    except OSError as error:
        typer.echo(f"{path} cannot be read: {error.strerror}", err=True)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        typer.echo(f"{path}: {error}", err=True)
    raise typer.Exit(2)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def _line(values: Sequence[float], width: int = 24) -> str:
    """Return *values*, shares of 1, drawn in *width* characters; the lowest mark is half."""
    if not values:
        return ""
    step = max(1, len(values) // width)
    shown = values[::step][:width]
    marks = len(_TICKS)
    return "".join(_TICKS[min(marks - 1, max(0, int((value - 0.5) * 2.0 * marks)))] for value in shown)

"""cti simulate: what if, in a shift that is described in a file."""

from pathlib import Path

import msgspec
from typer.testing import CliRunner

from cti.cli import app

SHIFT = """
agents = 4
hours = 0.5
answer = [0.3, 0.5]
talk = 40
wrap = 8
"""


def simulated(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["simulate", *arguments])
    return done.exit_code, done.output


def test_a_described_shift_is_paced_by_every_rule(tmp_path: Path) -> None:
    file = tmp_path / "shift.toml"
    file.write_text(SHIFT)
    code, told = simulated(str(file), "--seeds", "2", "--json")
    assert code == 0, told
    came = {each["rule"]: each for each in map(msgspec.json.decode, told.strip().splitlines())}
    assert set(came) == {"predictive", "one to one", "2 lines each", "VICIdial's rule", "Issabel's rule"}
    assert came["one to one"]["abandoned"] == 0
    assert came["predictive"]["utilisation"] >= came["one to one"]["utilisation"]
    assert came["2 lines each"]["launched"] > came["one to one"]["launched"]
    assert simulated(str(file), "--seeds", "2", "--json") == (code, told)


def test_the_hard_budget_lets_nothing_be_abandoned_in_so_short_a_shift(tmp_path: Path) -> None:
    file = tmp_path / "shift.toml"
    file.write_text(SHIFT)
    _, told = simulated(str(file), "--seeds", "1", "--guard", "--abandon-target", "0.01", "--json")
    came = [msgspec.json.decode(line) for line in told.strip().splitlines()]
    assert all(each["abandoned"] <= 0.01 for each in came)


def test_the_table_names_the_shift(tmp_path: Path) -> None:
    file = tmp_path / "shift.toml"
    file.write_text(SHIFT.replace("0.5\n", "0.1\n"))
    code, told = simulated(str(file), "--seeds", "1")
    assert code == 0
    assert "predictive" in told
    assert "4 agents, 0.1 h, at most 3.0% abandoned" in told


def test_what_cannot_be_is_told(tmp_path: Path) -> None:
    file = tmp_path / "shift.toml"
    file.write_text("agents = 0")
    code, told = simulated(str(file))
    assert (code, "agents" in told) == (2, True)
    code, told = simulated("nothing")
    assert code == 2
    assert "small, team, floor" in told
    assert simulated(str(tmp_path / "none.toml"))[0] == 2

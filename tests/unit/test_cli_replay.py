"""The command `cti replay`: one JSON object a line, and plain words about files that cannot be replayed."""

import json
from pathlib import Path

from typer.testing import CliRunner

from cti.cli import app

TRACES = Path(__file__).parents[1] / "traces"


def test_events_come_first_and_records_last() -> None:
    result = CliRunner().invoke(app, ["replay", str(TRACES / "inbound_answered.ami"), "--trunks", "PJSIP/trunk"])
    assert result.exit_code == 0
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [line["event"] for line in lines if "event" in line][-1] == "CallCleared"
    assert lines[-1]["record"] == "call"
    assert lines[-1]["agents"] == ["1001"]


def test_what_is_no_capture_is_named(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("nothing to see")
    result = CliRunner().invoke(app, ["replay", str(text), str(tmp_path / "missing.ami")])
    assert result.exit_code == 2
    assert "notes.txt: nothing that Asterisk's manager interface said" in result.output
    assert "missing.ami: no such file" in result.output

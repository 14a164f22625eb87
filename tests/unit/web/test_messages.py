"""The protocol: what the screens' types are made from."""

from pathlib import Path
from typing import get_args

import msgspec
import pytest

from cti.web import messages as m
from cti.web import schema


def test_the_typescript_is_what_the_messages_say() -> None:
    assert schema.main(["--check"]) == 0


def test_the_typescript_is_the_same_each_time() -> None:
    assert schema.typescript() == schema.typescript()
    text = schema.typescript()
    for message in (*get_args(m.ScreenCommand), *get_args(m.ScreenMessage)):
        assert f'  type: "{message.__struct_config__.tag}"' in text
    assert '"not_your_call"' in text
    assert "export const CLOSE_SLOW = 4008" in text


def test_an_old_file_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "TARGET", tmp_path / "lib" / "messages.ts")
    assert schema.main(["--check"]) == 1
    assert schema.main([]) == 0
    assert schema.main(["--check"]) == 0


def test_every_command_is_parsed_as_it_was_written() -> None:
    for command in (
        m.SetAgentState(1, "ready"),
        m.PopPainted(2, "p", 1.5, 2.5),
        m.ChooseCustomer(3, "c", 7),
        m.RegisterCustomer(4, "c", "王芳", tags=("vip",)),
        m.SyncClock(5),
    ):
        assert m.parse(msgspec.json.encode(command)) == command

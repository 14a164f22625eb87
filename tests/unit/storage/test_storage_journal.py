"""The journal: lines in, lines out, and what a crash or a full disk leaves."""

import os
from pathlib import Path

import pytest

from cti.storage.journal import Journal


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "journal.jsonl"


def test_lines_come_out_as_they_went_in_and_then_the_file_is_gone(path: Path) -> None:
    journal = Journal(path)
    assert journal.count() == 0
    journal.append([b"1", b"2"])
    journal.append([b"3"])
    assert journal.count() == 3
    lines, position = journal.peek(2)
    assert lines == [b"1", b"2"]
    assert journal.peek(2) == (lines, position)  # until it is said that they are stored
    journal.done(position)
    assert journal.count() == 1
    lines, position = journal.peek(2)
    assert lines == [b"3"]
    journal.append([b"4"])
    journal.done(position)
    assert path.exists()
    lines, position = journal.peek(9)
    assert lines == [b"4"]
    journal.done(position)
    assert not path.exists()
    assert journal.peek(9) == ([], 0)


def test_another_process_finds_what_was_not_done(path: Path) -> None:
    Journal(path).append([b"1", b"2"])
    assert Journal(path).count() == 2


def test_a_torn_line_goes(path: Path) -> None:
    Journal(path).append([b"1"])
    with path.open("ab") as file:
        file.write(b'{"half')
    journal = Journal(path)
    assert journal.count() == 1
    journal.append([b"2"])
    assert journal.peek(9)[0] == [b"1", b"2"]


def test_a_full_disk_leaves_no_part_of_a_line(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = Journal(path)
    journal.append([b"1"])
    write = os.write

    def half(fd: int, data: bytes) -> int:
        if len(data) < 100:
            raise OSError(28, "No space left on device")
        return write(fd, data[:150])

    monkeypatch.setattr(os, "write", half)
    with pytest.raises(OSError, match="No space"):
        journal.append([b"x" * 200])
    monkeypatch.undo()
    assert path.read_bytes() == b"1\n"

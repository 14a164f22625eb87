"""Files that change while calls come, and files that are none."""

from pathlib import Path

import pytest

from connectors.crm.csv_folder import LOOK_SECONDS, CsvFolderSource
from cti.ports import SourceFailed
from cti.sources import CsvSource
from tests.contract.crm.conftest import LI, ROWS, WANG, write_csv
from tests.fakes.centre import Jumps


async def test_a_changed_file_is_read_again_and_a_removed_one_forgotten(in_files: CsvSource, tmp_path: Path) -> None:
    source = CsvFolderSource(in_files, region="CN")
    await source.open()
    assert len(await source.by_number(WANG)) == 2

    write_csv(tmp_path / "a.csv", ROWS[:1])
    (tmp_path / "b.csv").unlink()
    await source.read()

    assert [record.name for record in await source.by_number(WANG)] == ["王芳"]
    assert await source.by_number(LI) == []
    await source.close()


async def test_the_folder_is_looked_at_again_by_itself(in_files: CsvSource, tmp_path: Path) -> None:
    jumps = Jumps()
    source = CsvFolderSource(in_files, region="CN")
    await source.open()
    assert len(await source.by_number(LI)) == 1
    write_csv(tmp_path / "c.csv", [{**ROWS[0], "id": "C-9", "phone": "+86 571 8888 6666"}])

    await jumps.forward(LOOK_SECONDS)
    await source.by_number(LI)  # answered from what was read, and looks
    await source.read()

    assert len(await source.by_number(LI)) == 2
    await source.close()


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"id,name,telephone\n1,x,13800138000\n", "has no column phone or mobile; there are id, name, telephone"),
        (b"PK\x03\x04" + b"x" * 100, "is no CSV"),
        (b"", "is empty"),
        (b"id,name,phone\n1," + b"x" * 200_000 + b",1\n", "field larger than"),
    ],
)
async def test_a_file_that_is_none_leaves_what_was_read_before(
    in_files: CsvSource, tmp_path: Path, content: bytes, fault: str
) -> None:
    source = CsvFolderSource(in_files, region="CN")
    await source.open()
    assert len(await source.by_number(WANG)) == 2

    (tmp_path / "a.csv").write_bytes(content)
    await source.read()

    assert len(await source.by_number(WANG)) == 2
    with pytest.raises(SourceFailed, match=fault):
        await source.by_number("+8613900139000")  # may be in the file that cannot be read
    await source.close()


async def test_rows_without_a_number_are_nobodys(in_files: CsvSource, tmp_path: Path) -> None:
    write_csv(tmp_path / "a.csv", [{**ROWS[0], "phone": ""}, {**ROWS[0], "phone": "anonymous"}, ROWS[0]])
    source = CsvFolderSource(in_files, region="CN")
    await source.open()
    assert len(await source.by_number(WANG)) == 1
    await source.close()

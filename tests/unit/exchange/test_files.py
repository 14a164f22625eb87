"""Files as offices and attackers make them: what is in them is found or refused, with bounded memory and time."""

import tracemalloc
import zipfile
from pathlib import Path

import pytest
from openpyxl import Workbook

from cti.exchange.encodings import BadFile, examine
from cti.exchange.sheets import SheetRow, csv_rows
from cti.exchange.workbooks import workbook_rows

TABLE = "姓名,手机\r\n王芳,13800138000\r\n"


def rows(path: Path, encoding: str = "") -> list[SheetRow]:
    kind = examine(path, encoding=encoding)
    return list(workbook_rows(path) if kind.kind == "xlsx" else csv_rows(path, kind))


def written(folder: Path, content: bytes | str) -> Path:
    path = folder / "a.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030", "gbk"])
def test_encodings_are_recognised(tmp_path: Path, encoding: str) -> None:
    found = rows(written(tmp_path, (TABLE * 50).encode(encoding)))
    assert found[1].cells == ("王芳", "13800138000")
    assert len(found) == 100


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_are_recognised(tmp_path: Path, delimiter: str) -> None:
    assert rows(written(tmp_path, TABLE.replace(",", delimiter)))[1].cells == ("王芳", "13800138000")


def test_a_quote_that_is_not_closed_takes_its_line_only(tmp_path: Path) -> None:
    found = rows(written(tmp_path, 'a,b\n"open,1\n' + "".join(f"x{n},{n}\n" for n in range(500))))
    assert (found[1].line, found[1].refused) == (2, "a quote is opened and not closed")
    assert [row.cells for row in found[2:]] == [(f"x{n}", str(n)) for n in range(500)]
    assert [row.line for row in found[2:]] == list(range(3, 503))


def test_a_million_columns_are_refused_and_the_rest_read(tmp_path: Path) -> None:
    path = written(tmp_path, "a,b\n" + "x," * 1_000_000 + "\n" + "y," * 300 + "\n1,2\n" + "z" * 300_000 + "\n3,4\n")
    tracemalloc.start()
    found = rows(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [(row.line, row.refused or row.cells) for row in found] == [
        (1, ("a", "b")),
        (2, "a line has more than 262,144 characters"),
        (3, "has more than 256 columns"),
        (4, ("1", "2")),
        (5, "a line has more than 262,144 characters"),
        (6, ("3", "4")),
    ]
    assert peak < 30_000_000


def test_broken_bytes_are_seen(tmp_path: Path) -> None:
    found = rows(written(tmp_path, TABLE.encode() * 20 + b"\xff\xfe\xff,1\n"))
    assert found[1].cells[0] == "王芳"
    assert "\ufffd" in found[-1].cells[0]


def test_a_workbook(tmp_path: Path) -> None:
    book = Workbook()
    assert book.active
    book.active.append(["name", "mobile", "sum"])
    book.active.append(["王芳", 13800138000, "=1+1"])
    book.active.append([])
    book.active.append(["李四", 13800138001.0, True])
    book.save(tmp_path / "a.xlsx")
    assert [row.cells for row in rows(tmp_path / "a.xlsx")] == [
        ("name", "mobile", "sum"),
        ("王芳", "13800138000", "=1+1"),
        ("李四", "13800138001", "yes"),
    ]


def test_a_workbook_that_unpacks_to_very_much_is_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("[Content_Types].xml", "<Types/>")
        with package.open("xl/worksheets/sheet1.xml", "w") as part:
            for _ in range(64):
                part.write(b"\0" * 1_000_000)
    with pytest.raises(BadFile, match="unpacks to"):
        rows(path)


@pytest.mark.parametrize(
    "content",
    [b"", b"  \n", b"\xd0\xcf\x11\xe0abc", b"%PDF-1.4", b"PK\x03\x04nonsense", bytes(range(256)) * 20, b"\n\na,b\n"],
)
def test_what_is_no_table(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(BadFile):
        rows(written(tmp_path, content))

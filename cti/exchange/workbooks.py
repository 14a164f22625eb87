"""The rows of the first sheet of an XLSX workbook, one at a time, and none of one that unpacks to too much."""

import warnings
import zipfile
from collections.abc import Generator, Iterator
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from cti.exchange.encodings import BadFile
from cti.exchange.sheets import LONGEST_CELL, MOST_COLUMNS, SheetRow

MOST_UNPACKED = 4 << 30
MOST_RATIO = 100  # of what is unpacked to what is packed
MOST_STRINGS = 128 << 20  # bytes of the table of texts, which is held in memory
_SMALL = 10 << 20  # what is no bomb, however well it packs

_BROKEN = (zipfile.BadZipFile, InvalidFileException, ParseError, KeyError, ValueError, TypeError, EOFError, OSError)


def check_package(path: Path) -> None:
    """Raise BadFile where the workbook is none, or would take too much memory or time to unpack."""
    try:
        with zipfile.ZipFile(path) as package:
            parts = package.infolist()
    except (zipfile.BadZipFile, OSError) as error:
        raise BadFile(f"{path.name} is no workbook: {error}") from None
    names = {part.filename for part in parts}
    if "[Content_Types].xml" not in names or not any(name.startswith("xl/") for name in names):
        raise BadFile(f"{path.name} is an archive and no .xlsx workbook")
    unpacked = sum(part.file_size for part in parts)
    packed = max(1, path.stat().st_size)
    if unpacked > MOST_UNPACKED or (unpacked > _SMALL and unpacked > MOST_RATIO * packed):
        raise BadFile(f"{path.name} unpacks to {unpacked >> 20:,} MB, {unpacked // packed} times its size: not opened")
    if any(part.filename.endswith("sharedStrings.xml") and part.file_size > MOST_STRINGS for part in parts):
        raise BadFile(f"{path.name} has too much text for a workbook: save it as CSV")


def workbook_rows(path: Path) -> Generator[SheetRow, None, None]:
    """Return the rows of the first sheet; empty ones are left out. Raises BadFile where the workbook is broken."""
    check_package(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about styles and extensions, none of which matters here
            book = load_workbook(path, read_only=True, data_only=False, keep_links=False)
            try:
                sheet = book.worksheets[0]
                sheet.reset_dimensions()  # what the file says of its own size is not to be trusted
                for line, row in enumerate(sheet.iter_rows(values_only=True), 1):
                    yield from _row(line, row)
            finally:
                book.close()
    except _BROKEN as error:
        raise BadFile(f"{path.name} is broken: {str(error)[:200] or type(error).__name__}") from None
    except IndexError:
        raise BadFile(f"{path.name} has no sheet") from None


def _row(line: int, row: tuple[Any, ...]) -> Iterator[SheetRow]:
    if any(value is not None for value in row[MOST_COLUMNS:]):
        yield SheetRow(line, (), f"has more than {MOST_COLUMNS} columns")
        return
    cells = tuple(_text(value) for value in row[:MOST_COLUMNS])
    if any(len(cell) > LONGEST_CELL for cell in cells):
        yield SheetRow(line, (), f"a cell has more than {LONGEST_CELL:,} characters")
    elif any(cells):
        yield SheetRow(line, cells)


def _text(value: Any) -> str:
    """Return what a person sees in the cell, as far as its kind tells."""
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "yes" if value else "no"
        case float():
            return str(int(value)) if value.is_integer() and abs(value) < 1e16 else repr(value)
        case datetime():
            return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ")
        case date():
            return value.isoformat()
    return str(value)

"""The rows of a CSV file, one at a time, however large, broken or hostile the file is."""

import csv
import io
from collections import deque
from collections.abc import Generator, Iterator
from pathlib import Path

import msgspec

from cti.exchange.encodings import BadFile, FileKind

MOST_COLUMNS = 256
LONGEST_LINE = 262_144  # characters
LONGEST_CELL = 65_536
MOST_LINES_OF_A_ROW = 100  # a quote that is not closed would take the rest of the file for one cell
_DELIMITERS = ",;\t|"


class SheetRow(msgspec.Struct, frozen=True, gc=False):
    line: int  # in the file, from 1
    cells: tuple[str, ...]
    refused: str = ""  # why there are no cells


class _TooLong(Exception):
    """A line has no end in reach."""


class _Lines:
    """The lines of a text; those of a row that turned out to be none are given out again."""

    def __init__(self, text: io.TextIOBase) -> None:
        self._text = text
        self._again: deque[str] = deque()
        self.of_row: list[str] = []
        self.number = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else self._text.readline(LONGEST_LINE)
        if not line:
            raise StopIteration
        self.number += 1
        if len(line) >= LONGEST_LINE and line[-1] not in "\r\n":
            while (rest := self._text.readline(LONGEST_LINE)) and rest[-1] not in "\r\n":
                pass
            raise _TooLong
        self.of_row.append(line)
        if len(self.of_row) > MOST_LINES_OF_A_ROW:
            raise csv.Error("quote not closed")
        return line

    def begin(self) -> int:
        """A new row begins; return its line."""
        self.of_row.clear()
        return self.number + 1

    def give_back(self) -> None:
        """Give out again all lines of this row but the first."""
        rest = self.of_row[1:]
        self._again.extendleft(reversed(rest))
        self.number -= len(rest)


def csv_rows(path: Path, kind: FileKind) -> Generator[SheetRow, None, None]:
    """Return the rows of the file; empty ones are left out."""
    with path.open(encoding=kind.encoding, errors="replace", newline="") as text:
        delimiter = _delimiter_of(text.readline(LONGEST_LINE))
        text.seek(0)
        before = csv.field_size_limit(LONGEST_CELL)
        try:
            yield from _rows(_Lines(text), delimiter)
        finally:
            csv.field_size_limit(before)


def _rows(lines: _Lines, delimiter: str) -> Iterator[SheetRow]:
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        line = lines.begin()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except _TooLong:
            yield SheetRow(line, (), f"a line has more than {LONGEST_LINE:,} characters")
        except csv.Error as error:
            many = len(lines.of_row) > 1
            lines.give_back()
            reader = csv.reader(lines, delimiter=delimiter, strict=True)
            problem = "a quote is opened and not closed" if many or "end of data" in str(error) else _meaning(error)
            yield SheetRow(line, (), problem)
        else:
            if len(cells) > MOST_COLUMNS:
                yield SheetRow(line, (), f"has more than {MOST_COLUMNS} columns")
            elif any(cells):
                yield SheetRow(line, tuple(cells))


def _meaning(error: csv.Error) -> str:
    if "field limit" in str(error) or "larger than" in str(error):
        return f"a cell has more than {LONGEST_CELL:,} characters"
    return "a quote stands where none may"


def _delimiter_of(head: str) -> str:
    if not head.strip():
        raise BadFile("the first line is empty: it must name the columns")
    return max(_DELIMITERS, key=head.count)

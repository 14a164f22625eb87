"""The report of refused rows: a CSV file that can be mended and imported again."""

import csv
import io
import os
from collections.abc import Sequence
from pathlib import Path

from cti.exchange import cells
from cti.exchange.sheets import SheetRow

LINE, REASON = "refused line", "refused because"


class Report:
    """A file that grows with each batch, durable before the batch is, and cut back to there when an import goes on."""

    def __init__(self, path: Path, headings: Sequence[str], size: int) -> None:
        """Go on where *path* had *size* bytes; 0 begins it anew."""
        self.path = path
        self._headings = [heading for heading in headings if heading not in (LINE, REASON)]
        self._size = size
        self._fd = -1

    def add(self, refused: Sequence[tuple[SheetRow, str]]) -> int:
        """Append the rows with their reasons, and return the file's size. There is no file while nothing is refused."""
        if not refused:
            return self._size
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\r\n")
        if self._size == 0:
            text.write("\ufeff")
            writer.writerow([LINE, REASON, *(cells.safe(cells.read(heading)) for heading in self._headings)])
        for row, reason in refused:
            writer.writerow([row.line, cells.safe(reason), *(cells.safe(cell) for cell in row.cells)])
        self._open()
        rest = memoryview(text.getvalue().encode("utf-8", "replace"))
        self._size += len(rest)
        while rest:
            rest = rest[os.write(self._fd, rest) :]
        os.fsync(self._fd)
        return self._size

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _open(self) -> None:
        if self._fd < 0:
            self._fd = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
            os.ftruncate(self._fd, self._size)
            os.lseek(self._fd, self._size, os.SEEK_SET)

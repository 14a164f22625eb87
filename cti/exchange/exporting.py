"""All customers as a CSV file or a workbook that no spreadsheet runs and that can be imported again."""

import csv
import os
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from openpyxl import Workbook

from cti.assist.customfields import CustomField
from cti.customers import Address, CustomerRecord, numbers_text
from cti.exchange import cells

_PARTS = ("province", "city", "district", "street", "postcode")
_COLUMNS = ("id", "name", "kind", "company", "numbers", "note", "tags", "owner", "id_number", "do_not_call", *_PARTS)

MOST_ROWS_OF_A_SHEET = 1_048_575


class TooManyRows(Exception):
    """A workbook holds no more."""


def headings(own: Sequence[CustomField]) -> tuple[str, ...]:
    return (*_COLUMNS, *(f"fields.{field.name}" for field in own))


def row_of(record: CustomerRecord, own: Sequence[CustomField]) -> list[str]:
    """Return the cells of a customer, none of which is a formula."""
    customer = record.customer
    address = record.addresses[0] if record.addresses else Address()
    texts = [
        str(customer.id),
        customer.name,
        customer.kind,
        customer.company,
        numbers_text(customer.numbers),
        customer.note,
        "; ".join(customer.tags),
        customer.owner,
        record.id_number,
        "yes" if customer.do_not_call else "no",
        *(getattr(address, part) for part in _PARTS),
        *(customer.fields.get(field.name, "") for field in own),
    ]
    return [cells.safe(text) for text in texts]


async def export(
    pages: AsyncIterator[Sequence[CustomerRecord]],
    path: Path,
    own: Sequence[CustomField],
    *,
    advance: Callable[[int], None] | None = None,
) -> int:
    """Write *pages* to *path*, by its ending a workbook or CSV, whole or not at all; return how many customers."""
    unfinished = path.with_name(path.name + ".part")
    fd = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    os.close(fd)
    count = 0
    try:
        with (_workbook if path.suffix.lower() == ".xlsx" else _csv)(unfinished) as write:
            write(list(headings(own)))
            async for page in pages:
                for record in page:
                    write(row_of(record, own))
                count += len(page)
                if advance:
                    advance(len(page))
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return count


@contextmanager
def _csv(path: Path) -> Iterator[Callable[[list[str]], Any]]:
    with path.open("w", encoding="utf-8-sig", errors="replace", newline="") as file:
        yield csv.writer(file, lineterminator="\r\n").writerow
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def _workbook(path: Path) -> Iterator[Callable[[list[str]], Any]]:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("customers")
    rows = 0

    def write(row: list[str]) -> None:
        nonlocal rows
        rows += 1
        if rows > MOST_ROWS_OF_A_SHEET:
            raise TooManyRows(f"a workbook holds {MOST_ROWS_OF_A_SHEET:,} rows: export to .csv")
        sheet.append([_printable(cell) for cell in row])

    yield write
    book.save(path)


def _printable(cell: str) -> str:
    """Return *cell* without what XML cannot hold."""
    return "".join(c for c in cell if c >= " " or c in "\t\n\r")

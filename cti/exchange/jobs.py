"""What an import asks of the storage."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from cti.exchange.rows import ImportRow


class ImportJob(msgspec.Struct, frozen=True):
    """How far the import of a file is."""

    id: str
    file: str
    who: str
    began_at: datetime
    finished_at: datetime | None = None
    rows_done: int = 0  # of the file, the heading not counted
    added: int = 0
    known: int = 0  # there already
    updated: int = 0
    refused: int = 0
    report_bytes: int = 0  # of the report of refused rows


class ImportTaken(Exception):
    """Somebody else imports the same file."""


class Outcome(msgspec.Struct, frozen=True):
    added: int = 0
    known: int = 0
    updated: int = 0


class ImportStore(Protocol):
    async def begin(self, job: ImportJob) -> ImportJob:
        """Keep *job*, or return it as it was left the last time."""

    async def put(self, job: ImportJob, rows: Sequence[ImportRow], done: ImportJob, *, update: bool) -> ImportJob:
        """Store *rows* and that the import has come from *job* to *done*, in one transaction; return how far it is.

        A row whose name and number are those of a customer is that customer: left alone, or with *update* changed to
        what the row says. Raises ImportTaken where the job is not as *job* says.
        """

    async def preview(self, rows: Sequence[ImportRow]) -> Outcome:
        """Return what put() would do, and do nothing."""

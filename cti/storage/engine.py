"""What every repository asks of a database, and opening the one that a URL names."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol, TypeVar

from sqlalchemy import URL, Connection, make_url
from sqlalchemy.exc import ArgumentError

T = TypeVar("T")


class Sql:
    """A statement of a hot path: one text with $1, $2 ... that both drivers run, or one of its own for PostgreSQL."""

    __slots__ = ("postgres", "sqlite")

    def __init__(self, text: str, *, postgres: str = "") -> None:
        self.postgres = postgres or text
        self.sqlite = re.sub(r"\$(\d+)", r"?\1", text)

    def __repr__(self) -> str:
        return f"Sql({self.postgres!r})"


Step = tuple[Sql, Sequence[Sequence[Any]]]
"""A statement, and the values for each time that it is to run."""


class Database(Protocol):
    """One database, whichever engine. Raises StorageDown when it cannot, StorageRefused when it never will."""

    kept_from: str  # at the start this backup took the place of a corrupt file; "" as a rule

    @property
    def corrupt(self) -> bool:
        """Whether the file was found damaged while running: start again, and the newest backup is restored."""

    async def fetch(self, sql: Sql, *values: Any) -> Sequence[Sequence[Any]]:
        """Return the rows of one read, straight from the driver."""

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Return what *work* makes of one consistent view of the database. It must not write."""

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Run *work* in a transaction, and return what it returned once that is durable. It may run more than once."""

    async def commit(self, steps: Sequence[Step]) -> None:
        """Run all *steps* in one transaction, straight on the driver; return when it is durable."""

    def moment(self, at: datetime | None) -> Any:
        """Return *at* as the driver takes it."""

    def as_moment(self, value: Any) -> datetime:
        """Return the aware UTC time that the driver gave as *value*."""

    async def backup(self) -> Path | None:
        """Copy the database while it is in use, and return where to; None where the engine's own tools do that."""

    async def close(self) -> None: ...


def parse_url(url: str) -> URL:
    """Return *url* taken apart, or raise ValueError with a text for who wrote it. The text has no password in it."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise ValueError("a database URL looks like sqlite:///var/cti.db or postgresql://user@host/name") from None
    if parsed.get_backend_name() not in {"sqlite", "postgresql"}:
        raise ValueError(f"the database must be sqlite or postgresql, not {parsed.get_backend_name()}")
    if parsed.get_backend_name() == "sqlite" and parsed.database in {None, "", ":memory:"}:
        raise ValueError("sqlite needs a file: sqlite:///var/cti.db, or sqlite:////var/lib/cti/cti.db")
    return parsed

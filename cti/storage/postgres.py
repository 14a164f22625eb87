"""PostgreSQL: asyncpg alone on the hot paths, SQLAlchemy on asyncpg for the rest."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import asyncpg  # type: ignore[import-untyped]
from sqlalchemy import URL, Connection
from sqlalchemy.exc import StatementError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from cti.ports import StorageDown, StorageRefused
from cti.storage.connecting import postgres_arguments, postgres_connector
from cti.storage.engine import Sql, Step
from cti.storage.migrate import migrate

T = TypeVar("T")

HOT_CONNECTIONS = 6
OTHER_CONNECTIONS = 4

# What the server says about the values rather than about itself: data exception, integrity violated.
_REFUSALS = (
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.exceptions.CharacterNotInRepertoireError,
)


async def _keep_as_it_is(connection: Any) -> None:
    """Hot paths leave nothing behind in a session, so there is nothing to reset, and a round trip is saved."""


class PostgresDatabase:
    """A database on a server, shared with other services."""

    kept_from = ""
    corrupt = False  # the server's own affair

    def __init__(self, pool: Any, engine: AsyncEngine) -> None:
        self._pool = pool
        self._engine = engine

    @classmethod
    async def open(cls, url: URL) -> "PostgresDatabase":
        with _explained():
            await migrate(url.render_as_string(hide_password=False))
            pool = await asyncpg.create_pool(
                min_size=2, max_size=HOT_CONNECTIONS, reset=_keep_as_it_is, **postgres_arguments(url)
            )
        engine = create_async_engine(
            "postgresql+asyncpg://",
            async_creator=postgres_connector(url),
            pool_size=OTHER_CONNECTIONS,
            max_overflow=0,
            pool_pre_ping=True,
        )
        return cls(pool, engine)

    async def fetch(self, sql: Sql, *values: Any) -> Sequence[Sequence[Any]]:
        with _explained():
            rows: Sequence[Sequence[Any]] = await self._pool.fetch(sql.postgres, *values)
            return rows

    async def read(self, work: Callable[[Connection], T]) -> T:
        with _explained():
            async with self._engine.connect() as connection:
                await connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
                async with connection.begin():
                    return await connection.run_sync(work)

    async def write(self, work: Callable[[Connection], T]) -> T:
        with _explained():
            async with self._engine.begin() as connection:
                return await connection.run_sync(work)

    async def commit(self, steps: Sequence[Step]) -> None:
        with _explained():
            async with self._pool.acquire() as connection, connection.transaction():
                for sql, rows in steps:
                    await connection.executemany(sql.postgres, rows)

    def moment(self, at: datetime | None) -> datetime | None:
        if at is not None and at.tzinfo is None:
            raise ValueError(f"{at!r} has no time zone")
        return at

    def as_moment(self, value: Any) -> datetime:
        moment: datetime = value.astimezone(UTC)
        return moment

    async def backup(self) -> Path | None:
        return None

    async def close(self) -> None:
        await self._pool.close()
        await self._engine.dispose()


@contextlib.contextmanager
def _explained() -> Iterator[None]:
    """Turn what the driver raises into: not now, or never."""
    try:
        yield
    except StatementError as error:  # from SQLAlchemy; what asyncpg raised is the cause of what it has inside
        cause = error.orig.__cause__ if error.orig else None
        raise _meaning(cause or error.orig or error) from error
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError, UnicodeEncodeError) as error:
        raise _meaning(error) from error


def _meaning(error: BaseException) -> StorageDown | StorageRefused:
    if isinstance(error, _REFUSALS):
        return StorageRefused(str(error))
    return StorageDown(str(error) or type(error).__name__)

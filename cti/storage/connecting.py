"""How a connection to either engine is made, whoever asks for it."""

import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import asyncpg  # type: ignore[import-untyped]
from sqlalchemy import URL, Connection, Engine, QueuePool, StaticPool, create_engine, event

LOCK_WAIT_SECONDS = 1.0  # for another process's lock on the SQLite file, before a try counts as failed
COMMAND_SECONDS = 15.0  # the longest that one statement may take on PostgreSQL


def sqlite_connection(path: Path, *, read_only: bool = False, foreign_keys: bool = True) -> sqlite3.Connection:
    """Return a connection in autocommit: a transaction begins where somebody says so, and nowhere else."""
    mode = "ro" if read_only else "rwc"
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        isolation_level=None,
        check_same_thread=False,  # each is used by one thread at a time
        timeout=LOCK_WAIT_SECONDS,
    )
    try:
        if read_only:
            connection.execute("PRAGMA query_only=ON")
        else:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute(f"PRAGMA foreign_keys={'ON' if foreign_keys else 'OFF'}")
            connection.execute("PRAGMA journal_size_limit=67108864")
        connection.execute("PRAGMA cache_size=-32768")
        connection.execute("PRAGMA temp_store=MEMORY")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def sqlite_engine(path: Path, *, read_only: bool = False, readers: int = 2, foreign_keys: bool = True) -> Engine:
    """Return a SQLAlchemy engine on the file: one writing connection, or up to *readers* read-only ones."""

    def connect() -> sqlite3.Connection:
        return sqlite_connection(path, read_only=read_only, foreign_keys=foreign_keys)

    if read_only:
        engine = create_engine("sqlite://", creator=connect, poolclass=QueuePool, pool_size=readers, max_overflow=0)
    else:
        engine = create_engine("sqlite://", creator=connect, poolclass=StaticPool)
    begin = "BEGIN" if read_only else "BEGIN IMMEDIATE"

    @event.listens_for(engine, "begin")
    def _(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def postgres_arguments(url: URL) -> dict[str, Any]:
    """Return what asyncpg.connect() is to be told. `?host=/run/postgresql` in the URL names a socket's folder."""
    given = {name: value if isinstance(value, str) else value[-1] for name, value in url.query.items()}
    unknown = given.keys() - {"host", "port", "ssl"}
    if unknown:
        raise ValueError(f"unknown options in the database URL: {', '.join(sorted(unknown))}")
    arguments: dict[str, Any] = {
        "host": url.host or given.get("host"),
        "port": url.port or (int(given["port"]) if "port" in given else None),
        "user": url.username,
        "password": url.password,
        "database": url.database,
        "command_timeout": COMMAND_SECONDS,
        "timeout": 5.0,
        "server_settings": {"application_name": "cti", "timezone": "UTC"},
    }
    if "ssl" in given:
        arguments["ssl"] = given["ssl"]
    return {name: value for name, value in arguments.items() if value is not None}


def postgres_connector(url: URL) -> Callable[[], Awaitable[Any]]:
    """Return the function by which SQLAlchemy gets a connection."""
    arguments = postgres_arguments(url)

    async def connect() -> Any:
        return await asyncpg.connect(**arguments)

    return connect

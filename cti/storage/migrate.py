"""Bringing a database to the tables of this release, with a backup of the SQLite file first."""

import asyncio
import logging
from pathlib import Path

import msgspec
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

from cti.ports import StorageRefused
from cti.storage import upkeep
from cti.storage.connecting import postgres_connector, sqlite_engine
from cti.storage.engine import parse_url

log = logging.getLogger(__name__)

MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 0x637469  # "cti": of several services that start at once on one PostgreSQL, one migrates


class Migrated(msgspec.Struct, frozen=True):
    """What migrate() did. *before* is "" for an empty database; equal to *after* when nothing was to do."""

    before: str
    after: str
    backup: Path | None = None


async def migrate(url: str, backup_dir: Path | None = None) -> Migrated:
    """Bring the database at *url* up to date and say what was done. Nothing else may have the SQLite file open."""
    parsed = parse_url(url)
    if parsed.get_backend_name() == "sqlite":
        return await asyncio.to_thread(_migrate_locked, Path(parsed.database or ""), backup_dir)
    engine = create_async_engine("postgresql+asyncpg://", async_creator=postgres_connector(parsed))
    try:
        async with engine.begin() as connection:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            return await connection.run_sync(upgrade)
    finally:
        await engine.dispose()


def _migrate_locked(path: Path, backup_dir: Path | None) -> Migrated:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = upkeep.FileLock(path)
    try:
        path.touch(0o600)
        return migrate_file(path, backup_dir)
    finally:
        lock.release()


def migrate_file(path: Path, backup_dir: Path | None, *, scripts: Path = MIGRATIONS) -> Migrated:
    """Bring a SQLite file up to date. The caller holds its lock."""
    engine = sqlite_engine(path, foreign_keys=False)
    try:
        with engine.connect() as connection:
            before = current(connection)
        if before == newest(scripts):
            return Migrated(before, before)
        copy = upkeep.backup(path, backup_dir) if before and backup_dir else None
        with engine.begin() as connection:
            done = upgrade(connection, scripts=scripts)
        return msgspec.structs.replace(done, backup=copy)
    finally:
        engine.dispose()


def current(connection: Connection) -> str:
    """Return the revision of the tables, "" when there are none."""
    return MigrationContext.configure(connection).get_current_revision() or ""


def newest(scripts: Path = MIGRATIONS) -> str:
    return ScriptDirectory(str(scripts)).get_current_head() or ""


def upgrade(connection: Connection, *, scripts: Path = MIGRATIONS, to: str = "head") -> Migrated:
    """Run the missing migrations up to revision *to*, within the transaction that *connection* is in."""
    before = current(connection)
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    try:
        command.upgrade(config, to)
    except CommandError as error:
        raise StorageRefused(f"the database has revision {before or 'none'}: {error}") from error
    after = current(connection)
    if after != before:
        log.info("database migrated", extra={"before": before, "after": after})
    return Migrated(before, after)

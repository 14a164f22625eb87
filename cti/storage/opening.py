"""Opens the database that a URL names, whichever engine it is."""

from pathlib import Path

from cti.storage.engine import Database, parse_url
from cti.storage.postgres import PostgresDatabase
from cti.storage.sqlite import SqliteDatabase


async def open_database(url: str, *, backups: Path | None = None) -> Database:
    """Return the database at *url*, checked, migrated and ready; the caller closes it.

    A corrupt SQLite file is moved aside and the newest good copy in *backups* takes its place. Raises ValueError for a
    URL that is none, DatabaseInUse when another service has the file, StorageDown when it cannot be reached.
    """
    parsed = parse_url(url)
    if parsed.get_backend_name() == "sqlite":
        return await SqliteDatabase.open(Path(parsed.database or ""), backups=backups)
    return await PostgresDatabase.open(parsed)

"""The SQLite file: one owner, backups, migrations, and a corrupt one replaced. The migrations run on both engines."""

import asyncio
import logging
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from cti.ports import StorageDown, StorageRefused
from cti.storage import upkeep
from cti.storage.connecting import sqlite_engine
from cti.storage.engine import Sql
from cti.storage.migrate import MIGRATIONS, migrate, migrate_file, newest, upgrade
from cti.storage.opening import open_database
from cti.storage.tables import metadata
from cti.storage.upkeep import Check, Checker, DatabaseInUse
from tests.contract.storage.conftest import sql_storage, until
from tests.contract.storage.examples import finished

COUNT = Sql("SELECT count(*) FROM calls")
REVISIONS = [script.revision for script in reversed(list(ScriptDirectory(str(MIGRATIONS)).walk_revisions()))]


def damage(path: Path, *, pages: range) -> None:
    """Write nonsense over *pages*, as a failing disk would."""
    with open(path, "r+b") as file:
        for page in pages:
            file.seek(page * 4096)
            file.write(os.urandom(4096))


def moved_aside(path: Path) -> list[Path]:
    return list(path.parent.glob(f"{path.name}.corrupt-*"))


async def filled(folder: Path, count: int = 300) -> Path:
    """Return a database with *count* calls, closed."""
    path = folder / "cti.db"
    async with sql_storage(f"sqlite:///{path}", folder) as storage:
        await asyncio.gather(*(storage.calls.add(finished(f"c.{number}")) for number in range(count)))
    return path


async def count_calls(path: Path, backups: Path | None = None) -> tuple[int, str]:
    """Return how many calls there are, and the backup that was restored."""
    db = await open_database(f"sqlite:///{path}", backups=backups)
    try:
        return (await db.fetch(COUNT))[0][0], db.kept_from
    finally:
        await db.close()


# --- who has it ----------------------------------------------------------------------------------------------------


async def test_a_second_service_is_refused(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/cti.db"
    db = await open_database(url)
    for attempt in (open_database(url), migrate(url)):
        with pytest.raises(DatabaseInUse, match=str(os.getpid())):
            await attempt
    script = (
        "import asyncio, sys; from cti.storage.opening import open_database; asyncio.run(open_database(sys.argv[1]))"
    )
    other = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", script, url], capture_output=True, check=False
    )
    assert b"DatabaseInUse" in other.stderr
    await db.close()
    await (await open_database(url)).close()


async def test_nobody_else_can_read_the_file(tmp_path: Path) -> None:
    async with sql_storage(f"sqlite:///{tmp_path}/data/cti.db", tmp_path / "data") as storage:
        await storage.calls.add(finished())
        assert storage.db
        copy = await storage.db.backup()
        assert copy
        for path in [*(tmp_path / "data").glob("cti.db*"), copy]:
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


async def test_settings_for_durability(tmp_path: Path) -> None:
    db = await open_database(f"sqlite:///{tmp_path}/cti.db")

    def pragmas(connection: sa.Connection) -> list[object]:
        names = ("journal_mode", "synchronous", "foreign_keys")
        return [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in names]

    assert await db.write(pragmas) == ["wal", 2, 1]
    with pytest.raises(StorageDown, match="readonly"):
        await db.read(lambda connection: connection.exec_driver_sql("DELETE FROM calls"))
    await db.close()


@pytest.mark.parametrize("url", ["", "mysql://x/y", "sqlite://", "sqlite:///:memory:", "nonsense"])
async def test_a_url_that_is_none(url: str) -> None:
    with pytest.raises(ValueError, match=r"database|sqlite"):
        await open_database(url)


async def test_a_server_that_is_not_there() -> None:
    with pytest.raises(StorageDown):
        await open_database("postgresql://cti:secret@127.0.0.1:1/cti")


# --- backups, and a corrupt file -----------------------------------------------------------------------------------


async def test_a_backup_is_whole_and_the_newest_are_kept(tmp_path: Path) -> None:
    path = await filled(tmp_path, 10)
    copies = [await asyncio.to_thread(upkeep.backup, path, tmp_path / "backups", keep=3) for _ in range(5)]
    assert upkeep.list_backups(tmp_path / "backups", path) == copies[2:]
    assert upkeep.check(copies[-1]) is Check.WHOLE
    assert sorted(file.name for file in (tmp_path / "backups").iterdir()) == [copy.name for copy in copies[2:]]


async def test_a_backup_during_writing(tmp_path: Path) -> None:
    async with sql_storage(f"sqlite:///{tmp_path}/cti.db", tmp_path) as storage:
        adding = asyncio.gather(*(storage.calls.add(finished(f"c.{number}")) for number in range(2000)))
        assert storage.db
        copy = await storage.db.backup()
        await adding
    assert copy
    assert upkeep.check(copy) is Check.WHOLE


async def test_a_corrupt_file_is_moved_aside_and_the_newest_good_backup_restored(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = await filled(tmp_path)
    backups = tmp_path / "backups"
    good = upkeep.backup(path, backups)
    bad = upkeep.backup(path, backups)
    damage(bad, pages=range(10, 30))
    damage(path, pages=range(10, 30))
    with caplog.at_level(logging.CRITICAL):
        assert await count_calls(path, backups) == (300, good.name)
    assert "corrupt" in caplog.text
    assert len(moved_aside(path)) == 1
    assert await count_calls(path, backups) == (300, "")


async def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "cti.db"
    path.write_bytes(b"something else" * 1000)
    assert await count_calls(path, tmp_path) == (0, "nothing")
    (aside,) = moved_aside(path)
    assert aside.read_bytes().startswith(b"something else")


async def test_corruption_found_while_running_is_repaired_by_a_restart(tmp_path: Path) -> None:
    path = await filled(tmp_path)
    backup = upkeep.backup(path, tmp_path / "backups")
    async with sql_storage(f"sqlite:///{path}", tmp_path) as storage:
        assert storage.db
        assert storage.recorder
        damage(path, pages=range(1, path.stat().st_size // 4096))
        await storage.calls.add(finished("during"))  # acknowledged by the journal
        assert storage.recorder.health().corrupt
        assert not storage.recorder.health().ok
    async with sql_storage(f"sqlite:///{path}", tmp_path) as storage:
        assert storage.db
        assert storage.db.kept_from == backup.name
        assert storage.recorder
        await until(lambda: not (tmp_path / "journal.jsonl").exists())
        assert (await storage.db.fetch(COUNT))[0][0] == 301


async def test_a_check_that_takes_long_goes_on_beside_the_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = await filled(tmp_path, 3000)
    backup = upkeep.backup(path, tmp_path / "backups")
    pages = path.stat().st_size // 4096
    damage(path, pages=range(pages - 12, pages - 2))
    with monkeypatch.context() as patched:
        patched.setattr(upkeep, "check_at_start", lambda *_: ("", Checker(path)))
        db = await open_database(f"sqlite:///{path}", backups=tmp_path / "backups")
    await until(lambda: db.corrupt)
    await db.close()
    assert (tmp_path / "cti.db.suspect").exists()
    assert upkeep.check_at_start(path, tmp_path / "backups", budget_seconds=0.0) == (backup.name, None)
    assert not (tmp_path / "cti.db.suspect").exists()


async def test_a_check_is_stopped_when_the_service_ends(tmp_path: Path) -> None:
    path = await filled(tmp_path, 3000)
    _, checker = upkeep.check_at_start(path, None, budget_seconds=0.0)
    assert checker
    checker.stop()
    assert checker.wait() is Check.UNFINISHED


# --- migrations ----------------------------------------------------------------------------------------------------


async def test_from_empty_to_what_the_tables_say(url: str) -> None:
    done = await migrate(url)
    assert (done.before, done.after, done.backup) == ("", newest(), None)
    assert (await migrate(url)).before == newest()
    db = await open_database(url)

    def differences(connection: sa.Connection) -> object:
        return compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata)

    assert await db.read(differences) == []
    await db.close()


@pytest.mark.parametrize("revision", REVISIONS[:-1] or [None])
def test_from_each_revision_before(tmp_path: Path, revision: str | None) -> None:
    path = tmp_path / "cti.db"
    if revision:
        engine = sqlite_engine(path)
        with engine.begin() as connection:
            upgrade(connection, to=revision)
        engine.dispose()
    done = migrate_file(path, tmp_path / "backups")
    assert (done.before, done.after) == (revision or "", newest())


ONE_MORE = """
import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "<previous>"
branch_labels = depends_on = None

def upgrade() -> None:
    op.add_column("customers", sa.Column("birthday", sa.Text()))
    op.execute("UPDATE customers SET birthday = name")
"""


@pytest.fixture
def next_release(tmp_path: Path) -> Path:
    """The migrations of a release to come, which has one more."""
    scripts = tmp_path / "next"
    shutil.copytree(MIGRATIONS, scripts, ignore=shutil.ignore_patterns("__pycache__"))
    (scripts / "versions" / "9999_more.py").write_text(ONE_MORE.replace("<previous>", newest()))
    return scripts


async def test_from_the_previous_release_with_a_backup_first(tmp_path: Path, next_release: Path) -> None:
    path = await filled(tmp_path, 10)
    done = migrate_file(path, tmp_path / "backups", scripts=next_release)
    assert (done.before, done.after) == (newest(), "9999")
    assert done.backup
    assert await count_calls(done.backup) == (10, "")
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT count(birthday) FROM customers").fetchone() == (0,)
    connection.close()
    assert migrate_file(path, tmp_path / "backups", scripts=next_release).backup is None


async def test_a_migration_that_fails_changes_nothing(tmp_path: Path, next_release: Path) -> None:
    path = await filled(tmp_path, 10)
    script = next_release / "versions" / "9999_more.py"
    script.write_text(script.read_text().replace("SET birthday", "SET no_such_column"))
    with pytest.raises(sa.exc.OperationalError):
        migrate_file(path, None, scripts=next_release)
    assert await count_calls(path) == (10, "")
    with sqlite3.connect(path) as connection:
        columns = [row[1] for row in connection.execute("PRAGMA table_info(customers)")]
    connection.close()
    assert "birthday" not in columns


async def test_the_database_of_a_newer_release_is_left_alone(tmp_path: Path, next_release: Path) -> None:
    path = await filled(tmp_path, 10)
    migrate_file(path, None, scripts=next_release)
    with pytest.raises(StorageRefused, match="9999"):
        await open_database(f"sqlite:///{path}")

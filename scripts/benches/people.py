"""A database for measuring: very many customers, and agents who are logged in. Made once, kept under var/bench."""

import asyncio
import hashlib
import secrets
import sqlite3
import time
from pathlib import Path

from rich.progress import Progress
from traffic import device_of, number_of

from cti.storage.migrate import migrate

FOLDER = Path(__file__).parents[2] / "var" / "bench"
_BATCH = 50_000


def database(customers: int) -> Path:
    """Return a SQLite file of the product's tables with that many customers, one number each."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"customers-{customers}.db"
    asyncio.run(migrate(f"sqlite:///{path}"))
    db = sqlite3.connect(path)
    (have,) = db.execute("SELECT count(*) FROM customer_numbers").fetchone()
    if have < customers:
        db.execute("PRAGMA synchronous = OFF")
        columns = "(id, name, tags, created_at, updated_at)"
        with Progress(transient=True) as progress:
            task = progress.add_task(f"{customers:,} customers", total=customers, completed=have)
            for first in range(have, customers, _BATCH):
                ids = range(first, min(first + _BATCH, customers))
                now = _moment()
                with db:
                    db.executemany(
                        f"INSERT INTO customers {columns} VALUES (?, ?, '[\"regular\"]', ?, ?)",  # noqa: S608 - our own
                        ((n + 1, f"客户 {n}", now, now) for n in ids),
                    )
                    db.executemany(
                        "INSERT INTO customer_numbers (customer_id, e164, kind, position) VALUES (?, ?, 'mobile', 0)",
                        ((n + 1, f"+86{number_of(n)}") for n in ids),
                    )
                progress.update(task, advance=len(ids))
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    return path


def log_in(path: Path, agents: int) -> list[str]:
    """Return a session token for each of *agents* agents, made straight in the database."""
    db = sqlite3.connect(path)
    now, tokens = _moment(), [secrets.token_urlsafe(32) for _ in range(agents)]
    later = _later(now)
    with db:
        db.executemany(
            "INSERT OR IGNORE INTO users (id, name, display_name, role, device, password_hash, must_change, disabled,"
            " created_at) VALUES (?, ?, ?, 'agent', ?, '', 0, 0, ?)",
            ((n + 1, f"agent{n}", f"Agent {n}", device_of(n), now) for n in range(agents)),
        )
        db.execute("DELETE FROM sessions")
        db.execute("DELETE FROM open_calls")
        db.executemany(
            "INSERT INTO sessions (token_hash, user_id, created_at, last_seen_at, expires_at) VALUES (?, ?, ?, ?, ?)",
            ((hashlib.sha256(t.encode()).digest(), n + 1, now, now, later) for n, t in enumerate(tokens)),
        )
    db.close()
    return tokens


def _moment() -> int:
    """Return now as the tables write moments."""
    return time.time_ns() // 1_000


def _later(moment: int) -> int:
    return moment + 12 * 3_600 * 1_000_000

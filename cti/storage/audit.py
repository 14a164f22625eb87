"""Who did what to whom: append-only, each entry's hash over itself and the one before, so that a change shows."""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, insert, or_, select, text

from cti.staff import ALL_ENTRIES, AuditEntry, AuditFilter
from cti.storage.engine import Database
from cti.storage.rows import clean
from cti.storage.tables import audit, to_micros

MOST = 1_000  # entries in one answer
_ONE_WRITER = text("SELECT pg_advisory_xact_lock(hashtext('cti.audit'))")
_AT_ONCE = 5_000


class SqlAuditLog:
    """An AuditLog on either engine."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def add(self, entry: AuditEntry) -> None:
        kept = msgspec.structs.replace(
            entry,
            who=clean(entry.who),
            action=clean(entry.action),
            whom=clean(entry.whom),
            what=entry.what.replace("\0", ""),
            source=clean(entry.source),
        )

        def work(connection: Connection) -> None:
            if connection.dialect.name == "postgresql":
                connection.execute(_ONE_WRITER)
            last = connection.execute(select(audit.c.id, audit.c.hash).order_by(audit.c.id.desc()).limit(1)).first()
            number, before = (last.id + 1, last.hash) if last else (1, b"")
            columns = {name: getattr(kept, name) for name in ("at", "who", "action", "whom", "what", "source")}
            digest = hash_of(msgspec.structs.replace(kept, id=number), bytes(before))
            connection.execute(insert(audit), {"id": number, "hash": digest, **columns})

        await self._db.write(work)

    async def latest(
        self, *, before: int | None = None, limit: int = 100, only: AuditFilter = ALL_ENTRIES
    ) -> list[AuditEntry]:
        wanted = select(audit).order_by(audit.c.id.desc()).limit(max(0, min(limit, MOST)))
        if before is not None:
            wanted = wanted.where(audit.c.id < before)
        if only.person:
            wanted = wanted.where(or_(audit.c.who == clean(only.person), audit.c.whom == clean(only.person)))
        if only.action:
            wanted = wanted.where(audit.c.action == clean(only.action))
        if only.since is not None:
            wanted = wanted.where(audit.c.at >= only.since)
        if only.until is not None:
            wanted = wanted.where(audit.c.at < only.until)
        return await self._db.read(lambda connection: [_entry(row) for row in connection.execute(wanted)])

    async def is_whole(self) -> bool:
        at, before = 0, b""
        while True:
            page = select(audit).where(audit.c.id > at).order_by(audit.c.id).limit(_AT_ONCE)
            rows = await self._db.read(lambda connection, page=page: connection.execute(page).all())  # type: ignore[misc]
            if not rows:
                return True
            found = _check(rows, at, before)
            if found is None:
                return False
            at, before = rows[-1].id, found


def hash_of(entry: AuditEntry, before: bytes) -> bytes:
    """Return the hash of *entry* that follows the one with the hash *before*."""
    parts = [entry.id, _micros(entry.at), entry.who, entry.action, entry.whom, entry.what, entry.source]
    return hashlib.sha256(before + msgspec.json.encode(parts)).digest()


def _check(rows: Iterable[Row[Any]], at: int, before: bytes) -> bytes | None:
    """Return the last hash of *rows*, which follow the entry *at*, or None when one was changed or is missing."""
    for row in rows:
        if row.id != at + 1 or bytes(row.hash) != hash_of(_entry(row), before):
            return None
        at, before = row.id, bytes(row.hash)
    return before


def _entry(row: Row[Any]) -> AuditEntry:
    return AuditEntry(row.at, row.who, row.action, row.whom, row.what, row.source, row.id)


def _micros(at: datetime) -> int:
    return to_micros(at)

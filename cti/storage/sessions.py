"""Log-ins. A token is 256 random bits, known to the browser alone: what is kept here is its SHA-256."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, delete, false, insert, select, update

from cti.ports import Session
from cti.storage.engine import Database
from cti.storage.rows import clean
from cti.storage.tables import sessions, users
from cti.storage.users import to_user

TOUCH_EVERY = timedelta(minutes=1)


def hash_of(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()


def _name(digest: bytes) -> str:
    """Return the public name: enough of the hash to tell sessions apart."""
    return bytes(digest).hex()[:24]


def _living(now: datetime) -> Select[Any]:
    return (
        select(
            users, sessions.c.token_hash, sessions.c.created_at.label("began_at"), sessions.c.last_seen_at,
            sessions.c.expires_at, sessions.c.source, sessions.c.browser,
        )
        .join_from(sessions, users)
        .where(sessions.c.expires_at > now, users.c.disabled == false())
    )  # fmt: skip


def _session(row: Row[Any]) -> Session:
    return Session(
        to_user(row), row.began_at, row.last_seen_at, row.expires_at, _name(row.token_hash), row.source, row.browser
    )


class SqlSessions:
    """Sessions on either engine."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def create(
        self, user: int, *, now: datetime, expires_at: datetime, source: str = "", browser: str = ""
    ) -> str:
        token = secrets.token_urlsafe(32)
        columns = {
            "token_hash": hash_of(token),
            "user_id": user,
            "created_at": now,
            "last_seen_at": now,
            "expires_at": expires_at,
            "source": clean(source)[:100],
            "browser": clean(browser)[:300],
        }

        def work(connection: Connection) -> None:
            connection.execute(insert(sessions), columns)

        await self._db.write(work)
        return token

    async def find(self, token: str, *, now: datetime) -> Session | None:
        wanted = _living(now).where(sessions.c.token_hash == hash_of(token))

        def work(connection: Connection) -> Session | None:
            row = connection.execute(wanted).one_or_none()
            return _session(row) if row else None

        return await self._db.read(work)

    async def of(self, user: int, *, now: datetime) -> list[Session]:
        wanted = _living(now).where(users.c.id == user).order_by(sessions.c.last_seen_at.desc())
        return await self._db.read(lambda connection: [_session(row) for row in connection.execute(wanted)])

    async def end(self, user: int, session: str) -> bool:
        def work(connection: Connection) -> bool:
            mine = connection.execute(select(sessions.c.token_hash).where(sessions.c.user_id == user)).scalars().all()
            gone = [digest for digest in mine if _name(digest) == session]
            connection.execute(delete(sessions).where(sessions.c.token_hash.in_(gone)))
            return bool(gone)

        return await self._db.write(work)

    @staticmethod
    def name_of(token: str) -> str:
        return _name(hash_of(token))

    async def touch(self, token: str, session: Session, *, now: datetime) -> None:
        if now - session.last_seen_at < TOUCH_EVERY:
            return
        this = sessions.c.token_hash == hash_of(token)

        def work(connection: Connection) -> None:
            connection.execute(update(sessions).where(this).values(last_seen_at=now))

        await self._db.write(work)

    async def delete(self, token: str) -> None:
        await self._delete(sessions.c.token_hash == hash_of(token))

    async def delete_of(self, user: int) -> int:
        return await self._delete(sessions.c.user_id == user)

    async def purge(self, *, now: datetime) -> int:
        return await self._delete(sessions.c.expires_at <= now)

    async def _delete(self, which: ColumnElement[bool]) -> int:
        def work(connection: Connection) -> int:
            gone: int = connection.execute(delete(sessions).where(which)).rowcount
            return gone

        return await self._db.write(work)

"""The people who may log in. Passwords come as hashes; nothing here knows how they are made."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from cti.ports import Credentials, NameTaken, User, UserRole
from cti.storage.engine import Database
from cti.storage.tables import sessions, users


def fold(name: str) -> str:
    """Return *name* as it is compared: Anna and ANNA are one user."""
    return name.strip().casefold()


def to_user(row: Row[Any]) -> User:
    return User(row.id, row.name, row.display_name, row.role, row.device, row.must_change, row.disabled)


class SqlUsers:
    """Users on either engine."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def create(
        self,
        name: str,
        *,
        display_name: str,
        role: UserRole,
        device: str = "",
        password_hash: str = "",
        must_change: bool = True,
    ) -> User:
        folded = fold(name)
        if not folded or "\0" in folded + display_name + device:
            raise ValueError("a user needs a name, of characters that can be written")
        columns = {
            "name": folded,
            "display_name": display_name,
            "role": role,
            "device": device,
            "password_hash": password_hash,
            "must_change": must_change,
            "created_at": datetime.now(UTC),
        }

        def work(connection: Connection) -> User:
            try:
                made: int = connection.execute(insert(users).returning(users.c.id), columns).scalar_one()
            except IntegrityError:
                raise NameTaken(folded) from None
            return User(made, folded, display_name, role, device, must_change)

        return await self._db.write(work)

    async def get(self, user: int) -> User | None:
        row = await self._one(users.c.id == user)
        return to_user(row) if row else None

    async def by_name(self, name: str) -> User | None:
        row = await self._one(users.c.name == fold(name))
        return to_user(row) if row else None

    async def credentials(self, name: str) -> Credentials | None:
        row = await self._one(users.c.name == fold(name))
        return Credentials(to_user(row), row.password_hash) if row else None

    async def set_password(self, user: int, password_hash: str, *, must_change: bool = False) -> None:
        await self._change(user, end_sessions=True, password_hash=password_hash, must_change=must_change)

    async def rehash_password(self, user: int, password_hash: str) -> None:
        await self._change(user, end_sessions=False, password_hash=password_hash)

    async def disable(self, user: int, *, disabled: bool = True) -> None:
        await self._change(user, end_sessions=True, disabled=disabled)

    async def list(self) -> list[User]:
        def work(connection: Connection) -> list[User]:
            return [to_user(row) for row in connection.execute(select(users).order_by(users.c.name))]

        return await self._db.read(work)

    async def _one(self, condition: Any) -> Row[Any] | None:
        return await self._db.read(lambda connection: connection.execute(select(users).where(condition)).one_or_none())

    async def _change(self, user: int, *, end_sessions: bool, **columns: Any) -> None:
        def work(connection: Connection) -> None:
            connection.execute(update(users).where(users.c.id == user).values(**columns))
            if end_sessions:
                connection.execute(delete(sessions).where(sessions.c.user_id == user))

        await self._db.write(work)

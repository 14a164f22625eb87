"""Half-typed forms."""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, delete, insert, or_, select, update

from cti.forms import About, Draft
from cti.storage.draft_tables import form_drafts
from cti.storage.engine import Database
from cti.storage.rows import clean
from cti.storage.tables import users

_HERE = form_drafts.c
_values = msgspec.json.Decoder(dict[str, Any])


class SqlDrafts:
    """Drafts on either engine."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def put(self, draft: Draft) -> None:
        row = {
            "user_id": draft.user,
            "customer_id": draft.about.customer,
            "values": msgspec.json.encode(draft.values).decode(),
            "at": draft.at,
            **{name: clean(getattr(draft.about, name)) for name in ("number", "call")},
            **{name: clean(getattr(draft, name)) for name in ("form", "version", "revision", "focus")},
        }

        def work(connection: Connection) -> None:
            _drop(connection, draft.user, draft.about, draft.form)
            connection.execute(insert(form_drafts), row)

        await self._db.write(work)

    async def about(self, about: About, form: str) -> list[Draft]:
        wanted = select(form_drafts, users.c.name, users.c.display_name).join_from(form_drafts, users)
        wanted = wanted.where(_same(about), _HERE.form == form).order_by(_HERE.at.desc(), _HERE.id.desc())

        def work(connection: Connection) -> list[Draft]:
            return [
                Draft(
                    row.user_id,
                    About(row.customer_id, row.number, row.call),
                    row.form,
                    row.version,
                    _values.decode(row._mapping["values"]),
                    row.at,
                    row.revision,
                    row.focus,
                    row.display_name or row.name,
                )
                for row in connection.execute(wanted)
            ]

        return await self._db.read(work)

    async def take_over(self, user: int, about: About, form: str, *, author: int) -> bool:
        def work(connection: Connection) -> bool:
            theirs = select(_HERE.id).where(_HERE.user_id == author, _HERE.form == form, _same(about))
            found = connection.execute(theirs.order_by(_HERE.at.desc()).limit(1)).scalar()
            if found is None:
                return False
            _drop(connection, user, about, form)
            connection.execute(update(form_drafts).where(_HERE.id == found).values(user_id=user))
            return True

        return await self._db.write(work)

    async def drop(self, user: int, about: About, form: str) -> None:
        await self._db.write(lambda connection: _drop(connection, user, about, form))

    async def purge(self, *, before: datetime) -> int:
        old = delete(form_drafts).where(_HERE.at < before)
        return await self._db.write(lambda connection: connection.execute(old).rowcount)


def _drop(connection: Connection, user: int, about: About, form: str) -> None:
    connection.execute(delete(form_drafts).where(_HERE.user_id == user, _HERE.form == form, _same(about)))


def _same(about: About) -> ColumnElement[bool]:
    """Return which drafts are about the same: what was begun for a number is, once the customer is known, for them."""
    if about.number:
        unknown = and_(_HERE.customer_id.is_(None), _HERE.number == about.number)
    else:
        unknown = and_(_HERE.customer_id.is_(None), _HERE.number == "", _HERE.call == about.call)
    if about.customer is None:
        return unknown
    theirs = _HERE.customer_id == about.customer
    return or_(theirs, unknown) if about.number or about.call else theirs

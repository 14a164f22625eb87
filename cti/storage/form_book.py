"""Customers as forms read and write them: the record, further answers and the history, in one transaction."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, insert, select, update

from cti.customers import ChangedMeanwhile, CustomerChange, CustomerRecord
from cti.forms import Changed, Entry, Filed
from cti.ports import NewCustomer
from cti.storage.customer_book import apply, held, later_than, note, record_of
from cti.storage.customer_tables import customer_history, customer_marks
from cti.storage.customers import check_numbers, columns_of, put_numbers
from cti.storage.draft_tables import form_answers
from cti.storage.engine import Database
from cti.storage.rows import clean
from cti.storage.tables import customers

_answers = msgspec.json.Decoder(dict[str, Any])


class SqlFormBook:
    """A FormBook on either engine."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def filed(self, customer: int) -> Filed | None:
        def work(connection: Connection) -> Filed | None:
            record = record_of(connection, customer)
            return None if record is None or record.merged_into is not None else _filed(connection, record)

        return await self._db.read(work)

    async def register(self, customer: NewCustomer, change: CustomerChange, entry: Entry) -> int:
        check_numbers(customer.numbers)
        columns = columns_of(customer, datetime.now(UTC))

        def work(connection: Connection) -> int:
            made: int = connection.execute(insert(customers).returning(customers.c.id), columns).scalar_one()
            put_numbers(connection, made, customer.numbers)
            registered = [("registered", "", clean(customer.name))]
            note(connection, made, columns["created_at"], entry.who, registered, source=entry.source)
            record = apply(connection, held(connection, made), change, who=entry.who, source=entry.source)
            _enter(connection, record, entry, {})
            return made

        return await self._db.write(work)

    async def revise(self, customer: int, change: CustomerChange, entry: Entry, *, seen: datetime) -> Filed:
        if change.numbers is not None:
            check_numbers(change.numbers)

        def work(connection: Connection) -> Filed:
            before = held(connection, customer)
            if before.updated_at != seen:
                raise ChangedMeanwhile(customer)
            record = apply(connection, before, change, who=entry.who, source=entry.source)
            _enter(connection, record, entry, _given(connection, customer))
            return _filed(connection, held(connection, customer))

        return await self._db.write(work)


def _enter(connection: Connection, record: CustomerRecord, entry: Entry, before: Mapping[str, Any]) -> None:
    """Store what *entry* has beside the record, with its history; nothing is written where nothing differs."""
    customer, now = record.customer.id, later_than(record.updated_at)
    changed = {name: value for name, value in entry.answers.items() if value != before.get(name)}
    edits = [(f"answers.{name}", _said(before.get(name)), _said(value)) for name, value in changed.items()]
    edits += [(field, "", "confirmed") for field in entry.confirmed]
    if entry.consent is not None:
        mark = entry.consent
        row = {name: getattr(mark, name) for name in ("kind", "channel", "given", "at", "proof")}
        connection.execute(insert(customer_marks), {"customer_id": customer, "who": clean(mark.who), **row})
        edits.append(("consent", "", "given" if mark.given else "refused"))
    if not edits:
        return
    if changed:
        row = {
            "customer_id": customer,
            "at": now,
            "answers": msgspec.json.encode(changed).decode(),
            **{name: clean(getattr(entry, name)) for name in ("who", "call", "form", "version")},
        }
        connection.execute(insert(form_answers), row)
    connection.execute(update(customers).where(customers.c.id == customer).values(updated_at=now))
    note(connection, customer, now, entry.who, edits, source=entry.source)


def _filed(connection: Connection, record: CustomerRecord) -> Filed:
    edit, customer = customer_history.c, record.customer.id
    rows = connection.execute(
        select(edit.field, edit.at, edit.who).where(edit.customer_id == customer).order_by(edit.id)
    )
    changed = {row.field: Changed(row.at, row.who) for row in rows}
    return Filed(record, _given(connection, customer), changed)


def _given(connection: Connection, customer: int) -> dict[str, Any]:
    """Return the latest answer to each question; what was taken back is left out."""
    here = form_answers.c
    found: dict[str, Any] = {}
    for text in connection.execute(
        select(here.answers).where(here.customer_id == customer).order_by(here.id)
    ).scalars():
        found |= _answers.decode(text)
    return {name: value for name, value in found.items() if value is not None}


def _said(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case list() | tuple():
            return ", ".join(map(str, value))
    return str(value)

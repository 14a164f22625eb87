"""Customers in full: read, changed with their history in the same transaction, marked."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, delete, insert, select, update

from cti.customers import (
    Address,
    ChangedMeanwhile,
    CustomerChange,
    CustomerRecord,
    Edit,
    Mark,
    NoSuchCustomer,
    do_not_call,
    name_key,
    numbers_text,
)
from cti.ports import Customer, CustomerNumber
from cti.storage.customer_tables import customer_addresses, customer_history, customer_marks
from cti.storage.customers import check_numbers, once, put_numbers
from cti.storage.engine import Database
from cti.storage.rows import clean
from cti.storage.tables import customer_numbers, customers

_tags = msgspec.json.Decoder(tuple[str, ...])
_fields = msgspec.json.Decoder(dict[str, str])
_PLAIN = ("name", "kind", "company", "owner", "id_number")


class SqlCustomerBook:
    """A CustomerBook on either engine."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def record(self, customer: int) -> CustomerRecord | None:
        return await self._db.read(lambda connection: record_of(connection, customer))

    async def change(
        self, customer: int, change: CustomerChange, *, who: str, seen: datetime | None = None
    ) -> CustomerRecord:
        if change.numbers is not None:
            check_numbers(change.numbers)

        def work(connection: Connection) -> CustomerRecord:
            before = held(connection, customer)
            if seen is not None and seen != before.updated_at:
                raise ChangedMeanwhile(customer)
            return apply(connection, before, change, who=who)

        return await self._db.write(work)

    async def mark(self, customer: int, mark: Mark) -> CustomerRecord:
        def work(connection: Connection) -> CustomerRecord:
            before = held(connection, customer)
            row = {name: getattr(mark, name) for name in ("kind", "channel", "given", "at")}
            row |= {"customer_id": customer, "proof": mark.proof.replace("\0", ""), "who": clean(mark.who)}
            connection.execute(insert(customer_marks), row)
            now = later_than(before.updated_at)
            blocked = do_not_call((*before.marks, mark))
            changed = {"do_not_call": blocked, "updated_at": now}
            connection.execute(update(customers).where(customers.c.id == customer).values(changed))
            text = f"{'given' if mark.given else 'taken back'} {mark.at.isoformat()}"
            note(connection, customer, now, mark.who, [(f"{mark.kind} {mark.channel}", "", text)])
            return held(connection, customer)

        return await self._db.write(work)

    async def history(self, customer: int) -> Sequence[Edit]:
        here = customer_history.c
        wanted = select(customer_history).where(here.customer_id == customer).order_by(here.id.desc())

        def work(connection: Connection) -> list[Edit]:
            return [
                Edit(row.at, row.who, row.field, row.before, row.after, row.source)
                for row in connection.execute(wanted)
            ]

        return await self._db.read(work)


def record_of(connection: Connection, customer: int) -> CustomerRecord | None:
    """Return the customer with exactly that id."""
    row = connection.execute(select(customers).where(customers.c.id == customer)).first()
    return _record(connection, row) if row else None


def held(connection: Connection, customer: int) -> CustomerRecord:
    """Return the customer, who nobody else can change until the transaction ends; raise NoSuchCustomer."""
    row = connection.execute(select(customers).where(customers.c.id == customer).with_for_update()).first()
    if row is None or row.merged_into is not None:
        raise NoSuchCustomer(customer)
    return _record(connection, row)


def _record(connection: Connection, row: Row[Any]) -> CustomerRecord:
    number, address, mark = customer_numbers.c, customer_addresses.c, customer_marks.c
    numbers = select(customer_numbers).where(number.customer_id == row.id).order_by(number.position)
    addresses = select(customer_addresses).where(address.customer_id == row.id).order_by(address.position)
    marks = select(customer_marks).where(mark.customer_id == row.id).order_by(mark.at, mark.id)
    return CustomerRecord(
        Customer(
            row.id,
            row.name,
            tuple(CustomerNumber(n.e164, n.kind, n.verified_at, n.shared) for n in connection.execute(numbers)),
            _tags.decode(row.tags),
            row.company,
            row.note,
            row.kind,
            row.owner,
            row.do_not_call,
            _fields.decode(row.fields),
        ),
        row.id_number,
        tuple(
            Address(a.kind, a.province, a.city, a.district, a.street, a.postcode) for a in connection.execute(addresses)
        ),
        tuple(Mark(m.kind, m.channel, m.given, m.at, m.proof, m.who) for m in connection.execute(marks)),
        row.created_at,
        row.updated_at,
        row.created_by,
        row.merged_into,
    )


def apply(
    connection: Connection, before: CustomerRecord, change: CustomerChange, *, who: str, source: str = ""
) -> CustomerRecord:
    """Make *change* with its history; nothing is written where nothing differs."""
    was, customer = before.customer, before.customer.id
    columns: dict[str, Any] = {}
    edits: list[tuple[str, str, str]] = []
    for field in _PLAIN:
        wanted, had = getattr(change, field), before.id_number if field == "id_number" else getattr(was, field)
        if wanted is not None and (wanted := clean(wanted)) != had:
            columns[field] = wanted
            edits.append((field, had, wanted))
    if change.note is not None and (text := change.note.replace("\0", "")) != was.note:
        columns["note"] = text
        edits.append(("note", was.note, text))
    if change.tags is not None and change.tags != was.tags:
        columns["tags"] = msgspec.json.encode(change.tags).decode()
        edits.append(("tags", ", ".join(was.tags), ", ".join(change.tags)))
    for field, value in (change.fields or {}).items():
        if value != was.fields.get(field, ""):
            edits.append((f"fields.{field}", was.fields.get(field, ""), value))
    if any(field.startswith("fields.") for field, _, _ in edits):
        merged = {field: value for field, value in {**was.fields, **(change.fields or {})}.items() if value}
        columns["fields"] = msgspec.json.encode(merged).decode()
    edits += _put_lists(connection, before, change)
    if not edits:
        return before
    now = later_than(before.updated_at)
    if "name" in columns:
        columns["name_key"] = name_key(columns["name"])
    connection.execute(update(customers).where(customers.c.id == customer).values({**columns, "updated_at": now}))
    note(connection, customer, now, who, edits, source=source)
    return held(connection, customer)


def _put_lists(connection: Connection, before: CustomerRecord, change: CustomerChange) -> list[tuple[str, str, str]]:
    """Store other numbers and addresses, and return the edits that they are."""
    customer, edits = before.customer.id, []
    numbers = None if change.numbers is None else tuple(once(change.numbers))
    if numbers is not None and numbers != before.customer.numbers:
        connection.execute(delete(customer_numbers).where(customer_numbers.c.customer_id == customer))
        put_numbers(connection, customer, numbers)
        edits.append(("numbers", numbers_text(before.customer.numbers), numbers_text(numbers)))
    if change.addresses is not None and change.addresses != before.addresses:
        connection.execute(delete(customer_addresses).where(customer_addresses.c.customer_id == customer))
        put_addresses(connection, customer, change.addresses)
        edits.append(("addresses", _addresses_text(before.addresses), _addresses_text(change.addresses)))
    return edits


def put_addresses(connection: Connection, customer: int, addresses: Sequence[Address]) -> None:
    """Store *addresses*; the customer has none yet."""
    rows = [
        {
            "customer_id": customer,
            "position": position,
            **{name: clean(getattr(address, name)) for name in Address.__struct_fields__},
        }
        for position, address in enumerate(addresses)
    ]
    if rows:
        connection.execute(insert(customer_addresses), rows)


def _addresses_text(addresses: Sequence[Address]) -> str:
    return "; ".join(f"{address} ({address.kind})" if address.kind else str(address) for address in addresses)


def note(
    connection: Connection,
    customer: int,
    at: datetime,
    who: str,
    edits: Sequence[tuple[str, str, str]],
    *,
    source: str = "",
) -> None:
    """Add *edits*, each (field, before, after), to the customer's history."""
    rows = [
        {
            "customer_id": customer,
            "at": at,
            "who": clean(who),
            "field": clean(field),
            "before": before,
            "after": after,
            "source": clean(source),
        }
        for field, before, after in edits
    ]
    if rows:
        connection.execute(insert(customer_history), rows)


def later_than(before: datetime) -> datetime:
    """Return now, but later than *before*: two changes never have one time, so that a missed one shows."""
    return max(datetime.now(UTC), before + datetime.resolution)

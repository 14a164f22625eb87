"""Very many customers at a time, each batch in one transaction with how far the import is."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, insert, select, update

from cti.customers import CustomerChange, Mark
from cti.exchange.jobs import ImportJob, ImportTaken, Outcome
from cti.exchange.rows import ImportRow
from cti.storage.beside import Bystander
from cti.storage.customer_book import apply, held
from cti.storage.customer_tables import customer_imports, customer_marks
from cti.storage.engine import Sql
from cti.storage.tables import customers

INSERT_CUSTOMER = Sql("""
    INSERT INTO customers (id, name, name_key, company, note, tags, kind, owner, id_number, fields, do_not_call,
        created_by, created_at, updated_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13)
""")
INSERT_NUMBER = Sql("""
    INSERT INTO customer_numbers (customer_id, e164, kind, position, verified_at, shared)
    VALUES ($1, $2, $3, $4, $5, $6)
""")
INSERT_ADDRESS = Sql("""
    INSERT INTO customer_addresses (customer_id, position, kind, province, city, district, street, postcode)
    VALUES ($1, 0, '', $2, $3, $4, $5, $6)
""")
INSERT_MARK = Sql("""
    INSERT INTO customer_marks (customer_id, kind, channel, given, at, proof, who)
    VALUES ($1, 'do_not_call', 'any', $2, $3, $4, $5)
""")
KNOWN_POSTGRES = """
    SELECT n.e164, c.name_key, c.id FROM customer_numbers n JOIN customers c ON c.id = n.customer_id
    WHERE n.e164 = ANY($1)
"""
KNOWN_SQLITE = """
    SELECT n.e164, c.name_key, c.id FROM json_each(?1) w
    CROSS JOIN customer_numbers n ON n.e164 = w.value JOIN customers c ON c.id = n.customer_id
"""
IDS_POSTGRES = "SELECT nextval(pg_get_serial_sequence('customers', 'id')) FROM generate_series(1, $1)"
LAST_SQLITE = "SELECT seq FROM sqlite_sequence WHERE name = 'customers'"

_COUNTS = ("rows_done", "added", "known", "updated", "refused", "report_bytes", "finished_at")

Keys = dict[tuple[str, str], int]


class SqlImportStore:
    """An ImportStore on either engine."""

    def __init__(self, db: Bystander) -> None:
        self._db = db

    async def begin(self, job: ImportJob) -> ImportJob:
        def work(connection: Connection) -> ImportJob:
            row = connection.execute(select(customer_imports).where(customer_imports.c.id == job.id)).first()
            if row is not None:
                return ImportJob(**row._mapping)
            connection.execute(insert(customer_imports), msgspec.structs.asdict(job))
            return job

        return await self._db.write(work)

    async def put(self, job: ImportJob, rows: Sequence[ImportRow], done: ImportJob, *, update: bool) -> ImportJob:
        return await self._db.write(lambda connection: self._put(connection, job, rows, done, update))

    async def preview(self, rows: Sequence[ImportRow]) -> Outcome:
        def work(connection: Connection) -> Outcome:
            fresh, there = _sorted(rows, _known(connection, rows))
            return Outcome(len(fresh), len(there))

        return await self._db.read(work)

    def _put(
        self, connection: Connection, job: ImportJob, rows: Sequence[ImportRow], done: ImportJob, change: bool
    ) -> ImportJob:
        fresh, there = _sorted(rows, _known(connection, rows))
        who = f"import {job.file}"
        self._add(connection, fresh, who)
        updated = sum(_update(connection, customer, row, who) for customer, row in there) if change else 0
        now = ImportJob(
            **{
                **msgspec.structs.asdict(done),
                "added": job.added + len(fresh),
                "known": job.known + len(there) - updated,
                "updated": job.updated + updated,
            }
        )
        here = customer_imports.c
        mine = update(customer_imports).where(here.id == job.id, here.rows_done == job.rows_done)
        written = connection.execute(mine.values({name: getattr(now, name) for name in _COUNTS}))
        if written.rowcount != 1:
            raise ImportTaken(job.file)
        return now

    def _add(self, connection: Connection, rows: Sequence[ImportRow], who: str) -> None:
        if not rows:
            return
        now = self._db.moment(datetime.now(UTC))
        people: list[tuple[Any, ...]] = []
        numbers: list[tuple[Any, ...]] = []
        addresses: list[tuple[Any, ...]] = []
        marks: list[tuple[Any, ...]] = []
        for id_, row in zip(_ids(connection, len(rows)), rows, strict=True):
            tags = _json(row.tags) if row.tags else "[]"
            own = {name: value for name, value in (row.fields or {}).items() if value}
            people.append(
                (
                    id_,
                    row.name,
                    row.name_key,
                    row.company or "",
                    row.note or "",
                    tags,
                    row.kind or "person",
                    row.owner or "",
                    row.id_number or "",
                    _json(own) if own else "{}",
                    bool(row.do_not_call),
                    who,
                    now,
                )
            )
            for position, number in enumerate(row.numbers):
                verified = self._db.moment(number.verified_at)
                numbers.append((id_, number.e164, number.kind, position, verified, number.shared))
            if row.address:
                a = row.address
                addresses.append((id_, a.province, a.city, a.district, a.street, a.postcode))
            if row.do_not_call:
                marks.append((id_, True, now, who, who))
        for sql, values in (
            (INSERT_CUSTOMER, people),
            (INSERT_NUMBER, numbers),
            (INSERT_ADDRESS, addresses),
            (INSERT_MARK, marks),
        ):
            if values:
                connection.exec_driver_sql(_text(connection, sql), values)


def _known(connection: Connection, rows: Sequence[ImportRow]) -> Keys:
    """Return the customers who have a number of *rows*, by that and by name."""
    wanted = [number.e164 for row in rows for number in row.numbers]
    if connection.dialect.name == "postgresql":
        found = connection.exec_driver_sql(KNOWN_POSTGRES, (wanted,))
    else:
        found = connection.exec_driver_sql(KNOWN_SQLITE, (_json(wanted),))
    return {(e164, key): id_ for e164, key, id_ in found}


def _sorted(rows: Sequence[ImportRow], known: Keys) -> tuple[list[ImportRow], list[tuple[int, ImportRow]]]:
    """Return the rows that are new, and the others with whom they are; 0 for one that is new in this batch."""
    fresh: list[ImportRow] = []
    there: list[tuple[int, ImportRow]] = []
    for row in rows:
        keys = [(number.e164, row.name_key) for number in row.numbers]
        for key in keys:
            if key in known:
                there.append((known[key], row))
                break
        else:
            fresh.append(row)
            known.update(dict.fromkeys(keys, 0))
    return fresh, there


def _update(connection: Connection, customer: int, row: ImportRow, who: str) -> bool:
    """Change the customer to what *row* says, with history, and return whether anything differed."""
    if not customer:
        return False
    before = held(connection, customer)
    have = {number.e164 for number in before.customer.numbers}
    kept = list(before.customer.numbers) + [number for number in row.numbers if number.e164 not in have]
    addresses = before.addresses
    if row.address and row.address not in addresses:
        addresses = (row.address, *addresses)
    change = CustomerChange(
        name=row.name,
        kind="company" if row.kind == "company" else "person" if row.kind else None,
        company=row.company or None,
        note=row.note or None,
        tags=row.tags or None,
        owner=row.owner or None,
        id_number=row.id_number or None,
        numbers=tuple(kept),
        addresses=addresses,
        fields=_told(row.fields),
    )
    after = apply(connection, before, change, who=who)
    if row.do_not_call and not before.customer.do_not_call:
        mark = Mark("do_not_call", "any", True, datetime.now(UTC), who, who)
        connection.execute(insert(customer_marks), {"customer_id": customer, **msgspec.structs.asdict(mark)})
        blocked = update(customers).where(customers.c.id == customer).values(do_not_call=True)
        connection.execute(blocked)
        return True
    return after is not before


def _told(fields: Mapping[str, str] | None) -> dict[str, str]:
    return {name: value for name, value in (fields or {}).items() if value}


def _ids(connection: Connection, count: int) -> list[int]:
    """Return numbers for *count* new customers that nobody else gets."""
    if connection.dialect.name == "postgresql":
        return [row[0] for row in connection.exec_driver_sql(IDS_POSTGRES, (count,))]
    last = connection.exec_driver_sql(LAST_SQLITE).scalar() or 0  # the transaction keeps others from it
    return list(range(last + 1, last + 1 + count))


def _text(connection: Connection, sql: Sql) -> str:
    return sql.postgres if connection.dialect.name == "postgresql" else sql.sqlite


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()

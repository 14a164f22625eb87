"""One person's data: handed over, or erased from every store, with a certificate; figures stay, without who it was."""

import hashlib
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, and_, delete, exists, insert, or_, select, update

from cti.calls.model import FinishedCall
from cti.customers import CustomerRecord, Edit, NoSuchCustomer
from cti.storage import holdings, upkeep
from cti.storage.attached_tables import call_data, live_notes
from cti.storage.beside import Bystander
from cti.storage.customer_book import record_of
from cti.storage.customer_tables import (
    customer_denials,
    customer_erasures,
    customer_history,
    customer_marks,
    customer_merges,
)
from cti.storage.rows import load
from cti.storage.tables import audit, call_connections, call_notes, calls, customer_numbers, customers, open_calls

_NUMBER = re.compile(r"\+[1-9][0-9]{2,14}")


class CallUnderWay(Exception):
    """The person is on the line now: what the call leaves would come after the erasure."""


class Store(msgspec.Struct, frozen=True):
    """What was found in one place."""

    name: str
    found: int
    erased: int = 0
    kept_without_identity: int = 0
    remains: str = ""  # what is still there, and until when


class Certificate(msgspec.Struct, frozen=True):
    """That somebody was erased, and from where; nobody can be known from it."""

    customer: int
    at: datetime
    who: str
    basis: str
    stores: tuple[Store, ...]
    sha256: str = ""  # of this certificate without it


class PersonsData(msgspec.Struct, frozen=True):
    """All that is kept of one person."""

    at: datetime
    customers: tuple[CustomerRecord, ...]  # the one, and who was merged into it
    history: tuple[Edit, ...]
    calls: tuple[FinishedCall, ...]
    call_notes: tuple[str, ...]
    beside: dict[str, list[dict[str, Any]]]  # callbacks, tickets and the like: the rows, by what they are


class SqlErasure:
    """Erasure and disclosure on either engine. *files* may quote calls that no database has taken yet."""

    def __init__(self, db: Bystander, *, files: Sequence[Path] = (), backups: Sequence[Path] = ()) -> None:
        self._db = db
        self._files = files
        self._backups = backups

    async def disclose(self, customer: int) -> PersonsData:
        """Return all that is kept of the person. Raises NoSuchCustomer."""
        return await self._db.read(lambda connection: _disclosed(connection, customer))

    async def erase(self, customer: int, *, who: str, basis: str) -> Certificate:
        """Erase the person everywhere, durably, and return the certificate. Raises NoSuchCustomer, CallUnderWay."""
        return await self._db.write(lambda connection: self._erase(connection, customer, who, basis))

    def _erase(self, connection: Connection, customer: int, who: str, basis: str) -> Certificate:
        ids = _ids(connection, customer)
        numbers = _numbers(connection, ids)
        stores = [_check_open_calls(connection, numbers), *_erase_calls(connection, ids, numbers)]
        for name, table in (
            ("numbers", customer_numbers), ("marks", customer_marks), ("history", customer_history),
            ("not this person", customer_denials),
        ):  # fmt: skip
            gone = connection.execute(delete(table).where(table.c.customer_id.in_(ids))).rowcount
            stores.append(Store(name, gone, gone))
        for each in holdings.erase(connection, ids, numbers):
            erased = each.found - each.kept_without_identity
            stores.append(Store(each.name, each.found, erased, each.kept_without_identity))
        here = customer_merges.c
        gone = connection.execute(delete(customer_merges).where(or_(here.kept.in_(ids), here.gone.in_(ids)))).rowcount
        stores.append(Store("merges", gone, gone))
        gone = connection.execute(delete(customers).where(customers.c.id.in_(ids))).rowcount
        stores.append(Store("customers", gone, gone))
        stores.append(_audit(connection, numbers))
        stores += [_file(path, numbers) for path in self._files]
        if self._backups:
            names = ", ".join(path.name for path in self._backups)
            stores.append(Store("backups", len(self._backups), remains=f"until newer ones take their place: {names}"))
        certificate = Certificate(customer, datetime.now(UTC), who, basis, tuple(stores))
        digest = hashlib.sha256(msgspec.json.encode(certificate)).hexdigest()
        certificate = msgspec.structs.replace(certificate, sha256=digest)
        row = {"at": certificate.at, "who": who, "certificate": msgspec.json.encode(certificate).decode()}
        connection.execute(insert(customer_erasures), row)
        return certificate


def is_genuine(certificate: Certificate) -> bool:
    """Return whether nothing in *certificate* was altered."""
    bare = msgspec.structs.replace(certificate, sha256="")
    return hashlib.sha256(msgspec.json.encode(bare)).hexdigest() == certificate.sha256


def files_of(journal: Path) -> list[Path]:
    """Return the files beside the database that may quote a call."""
    return [path for path in (journal, journal.with_name(journal.name + ".refused")) if path.exists()]


def backups_of(folder: Path, database: Path) -> list[Path]:
    return upkeep.list_backups(folder, database)


def _ids(connection: Connection, customer: int) -> list[int]:
    """Return the customer, and who was merged into it."""
    row = connection.execute(select(customers.c.id, customers.c.merged_into).where(customers.c.id == customer)).first()
    if row is None:
        raise NoSuchCustomer(customer)
    head = row.merged_into or row.id
    merged = select(customers.c.id).where(customers.c.merged_into == head)
    return [head, *connection.execute(merged).scalars()]


def _numbers(connection: Connection, ids: Sequence[int]) -> set[str]:
    """Return the numbers that the person has, and those that history and merges tell of."""
    number, edit, merge = customer_numbers.c, customer_history.c, customer_merges.c
    found = set(connection.execute(select(number.e164).where(number.customer_id.in_(ids))).scalars())
    told = select(edit.before, edit.after).where(edit.customer_id.in_(ids), edit.field == "numbers")
    texts = [text for row in connection.execute(told) for text in row]
    texts += connection.execute(select(merge.moved).where(or_(merge.kept.in_(ids), merge.gone.in_(ids)))).scalars()
    for text in texts:
        found.update(_NUMBER.findall(text))
    return found


def _theirs(ids: Sequence[int], numbers: set[str]) -> ColumnElement[bool]:
    """Return which calls are this person's: said to be, or from a number that nobody else has."""
    call, number = calls.c, customer_numbers.c
    others = exists().where(number.e164 == call.customer_e164, number.customer_id.not_in(ids))
    alone = and_(call.customer_id.is_(None), call.customer_e164.in_(sorted(numbers)), ~others)
    return or_(call.customer_id.in_(ids), alone)


def _erase_calls(connection: Connection, ids: Sequence[int], numbers: set[str]) -> list[Store]:
    theirs = list(connection.execute(select(calls.c.id).where(_theirs(ids, numbers))).scalars())
    notes = data = 0
    digits = [number.lstrip("+") for number in numbers]
    for start in range(0, len(theirs), 500):
        part = theirs[start : start + 500]
        nobody = {"customer": "", "customer_e164": None, "customer_id": None, "customer_name": ""}
        connection.execute(update(calls).where(calls.c.id.in_(part)).values(nobody))
        outbound = update(calls).where(calls.c.id.in_(part), calls.c.direction == "outbound")
        connection.execute(outbound.values(dialled=""))
        notes += connection.execute(delete(call_notes).where(call_notes.c.call_id.in_(part))).rowcount
        called = select(calls.c.call).where(calls.c.id.in_(part))
        notes += connection.execute(delete(live_notes).where(live_notes.c.call.in_(called))).rowcount
        data += connection.execute(delete(call_data).where(call_data.c.call_id.in_(part))).rowcount
        leg = call_connections.c
        for number in digits:
            named = update(call_connections).where(leg.call_id.in_(part), leg.device.contains(number[-8:]))
            connection.execute(named.values(device=""))
    left = select(calls.c.id).where(calls.c.customer_e164.in_(sorted(numbers)))
    others = len(connection.execute(left).all())
    remains = f"{others} calls of others who have the same number" if others else ""
    return [
        Store("calls", len(theirs) + others, kept_without_identity=len(theirs), remains=remains),
        Store("call notes", notes, notes),
        Store("call data", data, data),
    ]


def _check_open_calls(connection: Connection, numbers: set[str]) -> Store:
    for row in connection.execute(select(open_calls.c.call, open_calls.c.state)):
        if any(number[-8:].encode() in bytes(row.state) for number in numbers):
            raise CallUnderWay(row.call)
    return Store("calls under way", 0)


def _audit(connection: Connection, numbers: set[str]) -> Store:
    found = 0
    for number in numbers:
        mentions: Select[Any] = select(audit.c.id).where(audit.c.what.contains(number[1:]))
        found += len(connection.execute(mentions).all())
    return Store("audit", found, remains="entries that law keeps; they cannot be altered" if found else "")


def _file(path: Path, numbers: set[str]) -> Store:
    """Return what *path* quotes. It belongs to the running service, so it is not altered from outside."""
    found = 0
    wanted = [number[-8:].encode() for number in numbers]
    with path.open("rb") as file:
        for line in file:
            found += any(number in line for number in wanted)
    return Store(path.name, found, remains="until the database has taken them: erase again then" if found else "")


def _disclosed(connection: Connection, customer: int) -> PersonsData:
    ids = _ids(connection, customer)
    numbers = _numbers(connection, ids)
    edit = customer_history.c
    edits = select(customer_history).where(edit.customer_id.in_(ids)).order_by(edit.id)
    rows = connection.execute(select(calls).where(_theirs(ids, numbers)).order_by(calls.c.started_at)).all()
    notes: list[str] = []
    finished: list[FinishedCall] = []
    for start in range(0, len(rows), 500):
        part = rows[start : start + 500]
        finished += load(connection, part)
        wanted = select(call_notes.c.note).where(call_notes.c.call_id.in_([row.id for row in part]))
        notes += connection.execute(wanted.order_by(call_notes.c.at)).scalars()
    return PersonsData(
        datetime.now(UTC),
        tuple(record for id_ in ids if (record := record_of(connection, id_))),
        tuple(Edit(row.at, row.who, row.field, row.before, row.after, row.source) for row in connection.execute(edits)),
        tuple(finished),
        tuple(notes),
        holdings.disclose(connection, ids, numbers),
    )

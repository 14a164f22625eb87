"""Customers by number: what a ringing phone waits for, so one read, straight on the driver."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, insert

from cti.assist.numbers import is_e164
from cti.ports import Contact, Customer, CustomerMatch, CustomerNumber, NewCustomer
from cti.storage.engine import Database, Sql
from cti.storage.rows import clean
from cti.storage.tables import customer_numbers, customers

CONTACTS = 3  # on a card

# One row for each customer, number and last contact of that number. CROSS JOIN keeps SQLite to the order written here,
# each step of which is one search in an index; PostgreSQL finds the same one by itself. Of the customers of a number
# that is shared by more than 20, such as a company's switchboard, the 20 registered last are shown.
_CARDS = """
    SELECT cu.id, cu.name, cu.company, cu.note, cu.tags, n.e164, n.kind,
        k.id, k.call, k.started_at, k.direction, k.outcome, k.talk_seconds,
        (SELECT p.party FROM call_parties p WHERE p.call_id = k.id AND p.role = 'agent'
            ORDER BY p.position DESC LIMIT 1)
    FROM (<hits>) hit
    CROSS JOIN customers cu
    LEFT JOIN customer_numbers n ON n.customer_id = cu.id
    LEFT JOIN calls k ON k.id IN (<latest>0), <latest>1), <latest>2))
    WHERE cu.id = hit.customer_id
    ORDER BY cu.id, n.position
""".replace(
    "<latest>",
    """(
        SELECT c.id FROM calls c
        WHERE c.customer_e164 = n.e164 AND (c.customer_id IS NULL OR c.customer_id = cu.id)
        ORDER BY c.started_at DESC LIMIT 1 OFFSET """,
)
BY_NUMBER = Sql(
    _CARDS.replace(
        "<hits>", "SELECT customer_id FROM customer_numbers WHERE e164 = $1 ORDER BY customer_id DESC LIMIT 20"
    )
)
BY_ID = Sql(_CARDS.replace("<hits>", "SELECT CAST($1 AS bigint) AS customer_id"))

_tags = msgspec.json.Decoder(tuple[str, ...])


class SqlDirectory:
    """A Directory on either engine."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def by_number(self, e164: str) -> list[CustomerMatch]:
        if not is_e164(e164):
            return []
        found = self._matches(await self._db.fetch(BY_NUMBER, e164))
        found.sort(key=lambda match: match.contacts[0].at.timestamp() if match.contacts else 0.0, reverse=True)
        return found

    async def get(self, customer: int) -> Customer | None:
        match = await self._match(customer)
        return match.customer if match else None

    async def register(self, customer: NewCustomer) -> CustomerMatch:
        for number in customer.numbers:
            if not is_e164(number.e164):
                raise ValueError(f"{number.e164!r} is no number in the form +CCNNN")
        now = datetime.now(UTC)
        columns = {
            "name": clean(customer.name),
            "company": clean(customer.company),
            "note": customer.note.replace("\0", ""),
            "tags": msgspec.json.encode(customer.tags).decode(),
            "created_at": now,
            "updated_at": now,
        }
        kinds = {number.e164: number.kind for number in customer.numbers}  # each once

        def work(connection: Connection) -> int:
            made: int = connection.execute(insert(customers).returning(customers.c.id), columns).scalar_one()
            rows = [
                {"customer_id": made, "e164": e164, "kind": clean(kind), "position": position}
                for position, (e164, kind) in enumerate(kinds.items())
            ]
            if rows:
                connection.execute(insert(customer_numbers), rows)
            return made

        match = await self._match(await self._db.write(work))
        assert match is not None
        return match

    async def _match(self, customer: int) -> CustomerMatch | None:
        found = self._matches(await self._db.fetch(BY_ID, customer))
        return found[0] if found else None

    def _matches(self, rows: Sequence[Sequence[Any]]) -> list[CustomerMatch]:
        people: dict[int, Customer] = {}
        numbers: dict[int, dict[str, CustomerNumber]] = {}
        contacts: dict[int, list[Contact]] = {}
        for id_, name, company, note, tags, e164, kind, call_row, call, at, direction, outcome, talked, agent in rows:
            if id_ not in people:
                people[id_] = Customer(id_, name, (), _tags.decode(tags), company, note)
                numbers[id_], contacts[id_] = {}, []
            if e164 is not None and e164 not in numbers[id_]:
                numbers[id_][e164] = CustomerNumber(e164, kind)
            if call_row is not None:
                contacts[id_].append(Contact(call, self._db.as_moment(at), direction, outcome, agent or "", talked))
        return [
            CustomerMatch(
                msgspec.structs.replace(person, numbers=tuple(numbers[id_].values())),
                tuple(sorted(contacts[id_], key=lambda contact: contact.at, reverse=True)[:CONTACTS]),
            )
            for id_, person in people.items()
        ]

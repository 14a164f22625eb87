"""Customers by number: what a ringing phone waits for, so one read, straight on the driver."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, insert, select

from cti.assist.numbers import is_e164
from cti.assist.ranking import Candidate, rank
from cti.customers import name_key
from cti.ports import Contact, Customer, CustomerMatch, CustomerNumber, NewCustomer
from cti.storage.customer_tables import customer_denials
from cti.storage.engine import Database, Sql
from cti.storage.rows import clean
from cti.storage.tables import customer_numbers, customers

CONTACTS = 3  # on a card

# One row for each customer, number and last contact of that number. CROSS JOIN keeps SQLite to the order written here,
# each step of which is one search in an index. PostgreSQL has a LATERAL join for it: with the other, a plan made while
# there were few calls, and kept, takes time that grows with the square of the calls. Of the customers of a number that
# is shared by more than 20, such as a company's switchboard, the 20 registered last are shown.
_CARDS = """
    SELECT cu.id, cu.name, cu.company, cu.note, cu.tags, cu.kind, cu.owner, cu.do_not_call, cu.fields, hit.denied,
        n.e164, n.kind, n.verified_at, n.shared,
        k.id, k.call, k.started_at, k.direction, k.outcome, k.talk_seconds,
        (SELECT p.party FROM call_parties p WHERE p.call_id = k.id AND p.role = 'agent'
            ORDER BY p.position DESC LIMIT 1)
    FROM (<hits>) hit
    CROSS JOIN customers cu
    LEFT JOIN customer_numbers n ON n.customer_id = cu.id
    LEFT JOIN <contacts>
    WHERE cu.id = hit.customer_id
    ORDER BY cu.id, n.position
"""
_THEIR_CALLS = """
    FROM calls c WHERE c.customer_e164 = n.e164 AND (c.customer_id IS NULL OR c.customer_id = cu.id)
    ORDER BY c.started_at DESC LIMIT """
_CONTACTS_SQLITE = (
    "calls k ON k.id IN (" + ", ".join(f"(SELECT c.id {_THEIR_CALLS} 1 OFFSET {n})" for n in range(3)) + ")"
)
_CONTACTS_POSTGRES = f"LATERAL (SELECT c.* {_THEIR_CALLS} 3) k ON true"


def _cards(hits: str) -> Sql:
    cards = _CARDS.replace("<hits>", hits)
    return Sql(cards.replace("<contacts>", _CONTACTS_SQLITE), postgres=cards.replace("<contacts>", _CONTACTS_POSTGRES))


BY_NUMBER = _cards("""
    SELECT m.customer_id,
        (SELECT 1 FROM customer_denials d WHERE d.e164 = $1 AND d.customer_id = m.customer_id) AS denied
    FROM customer_numbers m WHERE m.e164 = $1 ORDER BY m.customer_id DESC LIMIT 20
""")
BY_ID = _cards("""
    SELECT COALESCE((SELECT w.merged_into FROM customers w WHERE w.id = CAST($1 AS bigint)), CAST($1 AS bigint))
        AS customer_id, NULL AS denied
""")

_tags = msgspec.json.Decoder(tuple[str, ...])
_fields = msgspec.json.Decoder(dict[str, str])


class SqlDirectory:
    """A Directory on either engine."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def by_number(self, e164: str) -> list[CustomerMatch]:
        if not is_e164(e164):
            return []
        matches, denied = self._matches(await self._db.fetch(BY_NUMBER, e164))
        ranked = rank(candidate_of(match, e164, denied=id_ in denied) for id_, match in matches.items())
        return [msgspec.structs.replace(matches[id_], reason=reason) for id_, reason in ranked]

    async def get(self, customer: int) -> Customer | None:
        match = await self._match(customer)
        return match.customer if match else None

    async def register(self, customer: NewCustomer) -> CustomerMatch:
        check_numbers(customer.numbers)
        columns = columns_of(customer, datetime.now(UTC))

        def work(connection: Connection) -> int:
            made: int = connection.execute(insert(customers).returning(customers.c.id), columns).scalar_one()
            put_numbers(connection, made, customer.numbers)
            return made

        match = await self._match(await self._db.write(work))
        assert match is not None
        return match

    async def deny(self, e164: str, customer: int, *, who: str) -> None:
        here = customer_denials.c
        is_there = select(here.at).where(here.e164 == e164, here.customer_id == customer)
        row = {"e164": clean(e164), "customer_id": customer, "at": datetime.now(UTC), "who": clean(who)}

        def work(connection: Connection) -> None:
            known = connection.execute(select(customers.c.id).where(customers.c.id == customer)).first()
            if known and connection.execute(is_there).first() is None:
                connection.execute(insert(customer_denials), row)

        await self._db.write(work)

    async def _match(self, customer: int) -> CustomerMatch | None:
        found, _ = self._matches(await self._db.fetch(BY_ID, customer))
        return next(iter(found.values()), None)

    def _matches(self, rows: Sequence[Sequence[Any]]) -> tuple[dict[int, CustomerMatch], set[int]]:
        """Return the customers in *rows* by id, and which of them were denied."""
        people: dict[int, Customer] = {}
        numbers: dict[int, dict[str, CustomerNumber]] = {}
        contacts: dict[int, list[Contact]] = {}
        denied = set()
        for row in rows:
            id_, name, company, note, tags, kind, owner, do_not_call, fields, is_denied = row[:10]
            if id_ not in people:
                people[id_] = Customer(
                    id_,
                    name,
                    (),
                    _tags.decode(tags),
                    company,
                    note,
                    kind,
                    owner,
                    bool(do_not_call),
                    {} if fields == "{}" else _fields.decode(fields),
                )
                numbers[id_], contacts[id_] = {}, []
                if is_denied:
                    denied.add(id_)
            e164, kind, verified, shared = row[10:14]
            if e164 is not None and e164 not in numbers[id_]:
                at = None if verified is None else self._db.as_moment(verified)
                numbers[id_][e164] = CustomerNumber(e164, kind, at, bool(shared))
            call_row, call, at, direction, outcome, talked, agent = row[14:]
            if call_row is not None:
                contacts[id_].append(Contact(call, self._db.as_moment(at), direction, outcome, agent or "", talked))
        found = {
            id_: CustomerMatch(
                msgspec.structs.replace(person, numbers=tuple(numbers[id_].values())),
                tuple(sorted(contacts[id_], key=lambda contact: contact.at, reverse=True)[:CONTACTS]),
            )
            for id_, person in people.items()
        }
        return found, denied


def candidate_of(match: CustomerMatch, e164: str, *, denied: bool) -> Candidate:
    """Return what speaks for *match* being who calls from *e164*."""
    numbers = match.customer.numbers
    number = next((number for number in numbers if number.e164 == e164), None)
    return Candidate(
        match.customer.id,
        match.contacts[0].at if match.contacts else None,
        verified=bool(number and number.verified_at),
        shared=bool(number and number.shared),
        main=bool(number and number is numbers[0]),
        denied=denied,
    )


def check_numbers(numbers: Sequence[CustomerNumber]) -> None:
    """Raise ValueError where one is not written as E.164."""
    for number in numbers:
        if not is_e164(number.e164):
            raise ValueError(f"{number.e164!r} is no number in the form +CCNNN")


def columns_of(customer: NewCustomer, now: datetime) -> Mapping[str, Any]:
    """Return the row of a new customer."""
    return {
        "name": clean(customer.name),
        "company": clean(customer.company),
        "note": customer.note.replace("\0", ""),
        "tags": msgspec.json.encode(customer.tags).decode(),
        "kind": customer.kind,
        "owner": clean(customer.owner),
        "fields": msgspec.json.encode(customer.fields).decode(),
        "created_by": clean(customer.created_by),
        "name_key": name_key(clean(customer.name)),
        "created_at": now,
        "updated_at": now,
    }


def put_numbers(connection: Connection, customer: int, numbers: Sequence[CustomerNumber]) -> None:
    """Store *numbers*, each once, in their order; the customer has none yet."""
    rows = [
        {
            "customer_id": customer,
            "e164": number.e164,
            "kind": clean(number.kind),
            "position": position,
            "verified_at": number.verified_at,
            "shared": number.shared,
        }
        for position, number in enumerate(once(numbers))
    ]
    if rows:
        connection.execute(insert(customer_numbers), rows)


def once(numbers: Sequence[CustomerNumber]) -> list[CustomerNumber]:
    """Return *numbers* in the order in which they came first, each as it came last."""
    return list({number.e164: number for number in numbers}.values())

"""All customers, a page at a time, for exports and whole-table work; each page is a short read of its own."""

from collections import defaultdict
from collections.abc import AsyncIterator, Sequence

import msgspec
from sqlalchemy import Connection, func, select

from cti.customers import Address, CustomerRecord
from cti.ports import Customer, CustomerNumber
from cti.storage.beside import Bystander
from cti.storage.customer_tables import customer_addresses
from cti.storage.tables import customer_numbers, customers

PAGE = 2_000

_tags = msgspec.json.Decoder(tuple[str, ...])
_fields = msgspec.json.Decoder(dict[str, str])


class SqlCustomerPages:
    def __init__(self, db: Bystander) -> None:
        self._db = db

    async def count(self) -> int:
        """Return how many customers there are, those merged into others not counted."""
        wanted = select(func.count()).select_from(customers).where(customers.c.merged_into.is_(None))
        return await self._db.read(lambda connection: int(connection.execute(wanted).scalar_one()))

    async def all(self, *, page: int = PAGE) -> AsyncIterator[Sequence[CustomerRecord]]:
        """Return them by id, without their marks."""
        last = 0
        while True:
            found = await self._db.read(lambda connection, last=last: _page(connection, last, page))  # type: ignore[misc]
            if not found:
                return
            last = found[-1].customer.id
            yield found


def _page(connection: Connection, last: int, size: int) -> list[CustomerRecord]:
    here = customers.c
    wanted = select(customers).where(here.id > last, here.merged_into.is_(None)).order_by(here.id).limit(size)
    rows = connection.execute(wanted).all()
    if not rows:
        return []
    number, address = customer_numbers.c, customer_addresses.c
    ids = (rows[0].id, rows[-1].id)
    numbers: dict[int, list[CustomerNumber]] = defaultdict(list)
    found = select(customer_numbers).where(number.customer_id.between(*ids))
    for n in connection.execute(found.order_by(number.customer_id, number.position)):
        numbers[n.customer_id].append(CustomerNumber(n.e164, n.kind, n.verified_at, n.shared))
    addresses: dict[int, list[Address]] = defaultdict(list)
    found = select(customer_addresses).where(address.customer_id.between(*ids))
    for a in connection.execute(found.order_by(address.customer_id, address.position)):
        addresses[a.customer_id].append(Address(a.kind, a.province, a.city, a.district, a.street, a.postcode))
    return [
        CustomerRecord(
            Customer(
                row.id,
                row.name,
                tuple(numbers[row.id]),
                _tags.decode(row.tags),
                row.company,
                row.note,
                row.kind,
                row.owner,
                row.do_not_call,
                _fields.decode(row.fields),
            ),
            row.id_number,
            tuple(addresses[row.id]),
            (),
            row.created_at,
            row.updated_at,
            row.created_by,
        )
        for row in rows
    ]

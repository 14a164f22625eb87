"""What is kept about a customer beside their record goes with them: merged, parted, disclosed, erased."""

from datetime import UTC, datetime

from sqlalchemy import inspect

from cti.aftercall import Callback, CallResult, Ticket
from cti.ports import Customer, CustomerNumber, NewCustomer
from cti.storage.callbacks import SqlCallbacks
from cti.storage.erasure import SqlErasure
from cti.storage.holdings import HOLDINGS
from cti.storage.merging import SqlMerging
from cti.storage.results import SqlResults
from cti.storage.tables import metadata
from cti.storage.tickets import SqlTickets
from tests.contract.storage.conftest import Storage

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
FIRST, SECOND = "+8613800138000", "+8613800138001"

# Tables with a column customer_id that hold the record itself, or are erased by name.
OF_THE_RECORD = {
    "calls",
    "customer_addresses",
    "customer_denials",
    "customer_history",
    "customer_marks",
    "customer_numbers",
}


async def customer(sql: Storage, name: str, number: str) -> Customer:
    return (await sql.directory.register(NewCustomer(name, (CustomerNumber(number),)))).customer


async def left(sql: Storage, one: Customer, number: str) -> int:
    """Leave one of each about *one*; return the user who did."""
    assert sql.db
    user = (await sql.users.create(f"anna{one.id}", display_name="Anna", role="agent")).id
    await SqlResults(sql.db).put(CallResult(f"call-{one.id}", user, "complaint", NOON, customer=one.id, number=number))
    await SqlCallbacks(sql.db).add(Callback(NOON, number, user, NOON, owner=user, customer=one.id, note="about it"))
    await SqlTickets(sql.db).add(
        Ticket("complaint", "Wang waited", user, NOON, NOON, customer=one.id, number=number), "said so on the phone"
    )
    return user


async def test_every_table_that_names_a_customer_is_known() -> None:
    naming = {table.name for table in metadata.tables.values() if "customer_id" in table.c}
    assert naming - OF_THE_RECORD == {each.table.name for each in HOLDINGS}


async def test_a_merge_takes_it_along_and_its_undoing_gives_it_back(sql: Storage) -> None:
    assert sql.db
    one, two = await customer(sql, "王芳", FIRST), await customer(sql, "王 芳", SECOND)
    await left(sql, two, SECOND)
    tickets, merging = SqlTickets(sql.db), SqlMerging(sql.db)

    merge = await merging.merge(one.id, two.id, who="root")
    assert [each.number for each in await tickets.search(customer=one.id)] == [SECOND]
    later = await tickets.add(Ticket("request", "later", (await sql.users.list())[0].id, NOON, NOON, customer=one.id))

    await merging.undo(merge.id, who="root")
    assert [each.title for each in await tickets.search(customer=two.id)] == ["Wang waited"]
    assert await tickets.search(customer=one.id) == [later]


async def test_it_is_disclosed_and_erased_with_the_person(sql: Storage) -> None:
    assert sql.db
    one, other = await customer(sql, "王芳", FIRST), await customer(sql, "李小明", SECOND)
    user = await left(sql, one, FIRST)
    await left(sql, other, SECOND)
    erasure, tickets, callbacks = SqlErasure(sql.db), SqlTickets(sql.db), SqlCallbacks(sql.db)

    told = (await erasure.disclose(one.id)).beside
    assert {name: len(rows) for name, rows in told.items()} == {"outcomes of calls": 1, "callbacks": 1, "tickets": 1}

    certificate = await erasure.erase(one.id, who="root", basis="letter")
    stores = {store.name: (store.erased, store.kept_without_identity) for store in certificate.stores}
    assert (stores["callbacks"], stores["tickets"], stores["outcomes of calls"]) == ((1, 0), (0, 1), (0, 1))
    assert await callbacks.open(user=user, queues=()) == []
    [kept] = await tickets.search(user=user)
    assert (kept.title, kept.text, kept.number, kept.customer) == ("", "", "", None)
    assert [line.text for line in await tickets.history(kept.id)] == [""]
    assert [each.title for each in await tickets.search(customer=other.id)] == ["Wang waited"]
    assert await SqlResults(sql.db).counts(since=NOON, until=datetime.max.replace(tzinfo=UTC)) == {"complaint": 2}


async def test_the_database_is_as_the_tables_say(sql: Storage) -> None:
    """The migrations and the tables of these holdings agree, on either engine."""
    assert sql.db
    found = await sql.db.read(lambda connection: set(inspect(connection).get_table_names()))
    assert {each.table.name for each in HOLDINGS} <= found

"""Customers in full: ranking, changes with history, marks, on both engines (and the fake, for what rings)."""

from datetime import UTC, datetime, timedelta

import pytest

from cti.customers import Address, ChangedMeanwhile, CustomerChange, Mark, NoSuchCustomer
from cti.ports import CustomerNumber, NewCustomer
from cti.storage.customer_book import SqlCustomerBook
from cti.storage.engine import Sql
from tests.contract.storage.conftest import Storage
from tests.contract.storage.examples import finished
from tests.contract.storage.test_storage_customers import MOBILE, OFFICE, customer

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def book(sql: Storage) -> SqlCustomerBook:
    assert sql.db
    return SqlCustomerBook(sql.db)


async def test_candidates_come_with_the_reason(storage: Storage) -> None:
    shared = CustomerNumber(OFFICE, "home", shared=True)
    verified = CustomerNumber(OFFICE, verified_at=NOON)
    one = await storage.directory.register(NewCustomer("shares it", (shared,)))
    assert [match.reason for match in await storage.directory.by_number(OFFICE)] == ["only"]
    two = await storage.directory.register(
        NewCustomer("second number", (CustomerNumber(MOBILE), CustomerNumber(OFFICE)))
    )
    three = await storage.directory.register(NewCustomer("verified", (verified,)))
    found = await storage.directory.by_number(OFFICE)
    assert [match.customer.id for match in found] == [three.customer.id, one.customer.id, two.customer.id]
    assert [match.reason for match in found] == ["verified", "main_number", "newest"]
    assert found[0].customer.numbers == (verified,)
    assert found[1].customer.numbers == (shared,)
    await storage.calls.add(finished("c.1", customer=OFFICE), customer=two.customer.id)
    assert (await storage.directory.by_number(OFFICE))[0].reason == "last_contact"


async def test_not_this_person_is_remembered_for_that_number(storage: Storage) -> None:
    father = (await storage.directory.register(customer("father", OFFICE))).customer
    mother = (await storage.directory.register(customer("mother", OFFICE, MOBILE))).customer
    await storage.calls.add(finished("c.1", customer=OFFICE), customer=mother.id)
    for _ in range(2):
        await storage.directory.deny(OFFICE, mother.id, who="anna")
    await storage.directory.deny(OFFICE, 4711, who="anna")
    found = await storage.directory.by_number(OFFICE)
    assert [(match.customer.id, match.reason) for match in found] == [
        (father.id, "main_number"),
        (mother.id, "not_this_person"),
    ]
    assert [match.reason for match in await storage.directory.by_number(MOBILE)] == ["only"]


async def test_what_the_centre_declared_is_on_the_card(storage: Storage) -> None:
    new = NewCustomer("Acme", (CustomerNumber(MOBILE),), kind="company", owner="anna", fields={"policy": "P-1"})
    made = (await storage.directory.register(new)).customer
    (match,) = await storage.directory.by_number(MOBILE)
    assert match.customer == made
    assert (made.kind, made.owner, made.fields, made.do_not_call) == ("company", "anna", {"policy": "P-1"}, False)


async def test_a_change_and_its_history_are_one(sql: Storage, book: SqlCustomerBook) -> None:
    made = (await sql.directory.register(NewCustomer("Wang", (CustomerNumber(MOBILE),), created_by="anna"))).customer
    home = Address("home", "浙江省", "杭州市", "西湖区", "文三路 1 号", "310000")
    change = CustomerChange(
        name="王芳",
        tags=("vip",),
        numbers=(CustomerNumber(MOBILE, verified_at=NOON), CustomerNumber(OFFICE, "work", shared=True)),
        addresses=(home,),
        fields={"policy": "P-1"},
        id_number="11010519491231002X",
    )
    after = await book.change(made.id, change, who="anna")
    assert after == await book.record(made.id)
    assert (after.customer.name, after.customer.fields, after.addresses) == ("王芳", {"policy": "P-1"}, (home,))
    assert after.customer.numbers == change.numbers
    assert {(edit.field, edit.before, edit.after) for edit in await book.history(made.id)} == {
        ("name", "Wang", "王芳"),
        ("tags", "", "vip"),
        ("id_number", "", "11010519491231002X"),
        ("fields.policy", "", "P-1"),
        ("numbers", f"{MOBILE} (mobile)", f"{MOBILE} (mobile, verified 2026-03-02); {OFFICE} (work, shared)"),
        ("addresses", "", "浙江省 杭州市 西湖区 文三路 1 号 310000 (home)"),
    }
    assert {edit.who for edit in await book.history(made.id)} == {"anna"}
    assert await sql.directory.get(made.id) == after.customer


async def test_nothing_changed_is_no_history(sql: Storage, book: SqlCustomerBook) -> None:
    made = (await sql.directory.register(customer("Wang", MOBILE))).customer
    before = await book.record(made.id)
    assert await book.change(made.id, CustomerChange(name="Wang", numbers=made.numbers), who="anna") == before
    assert await book.history(made.id) == []


async def test_two_people_do_not_overwrite_each_other(sql: Storage, book: SqlCustomerBook) -> None:
    made = (await sql.directory.register(customer("Wang", MOBILE))).customer
    seen = await book.record(made.id)
    assert seen
    await book.change(made.id, CustomerChange(note="called"), who="anna", seen=seen.updated_at)
    with pytest.raises(ChangedMeanwhile):
        await book.change(made.id, CustomerChange(note="wrote"), who="bob", seen=seen.updated_at)
    record = await book.record(made.id)
    assert record
    assert record.customer.note == "called"


async def test_a_refused_change_leaves_nothing_behind(sql: Storage, book: SqlCustomerBook) -> None:
    made = (await sql.directory.register(customer("Wang", MOBILE))).customer
    with pytest.raises(ValueError, match="no number"):
        await book.change(made.id, CustomerChange(name="x", numbers=(CustomerNumber("138\r\n1"),)), who="anna")
    with pytest.raises(NoSuchCustomer):
        await book.change(4711, CustomerChange(name="x"), who="anna")
    assert await sql.directory.get(made.id) == made
    assert await book.history(made.id) == []


async def test_do_not_call_is_what_the_marks_come_to(sql: Storage, book: SqlCustomerBook) -> None:
    made = (await sql.directory.register(customer("Wang", MOBILE))).customer
    await book.mark(made.id, Mark("consent", "call", True, NOON, "form 12", "anna"))
    assert not (await sql.directory.by_number(MOBILE))[0].customer.do_not_call
    mark = Mark("do_not_call", "any", True, NOON, "said so in call c.1", "anna")
    record = await book.mark(made.id, mark)
    assert record.customer.do_not_call
    assert record.marks[-1] == mark
    assert (await sql.directory.by_number(MOBILE))[0].customer.do_not_call
    withdrawn = Mark("do_not_call", "any", False, NOON + timedelta(days=1), "wrote", "anna")
    assert not (await book.mark(made.id, withdrawn)).customer.do_not_call
    assert [edit.field for edit in await book.history(made.id)] == [
        "do_not_call any",
        "do_not_call any",
        "consent call",
    ]


async def test_the_lookup_is_a_search_in_indexes(sql: Storage) -> None:
    from cti.storage.customers import BY_NUMBER

    assert sql.db
    if "sqlite" not in type(sql.db).__name__.lower():
        pytest.skip("SQLite tells its plan in words")
    plan = await sql.db.fetch(Sql("EXPLAIN QUERY PLAN " + BY_NUMBER.sqlite), MOBILE)
    assert not [row for row in plan if "SCAN" in row[3] and "hit" not in row[3]]

"""Duplicates, merges with undo, disclosure and erasure, on both engines."""

import tempfile
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from cti.customers import Address, CustomerChange, Mark, NoSuchCustomer
from cti.ports import CustomerNumber, NewCustomer, OpenCall
from cti.storage.customer_book import SqlCustomerBook
from cti.storage.customers import SqlDirectory
from cti.storage.erasure import CallUnderWay, SqlErasure, is_genuine
from cti.storage.merging import CannotUndo, SqlMerging
from cti.storage.opening import open_database
from tests.contract.storage.conftest import Storage
from tests.contract.storage.examples import finished
from tests.contract.storage.test_storage_customers import MOBILE, OFFICE, customer

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def book(sql: Storage) -> SqlCustomerBook:
    assert sql.db
    return SqlCustomerBook(sql.db)


@pytest.fixture
def merging(sql: Storage) -> SqlMerging:
    assert sql.db
    return SqlMerging(sql.db)


async def test_duplicates_come_with_reasons(sql: Storage, book: SqlCustomerBook, merging: SqlMerging) -> None:
    one = (await sql.directory.register(customer("王 芳", MOBILE))).customer.id
    two = (await sql.directory.register(customer("王芳", MOBILE, OFFICE))).customer.id
    three = (await sql.directory.register(customer("李四", "+8613900139000"))).customer.id
    family = NewCustomer("child", (CustomerNumber("+8613900139000", shared=True),))
    await sql.directory.register(family)
    for id_, street in ((one, "文三路 100 号 2 单元"), (two, "文三路100号2单元301")):
        await book.change(id_, CustomerChange(addresses=(Address(city="杭州市", street=street),)), who="anna")
    for id_ in (two, three):
        await book.change(id_, CustomerChange(id_number="11010519491231002X"), who="anna")
    assert [(pair.first, pair.second, pair.reasons) for pair in await merging.duplicates()] == [
        (one, two, (f"same number {MOBILE}", "similar name and address")),
        (two, three, ("same id number",)),
    ]


async def test_a_merge_joins_and_undo_parts(sql: Storage, book: SqlCustomerBook, merging: SqlMerging) -> None:
    one = (await sql.directory.register(customer("王芳", MOBILE))).customer.id
    two = (await sql.directory.register(NewCustomer("王 芳", (CustomerNumber(OFFICE),), ("vip",), "Acme"))).customer.id
    await book.mark(two, Mark("do_not_call", "any", True, NOON, "said so", "anna"))
    await sql.calls.add(finished("c.1", customer=OFFICE), customer=two)
    before = (await book.record(one), await book.record(two))

    done = await merging.merge(one, two, who="anna")

    (match,) = await sql.directory.by_number(OFFICE)
    assert (match.customer.id, match.customer.company, match.customer.tags) == (one, "Acme", ("vip",))
    assert match.customer.do_not_call
    assert [contact.call for contact in match.contacts] == ["c.1"]
    assert await sql.directory.get(two) == match.customer
    assert "merge" in {edit.field for edit in await book.history(one)}
    with pytest.raises(NoSuchCustomer):
        await merging.merge(one, two, who="anna")

    await book.change(one, CustomerChange(note="since"), who="bob")
    await merging.undo(done.id, who="anna")

    after = (await book.record(one), await book.record(two))
    assert before[0]
    assert after[0]
    assert after[0].customer == msgspec.structs.replace(before[0].customer, note="since")
    assert after[1] == before[1]
    assert [match.customer.id for match in await sql.directory.by_number(OFFICE)] == [two]
    with pytest.raises(CannotUndo):
        await merging.undo(done.id, who="anna")


async def test_merges_are_undone_in_turn(sql: Storage, book: SqlCustomerBook, merging: SqlMerging) -> None:
    numbers = [f"+86138{n:08}" for n in range(3)]
    ids = [(await sql.directory.register(customer(f"c{n}", number))).customer.id for n, number in enumerate(numbers)]
    before = [await book.record(id_) for id_ in ids]
    first = await merging.merge(ids[1], ids[2], who="anna")
    second = await merging.merge(ids[0], ids[1], who="anna")
    found = await sql.directory.get(ids[2])
    assert found
    assert (found.id, len(found.numbers)) == (ids[0], 3)
    with pytest.raises(CannotUndo):
        await merging.undo(first.id, who="anna")
    await merging.undo(second.id, who="anna")
    await merging.undo(first.id, who="anna")
    after = [await book.record(id_) for id_ in ids]
    assert [record and record.customer for record in after] == [record and record.customer for record in before]


TEXTS = st.sampled_from(["", "a", "b"])
PEOPLE = st.builds(
    NewCustomer,
    st.sampled_from(["Wang", "Li"]),
    st.lists(st.builds(CustomerNumber, st.sampled_from([MOBILE, OFFICE, "+390612345678"])), max_size=3).map(tuple),
    st.lists(st.sampled_from(["x", "y", "z"]), unique=True).map(tuple),
    TEXTS,
    TEXTS,
    owner=TEXTS,
    fields=st.dictionaries(st.sampled_from(["p", "q"]), st.sampled_from(["1", "2"])),
)
ADDRESSES = st.lists(st.builds(Address, street=st.sampled_from(["s", "t"])), unique=True).map(tuple)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(PEOPLE, PEOPLE, ADDRESSES, ADDRESSES, st.lists(st.booleans(), max_size=2))
async def test_any_merge_can_be_undone(
    one: NewCustomer, two: NewCustomer, here: tuple[Address, ...], there: tuple[Address, ...], marks: list[bool]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        db = await open_database(f"sqlite:///{folder}/cti.db")
        try:
            directory, book, merging = SqlDirectory(db), SqlCustomerBook(db), SqlMerging(db)
            ids = [(await directory.register(new)).customer.id for new in (one, two)]
            for id_, addresses in zip(ids, (here, there), strict=True):
                await book.change(id_, CustomerChange(addresses=addresses), who="a")
            for given_ in marks:
                await book.mark(ids[1], Mark("do_not_call", "call", given_, NOON))
            before = [await book.record(id_) for id_ in ids]
            done = await merging.merge(*ids, who="a")
            await merging.undo(done.id, who="a")
            after = [await book.record(id_) for id_ in ids]
            for was, now in zip(before, after, strict=True):
                assert was
                assert now
                assert msgspec.structs.replace(now, updated_at=was.updated_at) == was
        finally:
            await db.close()


async def test_erased_everywhere_and_figures_stay(
    sql: Storage, book: SqlCustomerBook, merging: SqlMerging, tmp_path: Path
) -> None:
    assert sql.db
    one = (
        await sql.directory.register(NewCustomer("王芳芳", (CustomerNumber(MOBILE), CustomerNumber(OFFICE))))
    ).customer
    two = (await sql.directory.register(NewCustomer("王小芳", (CustomerNumber("+8613911112222"),)))).customer
    other = (await sql.directory.register(customer("colleague", OFFICE))).customer
    await book.change(one.id, CustomerChange(numbers=one.numbers[1:], note="秘密"), who="anna")
    await sql.directory.deny(OFFICE, one.id, who="anna")
    await merging.merge(one.id, two.id, who="anna")
    await sql.calls.add(finished("c.1", customer=MOBILE, customer_name="王芳芳"))
    await sql.calls.add(finished("c.2", customer=OFFICE, data=(("ORDER", "秘密"),)), customer=one.id)
    await sql.calls.add(finished("c.3", customer=OFFICE), customer=other.id)
    await sql.calls.add(finished("c.4", customer="+8613911112222"))
    journal = tmp_path / "records.journal"
    journal.write_bytes(b'{"customer": "13800138000"}\n')

    erasure = SqlErasure(sql.db, files=[journal])
    data = await erasure.disclose(two.id)
    assert sorted(call.id for call in data.calls) == ["c.1", "c.2", "c.4"]
    assert [record.customer.name for record in data.customers] == ["王芳芳", "王小芳"]

    certificate = await erasure.erase(one.id, who="root", basis="letter of 2026-03-02")

    assert is_genuine(certificate)
    assert not is_genuine(msgspec.structs.replace(certificate, who="x"))
    stores = {store.name: store for store in certificate.stores}
    assert (stores["calls"].kept_without_identity, stores["customers"].erased) == (3, 2)
    assert stores["records.journal"].remains
    assert await sql.directory.get(one.id) is None
    assert await sql.directory.get(two.id) is None
    assert [match.customer.id for match in await sql.directory.by_number(OFFICE)] == [other.id]
    assert len(await sql.calls.latest()) == 4
    assert [call.id for call in await sql.calls.of_number(OFFICE)] == ["c.3"]
    everything = await sql.db.read(_everything)
    for secret in ("王芳芳", "王小芳", "秘密", MOBILE[1:], MOBILE[3:], "13911112222"):
        assert secret not in everything
    with pytest.raises(NoSuchCustomer):
        await erasure.erase(one.id, who="root", basis="again")


async def test_nobody_is_erased_while_on_the_line(sql: Storage) -> None:
    assert sql.db
    one = (await sql.directory.register(customer("王芳", MOBILE))).customer
    sql.open_calls.put("pbx", OpenCall(finished("c.1").id, "b", NOON, b'{"customer": "13800138000"}'))
    await sql.settled()
    with pytest.raises(CallUnderWay):
        await SqlErasure(sql.db).erase(one.id, who="root", basis="x")
    assert await sql.directory.get(one.id)


def _everything(connection) -> str:  # type: ignore[no-untyped-def]
    """Return all that stands in all tables, as text."""
    from cti.storage.tables import metadata

    parts = []
    for name in metadata.tables:
        parts.append(str(connection.execute(text(f'SELECT * FROM "{name}"')).all()))  # noqa: S608 - our own names
    return "\n".join(parts)

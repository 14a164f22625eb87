"""Forms: entries into a customer's record and drafts, on both engines."""

from datetime import UTC, datetime, timedelta

import pytest

from cti.customers import Address, ChangedMeanwhile, CustomerChange, Mark
from cti.forms import About, Draft, Entry
from cti.ports import CustomerNumber, NewCustomer
from cti.storage.customer_book import SqlCustomerBook
from cti.storage.drafts import SqlDrafts
from cti.storage.engine import Database
from cti.storage.erasure import SqlErasure
from cti.storage.form_book import SqlFormBook
from cti.storage.merging import SqlMerging
from tests.contract.storage.conftest import Storage

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
NUMBER = "+8613800138000"
WANG = NewCustomer("王芳", (CustomerNumber(NUMBER),), created_by="anna")
ENTRY = Entry("registration", "v1", "anna", call="call-1", answers={"email": "w@x.cn", "vip": True})
REST = CustomerChange(id_number="11010519491231002X", addresses=(Address(province="浙江省"),))


@pytest.fixture
def db(sql: Storage) -> Database:
    assert sql.db is not None
    return sql.db


async def user(sql: Storage, name: str) -> int:
    return (await sql.users.create(name, display_name=name.title(), role="agent")).id


def draft(author: int, about: About, values: dict[str, object], at: datetime = NOON) -> Draft:
    return Draft(author, about, "registration", "v1", values, at, "r1", "name")


async def test_a_customer_is_registered_with_all_that_the_form_says(db: Database) -> None:
    book = SqlFormBook(db)
    consent = Mark("consent", "any", True, NOON, "registration@v1", "anna")
    made = await book.register(WANG, REST, Entry("registration", "v1", "anna", answers=ENTRY.answers, consent=consent))
    filed = await book.filed(made)
    assert filed is not None
    assert filed.record.customer.numbers == WANG.numbers
    assert filed.record.id_number == REST.id_number
    assert filed.record.addresses == REST.addresses
    assert filed.record.marks == (consent,)
    assert filed.answers == {"email": "w@x.cn", "vip": True}
    assert {"registered", "id_number", "addresses", "answers.email", "consent"} <= filed.changed.keys()
    history = await SqlCustomerBook(db).history(made)
    assert {edit.source for edit in history} == {"registration@v1"}
    assert {edit.who for edit in history} == {"anna"}


async def test_what_did_not_change_is_no_history_and_what_is_emptied_is_gone(db: Database) -> None:
    book = SqlFormBook(db)
    made = await book.register(WANG, REST, ENTRY)
    before = await book.filed(made)
    assert before is not None
    same = await book.revise(made, CustomerChange(name="王芳"), ENTRY, seen=before.record.updated_at)
    assert same.record.updated_at == before.record.updated_at
    emptied = Entry("registration", "v2", "berta", answers={"email": None}, confirmed=("addresses",))
    after = await book.revise(made, CustomerChange(), emptied, seen=same.record.updated_at)
    assert after.answers == {"vip": True}
    assert after.changed["addresses"].who == "berta"
    assert after.record.updated_at > before.record.updated_at


async def test_a_record_that_is_another_than_was_seen_is_not_written(db: Database) -> None:
    book = SqlFormBook(db)
    made = await book.register(WANG, REST, ENTRY)
    seen = await book.filed(made)
    assert seen is not None
    await book.revise(made, CustomerChange(name="王小芳"), ENTRY, seen=seen.record.updated_at)
    with pytest.raises(ChangedMeanwhile):
        await book.revise(made, CustomerChange(name="王大芳"), ENTRY, seen=seen.record.updated_at)
    now = await book.filed(made)
    assert now is not None
    assert now.record.customer.name == "王小芳"


async def test_nobody_is_registered_by_half(db: Database) -> None:
    with pytest.raises(ValueError, match="no number"):
        await SqlFormBook(db).register(NewCustomer("x", (CustomerNumber("138"),)), REST, ENTRY)
    assert await SqlFormBook(db).filed(1) is None


async def test_a_user_has_one_draft_about_the_same(sql: Storage, db: Database) -> None:
    drafts, anna = SqlDrafts(db), await user(sql, "anna")
    about = About(None, NUMBER, "call-1")
    await drafts.put(draft(anna, about, {"name": "王"}))
    await drafts.put(draft(anna, About(None, NUMBER, "call-2"), {"name": "王芳", "note": None}, NOON + timedelta(1)))
    [kept] = await drafts.about(about, "registration")
    assert kept.values == {"name": "王芳", "note": None}
    assert (kept.author, kept.focus, kept.revision, kept.at) == ("Anna", "name", "r1", NOON + timedelta(1))
    assert await drafts.about(about, "renewal") == []
    assert await drafts.about(About(None, "+8613900139000", "call-1"), "registration") == []
    await drafts.drop(anna, about, "registration")
    assert await drafts.about(about, "registration") == []


async def test_what_was_begun_for_a_number_is_found_once_the_customer_is_known(sql: Storage, db: Database) -> None:
    drafts, anna = SqlDrafts(db), await user(sql, "anna")
    made = await SqlFormBook(db).register(WANG, REST, ENTRY)
    await drafts.put(draft(anna, About(None, NUMBER, "call-1"), {"name": "王"}))
    assert len(await drafts.about(About(made, NUMBER, "call-2"), "registration")) == 1
    assert await drafts.about(About(made), "registration") == []


async def test_a_draft_is_taken_over_and_leaves_its_author(sql: Storage, db: Database) -> None:
    drafts, anna, berta = SqlDrafts(db), await user(sql, "anna"), await user(sql, "berta")
    about = About(None, "", "call-1")
    await drafts.put(draft(anna, about, {"name": "王"}))
    await drafts.put(draft(berta, about, {"name": "李"}))
    assert await drafts.take_over(berta, about, "registration", author=anna)
    [kept] = await drafts.about(about, "registration")
    assert (kept.user, kept.values) == (berta, {"name": "王"})
    assert not await drafts.take_over(berta, about, "registration", author=anna)


async def test_old_drafts_are_forgotten(sql: Storage, db: Database) -> None:
    drafts, anna = SqlDrafts(db), await user(sql, "anna")
    await drafts.put(draft(anna, About(None, "", "old"), {"name": "a"}))
    await drafts.put(draft(anna, About(None, "", "new"), {"name": "b"}, NOON + timedelta(days=2)))
    assert await drafts.purge(before=NOON + timedelta(days=1)) == 1
    assert await drafts.about(About(None, "", "old"), "registration") == []
    assert len(await drafts.about(About(None, "", "new"), "registration")) == 1


async def test_drafts_and_answers_go_with_a_merge_and_are_erased_with_the_person(sql: Storage, db: Database) -> None:
    drafts, book, anna = SqlDrafts(db), SqlFormBook(db), await user(sql, "anna")
    kept = await book.register(WANG, REST, ENTRY)
    gone = await book.register(
        NewCustomer("王小芳", ()), CustomerChange(), Entry("registration", "v1", "anna", answers={"shoe": 38})
    )
    await drafts.put(draft(anna, About(gone), {"name": "王"}))
    await drafts.put(draft(anna, About(None, NUMBER, "call-9"), {"note": "x"}))
    await SqlMerging(db).merge(kept, gone, who="berta")
    filed = await book.filed(kept)
    assert filed is not None
    assert filed.answers == {"email": "w@x.cn", "vip": True, "shoe": 38}
    assert len(await drafts.about(About(kept), "registration")) == 1

    certificate = await SqlErasure(db).erase(kept, who="chief", basis="asked")
    erased = {store.name: store.erased for store in certificate.stores}
    assert (erased["answers in forms"], erased["drafts of forms"]) == (2, 2)
    assert await drafts.about(About(None, NUMBER, "call-9"), "registration") == []

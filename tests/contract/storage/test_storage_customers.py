"""Customers by number, on SQLite, PostgreSQL and the fake."""

import pytest

from cti.ports import CustomerNumber, NewCustomer
from tests.contract.storage.conftest import Storage
from tests.contract.storage.examples import NOON, finished

MOBILE = "+8613800138000"
OFFICE = "+861065529988"


def customer(name: str, *numbers: str) -> NewCustomer:
    return NewCustomer(name, tuple(CustomerNumber(number) for number in numbers))


async def test_nobody_has_an_unknown_number(storage: Storage) -> None:
    assert await storage.directory.by_number(MOBILE) == []
    assert await storage.directory.get(1) is None


async def test_a_customer_is_found_by_each_number(storage: Storage) -> None:
    new = NewCustomer(
        "王小明",
        (CustomerNumber(MOBILE), CustomerNumber(OFFICE, "office")),
        ("vip", "逾期"),
        "Acme",
        "likes tea\ncalls late",
    )
    made = (await storage.directory.register(new)).customer
    assert (made.name, made.numbers, made.tags, made.company, made.note) == (
        new.name,
        new.numbers,
        new.tags,
        new.company,
        new.note,
    )
    for number in (MOBILE, OFFICE):
        (match,) = await storage.directory.by_number(number)
        assert match.customer == made
    assert await storage.directory.get(made.id) == made


async def test_several_customers_with_one_number_the_most_recently_called_first(storage: Storage) -> None:
    father = (await storage.directory.register(customer("father", OFFICE))).customer
    mother = (await storage.directory.register(customer("mother", OFFICE, MOBILE))).customer
    child = (await storage.directory.register(customer("child", OFFICE))).customer
    await storage.calls.add(finished("c.1", minute=1, customer=OFFICE), customer=child.id)
    await storage.calls.add(finished("c.2", minute=2, customer=MOBILE))
    found = await storage.directory.by_number(OFFICE)
    assert [match.customer for match in found] == [mother, child, father]
    assert [[contact.call for contact in match.contacts] for match in found] == [["c.2"], ["c.1"], []]


async def test_the_last_three_contacts_over_all_numbers(storage: Storage) -> None:
    await storage.directory.register(customer("Wang", MOBILE, OFFICE))
    for minute in range(8):
        number = MOBILE if minute % 2 else OFFICE
        agents = ("1001", "1002") if minute == 7 else ()
        await storage.calls.add(finished(f"c.{minute}", minute=minute, customer=number, agents=agents))
    (match,) = await storage.directory.by_number(MOBILE)
    assert [contact.call for contact in match.contacts] == ["c.7", "c.6", "c.5"]
    last, before, _ = match.contacts
    assert (last.agent, last.direction, last.outcome, last.talk_seconds) == ("1002", "inbound", "answered", 59.75)
    assert before.agent == ""
    assert (last.at - NOON).total_seconds() == 7 * 60


async def test_a_call_of_a_known_customer_is_no_contact_of_others_with_the_number(storage: Storage) -> None:
    one = (await storage.directory.register(customer("one", MOBILE))).customer
    await storage.directory.register(customer("two", MOBILE))
    await storage.calls.add(finished("c.1", minute=1), customer=one.id)
    await storage.calls.add(finished("c.2", minute=2))
    first, second = sorted(await storage.directory.by_number(MOBILE), key=lambda match: match.customer.name)
    assert [contact.call for contact in first.contacts] == ["c.2", "c.1"]
    assert [contact.call for contact in second.contacts] == ["c.2"]


async def test_a_new_customer_brings_the_calls_from_before(storage: Storage) -> None:
    await storage.calls.add(finished("c.1"))
    match = await storage.directory.register(customer("Wang", MOBILE))
    assert [contact.call for contact in match.contacts] == ["c.1"]


async def test_a_number_given_twice_is_kept_once(storage: Storage) -> None:
    match = await storage.directory.register(customer("Wang", MOBILE, OFFICE, MOBILE))
    assert [number.e164 for number in match.customer.numbers] == [MOBILE, OFFICE]


@pytest.mark.parametrize("number", ["13800138000", "", "+", "+86 138", "+86138001380001234567", "+0123", "+８６１３８"])
async def test_a_number_that_is_not_e164_is_refused(storage: Storage, number: str) -> None:
    with pytest.raises(ValueError, match="no number"):
        await storage.directory.register(customer("Wang", MOBILE, number))
    assert await storage.directory.by_number(MOBILE) == []


@pytest.mark.parametrize("hostile", ["' OR '1'='1", "%", "\0", "+86\ud800"])
async def test_a_hostile_number_finds_nobody(storage: Storage, hostile: str) -> None:
    await storage.directory.register(customer("Wang", MOBILE))
    assert await storage.directory.by_number(hostile) == []


async def test_a_company_number_shows_twenty(sql: Storage) -> None:
    for count in range(25):
        await sql.directory.register(customer(f"clerk {count}", OFFICE))
    assert len(await sql.directory.by_number(OFFICE)) == 20

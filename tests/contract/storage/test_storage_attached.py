"""What goes with a call: the data in its record, and notes that wait for one."""

from datetime import timedelta

import pytest

from cti.calls.model import CallId
from cti.ports import LiveNote, LiveNotes
from cti.storage.live_notes import SqlLiveNotes
from tests.contract.storage.conftest import Storage
from tests.contract.storage.examples import NOON, finished
from tests.contract.storage.test_storage_desk import ANNA, kept

CALL, OTHER = CallId("call-1"), CallId("call-2")


class People:
    def __init__(self, anna: int, bo: int) -> None:
        self.anna, self.bo = anna, bo

    def writes(self, user: int, text: str, *, call: CallId = CALL, minute: int = 0) -> LiveNote:
        name = "anna" if user == self.anna else "bo"
        return LiveNote(call, user, name, name.title(), text, NOON + timedelta(minutes=minute))


@pytest.fixture
def live(sql: Storage) -> LiveNotes:
    assert sql.db is not None
    return SqlLiveNotes(sql.db)


@pytest.fixture
async def people(sql: Storage) -> People:
    anna = await sql.users.create("anna", display_name="Anna", role="agent")
    bo = await sql.users.create("bo", display_name="Bo", role="agent")
    return People(anna.id, bo.id)


async def test_the_data_of_a_call_come_back_in_their_order(storage: Storage) -> None:
    data = (("ORDER", "4711"), ("menu", "=1+1"), ("note", "字" * 500))
    await storage.calls.add(finished(data=data), switch="pbx", boot="b")
    await storage.calls.add(finished(data=data), switch="pbx", boot="b")  # once more changes nothing
    await storage.calls.add(finished("1700000000.2", minute=1), switch="pbx", boot="b")
    assert [call.data for call in await storage.calls.latest()] == [(), data]


async def test_a_phones_own_calls_have_their_data(sql: Storage, people: People) -> None:
    await kept(sql, 1, (ANNA, True), data=(("menu", "1"), ("ORDER", "4711")))
    await kept(sql, 2, (ANNA, True))
    assert [call.data for call in await sql.desk_log.of_phone(ANNA, people.anna)] == [
        (),
        (("menu", "1"), ("ORDER", "4711")),
    ]
    noted = await sql.desk_log.note(CALL, ANNA, people.anna, "x", at=NOON)
    assert noted
    assert noted.data[0] == ("menu", "1")


async def test_a_note_replaces_the_one_before_and_waits_for_its_record(
    sql: Storage, live: LiveNotes, people: People
) -> None:
    await live.put(people.writes(people.anna, "first"))
    latest = people.writes(people.anna, "发票; '--", minute=1)
    await live.put(latest)
    assert await live.all() == [latest]
    assert not await live.settle(CALL)
    assert await live.all() == [latest]

    await kept(sql, 1, (ANNA, True))
    assert await live.settle(CALL)
    assert await live.all() == []
    assert await sql.desk_log.note_of(CALL, people.anna) == latest.text


async def test_what_was_written_into_the_record_later_stays(sql: Storage, live: LiveNotes, people: People) -> None:
    await kept(sql, 1, (ANNA, True))
    await sql.desk_log.note(CALL, ANNA, people.anna, "from the log", at=NOON + timedelta(minutes=5))
    await live.put(people.writes(people.anna, "while they talked", minute=4))
    assert await live.settle(CALL)
    assert await sql.desk_log.note_of(CALL, people.anna) == "from the log"

    await live.put(people.writes(people.anna, "", minute=6))  # taken back
    await live.settle(CALL)
    assert await sql.desk_log.note_of(CALL, people.anna) == ""


async def test_notes_move_with_calls_that_become_one(sql: Storage, live: LiveNotes, people: People) -> None:
    await live.put(people.writes(people.anna, "one"))
    await live.put(people.writes(people.anna, "two", call=OTHER, minute=1))
    await live.put(people.writes(people.bo, "mine", call=OTHER, minute=2))
    await live.move(OTHER, CALL)
    assert [(note.call, note.author, note.text) for note in await live.all()] == [
        (CALL, "Anna", "one\ntwo"),
        (CALL, "Bo", "mine"),
    ]
    await live.forget(CALL)
    assert await live.all() == []

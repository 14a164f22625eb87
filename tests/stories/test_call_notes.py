"""What an agent writes during a call is on a colleague's screen when the call, or a question about it, rings there."""

from collections.abc import AsyncIterator

import msgspec
import pytest
import pytest_asyncio

from cti.assist.attached import AttachedField, Choice
from cti.calls import events as ev
from cti.calls.model import CallId
from tests.fakes.centre import Agent, Centre, Customer, Frame, running

ATTACHED = (AttachedField("MENU", "菜单", "Menu", (Choice("1", "查订单", "An order"),)), AttachedField("ORDER"))


@pytest_asyncio.fixture
async def centre() -> AsyncIterator[Centre]:
    async with running(attached=ATTACHED) as centre:
        yield centre


def knows(customer: Customer, **data: str) -> None:
    """The dialplan attaches *data* to the customer's call."""
    calls = customer.centre.registry.calls
    for name, value in data.items():
        calls[customer.id] = calls[customer.id].with_data(name, value)
        customer.centre.happens(ev.DataAttached(customer.centre.time(), customer.id, name))


def asks_about(customer: Customer, agent: Agent) -> Customer:
    """Somebody who has the customer's call asks *agent* about it."""
    question = Customer(customer.centre, "1001").calls(direction="internal")
    calls = customer.centre.registry.calls
    calls[question.id] = msgspec.structs.replace(calls[question.id], consults=customer.id)
    question.rings(agent)
    return question


def ends(customer: Customer, *, recorded: bool = True) -> None:
    if recorded:
        customer.centre.live_notes.recorded.add(customer.id)
    customer.hangs_up()
    if recorded:
        customer.centre.web.assist.recorded(customer.id)


async def talking(centre: Centre, agent: Agent) -> Customer:
    customer = centre.customer("13800138000").calls("support")
    customer.rings(agent, "support")
    customer.is_answered_by(agent)
    while (await agent.sees("call"))["call"]["state"] != "connected":
        pass
    return customer


def told(frame: Frame) -> list[tuple[str, str]]:
    return [(note["author"], note["text"]) for note in frame["notes"]["notes"]]


async def written(centre: Centre) -> dict[tuple[CallId, str], str]:
    await centre.web._notes.close()
    return {key: note.text for key, note in centre.live_notes.written.items()}


async def test_the_pop_has_what_the_dialplan_knows_and_what_comes_later_is_shown_at_once(centre: Centre) -> None:
    anna = await centre.agent("anna", extension="1001")
    customer = centre.customer("13800138000").calls("support")
    knows(customer, ORDER="4711", UNLISTED="x", MENU="1")
    await centre.directory_answered()
    customer.rings(anna, "support")

    call = (await anna.sees("pop"))["call"]
    assert [(datum["zh"], datum["value_zh"], datum["value_en"]) for datum in call["data"]] == [
        ("菜单", "查订单", "An order"),
        ("ORDER", "4711", "4711"),
    ]
    knows(customer, ORDER="4712")
    assert (await anna.sees("call"))["call"]["data"][1]["value"] == "4712"


async def test_a_colleague_who_is_asked_sees_data_and_notes_before_he_answers(centre: Centre) -> None:
    anna, bo = await centre.agent("anna", extension="1001"), await centre.agent("bo", extension="1002")
    customer = await talking(centre, anna)
    knows(customer, MENU="1")
    assert (await anna.asks("note.write", call=customer.id, text="要退货"))["type"] == "done"

    question = asks_about(customer, bo)

    assert told(await bo.sees("notes")) == [("Anna", "要退货")]
    view = (await bo.sees("pop"))["call"]
    assert (view["state"], view["about"], view["data"][0]["value"]) == ("alerting", customer.id, "1")
    await anna.asks("note.write", call=customer.id, text="要退两件")
    assert told(await bo.sees("notes")) == [("Anna", "要退两件")]
    knows(customer, ORDER="4711")
    assert [datum["name"] for datum in (await bo.sees("call"))["call"]["data"]] == ["MENU", "ORDER"]

    question.is_answered_by(bo)
    assert (await bo.asks("note.write", call=question.id, text="可以退"))["type"] == "done"
    assert told(await anna.sees("notes")) == [("Anna", "要退两件"), ("Bo", "可以退")]
    question.hangs_up()
    assert (await bo.asks("note.write", call=customer.id, text="可以退，已登记"))["type"] == "done"

    ends(customer)
    assert await written(centre) == {(customer.id, "anna"): "要退两件", (customer.id, "bo"): "可以退，已登记"}


async def test_who_gets_the_call_sees_the_note_with_the_ring(centre: Centre) -> None:
    anna, bo = await centre.agent("anna", extension="1001"), await centre.agent("bo", extension="1002")
    customer = await talking(centre, anna)
    await anna.asks("note.write", call=customer.id, text="急")
    customer.rings(bo)
    kinds = [(await bo.next())["type"] for _ in range(2)]
    assert kinds == ["notes", "pop"]


async def test_a_reload_gives_ones_own_note_back_and_an_empty_one_takes_it_away(centre: Centre) -> None:
    anna = await centre.agent("anna", extension="1001")
    customer = await talking(centre, anna)
    await anna.asks("note.write", call=customer.id, text="半句")
    tab = Agent(centre, anna.name, anna.device, anna.token)
    centre.people.append(tab)
    assert [note["text"] for note in (await tab.opens())["notes"][0]["notes"]] == ["半句"]

    await anna.asks("note.write", call=customer.id, text="  ")
    assert centre.web.assist.picture(anna.device).notes == ()


async def test_a_note_that_comes_after_the_record_goes_there_too(centre: Centre) -> None:
    anna = await centre.agent("anna", extension="1001")
    customer = await talking(centre, anna)
    ends(customer)
    assert (await anna.asks("note.write", call=customer.id, text="补记"))["type"] == "done"
    assert await written(centre) == {(customer.id, "anna"): "补记"}


async def test_a_note_waits_for_a_record_that_is_late(centre: Centre) -> None:
    anna = await centre.agent("anna", extension="1001")
    customer = await talking(centre, anna)
    await anna.asks("note.write", call=customer.id, text="在等")
    ends(customer, recorded=False)
    assert await written(centre) == {}
    centre.live_notes.recorded.add(customer.id)
    centre.web.assist.recorded(customer.id)
    assert await written(centre) == {(customer.id, "anna"): "在等"}


async def test_notes_move_with_calls_that_become_one(centre: Centre) -> None:
    anna, bo = await centre.agent("anna", extension="1001"), await centre.agent("bo", extension="1002")
    customer = await talking(centre, anna)
    other = await talking(centre, bo)
    await anna.asks("note.write", call=customer.id, text="一")
    await bo.asks("note.write", call=other.id, text="二")
    del centre.registry.calls[other.id]
    centre.happens(ev.CallsJoined(centre.time(), customer.id, other.id))
    customer.rings(bo)
    assert told(await bo.sees("notes")) == [("Anna", "一"), ("Bo", "二")]
    ends(customer)
    assert await written(centre) == {(customer.id, "anna"): "一", (customer.id, "bo"): "二"}


@pytest.mark.parametrize(("length", "answer"), [(4_000, "done"), (4_001, "refusal")])
async def test_a_note_is_bounded(centre: Centre, length: int, answer: str) -> None:
    anna = await centre.agent("anna", extension="1001")
    customer = await talking(centre, anna)
    assert (await anna.asks("note.write", call=customer.id, text="😀" * length))["type"] == answer


async def test_nobody_writes_or_reads_about_a_call_that_is_not_theirs(centre: Centre) -> None:
    anna, bo = await centre.agent("anna", extension="1001"), await centre.agent("bo", extension="1002")
    customer = await talking(centre, anna)
    assert (await bo.asks("note.write", call=customer.id, text="x"))["code"] == "not_your_call"
    await anna.asks("note.write", call=customer.id, text="secret")
    assert "notes" not in await bo.meanwhile()
    inspector = await centre.person("ines", role="inspector")
    await inspector.opens()
    assert (await inspector.asks("note.write", call=customer.id, text="x"))["code"] == "no_device"


async def test_a_note_that_is_not_stored_is_refused_and_colleagues_see_it_all_the_same(centre: Centre) -> None:
    anna, bo = await centre.agent("anna", extension="1001"), await centre.agent("bo", extension="1002")
    customer = await talking(centre, anna)
    asks_about(customer, bo)
    centre.live_notes.down = True
    assert (await anna.asks("note.write", call=customer.id, text="x"))["code"] == "storage_failed"
    assert told(await bo.sees("notes")) == [("Anna", "x")]

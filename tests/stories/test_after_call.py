"""After the call: what it came to, whom to call back, what is to be done, and who sees to it."""

import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from cti.assist.outcomes import Outcomes, compile_outcomes
from cti.staff import ProfileChange
from tests.fakes.centre import Agent, Customer, Frame, running
from tests.fakes.staff import FakeDeskLog
from tests.stories.test_agent_work import DESK, Day

CONFIG = Path(__file__).parents[2] / "config" / "outcomes"
NUMBER = "+8613800138000"


class AfterDay(Day):
    async def wrote(self, agent: Agent, call: Customer, note: str) -> None:
        user = await self.users.by_name(agent.name)
        assert user
        assert isinstance(self.work.desk_log, FakeDeskLog)
        self.work.desk_log.notes[call.id, user.id] = note


def shipped_outcomes() -> list[Outcomes]:
    found = []
    for path in sorted(CONFIG.glob("*.toml")):
        outcomes, faults = compile_outcomes(path.stem, path.name, path.read_text())
        assert outcomes is not None, faults
        found.append(outcomes)
    return found


@pytest_asyncio.fixture
async def day() -> AsyncIterator[AfterDay]:
    async with running(desk=DESK, kind=AfterDay) as centre:
        assert isinstance(centre, AfterDay)
        centre.switch.obeys = centre.obey
        centre.outcomes += shipped_outcomes()
        centre.link_comes_up()
        yield centre


async def posts(person: Agent, path: str, **fields: Any) -> tuple[int, Frame]:
    async with person.http.post(f"/api/{path}", json=fields) as answer:
        return answer.status, await answer.json()


async def gets(person: Agent, path: str) -> Frame:
    async with person.http.get(f"/api/{path}") as answer:
        assert answer.status == 200, await answer.text()
        found: Frame = await answer.json()
        return found


async def talked(day: AfterDay, agent: Agent, queue: str = "forced") -> Customer:
    """Return a customer with whom *agent* has just talked."""
    customer = day.customer("13800138000")
    customer.calls(queue)
    customer.rings(agent, queue)
    customer.is_answered_by(agent)
    await day.directory_answered()
    customer.hangs_up()
    await day.settled()
    return customer


async def leads(day: AfterDay, name: str, team: str, role: str = "lead") -> Agent:
    person = await day.person(name, role=role)  # type: ignore[arg-type]
    user = await day.users.by_name(name)
    assert user
    await day.web.people.change(user.id, ProfileChange(team=team))
    assert (await person.opens())["type"] == "snapshot"
    return person


def soon(minutes: float = 60) -> float:
    return round((time.time() + minutes * 60) * 1_000)


# --- outcomes --------------------------------------------------------------------------------------------------------


async def test_a_wrap_up_ends_when_the_outcome_is_chosen(day: AfterDay) -> None:
    anna = await day.at_work("anna", "1001", "forced")
    call = await talked(day, anna)
    assert day.view(anna)["state"] == "wrap_up"

    refused = await anna.asks("agent.finish_wrap_up", state="ready")
    assert (refused["type"], refused["code"]) == ("refusal", "outcome_missing")
    assert day.view(anna)["state"] == "wrap_up"

    offered = await gets(anna, f"after?call={call.id}")
    assert offered["outcome"] == ""
    assert "solved" in [each["code"] for each in offered["outcomes"]["outcomes"]]
    status, chosen = await posts(anna, "after/outcome", call=call.id, outcome="solved")
    assert (status, chosen["outcome"]) == (200, "solved")
    assert (await anna.asks("agent.finish_wrap_up", state="ready"))["type"] == "done"
    await day.settled()
    assert day.view(anna)["state"] == "ready"


async def test_a_call_that_was_not_answered_asks_for_no_outcome(day: AfterDay) -> None:
    anna = await day.at_work("anna", "1001", "forced")
    call = day.customer("13800138000")
    call.calls("forced")
    call.rings(anna, "forced")
    call.leaves(anna)
    await day.settled()
    assert day.view(anna)["state"] != "wrap_up"


async def test_an_outcome_names_what_it_needs(day: AfterDay) -> None:
    anna = await day.at_work("anna", "1001", "forced")
    call = await talked(day, anna)

    status, refused = await posts(anna, "after/outcome", call=call.id, outcome="complaint")
    assert (status, refused["code"], refused["needs"]) == (409, "still_needed", ["note", "ticket"])

    await day.wrote(anna, call, "Waited ten minutes")
    assert (await posts(anna, "tickets", kind="complaint", title="Waited too long", call=call.id))[0] == 201
    status, chosen = await posts(anna, "after/outcome", call=call.id, outcome="complaint")
    assert (status, chosen["outcome"]) == (200, "complaint")
    assert [each["title"] for each in chosen["tickets"]] == ["Waited too long"]


async def test_nobody_writes_up_a_call_of_somebody_else(day: AfterDay) -> None:
    anna = await day.at_work("anna", "1001", "forced")
    ben = await day.agent("ben", extension="1002")
    call = await talked(day, anna)
    assert (await posts(ben, "after/outcome", call=call.id, outcome="solved"))[0] == 404
    assert (await posts(ben, "callbacks", call=call.id, due_at=soon()))[0] == 404


async def test_whoever_asks_not_to_be_called_is_marked_with_the_call_as_proof(day: AfterDay) -> None:
    anna = await day.at_work("anna", "1001", "forced")
    day.outcomes[:] = [each for each in day.outcomes if each.name == "sales"]
    day.outcomes[0] = msgspec.structs.replace(day.outcomes[0], queues=())
    wang = await day.directory.add("王芳", NUMBER)
    call = await talked(day, anna)

    assert (await posts(anna, "after/outcome", call=call.id, outcome="do_not_call"))[0] == 200
    [mark] = day.marks.of[wang.id]
    assert (mark.kind, mark.channel, mark.given, mark.who) == ("do_not_call", "call", True, "anna")
    assert call.id in mark.proof


# --- callbacks -------------------------------------------------------------------------------------------------------


async def test_a_callback_is_promised_reminded_of_and_kept(day: AfterDay) -> None:
    anna = await day.at_work("anna", "1001", "forced")
    await day.directory.add("王芳", NUMBER)
    call = await talked(day, anna)
    due = soon(3)

    status, made = await posts(anna, "callbacks", call=call.id, due_at=due, note="about the invoice")
    assert (status, made["name"], made["number"], made["due_at"], made["own"]) == (201, "王芳", NUMBER, due, True)

    await day.web.after.look()
    reminded = await anna.sees("reminder")
    assert (reminded["kind"], reminded["id"], reminded["title"], reminded["due_at"]) == (
        "callback",
        made["id"],
        "王芳",
        due,
    )
    await day.web.after.look()
    assert "reminder" not in await anna.meanwhile()  # once for each time that was promised

    status, done = await posts(anna, "callbacks/finish", id=made["id"])
    assert (status, done["state"], done["kept"]) == (200, "done", True)
    assert (await posts(anna, "callbacks/finish", id=made["id"]))[1]["code"] == "changed_meanwhile"
    assert (await gets(anna, "callbacks"))["callbacks"] == []


async def test_a_callback_of_nobody_reminds_whoever_serves_the_queue(day: AfterDay) -> None:
    anna = await day.at_work("anna", "1001", "forced")
    ben = await day.at_work("ben", "1002", "forced")
    cleo = await day.at_work("cleo", "1003", "timed")
    call = await talked(day, anna)
    _, made = await posts(anna, "callbacks", call=call.id, due_at=soon(1), own=False)
    assert (made["owner"], made["own"]) == ("", False)

    await day.web.after.look()
    assert (await ben.sees("reminder"))["id"] == made["id"]
    assert "reminder" not in await cleo.meanwhile()
    assert (await gets(cleo, "callbacks"))["callbacks"] == []
    assert (await posts(cleo, "callbacks/finish", id=made["id"]))[0] == 404
    assert (await posts(ben, "callbacks/finish", id=made["id"]))[0] == 200


@pytest.mark.parametrize("minutes", [-10, 367 * 24 * 60])
async def test_nobody_is_promised_a_time_that_cannot_be(day: AfterDay, minutes: float) -> None:
    anna = await day.at_work("anna", "1001", "forced")
    call = await talked(day, anna)
    assert (await posts(anna, "callbacks", call=call.id, due_at=soon(minutes)))[1]["code"] == "bad_request"


# --- tickets ---------------------------------------------------------------------------------------------------------


async def test_a_complaint_reaches_the_lead_at_once_and_the_supervisor_when_late(day: AfterDay) -> None:
    anna = await day.at_work("anna", "1001", "forced", team="one")
    lead = await leads(day, "lena", "one")
    boss = await leads(day, "boris", "", role="supervisor")
    call = await talked(day, anna)
    _, made = await posts(anna, "tickets", kind="complaint", title="Rude", severity="critical", call=call.id)
    assert (await lead.sees("reminder"))["title"] == "Rude"
    assert "reminder" not in await boss.meanwhile()

    kept = await day.after.tickets.get(int(made["id"]))
    assert kept
    assert kept.due_at
    now = kept.due_at + timedelta(hours=25)
    day.web.after._now = lambda: now
    await day.web.after.look()
    assert (await boss.sees("reminder"))["id"] == made["id"]
    whole = await gets(boss, f"tickets/one?id={made['id']}")
    assert whole["ticket"]["level"] == "supervisor"
    assert [(line["act"], line["who"], line["text"]) for line in whole["history"]] == [
        ("made", "Anna", ""),
        ("escalated", "", "supervisor"),
    ]


async def test_a_ticket_is_taken_solved_and_closed_by_those_who_may(day: AfterDay) -> None:
    anna = await day.at_work("anna", "1001", "forced", team="one")
    ben = await day.at_work("ben", "1002", "forced", team="one")
    cleo = await day.at_work("cleo", "1003", "forced", team="two")
    lead = await leads(day, "lena", "one")
    call = await talked(day, anna)
    _, made = await posts(anna, "tickets", kind="request", title="Send the form", call=call.id)
    id = made["id"]

    assert (await posts(cleo, "tickets/act", id=id, act="take"))[0] == 404
    status, taken = await posts(ben, "tickets/act", id=id, act="take", seen=made["changed_at"])
    assert (status, taken["ticket"]["state"], taken["ticket"]["owner"]) == (200, "working", "Ben")
    assert (await posts(ben, "tickets/act", id=id, act="solve", seen=made["changed_at"]))[1][
        "code"
    ] == "changed_meanwhile"
    assert (await posts(ben, "tickets/act", id=id, act="solve", text="sent"))[1]["ticket"]["state"] == "solved"
    assert (await posts(ben, "tickets/act", id=id, act="close"))[0] == 403
    status, closed = await posts(lead, "tickets/act", id=id, act="close")
    assert (status, closed["ticket"]["state"], closed["acts"]) == (200, "closed", ["reopen", "say"])
    assert (await posts(lead, "tickets/act", id=id, act="solve"))[1]["code"] == "changed_meanwhile"


async def test_a_lead_gives_a_ticket_to_somebody_and_weighs_it(day: AfterDay) -> None:
    anna = await day.at_work("anna", "1001", "forced", team="one")
    await day.at_work("ben", "1002", "forced", team="one")
    lead = await leads(day, "lena", "one")
    call = await talked(day, anna)
    _, made = await posts(anna, "tickets", kind="request", title="Send the form", call=call.id)

    assert (await posts(anna, "tickets/change", id=made["id"], severity="critical"))[0] == 403
    status, given = await posts(lead, "tickets/change", id=made["id"], owner="ben", severity="critical", text="today")
    assert status == 200
    assert (given["ticket"]["owner"], given["ticket"]["severity"]) == ("Ben", "critical")
    assert given["ticket"]["due_at"] < made["due_at"]
    assert (await posts(lead, "tickets/change", id=made["id"], owner="nobody"))[0] == 404


async def test_a_suggestion_of_an_agent_is_answered_by_the_management(day: AfterDay) -> None:
    anna = await day.at_work("anna", "1001", "forced", team="one")
    lead = await leads(day, "lena", "one")
    status, made = await posts(anna, "tickets", kind="suggestion", title="Longer breaks")
    assert (status, made["due_at"]) == (201, None)
    assert (await lead.sees("reminder"))["title"] == "Longer breaks"

    await posts(lead, "tickets/act", id=made["id"], act="say", text="From January on.")
    assert (await anna.sees("reminder", id=made["id"]))["kind"] == "ticket"
    whole = await gets(anna, f"tickets/one?id={made['id']}")
    assert (whole["history"][-1]["who"], whole["history"][-1]["text"]) == ("Lena", "From January on.")
    assert (await posts(anna, "tickets", kind="complaint", title="No call"))[0] == 400

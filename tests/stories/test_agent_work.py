"""An agent's day: signing in, calls, wrap-up, breaks, and what others do. The switch obeys, the clock jumps."""

import asyncio
import itertools
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from cti.calls.facts import Device, DeviceReachable, MemberRemoved, MemberSeen, MemberState
from cti.calls.model import Cause
from cti.ports import SwitchRefused
from cti.services import agents
from cti.services.views import DeskView, QueueView
from cti.staff import ProfileChange
from tests.fakes.centre import Agent, Centre, Frame, Jumps, running

DESK = DeskView(
    queues=tuple(
        QueueView(mode, mode, mode, mode, 30.0, 15.0, False)  # type: ignore[arg-type]
        for mode in ("none", "optional", "forced", "timed", "extendable")
    )
)


class Day(Centre):
    """A centre whose switch does what it is asked, and reports it."""

    jumps: Jumps

    def obey(self, queue: str, member: Device, paused: bool | None, reason: str) -> None:
        if paused is None:
            self.states(MemberRemoved(self.time(), queue, member))
        else:
            self.states(
                MemberSeen(self.time(), queue, member, "", MemberState.NOT_INUSE, paused, reason if paused else "")
            )

    async def serves(self, agent: Agent, *queues: str, team: str = "") -> None:
        user = await self.users.by_name(agent.name)
        assert user
        if team and team not in self.staff.names.values():
            await self.staff.make_team(team)
        await self.web.people.change(user.id, ProfileChange(team=team, queues=dict.fromkeys(queues, 0)))

    async def at_work(self, name: str, extension: str, *queues: str, team: str = "") -> Agent:
        """Return somebody who signed in and is ready."""
        agent = await self.agent(name, extension=extension)
        await self.serves(agent, *queues, team=team)
        assert (await agent.asks("agent.sign_in"))["type"] == "done"
        assert (await agent.asks("agent.set_state", state="ready"))["type"] == "done"
        await self.settled()
        assert self.view(agent)["state"] == "ready"
        return agent

    async def settled(self) -> None:
        for _ in range(10):
            await asyncio.sleep(0)

    async def has_talked(self, agent: Agent, queue: str) -> None:
        call = self.customer("13800138000").calls(queue)
        call.rings(agent, queue)
        call.is_answered_by(agent)
        call.hangs_up()
        await self.settled()


@pytest_asyncio.fixture
async def day() -> AsyncIterator[Day]:
    jumps = Jumps()
    async with running(desk=DESK, clock=jumps.clock, kind=Day) as centre:
        assert isinstance(centre, Day)
        centre.jumps = jumps
        centre.switch.obeys = centre.obey
        centre.link_comes_up()
        yield centre


def shown(view: Frame) -> tuple[str, str]:
    return view["state"], view["reason"]


async def test_signing_in_joins_the_assigned_queues_paused_and_signing_out_leaves_them(day: Day) -> None:
    anna = await day.agent("anna", extension="1001")
    await day.serves(anna, "none", "timed")
    assert day.view(anna)["assigned"] == ("none", "timed")
    assert day.switch.joined == []  # starts signed out of every queue

    assert (await anna.asks("agent.sign_in"))["type"] == "done"

    await day.settled()
    assert sorted(day.switch.joined) == [("none", anna.device, 0, True), ("timed", anna.device, 0, True)]
    assert shown(day.view(anna)) == ("not_ready", "signed_in")
    assert (await anna.asks("agent.sign_in"))["code"] == "not_now"
    await anna.asks("agent.set_state", state="ready")
    await day.settled()
    assert day.view(anna)["state"] == "ready"
    await anna.asks("agent.sign_out")
    await day.settled()
    assert shown(day.view(anna)) == ("signed_out", "")
    assert day.view(anna)["queues"] == ()


async def test_a_break_asked_for_in_a_call_waits_for_its_end_and_no_call_comes_in_between(day: Day) -> None:
    anna = await day.at_work("anna", "1001", "none")
    call = day.customer("13800138000").calls("none")
    call.rings(anna, "none")
    call.is_answered_by(anna)

    assert (await anna.asks("agent.set_state", state="not_ready", reason="meal"))["type"] == "done"

    await day.settled()
    view = day.view(anna)
    assert (view["state"], view["pending"]["state"], view["pending"]["reason"]) == ("talking", "not_ready", "meal")
    assert day.switch.asked[-1] == (anna.device, True, "meal")
    call.hangs_up()
    await day.settled()
    assert shown(day.view(anna)) == ("not_ready", "meal")
    assert day.view(anna)["pending"] is None


async def test_a_break_can_be_taken_back_in_the_call(day: Day) -> None:
    anna = await day.at_work("anna", "1001", "none")
    call = day.customer("13800138000").calls("none")
    call.rings(anna, "none")
    call.is_answered_by(anna)
    await anna.asks("agent.set_state", state="not_ready", reason="meal")
    await anna.asks("agent.set_state", state="ready")
    await day.settled()
    assert day.view(anna)["pending"] is None
    call.hangs_up()
    await day.settled()
    assert day.view(anna)["state"] == "ready"


async def test_a_call_whose_page_went_has_its_wrap_up_when_it_ends(day: Day) -> None:
    anna = await day.at_work("anna", "1101", "timed")
    call = day.customer("13800138000").calls("timed")
    call.rings(anna, "timed")
    call.is_answered_by(anna)

    day.web.agents.customer_waits(anna.device, waits=True)  # her page went
    day.states(DeviceReachable(day.time(), anna.device, reachable=False))
    day.web.agents.on_calls(anna.device, ())
    assert day.view(anna)["state"] == "held"

    day.web.agents.customer_waits(anna.device, waits=False)  # and did not come back in time
    assert day.view(anna)["state"] == "phone_lost"
    assert day.view(anna)["wrap_up_until"] is not None


async def test_who_was_added_to_a_queue_as_her_page_registered_is_ready(day: Day) -> None:
    """The switch tells of the queue before it tells of the registration, and calls the phone unavailable yet."""
    anna = await day.agent("anna", extension="1101")
    day.states(DeviceReachable(day.time(), anna.device, reachable=False))

    day.web.agents.phone_registered(anna.device)
    day.states(MemberSeen(day.time(), "none", anna.device, "", MemberState.UNAVAILABLE, paused=False, reason=""))

    await day.settled()
    assert day.view(anna)["state"] == "ready"
    assert day.switch.asked == []


async def test_a_phone_that_went_while_the_link_was_down_is_found_lost(day: Day) -> None:
    anna = await day.agent("anna", extension="1101")
    day.web.agents.phone_registered(anna.device)
    day.link_is_lost()
    day.link_comes_up(MemberSeen(day.time(), "none", anna.device, "", MemberState.UNAVAILABLE, paused=False, reason=""))
    assert day.view(anna)["state"] == "phone_lost"


async def test_a_timed_wrap_up_ends_by_itself(day: Day) -> None:
    anna = await day.at_work("anna", "1001", "timed")
    await day.has_talked(anna, "timed")
    view = day.view(anna)
    assert (view["state"], view["wrap_up"], view["can_extend"]) == ("wrap_up", "timed", False)
    assert 29_000 < view["wrap_up_until"] - view["since"] <= 30_000
    assert (await anna.asks("agent.extend_wrap_up"))["code"] == "not_now"

    await day.jumps.forward(29)
    assert day.view(anna)["state"] == "wrap_up"
    await day.jumps.forward(1.1)
    assert day.view(anna)["state"] == "ready"
    assert not day.view(anna)["places"][0]["paused"]


async def test_a_wrap_up_is_made_longer_once(day: Day) -> None:
    anna = await day.at_work("anna", "1001", "extendable")
    await day.has_talked(anna, "extendable")
    until = day.view(anna)["wrap_up_until"]
    assert day.view(anna)["can_extend"]

    assert (await anna.asks("agent.extend_wrap_up"))["type"] == "done"

    assert day.view(anna)["wrap_up_until"] == until + 15_000
    assert not day.view(anna)["can_extend"]
    assert (await anna.asks("agent.extend_wrap_up"))["code"] == "not_now"
    await day.jumps.forward(44)
    assert day.view(anna)["state"] == "wrap_up"
    await day.jumps.forward(2)
    assert day.view(anna)["state"] == "ready"


@pytest.mark.parametrize(("to", "reason"), [("ready", ""), ("not_ready", "meal")])
async def test_a_forced_wrap_up_lasts_until_it_is_finished(day: Day, to: str, reason: str) -> None:
    anna = await day.at_work("anna", "1001", "forced")
    await day.has_talked(anna, "forced")
    await day.jumps.forward(3_600)
    assert day.view(anna)["state"] == "wrap_up"
    assert day.view(anna)["wrap_up_until"] is None

    assert (await anna.asks("agent.finish_wrap_up", state=to, reason=reason))["type"] == "done"

    await day.settled()
    assert shown(day.view(anna)) == (to, reason)


async def test_an_optional_wrap_up_comes_when_it_is_asked_for(day: Day) -> None:
    anna = await day.at_work("anna", "1001", "optional")
    await day.has_talked(anna, "optional")
    assert day.view(anna)["state"] == "ready"
    call = day.customer("13800138001").calls("optional")
    call.rings(anna, "optional")
    call.is_answered_by(anna)
    assert (await anna.asks("agent.set_state", state="wrap_up"))["type"] == "done"
    call.hangs_up()
    await day.settled()
    assert day.view(anna)["state"] == "wrap_up"


async def test_a_break_asked_for_in_a_call_comes_after_the_wrap_up(day: Day) -> None:
    anna = await day.at_work("anna", "1001", "timed")
    call = day.customer("13800138000").calls("timed")
    call.rings(anna, "timed")
    call.is_answered_by(anna)
    await anna.asks("agent.set_state", state="not_ready", reason="meal")
    call.hangs_up()
    await day.settled()
    assert day.view(anna)["state"] == "wrap_up"
    assert day.view(anna)["pending"]["reason"] == "meal"
    await day.jumps.forward(31)
    assert shown(day.view(anna)) == ("not_ready", "meal")


async def test_a_call_not_answered_makes_not_ready_with_its_cause(day: Day) -> None:
    anna = await day.at_work("anna", "1001", "none")
    call = day.customer("13800138000").calls("none")
    call.rings(anna, "none")
    call.leaves(anna)
    await day.settled()
    assert shown(day.view(anna)) == ("not_ready", "ring_no_answer")
    assert day.switch.asked[-1] == (anna.device, True, "ring_no_answer")


@pytest.mark.parametrize("cause", [Cause.CALL_CANCELLED, Cause.UNKNOWN])
async def test_a_customer_who_gives_up_is_not_the_agents_doing(day: Day, cause: Cause) -> None:
    anna = await day.at_work("anna", "1001", "timed")
    call = day.customer("13800138000").calls("timed")
    call.rings(anna, "timed")
    call.leaves(anna, cause)
    await day.settled()
    assert day.view(anna)["state"] == "ready"


async def test_a_phone_that_comes_back_leaves_its_agent_not_ready(day: Day) -> None:
    anna = await day.at_work("anna", "1001", "none")
    day.states(DeviceReachable(day.time(), anna.device, reachable=False))
    await day.settled()
    assert day.view(anna)["state"] == "phone_lost"
    assert (await anna.asks("agent.set_state", state="ready"))["code"] == "not_now"
    day.states(DeviceReachable(day.time(), anna.device, reachable=True))
    await day.settled()
    assert shown(day.view(anna)) == ("not_ready", "phone_lost")
    await anna.asks("agent.set_state", state="ready")
    await day.settled()
    assert day.view(anna)["state"] == "ready"


async def test_what_is_corrected_in_the_switch_follows_back(day: Day) -> None:
    anna = await day.at_work("anna", "1001", "none", "timed")
    day.obey("none", anna.device, True, "by hand")
    assert day.view(anna)["state"] == "ready"
    day.obey("timed", anna.device, True, "by hand")
    view = day.view(anna)
    assert (view["state"], view["reason"], view["forced_by"]) == ("not_ready", "by hand", "switch")

    day.obey("timed", anna.device, False, "")  # nobody is made ready without asking
    await day.settled()
    assert shown(day.view(anna)) == ("not_ready", "by hand")
    assert all(place["paused"] for place in day.view(anna)["places"])

    for queue in ("none", "timed"):
        day.obey(queue, anna.device, None, "")
    view = day.view(anna)
    assert (view["state"], view["forced_by"]) == ("signed_out", "switch")


async def test_a_lead_makes_somebody_in_the_team_not_ready_who_sees_who_and_why(day: Day) -> None:
    anna = await day.at_work("anna", "1001", "none", team="blue")
    bo = await day.at_work("bo", "1002", "none", team="red")
    lena = await day.person("lena", role="lead")
    await day.serves(lena, team="blue")
    await lena.opens()

    told = await lena.asks("agent.force", user="anna", state="not_ready", reason="training", why="new tariff")

    assert told["type"] == "done"
    await day.settled()
    view = day.view(anna)
    assert (view["state"], view["reason"], view["forced_by"], view["why"]) == (
        "not_ready",
        "training",
        "Lena",
        "new tariff",
    )
    for whom in ("bo", "lena", "nobody"):
        assert (await lena.asks("agent.force", user=whom, state="signed_out"))["code"] == "unknown_person"
    assert (await bo.asks("agent.force", user="anna", state="ready"))["code"] == "not_allowed"
    assert day.view(bo)["state"] == "ready"
    entry = (await day.work.audit.latest(limit=1))[0]
    assert (entry.who, entry.action, entry.whom) == ("lena", "agent.force", "anna")
    team = await (await lena.http.get("/api/team")).json()
    assert [mate["user"] for mate in team["people"]] == ["anna"]


async def test_a_command_that_is_sent_again_is_done_once(day: Day) -> None:
    anna = await day.at_work("anna", "1001", "none")
    asked = len(day.switch.asked)
    first = await anna.asks("agent.set_state", state="not_ready", reason="meal", key="k1")
    await anna.asks("agent.set_state", state="ready", key="k2")
    again = await anna.asks("agent.set_state", state="not_ready", reason="meal", key="k1")
    await day.settled()
    assert (first["type"], again["type"]) == ("done", "done")
    assert day.view(anna)["state"] == "ready"
    assert len(day.switch.asked) == asked + 2


async def test_a_switch_that_does_not_answer_is_an_error_with_its_reason(day: Day) -> None:
    anna = await day.at_work("anna", "1001", "none")
    day.switch.silent = True
    id = await anna.says("agent.set_state", state="not_ready", reason="meal")
    await anna.sees("agent")
    assert day.view(anna)["asked"]["state"] == "not_ready"

    await day.jumps.forward(agents.ANSWER_SECONDS + 0.1)

    refused = await anna.sees("refusal", id=id)
    assert refused["code"] == "outcome_unknown"
    assert (day.view(anna)["state"], day.view(anna)["asked"]) == ("ready", None)
    assert day.switch.snapshots == 1


async def test_what_the_switch_took_and_never_reports_is_not_believed(day: Day) -> None:
    anna = await day.at_work("anna", "1001", "none")
    day.switch.obeys = lambda *_: None
    assert (await anna.asks("agent.set_state", state="not_ready"))["type"] == "done"
    await day.jumps.forward(agents.REPORT_SECONDS + 0.1)
    assert day.view(anna)["asked"]["state"] == "not_ready"
    await day.jumps.forward(agents.ANSWER_SECONDS + 0.1)
    assert (day.view(anna)["state"], day.view(anna)["asked"]) == ("ready", None)
    assert day.switch.snapshots == 1


async def test_a_refused_pause_after_a_missed_call_is_asked_for_again(day: Day) -> None:
    anna = await day.at_work("anna", "1001", "none")
    day.switch.refuse = SwitchRefused("busy")
    call = day.customer("13800138000").calls("none")
    call.rings(anna, "none")
    call.leaves(anna)
    await day.settled()
    day.switch.refuse = None
    day.link_comes_up(day.member(anna, "none"))
    await day.settled()
    view = day.view(anna)
    assert (view["state"], view["places"][0]["paused"]) == ("not_ready", True)


async def test_repairing_asks_the_switch_anew_and_is_logged(day: Day) -> None:
    anna = await day.at_work("anna", "1001", "none")
    day.web.agents._members.take(day.member(anna, "none", paused=True, reason="x"))  # a report that was missed
    id = await anna.says("agent.repair")
    await anna.meanwhile()
    assert day.switch.snapshots == 1
    day.link_comes_up(day.member(anna, "none", paused=True, reason="x"))
    assert (await anna.sees("done", id=id))["type"] == "done"
    assert day.view(anna)["state"] == "not_ready"
    assert (await day.work.audit.latest(limit=1))[0].action == "agent.repair"


async def test_the_day_is_written_down(day: Day) -> None:
    anna = await day.at_work("anna", "1001", "timed")
    await day.jumps.forward(60)
    await day.has_talked(anna, "timed")
    await day.jumps.forward(31)
    await anna.opens()  # so long a jump closes the screen
    await anna.asks("agent.set_state", state="not_ready", reason="meal")
    await day.settled()
    user = await day.users.by_name("anna")
    assert user
    spans = sorted(day.work.spans.spans.values(), key=lambda span: span.began_at)  # type: ignore[attr-defined]
    assert [(span.state, span.reason) for span in spans if span.state != "ringing"] == [
        ("signed_out", ""),
        ("not_ready", "signed_in"),
        ("ready", ""),
        ("talking", ""),
        ("wrap_up", ""),
        ("ready", ""),
        ("not_ready", "meal"),
    ]
    for one, two in itertools.pairwise(spans):
        assert one.ended_at == two.began_at
    assert spans[-1].ended_at is None

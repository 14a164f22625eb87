"""HTTP about people: teams, queues, sessions, taking over a phone, the audit; and a person's own day."""

from datetime import timedelta
from typing import Any

import pytest

from cti.staff import DeskCall, MissedCall, ProfileChange, StateSpan
from tests.fakes.centre import Agent, Centre


async def got(person: Agent, path: str) -> Any:
    return await (await person.http.get(path)).json()


async def post(person: Agent, path: str, **body: Any) -> tuple[int, Any]:
    answer = await person.http.post(path, json=body)
    return answer.status, (await answer.json() if answer.status != 204 else None)


async def test_people_have_teams_and_queues(centre: Centre) -> None:
    root = await centre.person("root", role="admin")
    await centre.person("anna", extension="1001")
    assert (await post(root, "/api/teams", name="blue"))[0] == 200

    status, person = await post(
        root, "/api/people/change", user="ANNA", name="安娜", team="blue", queues=[{"queue": "support", "penalty": 2}]
    )

    assert status == 200
    assert (person["name"], person["team"], person["queues"]) == ("安娜", "blue", [{"queue": "support", "penalty": 2}])
    assert (await got(root, "/api/teams"))["teams"] == [{"id": 1, "name": "blue", "people": 1}]
    assert (await got(root, "/api/queues"))["queues"] == ["support"]
    for body, code in [
        ({"user": "nobody"}, "not_found"),
        ({"user": "anna", "team": "purple"}, "not_found"),
        ({"user": "anna", "device": "PJSIP/1&SIP/2"}, "bad_request"),
        ({"user": "anna", "queues": [{"queue": "a b"}]}, "bad_request"),
        ({"user": "root", "role": "agent"}, "bad_request"),
    ]:
        assert (await post(root, "/api/people/change", **body))[1]["code"] == code
    assert (await post(root, "/api/teams/change", id=1, name=""))[1]["code"] == "already_exists"
    assert (await post(root, "/api/teams/change", id=1, name="azure"))[1]["name"] == "azure"
    assert (await got(root, "/api/people"))["people"][0]["team"] == "azure"


async def test_only_administrators_manage(centre: Centre) -> None:
    lena = await centre.person("lena", role="lead")
    for path in ("/api/teams", "/api/queues", "/api/audit", "/api/people/sessions?user=lena"):
        assert (await got(lena, path))["code"] == "not_allowed"
    for path, body in [
        ("/api/people/change", {"user": "lena", "role": "admin"}),
        ("/api/people/sessions/end", {"user": "lena", "session": "x"}),
        ("/api/teams", {"name": "x"}),
        ("/api/teams/change", {"id": 1, "name": "x"}),
    ]:
        assert (await post(lena, path, **body))[1]["code"] == "not_allowed"
    root = await centre.person("root", role="admin")
    assert (await got(root, "/api/team"))["code"] == "not_allowed"
    assert (await post(root, "/api/my/phone", device="PJSIP/1001"))[1]["code"] == "not_allowed"


async def test_a_session_is_seen_and_ended(centre: Centre) -> None:
    root = await centre.person("root", role="admin")
    anna = await centre.agent("anna", extension="1001")
    listed = await got(anna, "/api/my/sessions")
    (mine,) = listed["sessions"]
    assert (mine["own"], mine["connected"]) == (True, True)
    assert mine["session"] not in anna.token
    seen = (await got(root, "/api/people/sessions?user=anna"))["sessions"]
    assert [session["session"] for session in seen] == [mine["session"]]
    assert not seen[0]["own"]

    assert (await post(root, "/api/people/sessions/end", user="root", session=mine["session"]))[0] == 404
    assert (await post(root, "/api/people/sessions/end", user="anna", session=mine["session"]))[0] == 204

    assert await anna.is_closed() == 4401
    assert (await anna.http.get("/api/me")).status == 401


async def test_a_phone_in_use_is_taken_over_when_its_holder_is_gone(centre: Centre) -> None:
    anna = await centre.agent("anna", extension="1001")
    bo = await centre.person("bo", extension="1002")
    await centre.web.people.load_again()

    status, told = await post(bo, "/api/my/phone", device="PJSIP/1001", take_over=True)
    assert (status, told["code"], told["user"], told["can_take_over"]) == (409, "extension_in_use", "anna", False)

    await anna.closes()
    await anna.is_closed()
    status, told = await post(bo, "/api/my/phone", device="PJSIP/1001")
    assert (status, told["can_take_over"]) == (409, True)
    status, account = await post(bo, "/api/my/phone", device="PJSIP/1001", take_over=True)
    assert (status, account["me"]["device"]) == (200, "PJSIP/1001")
    assert (await anna.http.get("/api/me")).status == 401
    assert (await got(bo, "/api/me"))["me"]["extension"] == "1001"
    assert (await post(bo, "/api/my/phone", device="PJSIP/trunk"))[0] == 404
    assert (await post(bo, "/api/my/phone", device=""))[0] == 404


async def test_all_of_it_is_audited(centre: Centre) -> None:
    root = await centre.person("root", role="admin")
    await post(root, "/api/people", user="ben", name="Ben", role="agent")
    await post(root, "/api/people/reset", user="ben")
    await post(root, "/api/people/enable", user="ben", enabled=False)
    await post(centre.stranger(), "/api/login", user="ben", password="guess")
    told = await got(root, "/api/audit")
    assert told["whole"]
    assert [(entry["who"], entry["action"], entry["whom"]) for entry in told["entries"]] == [
        ("root", "person.disable", "ben"),
        ("root", "person.reset_password", "ben"),
        ("root", "person.make", "ben"),
    ]
    first = told["entries"][-1]["id"]
    assert [entry["id"] for entry in (await got(root, f"/api/audit?before={first + 2}&limit=1"))["entries"]] == [
        first + 1
    ]
    assert (await got(root, "/api/audit?limit=x"))["code"] == "bad_request"


@pytest.fixture
def desk_log(centre: Centre) -> Any:
    return centre.work.desk_log


async def test_the_own_day(centre: Centre, desk_log: Any) -> None:
    anna = await centre.person("anna", extension="1001")
    user = await centre.users.by_name("anna")
    assert user
    now = centre.time()
    for began, ended, state, reason in [
        (now - timedelta(seconds=90), now - timedelta(seconds=60), "ready", ""),
        (now - timedelta(seconds=60), now - timedelta(seconds=40), "wrap_up", ""),
        (now - timedelta(seconds=40), now - timedelta(seconds=30), "not_ready", "meal"),
        (now - timedelta(seconds=30), now - timedelta(seconds=25), "signed_out", ""),
    ]:
        base = "signed_out" if state == "signed_out" else "ready"
        centre.work.spans.put(StateSpan(user.id, began, state, reason, base, ended_at=ended))
    for number, answered in ((1, True), (2, False)):
        at = now - timedelta(seconds=100 * number)
        desk_log.calls.setdefault("PJSIP/1001", []).append(
            DeskCall(
                f"c{number}", "inbound", "+8613800138000", "王小明", None, "support", "answered", at, at,
                at + timedelta(seconds=5) if answered else None, at + timedelta(seconds=25),
            )
        )  # fmt: skip

    today = await got(anna, "/api/my/today")

    if now - timedelta(seconds=300) >= now.replace(hour=0, minute=0, second=0, microsecond=0):  # else it is too early
        assert (today["calls"], today["inbound"], today["missed"], today["talk_seconds"]) == (1, 1, 1, 20.0)
        assert (today["ready_seconds"], today["wrap_up_seconds"]) == (30.0, 20.0)
        assert (today["signed_in_seconds"], today["not_ready"]) == (60.0, [{"reason": "meal", "seconds": 10.0}])
    listed = await got(anna, "/api/my/calls?limit=1")
    assert ([call["call"] for call in listed["calls"]], listed["more"]) == (["c1"], True)
    before = int(listed["calls"][0]["started_at"])
    assert [call["call"] for call in (await got(anna, f"/api/my/calls?before={before}"))["calls"]] == ["c2"]


async def test_notes_are_the_own_ones(centre: Centre, desk_log: Any) -> None:
    anna, bo = await centre.person("anna", extension="1001"), await centre.person("bo", extension="1002")
    at = centre.time()
    desk_log.calls["PJSIP/1001"] = [
        DeskCall("c1", "inbound", "+8613800138000", "", None, "", "answered", at, at, at, at)
    ]
    assert (await post(anna, "/api/my/calls/note", call="c1", note=" <b>vip</b> "))[1]["note"] == "<b>vip</b>"
    assert (await post(bo, "/api/my/calls/note", call="c1", note="x"))[1]["code"] == "not_found"


async def test_missed_customers_are_those_of_the_own_queues(centre: Centre, desk_log: Any) -> None:
    anna = await centre.person("anna", extension="1001")
    user = await centre.users.by_name("anna")
    assert user
    await centre.web.people.change(user.id, ProfileChange(queues={"support": 0}))
    at = centre.time()
    desk_log.missed_calls = [
        MissedCall(
            "c1", "+8613800138000", "", "support", at, 20.0, here=False, called_back_by="1001", called_back_at=at
        ),
        MissedCall("c2", "+8613800138001", "", "vip", at, 20.0, here=False),
    ]
    (only,) = (await got(anna, "/api/my/missed"))["calls"]
    assert (only["call"], only["called_back_by"]) == ("c1", "Anna")

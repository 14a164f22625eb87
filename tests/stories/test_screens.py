"""Screens come and go, sleep and crowd, and each shows only what is its own."""

import asyncio
import time

import msgspec
import pytest

from cti.services.views import CallView
from cti.web import messages as m
from cti.web import screens
from tests.fakes.centre import Centre, customers_in, until

NUMBER, OTHER = "+8613800138000", "+390612345678"


async def test_a_screen_resumes_where_it_was(centre: Centre) -> None:
    await centre.directory.add("王芳", NUMBER)
    anna = await centre.agent("anna", extension="1001")
    session = anna.frames[0]["session"]
    await anna.closes()
    await until(lambda: not centre.web.hub.is_connected("anna"))
    customer = centre.customer(NUMBER).calls("support")
    await centre.directory_answered()
    customer.rings(anna)

    resumed = await anna.opens(resume=f"{session}.1")

    assert (resumed["type"], resumed["seq"]) == ("resumed", 1)
    missed = [await anna.next(), await anna.next()]
    assert [(frame["seq"], frame["type"]) for frame in missed] == [(2, "pop"), (3, "agent")]
    assert customers_in(missed[0]) == ["王芳"]
    now = centre.web.clock.now()
    await anna.says("pop.painted", pop=missed[0]["pop"], received=now, painted=now)
    assert await anna.meanwhile() == []
    assert centre.web.pops.figures()["total"].count == 0  # nobody was there to see it in time


async def test_frames_are_numbered_without_a_gap(centre: Centre) -> None:
    anna = await centre.agent("anna", extension="1001")
    for _ in range(20):
        customer = centre.customer(NUMBER).calls("support")
        customer.rings(anna)
        customer.hangs_up()
    await anna.meanwhile()

    assert [frame["seq"] for frame in anna.frames] == list(range(1, len(anna.frames) + 1))


@pytest.mark.parametrize(
    "resume", ["nonsense", "nonsense.1", ".", "x.-1", "{session}.999", "{session}.", "{session}.²"]
)
async def test_what_cannot_resume_gets_a_snapshot(centre: Centre, resume: str) -> None:
    anna = await centre.agent("anna", extension="1001")
    await anna.closes()

    first = await anna.opens(resume=resume.format(session=anna.frames[0]["session"]))

    assert (first["type"], first["seq"]) == ("snapshot", 1)


async def test_nobody_resumes_the_screen_of_another(centre: Centre) -> None:
    anna = await centre.agent("anna", extension="1001")
    ben = await centre.person("ben", extension="1002")

    assert (await ben.opens(resume=f"{anna.frames[0]['session']}.1"))["type"] == "snapshot"


async def test_a_screen_too_far_behind_gets_a_snapshot(centre: Centre) -> None:
    anna = await centre.agent("anna", extension="1001")
    await anna.closes()
    await until(lambda: not centre.web.hub.is_connected("anna"))
    for _ in range(screens.KEPT_FRAMES):
        customer = centre.customer(NUMBER).calls("support")
        customer.rings(anna)
        customer.hangs_up()

    assert (await anna.opens(resume=f"{anna.frames[0]['session']}.1"))["type"] == "snapshot"


async def test_a_resumed_screen_takes_the_place_of_its_old_socket(centre: Centre) -> None:
    anna = await centre.agent("anna", extension="1001")
    old = anna.socket
    assert old is not None

    await anna.opens(resume=f"{anna.frames[0]['session']}.1")

    assert (await old.receive(5.0)).data == m.CLOSE_REPLACED
    assert await anna.meanwhile() == []


async def test_all_tabs_of_a_person_see_the_same(centre: Centre) -> None:
    await centre.directory.add("王芳", NUMBER)
    anna = await centre.agent("anna", extension="1001")
    tab = await centre.another_tab(anna)

    centre.customer(NUMBER).calls("support").rings(anna)

    one, two = await anna.sees("pop"), await tab.sees("pop")
    assert one["pop"] == two["pop"]
    assert one["card"] == two["card"]


async def test_a_screen_that_does_not_read_is_cut_and_nobody_waits_for_it(centre: Centre) -> None:
    anna = await centre.agent("anna", extension="1001")
    ben = await centre.agent("ben", extension="1002")
    sleeper = next(screen for screen in centre.web.hub.connected() if screen.actor.user == "ben")
    assert ben.socket is not None
    assert sleeper.transport is not None
    ben.stops_reading()
    flood = msgspec.structs.replace(_call(), name="x" * 20_000)

    while sleeper.transport is not None:
        centre.web.hub.call(ben.device, flood)
        await asyncio.sleep(0)
    began = time.perf_counter()
    centre.web.hub.call(anna.device, _call())
    await anna.sees("call")

    assert time.perf_counter() - began < 0.5
    assert not centre.web.hub.is_connected("ben")
    assert (await ben.opens(resume=f"{ben.frames[0]['session']}.1"))["type"] == "snapshot"


async def test_a_screen_that_stalls_is_cut_after_some_seconds(centre: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screens, "STALLED_SECONDS", 0.2)
    ben = await centre.agent("ben", extension="1002")
    sleeper = next(centre.web.hub.connected())
    assert sleeper.transport is not None
    ben.stops_reading()
    flood = msgspec.structs.replace(_call(), name="x" * 200_000)

    while sleeper.transport.get_write_buffer_size() == 0 or sleeper.behind == 0:
        centre.web.hub.call(ben.device, flood)
        await asyncio.sleep(0)

    await until(lambda: sleeper.transport is None)
    ben.reads_again()
    assert await ben.is_closed() == m.CLOSE_SLOW


async def test_an_agent_never_receives_what_concerns_another(centre: Centre) -> None:
    await centre.directory.add("王芳", NUMBER)
    await centre.directory.add("Mario Rossi", OTHER)
    anna = await centre.agent("anna", extension="1001")
    ben = await centre.agent("ben", extension="1002")
    boss = await centre.person("boss", extension="1901", role="supervisor")
    await boss.opens()
    root = await centre.person("root", role="admin")
    await root.opens()
    centre.link_comes_up(centre.member(anna), centre.member(ben))
    annas = centre.customer(NUMBER, "Fang").calls("support")
    bens = centre.customer(OTHER, "Mario").calls("sales")
    annas.rings(anna)
    bens.rings(ben)
    await anna.sees("pop")
    await ben.sees("pop")
    annas.is_answered_by(anna)
    bens.is_answered_by(ben)
    assert (await anna.asks("card.choose", call=bens.id, customer=2))["code"] == "not_your_call"
    assert (await anna.asks("customer.register", call=bens.id, name="x"))["code"] == "not_your_call"
    annas.hangs_up()
    bens.hangs_up()

    for person in (anna, ben, boss, root):
        await person.meanwhile()

    assert _mentions(anna.frames, NUMBER, "王芳", "Fang", annas.id)
    assert not _mentions(anna.frames, OTHER, "Mario", bens.id, "1002")
    assert not _mentions(ben.frames, NUMBER, "王芳", "Fang", annas.id, "1001")
    for other in (boss, root):
        assert not _mentions(other.frames, NUMBER, OTHER, "王芳", "Mario", "Fang", annas.id, bens.id)
        assert any(frame["type"] == "link" for frame in other.frames)


async def test_a_disabled_user_is_out_at_once(centre: Centre) -> None:
    anna = await centre.agent("anna", extension="1001")
    root = await centre.person("root", role="admin")

    answer = await root.http.post("/api/people/enable", json={"user": "anna", "enabled": False})

    assert (await answer.json())["enabled"] is False
    assert await anna.is_closed() == m.CLOSE_SIGNED_OUT
    assert (await anna.http.get("/api/me")).status == 401


async def test_a_user_disabled_elsewhere_is_out_within_five_seconds(centre: Centre) -> None:
    anna = await centre.agent("anna", extension="1001")
    user = await centre.users.by_name("anna")
    assert user is not None
    began = time.monotonic()

    await centre.users.disable(user.id)

    assert await anna.is_closed() == m.CLOSE_SIGNED_OUT
    assert time.monotonic() - began < 5.0


async def test_logging_out_closes_the_screens_of_that_session_only(centre: Centre) -> None:
    anna = await centre.agent("anna", extension="1001")
    root = await centre.person("root", role="admin")
    await root.opens()

    assert (await anna.http.post("/api/logout", json={})).status == 204

    assert await anna.is_closed() == m.CLOSE_SIGNED_OUT
    assert await root.meanwhile() == []


async def test_stopping_the_service_asks_the_screens_to_come_back(centre: Centre) -> None:
    anna = await centre.agent("anna", extension="1001")

    closing = asyncio.create_task(centre.web.server.close())

    assert await anna.is_closed() == m.CLOSE_RESTART
    await closing


async def test_a_caller_cannot_break_a_frame(centre: Centre) -> None:
    name = "<img src=x onerror=alert(1)>=cmd|'/c calc'!A1\r\n\0\u2028\"}"
    anna = await centre.agent("anna", extension="1001")

    centre.customer(NUMBER, name).calls("support").rings(anna)

    assert (await anna.sees("pop"))["call"]["name"] == name


async def test_a_consulted_colleague_sees_the_customer(centre: Centre) -> None:
    await centre.directory.add("王芳", NUMBER)
    anna = await centre.agent("anna", extension="1001")
    ben = await centre.agent("ben", extension="1002")
    customer = centre.customer(NUMBER).calls("support")
    customer.is_answered_by(anna)
    await centre.directory_answered()

    consultation = centre.customer("1001", "anna").calls(direction="internal")
    centre.registry.calls[consultation.id] = msgspec.structs.replace(
        centre.registry.calls[consultation.id], consults=customer.id
    )
    consultation.rings(ben)

    pop = await ben.sees("pop")
    assert customers_in(pop) == ["王芳"]
    assert pop["card"]["call"] == consultation.id


def _call() -> CallView:
    return CallView("c", "inbound", "alerting", NUMBER, NUMBER, "", "", "", 0.0, 0.0, None, 0.0)


def _mentions(frames: list[dict[str, object]], *words: str) -> bool:
    text = msgspec.json.encode(frames).decode()
    return any(word in text for word in words)

"""What a caller chose and what an agent wrote, on a real Asterisk: both are there when the next phone rings."""

import asyncio
import re
import signal
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.daemon import HERE, Daemon, Desk, Frame, free_port
from tests.integration.switch import RobotCall, Switch

ORDER = "20261124"


@pytest.fixture
async def daemon(switch: Switch, tmp_path: Path) -> AsyncIterator[Daemon]:
    """Return a service with the [[attached]] of the shipped settings, and two agents."""
    daemon = Daemon(tmp_path, ami=(switch.ami_host, switch.ami_port), secret=switch.ami_secret, port=free_port())
    shipped = (HERE / "config/cti.toml").read_text(encoding="utf-8")
    attached = shipped[shipped.index("\n[[attached]]") : shipped.index("\n[log]")]
    with daemon.config.open("a", encoding="utf-8") as config:
        config.write(attached)
    await daemon.has_person("anna", "PJSIP/1001")
    await daemon.has_person("bo", "PJSIP/1002")
    async with daemon:
        await daemon.is_ready()
        yield daemon


async def calls_through_the_menu(switch: Switch) -> RobotCall:
    """Let a customer choose 1, an order, and key its number in; agent 1001 answers."""
    await switch.phone("1001").answers_after(0.3)
    await switch.phone("1002").never_answers()
    await switch.agents_log_in("support", "1001")
    return await switch.customer_calls("13800138000", did="5090", keys=f"ww1ww{ORDER}#")


def data_in(frame: Frame) -> dict[str, str]:
    return {datum["name"]: datum["value"] for datum in frame["call"]["data"]}


async def talks(desk: Desk) -> Frame:
    return await desk.sees("call", lambda frame: frame["call"]["state"] == "connected", within=15)


async def test_the_menu_stands_on_the_card_and_goes_on_to_the_next_agent_with_the_note(
    switch: Switch, daemon: Daemon
) -> None:
    anna, bo = await daemon.screen_of("anna"), await daemon.screen_of("bo")
    customer = await calls_through_the_menu(switch)

    pop = await anna.sees("pop", within=15)
    assert data_in(pop) == {"CTI_MENU": "1", "CTI_ORDER": ORDER}
    (menu, order) = pop["call"]["data"]
    assert (menu["zh"], menu["value_zh"], menu["value_en"]) == ("语音菜单", "查询订单", "An order")
    assert (order["en"], order["value_en"]) == ("Order", ORDER)
    call = (await talks(anna))["call"]["about"]
    assert (await anna.asks("note.write", call=call, text="她要退第二件"))["type"] == "done"

    question = await switch.phone("1001").dials("1002")  # a consultation: the customer still talks with anna's phone
    notes = await bo.sees("notes")
    assert [(note["author"], note["text"]) for note in notes["notes"]["notes"]] == [("anna", "她要退第二件")]
    asked = await bo.sees("pop")
    assert asked["call"]["call"] != call
    assert (asked["call"]["about"], data_in(asked)) == (call, {"CTI_MENU": "1", "CTI_ORDER": ORDER})
    assert (await bo.asks("note.write", call=call, text="仓库有货"))["type"] == "done"
    seen = await anna.sees("notes", lambda frame: len(frame["notes"]["notes"]) == 2)
    assert [note["author"] for note in seen["notes"]["notes"]] == ["anna", "bo"]
    await question.hangs_up()
    await bo.sees("call.gone")

    await switch.phone("1001").transfers_blind("1002")
    await bo.sees("notes")
    given = await bo.sees("pop")
    assert (given["call"]["call"], given["call"]["state"]) == (call, "alerting")
    assert data_in(given) == {"CTI_MENU": "1", "CTI_ORDER": ORDER}

    await customer.hangs_up()
    await daemon.recorded(1)
    notes_of, data_of = await stored(daemon)
    assert notes_of == {("anna", "她要退第二件"), ("bo", "仓库有货")}
    assert data_of == {("CTI_MENU", "1"), ("CTI_ORDER", ORDER)}


Pairs = set[tuple[str, str]]


async def stored(daemon: Daemon) -> tuple[Pairs, Pairs]:
    """Return the notes and the data that stand with the records, once no note waits for one."""
    async with asyncio.timeout(10):
        while True:
            with sqlite3.connect(f"file:{daemon.database}?mode=ro", uri=True) as db:
                if not db.execute("SELECT 1 FROM live_notes").fetchall():
                    notes = db.execute("SELECT name, note FROM call_notes JOIN users ON users.id = user_id").fetchall()
                    return set(notes), set(db.execute("SELECT name, value FROM call_data").fetchall())
            await asyncio.sleep(0.05)  # another process writes them


async def test_a_service_that_was_killed_still_knows_what_the_caller_chose(switch: Switch, daemon: Daemon) -> None:
    anna = await daemon.screen_of("anna")
    customer = await calls_through_the_menu(switch)
    call = (await talks(anna))["call"]["about"]
    await anna.asks("note.write", call=call, text="等三楼回电")

    await daemon.stop(signal.SIGKILL)
    await daemon.start()
    await daemon.is_ready()

    anna = await daemon.screen_of("anna")
    snapshot = anna.snapshot
    if not snapshot["calls"]:
        snapshot = {"calls": [(await anna.sees("call"))["call"]], "notes": [(await anna.sees("notes"))["notes"]]}
    (view,) = snapshot["calls"]
    assert {datum["name"]: datum["value"] for datum in view["data"]} == {"CTI_MENU": "1", "CTI_ORDER": ORDER}
    assert [note["text"] for note in snapshot["notes"][0]["notes"]] == ["等三楼回电"]
    await customer.hangs_up()
    await daemon.recorded(1)
    assert (await stored(daemon))[0] == {("anna", "等三楼回电")}


CARELESS = """
[from-trunk](+)
exten => 5091,1,Set(CTI_MENU=${URIDECODE(a%0D%0A%0D%0AEvent: Hangup%0D%0AChanVariable: CTI_ORDER=666)})
 same => n,Goto(queues,5000,1)
exten => 5092,1,UserEvent(CtiData,CTI_ORDER: 7,CTI_OTHER: unlisted)
 same => n,UserEvent(CtiData,CTI_ORDER: )
 same => n,UserEvent(CtiData,CTI_MENU: ${URIDECODE(1%0D%0AUniqueid: x)})
 same => n,UserEvent(CtiData,CTI_MENU: ${URIDECODE(1%0D%0A%0D%0AEvent: Hangup)})
 same => n,UserEvent(CtiData,CTI_MENU: 2)
 same => n,Goto(queues,5000,1)
"""


@pytest.fixture
async def careless(switch: Switch) -> AsyncIterator[None]:
    """Give the switch a dialplan that lets strangers' text into what it tells."""
    path = Path(switch.facts["paths"]["etc"]) / "extensions.conf"
    before = path.read_text()
    path.write_text(before + CARELESS)
    await switch.cli("dialplan reload")
    yield
    path.write_text(before)
    await switch.cli("dialplan reload")


async def test_text_of_strangers_stays_text(switch: Switch, daemon: Daemon, careless: None) -> None:
    """A variable's line ends are escaped; what a careless dialplan lets into an event changes nothing else."""
    anna = await daemon.screen_of("anna")
    await switch.phone("1001").answers_after(0.3)
    await switch.agents_log_in("support", "1001")

    first = await switch.customer_calls("13800138000", did="5091")
    assert data_in(await anna.sees("pop")) == {"CTI_MENU": "aEvent: HangupChanVariable: CTI_ORDER=666"}
    await talks(anna)
    await first.hangs_up()
    await anna.sees("call.gone")
    assert await daemon.metric("cti_ami_frames_refused") == 0

    second = await switch.customer_calls("13800138001", did="5092")
    assert data_in(await anna.sees("pop")) == {"CTI_MENU": "2"}
    await talks(anna)
    assert await daemon.metric("cti_ami_frames_refused") > 0
    await second.hangs_up()
    assert [record["certain"] for record in await daemon.recorded(2)] == [1, 1]


@pytest.mark.parametrize("name", ["attached-data.md", "attached-data.zh.md"])
def test_the_documents_show_what_was_tested_here(name: str) -> None:
    blocks = re.findall(r"```(?:toml|ini)\n(.*?)```", (HERE / "docs" / name).read_text(encoding="utf-8"), re.DOTALL)
    files = ("config/cti.toml", "config/asterisk/extensions.conf", "config/asterisk/manager.conf")
    shipped = "".join((HERE / file).read_text(encoding="utf-8") for file in files)
    assert len(blocks) == 4
    for block in blocks:
        assert re.sub(r"^; .*\n", "", block) in shipped

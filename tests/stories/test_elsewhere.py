"""Other systems know the caller too: what they say is patched into the card, and none of them keeps it waiting."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from cti.ports import SourceRecord
from cti.services.sources import Sources
from cti.sources import CsvSource, SourceField, SourceSettings
from tests.fakes.centre import Centre, Frame, Jumps, customers_in, running, until
from tests.fakes.sources import FakeSource

NUMBER = "+8613800138000"
RECORD = SourceRecord("C-1", "王芳", {"level": "金卡", "company": "云山贸易"}, "")


def settings(name: str) -> SourceSettings:
    return CsvSource(
        name=name,
        folder="",
        numbers=("phone",),
        title_zh="客户系统",
        title_en="CRM",
        field=(SourceField("level", "等级", "Level"), SourceField("company", "公司", "Company", "company")),
        link="https://crm.example.cn/customers/{id}?from={e164}",
    )


@asynccontextmanager
async def centre_with(*fakes: FakeSource, **settings_of_centre: float) -> AsyncIterator[Centre]:
    sources = Sources([(settings(fake.name), fake) for fake in fakes])
    async with running(sources=sources, **settings_of_centre) as centre:
        try:
            yield centre
        finally:
            await sources.close()


def states(frame: Frame) -> list[str]:
    return [source["state"] for source in frame["card"]["sources"]]


async def test_what_was_answered_before_the_ring_is_on_the_card() -> None:
    async with centre_with(FakeSource("crm", RECORD), FakeSource("erp")) as centre:
        anna = await centre.agent("anna", extension="1001")
        customer = centre.customer(NUMBER).calls("support")
        await centre.directory_answered()

        customer.rings(anna, "support")

        pop = await anna.sees("pop")
        assert pop["card"]["state"] == "unknown"  # to us
        crm, erp = pop["card"]["sources"]
        assert erp == {"source": "erp", "title_zh": "客户系统", "title_en": "CRM", "state": "none", "records": []}
        [record] = crm["records"]
        assert record["name"] == "王芳"
        assert record["url"] == "https://crm.example.cn/customers/C-1?from=%2B8613800138000"
        assert record["fields"] == [
            {"zh": "等级", "en": "Level", "value": "金卡", "into": ""},
            {"zh": "公司", "en": "Company", "value": "云山贸易", "into": "company"},
        ]


async def test_a_source_that_hangs_keeps_no_pop_waiting_and_its_late_answer_is_patched_in() -> None:
    crm, erp = FakeSource("crm", RECORD), FakeSource("erp")
    crm.hangs()
    async with centre_with(crm, erp) as centre:
        await centre.directory.add("王芳", NUMBER)
        anna = await centre.agent("anna", extension="1001")
        customer = centre.customer(NUMBER).calls("support")
        await centre.directory_answered()

        customer.rings(anna, "support")

        pop = await anna.sees("pop")
        assert customers_in(pop) == ["王芳"]
        assert states(pop) == ["looking", "none"]
        crm.answers()
        card = await anna.sees("card")
        assert states(card) == ["found", "none"]
        assert customers_in(card) == ["王芳"]


async def test_an_answer_sends_no_pop_that_waits_for_our_own_customers() -> None:
    crm = FakeSource("crm", RECORD)
    async with centre_with(crm) as centre:
        await centre.directory.add("王芳", NUMBER)
        centre.directory.open.clear()
        anna = await centre.agent("anna", extension="1001")
        centre.customer(NUMBER).calls().rings(anna)
        await centre.directory_answered()
        assert crm.asked == [NUMBER]
        assert "pop" not in await anna.meanwhile()

        centre.directory.open.set()

        pop = await anna.sees("pop")
        assert pop["card"]["state"] == "known"
        assert states(pop) == ["found"]


async def test_a_source_that_gives_no_answer_is_left_alone_and_tried_again_later(
    caplog: pytest.LogCaptureFixture,
) -> None:
    crm, jumps = FakeSource("crm", RECORD), Jumps()
    crm.hangs()
    caplog.set_level(logging.INFO, "cti.services.sources")
    sources = Sources([(settings("crm"), crm)])

    async def ask(number: int) -> str:
        """Return what the card says of the source in the end."""
        answered: asyncio.Queue[str] = asyncio.Queue()
        [view] = sources.ask(f"+86138001380{number:02}", lambda view: answered.put_nowait(view.state))
        if view.state != "looking":
            return view.state
        await until(lambda: crm.asked[-1:] == [f"+86138001380{number:02}"])
        if not crm.open_for_business.is_set():
            await jumps.forward(3)
        return await answered.get()

    assert [await ask(number) for number in range(8)] == ["failed"] * 8
    assert len(crm.asked) == 5  # the others were not even asked
    [light] = sources.health()
    assert (light.ok, light.text) == (False, "no answer within 3 s")

    crm.answers()
    assert await ask(20) == "failed"  # the pause is not over
    await jumps.forward(30)
    assert await ask(21) == "found"

    assert sources.health()[0].ok
    told = [record.getMessage() for record in caplog.records if record.name == "cti.services.sources"]
    assert told == ["customer source fails", "customer source answers again"]
    assert NUMBER[3:9] not in "".join(str(vars(record)) for record in caplog.records)
    await sources.close()


async def test_a_source_with_a_bug_costs_nothing_but_its_light() -> None:
    crm, erp = FakeSource("crm"), FakeSource("erp", RECORD)
    crm.error = KeyError("13800138000")
    async with centre_with(crm, erp) as centre:
        anna = await centre.agent("anna", extension="1001")
        customer = centre.customer(NUMBER).calls("support")
        await centre.directory_answered()
        customer.rings(anna, "support")
        assert states(await anna.sees("pop")) == ["failed", "found"]


async def test_calls_with_one_number_share_a_question_and_its_answer_is_kept() -> None:
    crm, jumps = FakeSource("crm", RECORD), Jumps()
    crm.hangs()
    sources = Sources([(settings("crm"), crm)])
    told: list[str] = []
    for _ in range(3):
        sources.ask(NUMBER, lambda view: told.append(view.state))
    crm.answers()
    await until(lambda: told == ["found"] * 3)

    assert [view.state for view in sources.ask(NUMBER, lambda view: None)] == ["found"]
    assert crm.asked == [NUMBER]

    await jumps.forward(301)
    assert [view.state for view in sources.ask(NUMBER, lambda view: None)] == ["looking"]
    await sources.close()


async def test_answers_that_come_late_turn_the_light_red_but_are_still_shown() -> None:
    crm, jumps = FakeSource("crm", RECORD), Jumps()
    crm.hangs()
    sources = Sources([(settings("crm"), crm)])
    told: list[str] = []
    sources.ask(NUMBER, lambda view: told.append(view.state))
    await until(lambda: crm.asked == [NUMBER])
    await jumps.forward(1)
    crm.answers()
    await until(lambda: told == ["found"])
    assert sources.health()[0].text == "answers take longer than 0.4 s"
    await sources.close()


async def test_the_answer_about_a_number_that_was_corrected_goes_nowhere() -> None:
    crm = FakeSource("crm", RECORD)
    crm.hangs()
    async with centre_with(crm) as centre:
        anna = await centre.agent("anna", extension="1001")
        customer = centre.customer("+8613900139000").calls("support")
        customer.rings(anna, "support")
        await anna.sees("pop")
        call = centre.registry.calls[customer.id]
        lookups = centre.web.assist._lookups
        lookups.start(call.id, NUMBER, internal=False)
        assert states(await anna.sees("card")) == ["looking"]

        crm.answers()

        assert states(await anna.sees("card")) == ["found"]
        assert "card" not in await anna.meanwhile()
        assert crm.asked == ["+8613900139000", NUMBER]


async def test_a_number_that_cannot_be_called_is_asked_of_nobody() -> None:
    crm = FakeSource("crm", RECORD)
    async with centre_with(crm) as centre:
        anna = await centre.agent("anna", extension="1001")
        centre.customer("anonymous").calls("support").rings(anna, "support")
        assert (await anna.sees("pop"))["card"]["sources"] == []
        assert crm.asked == []


async def test_a_centre_without_sources_makes_one_task_for_a_call(centre: Centre) -> None:
    before = asyncio.all_tasks()
    customer = centre.customer(NUMBER).calls("support")
    assert [task.get_name() for task in asyncio.all_tasks() - before] == [f"lookup:{customer.id}"]

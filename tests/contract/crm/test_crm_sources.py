"""What every system elsewhere promises, whatever it is."""

import asyncio

import pytest

from connectors.crm.sources import source_of
from cti.ports import CustomerSource, SourceFailed
from cti.sources import PluginSource
from tests.contract.crm.conftest import HERE, LI, WANG


async def test_it_has_the_records_of_a_number_in_order(source: CustomerSource) -> None:
    wang, husband = await source.by_number(WANG)
    assert (wang.id, wang.name, wang.fields) == ("C-1", "王芳", {"level": "金卡", "amount": "1200"})
    assert (husband.id, husband.fields) == ("C-2", {"level": "", "amount": "0"})


async def test_text_comes_as_it_is_there(source: CustomerSource) -> None:
    assert [record.name for record in await source.by_number(LI)] == ["O'Brien; DROP TABLE"]


async def test_nobody_is_no_failure(source: CustomerSource) -> None:
    assert await source.by_number("+8613900139000") == []


async def test_many_may_ask_at_once(source: CustomerSource) -> None:
    answers = await asyncio.gather(*(source.by_number(number) for number in [WANG, LI] * 20))
    assert [len(records) for records in answers] == [2, 1] * 20


async def test_who_gives_up_does_no_harm_to_the_next(source: CustomerSource) -> None:
    asked = [asyncio.ensure_future(source.by_number(WANG)) for _ in range(5)]
    for turns, question in enumerate(asked):
        for _ in range(turns):
            await asyncio.sleep(0)
        question.cancel()
    await asyncio.gather(*asked, return_exceptions=True)
    assert len(await source.by_number(WANG)) == 2


async def test_a_plugin_that_is_not_installed_is_a_source_that_fails() -> None:
    source = source_of(PluginSource(name="own", plugin="acme"), HERE, region="CN")
    with pytest.raises(SourceFailed, match="'acme'"):
        await source.by_number(WANG)

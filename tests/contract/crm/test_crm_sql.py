"""A query on somebody else's database: it reads, it ends, and its faults are told without anybody's data."""

from typing import Any

import msgspec
import pytest
import pytest_asyncio

from connectors.crm.sql import SqlSourceReader
from cti.ports import SourceFailed, SourceRecord
from cti.sources import SqlSource
from tests.contract.crm.conftest import WANG, sql_source


@pytest_asyncio.fixture(params=["postgresql", "mariadb"])
async def settings(request: pytest.FixtureRequest) -> SqlSource:
    return await sql_source(request, request.param)


async def ask(settings: SqlSource, **changes: Any) -> list[SourceRecord]:
    source = SqlSourceReader(msgspec.structs.replace(settings, **changes))
    try:
        return await source.by_number(WANG)
    finally:
        await source.close()


async def test_a_query_that_writes_is_stopped_by_the_database(settings: SqlSource) -> None:
    writes = "DELETE FROM customers WHERE phone = :national RETURNING id, name, level, amount"
    if settings.url.startswith("postgresql"):
        writes = f"WITH gone AS ({writes}) TABLE gone"
    with pytest.raises(SourceFailed, match="tries to write"):
        await ask(settings, query=writes)
    assert len(await ask(settings)) == 2


async def test_a_query_that_takes_too_long_is_stopped_by_the_database(settings: SqlSource) -> None:
    query = "SELECT sleep(10) AS id, name, level, amount FROM customers WHERE phone = :national"
    if settings.url.startswith("postgresql"):
        query = query.replace("sleep(10)", "pg_sleep(10)::text")
    with pytest.raises(SourceFailed, match="took too long"):
        await ask(settings, query=query, give_up_seconds=0.3, deadline_seconds=0.1)


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ("SELECT nothing FROM customers WHERE phone = :e164", "the query is wrong: .*nothing"),
        ("SELECT id FROM nowhere WHERE phone = :e164", "the query is wrong: .*nowhere"),
        ("SELECT id FROM customers WHERE WHERE phone = :e164", "the query is wrong"),
        ("SELECT id, name FROM customers WHERE phone = :national", "gives no column level, amount"),
    ],
)
async def test_a_wrong_query_is_told(settings: SqlSource, query: str, fault: str) -> None:
    with pytest.raises(SourceFailed, match=fault):
        await ask(settings, query=query)


async def test_a_fault_quotes_no_number(settings: SqlSource) -> None:
    if settings.url.startswith("mysql"):
        pytest.skip("MariaDB compares text with numbers without a word")
    query = "SELECT id, name, level, amount FROM customers WHERE amount = CAST(:e164 || 'x' AS integer)"
    with pytest.raises(SourceFailed) as caught:
        await ask(settings, query=query)
    assert "138" not in str(caught.value)


async def test_no_more_rows_are_fetched_than_a_card_shows(settings: SqlSource) -> None:
    query = "SELECT a.* FROM customers a, customers b, customers c WHERE :national <> ''"
    assert len(await ask(settings, query=query)) == 5


async def test_a_database_that_is_away(settings: SqlSource) -> None:
    url = settings.url.partition("@")[0] + "@127.0.0.1:9/crm"
    with pytest.raises(SourceFailed, match="cannot be reached"):
        await ask(settings, url=url)

"""`cti check` asks each source for its test number, and says in one sentence what it found."""

from typing import Any

import pytest
from aiohttp import web

from cti.check_sources import told_of_sources
from cti.settings import Settings, Switch
from cti.sources import HttpSource, SourceField
from tests.contract.crm.conftest import HERE, WANG, Elsewhere


def settings(*sources: HttpSource) -> Settings:
    return Settings(Switch("cti", secret="not a secret"), source=sources, outgoing=HERE)


@pytest.mark.parametrize(
    ("changes", "level", "says"),
    [
        ({"test_number": WANG, "field": ()}, "ok", "found 2 under the test number"),
        ({}, "info", "give it a test_number"),
        ({"test_number": "+8613900139000"}, "info", "nobody has the test number"),
        ({"test_number": WANG, "title": "/nickname"}, "warning", "no name: see title"),
        ({"test_number": WANG, "field": (SourceField("/nothing"),)}, "warning", "nothing in nothing: see field"),
        ({"test_number": WANG, "records": "/data/0/id"}, "warning", "there are no records at /data/0/id"),
        ({"test_number": WANG, "url": "http://127.0.0.1:9/{e164}"}, "warning", "cannot be reached"),
    ],
)
async def test_a_source_is_tried(elsewhere: Elsewhere, changes: dict[str, Any], level: str, says: str) -> None:
    [told] = await told_of_sources(settings(elsewhere.settings(**{"deadline_seconds": 3.0, **changes})))
    assert (told[0], told[1]) == (level, "source crm")
    assert says in told[2]


async def test_one_that_fails_does_not_hide_the_others(elsewhere: Elsewhere) -> None:
    async def html(request: web.Request) -> web.Response:
        return web.Response(text="<html>", content_type="text/html")

    elsewhere.answer = html
    away = elsewhere.settings(name="away", test_number=WANG, url="http://127.0.0.1:9/{e164}")
    told = await told_of_sources(settings(away, elsewhere.settings(test_number=WANG)))
    assert [level for level, _, _ in told] == ["warning", "warning"]
    assert told[1][2] == "answered text/html instead of JSON"

"""An administrator reads the audit, narrowed and as a file; nobody else does."""

import csv
import io
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import pytest

from cti.staff import AuditAction, AuditEntry
from tests.fakes.centre import Agent, Centre

TEXTS = Path(__file__).parents[2] / "cti" / "web" / "ui" / "src" / "lib"


async def admin_of(centre: Centre) -> Agent:
    return await centre.person("ada", role="admin")


async def audit(reader: Agent, query: str = "") -> Any:
    return await (await reader.http.get(f"/api/audit{query}")).json()


async def export(reader: Agent, **wanted: str) -> tuple[int, str]:
    answer = await reader.http.post("/api/audit/export", json=wanted)
    return answer.status, await answer.text()


async def write(centre: Centre, *entries: tuple[str, str, str, str]) -> None:
    at = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)
    for who, action, whom, what in entries:
        await centre.work.audit.add(AuditEntry(at, who, action, whom, what, "10.0.0.7"))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_action_that_is_written_has_its_sentence(language: str) -> None:
    text = (TEXTS / f"{language}.audit.ts").read_text(encoding="utf-8")
    told = set(re.findall(r"'did\.([a-z_.]+)':", text))
    assert told == set(get_args(AuditAction))


async def test_the_audit_is_narrowed_by_person_action_and_day(centre: Centre) -> None:
    ada = await admin_of(centre)
    await write(centre, ("zhao", "agent.force", "he", "{}"), ("he", "log_in", "", ""), ("bo", "log_in", "", ""))
    assert [entry["id"] for entry in (await audit(ada, "?person=he"))["entries"]] == [2, 1]
    assert [entry["id"] for entry in (await audit(ada, "?action=log_in&person=he"))["entries"]] == [2]
    assert len((await audit(ada, "?day=2026-03-05"))["entries"]) == 3
    assert (await audit(ada, "?day=2026-03-06"))["entries"] == []
    assert (await audit(ada, "?day=5.3.2026"))["code"] == "bad_request"
    first, second = await audit(ada, "?limit=2"), await audit(ada, "?limit=2&before=2")
    assert ([entry["id"] for entry in first["entries"]], first["whole"]) == ([3, 2], True)
    assert ([entry["id"] for entry in second["entries"]], second["whole"]) == ([1], None)


async def test_the_file_has_all_that_fits_and_no_formula_and_its_download_is_written_down(centre: Centre) -> None:
    ada = await admin_of(centre)
    rows = [("=HYPERLINK(1)", "log_in.refused", "", ""), *[("he", "log_in", "", "")] * 1_200]
    await write(centre, *rows, ("he", "agent.force", "@SUM(A1)", "+cmd|' /C calc'!A0"))
    status, text = await export(ada)
    assert status == 200
    header, *lines = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    assert header == ["id", "at", "who", "action", "whom", "what", "source"]
    assert len(lines) == 1_203
    assert lines[0][3] == "audit.export"
    assert not [cell for line in lines for cell in line if cell[:1] in ("=", "+", "-", "@", "\t")]
    assert lines[1][4:6] == ["'@SUM(A1)", "'+cmd|' /C calc'!A0"]
    assert lines[-1][2] == "'=HYPERLINK(1)"

    status, text = await export(ada, person="he", action="agent.force", day="2026-03-05")
    assert len(text.strip().splitlines()) == 2
    latest = (await centre.work.audit.latest(limit=1))[0]
    assert (latest.who, latest.action) == ("ada", "audit.export")
    assert '"person":"he"' in latest.what


async def test_nobody_else_reads_it(centre: Centre) -> None:
    lena = await centre.person("lena", role="lead")
    assert (await audit(lena))["code"] == "not_allowed"
    assert (await export(lena))[0] == 403
    assert await centre.work.audit.latest() == []

"""HTTP, for administrators: who did what to whom, in pages and as a file."""

import csv
import io
from collections.abc import AsyncIterator
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from aiohttp import web

from cti.exchange.cells import safe
from cti.services.clock import milliseconds
from cti.staff import AuditEntry, AuditFilter, AuditLog
from cti.web import api_people
from cti.web.context import CONTEXT, HttpRefusal, answer, form, permitted, source_of
from cti.web.people import number_in
from cti.web.permissions import Action

_AT_ONCE = 500  # entries read for a piece of the file
_COLUMNS = ("id", "at", "who", "action", "whom", "what", "source")


async def audit(request: web.Request) -> web.Response:
    await permitted(request, Action.SEE_AUDIT)
    context, query = request.app[CONTEXT], request.query
    log = context.people.work.audit
    before, limit = number_in(request, "before"), number_in(request, "limit")
    only = _filter(query.get("person", ""), query.get("action", ""), query.get("day", ""), context.zone)
    entries = await log.latest(before=before, limit=100 if limit is None else limit, only=only)
    whole = await log.is_whole() if before is None else None
    return answer(api_people.Audit(tuple(map(_entry, entries)), whole))


async def export(request: web.Request) -> web.StreamResponse:
    """Send what the filter lets through, as a file that no spreadsheet runs anything of; that is written down too."""
    wanted = await form(request, api_people.ExportAudit)
    who = await permitted(request, Action.SEE_AUDIT)
    context = request.app[CONTEXT]
    only = _filter(wanted.person, wanted.action, wanted.day, context.zone)
    await context.people.note(
        who.user.name, "audit.export", source=source_of(request),
        person=wanted.person, did=wanted.action, day=wanted.day,
    )  # fmt: skip
    response = web.StreamResponse(
        headers={
            "Content-Type": "text/csv; charset=utf-8",
            "Content-Disposition": f'attachment; filename="audit{f"-{wanted.day}" if wanted.day else ""}.csv"',
            "Cache-Control": "no-store",
        }
    )
    await response.prepare(request)
    async for piece in _pieces(context.people.work.audit, only, context.zone):
        await response.write(piece.encode())
    await response.write_eof()
    return response


async def _pieces(log: AuditLog, only: AuditFilter, zone: ZoneInfo) -> AsyncIterator[str]:
    yield "\ufeff" + _lines([_COLUMNS])  # without the mark, a spreadsheet takes Chinese for something else
    before: int | None = None
    while entries := await log.latest(before=before, limit=_AT_ONCE, only=only):
        before = entries[-1].id
        yield _lines([_row(entry, zone) for entry in entries])


def _row(entry: AuditEntry, zone: ZoneInfo) -> tuple[str, ...]:
    at = entry.at.astimezone(zone).isoformat(sep=" ", timespec="seconds")
    texts = (entry.who, entry.action, entry.whom, entry.what, entry.source)
    return (str(entry.id), at, *map(safe, texts))


def _lines(rows: list[tuple[str, ...]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return out.getvalue()


def _filter(person: str, action: str, day: str, zone: ZoneInfo) -> AuditFilter:
    """Return what is asked for; *day* is one of the centre's, written 2026-03-05, or ""."""
    since = until = None
    if day:
        try:
            begin = datetime.combine(datetime.strptime(day, "%Y-%m-%d").date(), time(), zone)
            since, until = begin.astimezone(UTC), (begin + timedelta(days=1)).astimezone(UTC)
        except (ValueError, OverflowError):
            raise HttpRefusal(400, "bad_request", "a day is written like 2026-03-05") from None
    return AuditFilter(person.strip(), action, since, until)


def _entry(entry: AuditEntry) -> api_people.AuditEntry:
    at = milliseconds(entry.at)
    return api_people.AuditEntry(entry.id, at, entry.who, entry.action, entry.whom, entry.what, entry.source)

"""Asks the systems elsewhere who a number is: all at once, each with its own patience, and no call waits for any."""

import asyncio
import logging
import unicodedata
from collections.abc import Callable, Sequence
from typing import Literal
from urllib.parse import urlsplit

import msgspec

from cti.ports import CustomerSource, SourceFailed, SourceRecord
from cti.services.blaming import blame
from cti.services.breaker import Breaker
from cti.services.kept import Kept
from cti.services.views import FoundField, FoundRecord, SourceView
from cti.sources import SourceField, SourceSettings, fill, forms_of

log = logging.getLogger(__name__)

MOST_RECORDS = 5
MOST_FIELDS = 20
MOST_UNDER_WAY = 64  # questions to one source; further ones are not asked
MOST_KEPT = 5000  # answers of one source
_LONGEST_NAME = 200
_LONGEST_VALUE = 500
_SLOW_SECONDS = 60.0  # the light stays red so long after an answer that came late

Result = Literal["found", "none", "failed", "late", "kept", "refused"]
Observe = Callable[[str, Result, float], None]
"""Takes (source, what came of a question, seconds that it took)."""


class SourceHealth(msgspec.Struct, frozen=True):
    """The light of one source, for the operations page."""

    source: str
    ok: bool
    text: str = ""  # what is wrong


class Sources:
    """The systems elsewhere, in the order of the settings."""

    def __init__(
        self,
        sources: Sequence[tuple[SourceSettings, CustomerSource]],
        *,
        observe: Observe = lambda source, result, seconds: None,
    ) -> None:
        self._desks = [_Desk(settings, source, observe) for settings, source in sources]

    def __len__(self) -> int:
        return len(self._desks)

    def ask(self, e164: str, then: Callable[[SourceView], None]) -> tuple[SourceView, ...]:
        """Return what each source says at once; those that are `looking` tell *then* once they are not."""
        return tuple(desk.ask(e164, then) for desk in self._desks)

    def health(self) -> list[SourceHealth]:
        return [desk.health for desk in self._desks]

    async def open(self) -> None:
        await asyncio.gather(*(desk.open() for desk in self._desks))

    async def close(self) -> None:
        await asyncio.gather(*(desk.close() for desk in self._desks))


class _Desk:
    """One source: what it is asked, what it answered lately, and whether it is worth asking."""

    def __init__(self, settings: SourceSettings, source: CustomerSource, observe: Observe) -> None:
        self._settings = settings
        self._source = source
        self._observe = observe
        self._breaker = Breaker(pause_seconds=settings.pause_seconds)
        self._kept: Kept[SourceView] = Kept(MOST_KEPT)
        self._turns = asyncio.Semaphore(settings.most_at_once)
        self._under_way: dict[str, list[Callable[[SourceView], None]]] = {}  # number -> who waits for the answer
        self._tasks: set[asyncio.Task[None]] = set()
        self._slow_until = 0.0
        self.health = SourceHealth(settings.name, ok=True)

    def ask(self, e164: str, then: Callable[[SourceView], None]) -> SourceView:
        loop = asyncio.get_running_loop()
        kept = self._kept.get(e164, loop.time())
        if kept is not None:
            self._observe(self._settings.name, "kept", 0.0)
            return kept
        if e164 not in self._under_way:
            if len(self._under_way) >= MOST_UNDER_WAY or not self._breaker.lets_pass(loop.time()):
                self._observe(self._settings.name, "refused", 0.0)
                return self._view("failed")
            self._under_way[e164] = []
            task = loop.create_task(self._answer(e164), name=f"source:{self._settings.name}")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        self._under_way[e164].append(then)
        return self._view("looking")

    async def open(self) -> None:
        try:
            await self._source.open()
        except Exception as error:  # noqa: BLE001 - whatever a source raises, the service starts
            log.error("customer source did not open", extra={"source": self._settings.name, **blame(error)})

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._source.close()

    async def _answer(self, e164: str) -> None:
        settings, clock = self._settings, asyncio.get_running_loop().time
        began, view, fault, detail = clock(), self._view("failed"), "", {}
        try:
            async with asyncio.timeout(settings.give_up_seconds), self._turns:
                view = self._found(e164, await self._source.by_number(e164))
        except TimeoutError:
            fault = f"no answer within {settings.give_up_seconds:g} s"
        except SourceFailed as error:
            fault = str(error)
        except Exception as error:  # noqa: BLE001 - whatever a source raises, calls go on
            detail = blame(error)
            fault = f"a fault of ours: {detail['error']}"
        at = clock()
        self._heard(at, at - began, fault, detail, view)
        seconds = settings.cache_seconds if view.state == "found" else settings.cache_none_seconds
        if not fault and seconds:
            self._kept.put(e164, view, until=at + seconds)
        for then in self._under_way.pop(e164):
            then(view)

    def _heard(self, at: float, seconds: float, fault: str, detail: dict[str, str], view: SourceView) -> None:
        """Set the light. It is red from a fault on until the source answers and no fault is recent."""
        late = not fault and seconds > self._settings.deadline_seconds
        self._observe(self._settings.name, "late" if late else _RESULTS[view.state], seconds)
        if fault:
            self._breaker.failed(at)
        else:
            self._breaker.answered(at)
        if late:
            self._slow_until = at + _SLOW_SECONDS
            fault = f"answers take longer than {self._settings.deadline_seconds:g} s"
        before = self.health
        ok = self._breaker.state == "closed" and not self._breaker.failures and at >= self._slow_until
        self.health = SourceHealth(self._settings.name, ok, "" if ok else fault or before.text)
        if before.ok and not ok:
            log.warning("customer source fails", extra={"source": self._settings.name, "why": fault, **detail})
        elif ok and not before.ok:
            log.info("customer source answers again", extra={"source": self._settings.name})

    def _view(
        self, state: Literal["looking", "found", "none", "failed"], records: tuple[FoundRecord, ...] = ()
    ) -> SourceView:
        settings = self._settings
        titles = settings.title_zh or settings.name, settings.title_en or settings.name
        return SourceView(settings.name, *titles, state, records)

    def _found(self, e164: str, records: Sequence[SourceRecord]) -> SourceView:
        forms = forms_of(e164)
        shown = tuple(_shown(record, self._settings, forms) for record in records[:MOST_RECORDS])
        return self._view("found" if shown else "none", shown)


_RESULTS: dict[str, Result] = {"found": "found", "none": "none", "failed": "failed"}


def _shown(record: SourceRecord, settings: SourceSettings, forms: dict[str, str]) -> FoundRecord:
    known = {field.name: field for field in settings.field}
    given = list(record.fields.items())[:MOST_FIELDS]
    fields = [_field(value, known.get(name) or SourceField(name)) for name, value in given]
    url = record.url or (fill(settings.link, {**forms, "id": record.id}) if settings.link and record.id else "")
    return FoundRecord(
        plain(record.id, _LONGEST_NAME),
        plain(record.name, _LONGEST_NAME),
        tuple(field for field in fields if field.value),
        url if is_page(url) else "",
    )


def _field(value: str, field: SourceField) -> FoundField:
    return FoundField(field.zh or field.name, field.en or field.name, plain(value, _LONGEST_VALUE), field.into)


def plain(text: str, longest: int) -> str:
    """Return *text* in one line, without what a screen cannot show or what turns the direction of writing."""
    shown = "".join(" " if unicodedata.category(one) in ("Cc", "Zl", "Zp") else one for one in text[: 4 * longest])
    shown = "".join(one for one in shown if unicodedata.category(one) not in ("Cf", "Cs", "Co"))
    return " ".join(shown.split())[:longest]


def is_page(url: str) -> bool:
    """Return whether *url* is one that a browser may open in a window of its own."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and len(url) <= 2000

"""Finished and open calls on their way to the database: many in one transaction, and safe while it takes none.

What is acknowledged is durable: in the database, or in the journal beside it, which is emptied into the database as
soon as that takes records again. What is not acknowledged when the process is killed is lost as a record; its open call
is still there, since it goes in the transaction that stores the record, and whoever starts next closes it as uncertain.
"""

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import Hashable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from cti.calls.model import CallId
from cti.ports import OpenCall, StorageDown, StorageHealth, StorageRefused
from cti.storage.engine import Database, Sql, Step
from cti.storage.journal import Journal
from cti.storage.rows import DELETE_OPEN_CALL, CallRecord, CallRows, Values, clean, rows_of, steps_of

log = logging.getLogger(__name__)

BATCH = 500  # records in one transaction
GATHER_SECONDS = 0.003  # from one transaction to the next, while records come so fast; a lone one goes at once
SETTLE_SECONDS = 0.05  # that open calls wait for company: nobody waits for them, and they change with every event
SPOOL_LIMIT = 20_000  # records in memory; reached only when neither the database nor the journal takes any
KEPT_LIMIT = 20_000  # rows of keep() that wait at most
HUNG_SECONDS = 5.0  # a record that waits longer turns the health page red
LONGEST_PAUSE = 1.0  # seconds between two tries

Key = tuple[str, str, str]  # switch, boot, call

PUT_OPEN_CALL = Sql("""
    INSERT INTO open_calls (switch, boot, call, seen_at, state) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (switch, boot, call) DO UPDATE SET seen_at = excluded.seen_at, state = excluded.state
""")
PUT_SWITCH = Sql("""
    INSERT INTO switches (switch, boot, seen_at) VALUES ($1, $2, $3)
    ON CONFLICT (switch) DO UPDATE SET boot = excluded.boot, seen_at = excluded.seen_at
""")

_decoder = msgspec.json.Decoder(CallRecord)


class _Waiting(msgspec.Struct, eq=False):
    record: CallRecord
    rows: CallRows
    since: float  # time.monotonic()
    stored: asyncio.Future[None]


class _Batch(msgspec.Struct):
    kept: dict[tuple[Sql, Hashable], Values]
    records: list[_Waiting]
    open: dict[Key, Values | None]
    seen: dict[str, tuple[str, datetime]]


class Recorder:
    """The one writer of call records. run() writes until close()."""

    def __init__(
        self,
        db: Database,
        *,
        region: str,
        journal: Path | None = None,
        spool_limit: int = SPOOL_LIMIT,
        journal_after_seconds: float = 1.0,
    ) -> None:
        """*region* is that of numbers without a country code; *journal* a file of this recorder's own."""
        self._db = db
        self._region = region
        self._journal = Journal(journal) if journal else None
        self._refused = Journal(journal.with_name(journal.name + ".refused")) if journal else None
        self._spool_limit = spool_limit
        self._journal_after = journal_after_seconds
        self._spool: deque[_Waiting] = deque()
        self._open: dict[Key, Values | None] = {}  # what is to be there, None: to be removed
        self._seen: dict[str, tuple[str, datetime]] = {}
        self._kept: dict[tuple[Sql, Hashable], Values] = {}
        self._in_journal = 0
        self._singly = 0  # so many records go one by one, since one among them was refused
        self._writing: _Batch | None = None
        self._task: asyncio.Task[None] | None = None
        self._stopped = self._cut = False
        self._began = 0.0  # the last transaction
        self._wake = asyncio.Event()  # there is something
        self._urgent = asyncio.Event()  # somebody waits for it
        self._closing = asyncio.Event()
        self._turn = asyncio.Lock()  # of writing: run(), or close() when run() is not there
        self._failing_since: float | None = None
        self._error = ""
        self._changed_at = datetime.now(UTC)

    # --- what others call -----------------------------------------------------------------------------------------

    async def add(self, record: CallRecord) -> None:
        """Store *record* and return when it is durable. Cancelling this stops the waiting, not the storing."""
        if self._closing.is_set():
            raise StorageDown("the recorder is closed")
        if len(self._spool) >= self._spool_limit:
            raise StorageDown(f"{len(self._spool)} records wait already: {self._error}")
        rows = rows_of(record, region=self._region, db=self._db)
        waiting = _Waiting(record, rows, time.monotonic(), asyncio.get_running_loop().create_future())
        self._open.pop(rows.key, None)
        self._spool.append(waiting)
        self._wake.set()
        self._urgent.set()
        await waiting.stored

    def put(self, switch: str, call: OpenCall) -> None:
        """Keep the open call as it now stands, soon; of several puts between two transactions the last counts."""
        self._open[_key(switch, call.boot, call.id)] = (self._db.moment(call.seen_at), call.state)
        self._wake.set()

    def remove(self, switch: str, boot: str, call: CallId) -> None:
        self._open[_key(switch, boot, call)] = None
        self._wake.set()

    def seen(self, switch: str, boot: str, at: datetime) -> None:
        self._seen[switch] = (boot, at)
        self._wake.set()

    def keep(self, sql: Sql, key: Hashable, values: Values) -> None:
        """Run *sql* with *values*, soon; of several with that *key* between two transactions the last counts.

        What is kept so is not in the journal: while the database takes nothing, only the latest KEPT_LIMIT wait.
        """
        if len(self._kept) >= KEPT_LIMIT and (sql, key) not in self._kept:
            self._kept.pop(next(iter(self._kept)))
            log.error("a row is lost: too many wait for the database", extra={"waiting": KEPT_LIMIT})
        self._kept[sql, key] = values
        self._wake.set()

    def health(self) -> StorageHealth:
        waiting = len(self._spool) + self._in_journal + (len(self._writing.records) if self._writing else 0)
        if self._failing_since is not None or self._stopped or self._closing.is_set():
            error = self._error or "the recorder has stopped"
            return StorageHealth(False, self._changed_at, waiting, error, self._db.corrupt)
        oldest = self._writing.records[0] if self._writing and self._writing.records else None
        age = time.monotonic() - oldest.since if oldest else 0.0
        if age > HUNG_SECONDS:
            since = datetime.now(UTC) - timedelta(seconds=age)
            return StorageHealth(False, since, waiting, "the database does not answer", self._db.corrupt)
        return StorageHealth(not self._db.corrupt, self._changed_at, waiting, "", self._db.corrupt)

    async def run(self) -> None:
        """Write what comes, until close(). A bug in here ends it loudly."""
        self._task = asyncio.current_task()
        async with self._turn:
            try:
                await self._count_journal()
                while not self._closing.is_set():
                    await self._write_all()
                    await self._wake.wait()
                    self._wake.clear()
                await self._write_all()
            except asyncio.CancelledError:
                if not self._cut:
                    raise
            finally:
                self._stopped = True

    async def close(self, *, timeout_seconds: float = 5.0) -> None:
        """Take no more, and store what waits: in the database, or else in the journal, or else say what was lost."""
        self._closing.set()
        self._wake.set()
        self._urgent.set()
        try:
            async with asyncio.timeout(timeout_seconds), self._turn:
                await self._write_all()
        except TimeoutError:
            self._cut = True
            if self._task:
                self._task.cancel()  # what it was writing goes back to what waits: storing it twice does no harm
            async with self._turn:
                pass
        if self._spool and not await self._to_journal():
            log.critical(
                "call records are lost: neither database nor journal took them", extra={"count": len(self._spool)}
            )
            for waiting in self._spool:
                _fail(waiting, StorageDown(f"not stored: {self._error or 'the database does not answer'}"))
            self._spool.clear()

    # --- the writing ----------------------------------------------------------------------------------------------

    async def _write_all(self) -> None:
        """Write until nothing waits. While closing, one failure is enough to give up."""
        pause = 0.05
        while self._spool or self._open or self._seen or self._kept or self._in_journal:
            await self._gather()
            try:
                await self._write_once()
            except StorageDown as down:
                self._note_failure(down)
                if self._closing.is_set():
                    return
                if time.monotonic() - (self._failing_since or 0.0) >= self._journal_after:
                    await self._to_journal()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._closing.wait(), pause)
                pause = min(LONGEST_PAUSE, pause * 2)
            else:
                pause = 0.05
                self._note_success()

    async def _gather(self) -> None:
        """Return when it is time for the next transaction: a little later, more will go in it."""
        if self._closing.is_set() or self._failing_since is not None or self._in_journal:
            return
        if not self._spool:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._urgent.wait(), SETTLE_SECONDS)
        self._urgent.clear()
        pause = self._began + GATHER_SECONDS - time.monotonic()
        if pause > 0 and len(self._spool) < BATCH and not self._closing.is_set():
            await asyncio.sleep(pause)

    async def _write_once(self) -> None:
        """Write one transaction of what waits in memory, and one of what waits in the journal."""
        batch = self._take()
        if batch.records or batch.open or batch.seen or batch.kept:
            self._writing = batch
            self._began = time.monotonic()
            try:
                await self._db.commit(self._steps(batch))
            except StorageRefused as refused:
                await self._refuse(batch, refused)
            except BaseException:
                self._put_back(batch)
                raise
            else:
                for waiting in batch.records:
                    _settle(waiting)
            finally:
                self._writing = None
        if self._in_journal:
            await self._empty_journal()

    def _take(self) -> _Batch:
        count = 1 if self._singly else BATCH
        if self._singly and (self._open or self._seen or self._kept):
            count = 0  # these alone, and then each record alone
        elif self._singly:
            self._singly -= 1
        records = [self._spool.popleft() for _ in range(min(count, len(self._spool)))]
        batch = _Batch(self._kept, records, self._open, self._seen)
        self._open, self._seen, self._kept = {}, {}, {}
        return batch

    def _put_back(self, batch: _Batch) -> None:
        """Undo _take; what came since counts more."""
        self._writing = None
        self._spool.extendleft(reversed(batch.records))
        ended = {waiting.rows.key for waiting in self._spool}
        self._open = {key: change for key, change in batch.open.items() if key not in ended} | self._open
        self._seen = batch.seen | self._seen
        self._kept = batch.kept | self._kept

    def _steps(self, batch: _Batch) -> list[Step]:
        put = [(*key, *values) for key, values in batch.open.items() if values is not None]
        gone = [key for key, values in batch.open.items() if values is None]
        seen = [(clean(switch), clean(boot), self._db.moment(at)) for switch, (boot, at) in batch.seen.items()]
        open_calls = ((PUT_OPEN_CALL, put), (DELETE_OPEN_CALL, gone), (PUT_SWITCH, seen))
        steps: list[Step] = [(sql, rows) for sql, rows in open_calls if rows]
        kept: dict[Sql, list[Values]] = {}
        for (sql, _), values in batch.kept.items():
            kept.setdefault(sql, []).append(values)
        return steps + list(kept.items()) + steps_of(waiting.rows for waiting in batch.records)

    async def _refuse(self, batch: _Batch, refused: StorageRefused) -> None:
        """Find the record that the database will never take, by having each go alone; set that one aside."""
        parts = len(batch.records) + bool(batch.open or batch.seen or batch.kept)
        if parts > 1:
            self._singly = max(self._singly, len(batch.records))
            self._put_back(batch)
        elif batch.records:
            log.error("the database refused a call record", extra={"call": batch.records[0].record.call.id})
            await self._set_aside([msgspec.json.encode(batch.records[0].record)])
            _fail(batch.records[0], refused)
        else:
            count = len(batch.open) + len(batch.kept)
            log.error("the database refused open calls or states", extra={"count": count, "reason": str(refused)})

    async def _set_aside(self, lines: Sequence[bytes]) -> None:
        if self._refused:
            try:
                await asyncio.to_thread(self._refused.append, lines)
            except OSError:
                log.exception("a refused call record could not be set aside")

    # --- the journal ----------------------------------------------------------------------------------------------

    async def _count_journal(self) -> None:
        if self._journal:
            self._in_journal = await asyncio.to_thread(self._journal.count)
            if self._in_journal:
                log.warning("call records wait in the journal", extra={"count": self._in_journal})

    async def _to_journal(self) -> bool:
        """Move the records in memory to the journal, which acknowledges them; return whether that went well."""
        if not self._journal:
            return False
        moving = list(self._spool)
        self._spool.clear()
        try:
            await asyncio.to_thread(self._journal.append, [msgspec.json.encode(waiting.record) for waiting in moving])
        except OSError as error:
            self._spool.extendleft(reversed(moving))
            self._error = f"{self._error.partition('; journal')[0]}; journal: {error}"
            return False
        except BaseException:
            self._spool.extendleft(reversed(moving))
            raise
        for waiting in moving:
            _settle(waiting)
        self._in_journal += len(moving)
        return True

    async def _empty_journal(self) -> None:
        assert self._journal is not None
        lines, position = await asyncio.to_thread(self._journal.peek, BATCH)
        found: list[tuple[bytes, CallRows]] = []
        for line in lines:
            try:
                found.append((line, rows_of(_decoder.decode(line), region=self._region, db=self._db)))
            except (msgspec.DecodeError, StorageRefused) as error:
                log.error("a line of the journal is no call record", extra={"reason": str(error)})
                await self._set_aside([line])
        try:
            await self._store(rows for _, rows in found)
        except StorageRefused:
            for line, rows in found:
                try:
                    await self._store([rows])
                except StorageRefused:
                    log.error("the database refused a call record", extra={"call": rows.key[2]})
                    await self._set_aside([line])
        await asyncio.to_thread(self._journal.done, position)
        self._in_journal = max(0, self._in_journal - len(lines)) if lines else 0

    async def _store(self, several: Iterable[CallRows]) -> None:
        if steps := steps_of(several):
            await self._db.commit(steps)

    # --- how it goes ----------------------------------------------------------------------------------------------

    def _note_failure(self, down: StorageDown) -> None:
        self._error = str(down)
        if self._failing_since is None:
            self._failing_since = time.monotonic()
            self._changed_at = datetime.now(UTC)
            log.error("the database takes no records", extra={"reason": self._error, "waiting": len(self._spool)})

    def _note_success(self) -> None:
        if self._failing_since is not None:
            seconds = time.monotonic() - self._failing_since
            log.warning("the database takes records again", extra={"seconds": round(seconds, 1)})
            self._failing_since = None
            self._error = ""
            self._changed_at = datetime.now(UTC)


def _settle(waiting: _Waiting) -> None:
    if not waiting.stored.done():
        waiting.stored.set_result(None)


def _fail(waiting: _Waiting, error: Exception) -> None:
    if not waiting.stored.done():
        waiting.stored.set_exception(error)


def _key(switch: str, boot: str, call: str) -> Key:
    return (clean(switch), clean(boot), clean(call))

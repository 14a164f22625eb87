"""Notes on live calls in memory; a call has a record once a test says so."""

from cti.calls.model import CallId
from cti.ports import LiveNote, StorageDown


class FakeLiveNotes:
    """`recorded` are the calls that have a record, `written` is what stands there: by call and user's name."""

    def __init__(self) -> None:
        self.kept: dict[tuple[CallId, int], LiveNote] = {}
        self.recorded: set[CallId] = set()
        self.written: dict[tuple[CallId, str], LiveNote] = {}
        self.down = False

    async def put(self, note: LiveNote) -> None:
        if self.down:
            raise StorageDown("the database is away")
        self.kept[note.call, note.user] = note

    async def all(self) -> list[LiveNote]:
        return sorted(self.kept.values(), key=lambda note: note.at)

    async def move(self, joined: CallId, call: CallId) -> None:
        for note in [note for note in self.kept.values() if note.call == joined]:
            del self.kept[joined, note.user]
            self.kept[call, note.user] = note.on(call, before=self.kept.get((call, note.user)))

    async def settle(self, call: CallId) -> bool:
        if call not in self.recorded:
            return False
        for note in [note for note in self.kept.values() if note.call == call]:
            there = self.written.get((call, note.name))
            if there is None or there.at <= note.at:
                self.written[call, note.name] = note
        await self.forget(call)
        return True

    async def forget(self, call: CallId) -> None:
        self.kept = {key: note for key, note in self.kept.items() if note.call != call}

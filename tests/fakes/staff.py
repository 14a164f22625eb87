"""People at work, in memory: keeps the same promises as cti.storage, without the durability."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from cti.ports import Credentials
from cti.staff import (
    ALL_ENTRIES,
    AuditEntry,
    AuditFilter,
    DeskCall,
    MissedCall,
    NoSuchTeam,
    PhoneTaken,
    Profile,
    ProfileChange,
    StateSpan,
    Team,
    TeamInUse,
)
from tests.fakes.storage import FakeUsers


class FakeStaff:
    def __init__(self, users: FakeUsers) -> None:
        self.users = users
        self.names: dict[int, str] = {}  # of teams
        self.team_of: dict[int, int] = {}
        self.queues: dict[int, dict[str, int]] = {}

    async def profiles(self) -> list[Profile]:
        return [self._profile(kept) for kept in sorted(self.users.kept.values(), key=lambda kept: kept.user.name)]

    async def profile(self, user: int) -> Profile | None:
        kept = self.users.kept.get(user)
        return self._profile(kept) if kept else None

    async def change(self, user: int, change: ProfileChange) -> Profile:
        kept = self.users.kept[user]
        for other in self.users.kept.values():
            if change.device and other.user.id != user and other.user.device == change.device:
                raise PhoneTaken(other.user)
        if change.team:
            team = next((number for number, name in self.names.items() if name == change.team), None)
            if team is None:
                raise NoSuchTeam(change.team)
            self.team_of[user] = team
        elif change.team == "":
            self.team_of.pop(user, None)
        if change.queues is not None:
            self.queues[user] = dict(sorted(change.queues.items()))
        fields = {
            name: value for name in ("display_name", "role", "device") if (value := getattr(change, name)) is not None
        }
        self.users.kept[user] = Credentials(msgspec.structs.replace(kept.user, **fields), kept.password_hash)
        return self._profile(self.users.kept[user])

    async def teams(self) -> list[Team]:
        return sorted((self._team(number) for number in self.names), key=lambda team: team.name)

    async def make_team(self, name: str) -> Team:
        if name in self.names.values():
            raise TeamInUse(name)
        number = max(self.names, default=0) + 1
        self.names[number] = name
        return self._team(number)

    async def rename_team(self, team: int, name: str) -> Team:
        if any(number != team and known == name for number, known in self.names.items()):
            raise TeamInUse(name)
        self._team(team)
        self.names[team] = name
        return self._team(team)

    async def remove_team(self, team: int) -> Team:
        found = self._team(team)
        if found.people:
            raise TeamInUse(found.name)
        del self.names[team]
        return found

    def _team(self, number: int) -> Team:
        if number not in self.names:
            raise NoSuchTeam(number)
        return Team(number, self.names[number], sum(team == number for team in self.team_of.values()))

    def _profile(self, kept: Credentials) -> Profile:
        team = self.names.get(self.team_of.get(kept.user.id, 0), "")
        queues: Mapping[str, int] = self.queues.get(kept.user.id, {})
        return Profile(kept.user, team, queues)


class FakeAgentLog:
    def __init__(self) -> None:
        self.spans: dict[tuple[int, datetime], StateSpan] = {}

    def put(self, span: StateSpan) -> None:
        self.spans[span.user, span.began_at] = span

    async def going_on(self) -> list[StateSpan]:
        return [span for span in self._in_order() if span.ended_at is None]

    async def of_user(self, user: int, *, since: datetime, until: datetime) -> list[StateSpan]:
        return [
            span
            for span in self._in_order()
            if span.user == user and span.began_at < until and (span.ended_at is None or span.ended_at > since)
        ]

    def _in_order(self) -> list[StateSpan]:
        return sorted(self.spans.values(), key=lambda span: span.began_at)


class FakeAuditLog:
    def __init__(self) -> None:
        self.entries: list[AuditEntry] = []

    async def add(self, entry: AuditEntry) -> None:
        self.entries.append(msgspec.structs.replace(entry, id=len(self.entries) + 1))

    async def latest(
        self, *, before: int | None = None, limit: int = 100, only: AuditFilter = ALL_ENTRIES
    ) -> list[AuditEntry]:
        found = [
            entry
            for entry in reversed(self.entries)
            if (before is None or entry.id < before)
            and (not only.person or only.person in (entry.who, entry.whom))
            and (not only.action or only.action == entry.action)
            and (only.since is None or only.since <= entry.at)
            and (only.until is None or entry.at < only.until)
        ]
        return found[:limit]

    async def is_whole(self) -> bool:
        return True


class FakeDeskLog:
    """The calls that a test put in, by phone."""

    def __init__(self) -> None:
        self.calls: dict[str, list[DeskCall]] = {}
        self.missed_calls: list[MissedCall] = []
        self.notes: dict[tuple[str, int], str] = {}

    async def of_phone(
        self, device: str, user: int, *, since: datetime | None = None, before: datetime | None = None, limit: int = 50
    ) -> list[DeskCall]:
        mine = sorted(self.calls.get(device, ()), key=lambda call: call.started_at, reverse=True)
        return [
            msgspec.structs.replace(call, note=self.notes.get((call.call, user), ""))
            for call in mine
            if (since is None or call.started_at >= since) and (before is None or call.started_at < before)
        ][:limit]

    async def missed(self, device: str, queues: Sequence[str], *, since: datetime) -> list[MissedCall]:
        return [call for call in self.missed_calls if call.at >= since and (call.here or call.queue in queues)]

    async def note(self, call: str, device: str, user: int, text: str, *, at: datetime) -> DeskCall | None:
        found = next((known for known in self.calls.get(device, ()) if known.call == call), None)
        if found is None:
            return None
        self.notes[call, user] = text
        return msgspec.structs.replace(found, note=text)

    async def note_of(self, call: str, user: int) -> str:
        return self.notes.get((call, user), "")

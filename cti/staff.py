"""What the services ask about people at work: teams and queues, how the time was spent, who did what to whom."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Literal, Protocol

import msgspec

from cti.ports import User, UserRole

_NO_QUEUES: Mapping[str, int] = MappingProxyType({})


class Profile(msgspec.Struct, frozen=True):
    """A user with what the work needs to know."""

    user: User
    team: str = ""  # "" is none
    queues: Mapping[str, int] = _NO_QUEUES  # queue -> penalty


class Team(msgspec.Struct, frozen=True):
    id: int
    name: str
    people: int = 0


class NoSuchTeam(Exception):
    """No team has that name or number."""


class TeamInUse(Exception):
    """Somebody is in the team, or another one has its name."""


class PhoneTaken(Exception):
    """Somebody else has the phone."""

    def __init__(self, holder: User) -> None:
        super().__init__(holder.name)
        self.holder = holder


class ProfileChange(msgspec.Struct, frozen=True):
    """What is to be different; None stays as it is."""

    display_name: str | None = None
    role: UserRole | None = None
    device: str | None = None  # "" takes the phone away
    team: str | None = None
    queues: Mapping[str, int] | None = None


class Staff(Protocol):
    async def profiles(self) -> Sequence[Profile]:
        """Return everybody, by name."""

    async def profile(self, user: int) -> Profile | None: ...

    async def change(self, user: int, change: ProfileChange) -> Profile:
        """Carry out *change* whole or not at all. Raises NoSuchTeam, PhoneTaken, and KeyError for nobody."""

    async def teams(self) -> Sequence[Team]:
        """Return all, by name."""

    async def make_team(self, name: str) -> Team:
        """Keep a new team, or raise TeamInUse."""

    async def rename_team(self, team: int, name: str) -> Team:
        """Give the team another name, or raise NoSuchTeam or TeamInUse."""

    async def remove_team(self, team: int) -> Team:
        """Remove a team in which nobody is, or raise NoSuchTeam or TeamInUse."""


# --- how the time was spent -----------------------------------------------------------------------------------------


class StateSpan(msgspec.Struct, frozen=True):
    """How long somebody was in one state. User and begin identify it."""

    user: int
    began_at: datetime
    state: str
    reason: str = ""
    base: str = ""  # what they are when no call and no wrap-up is there
    device: str = ""
    call: str = ""
    by: str = ""  # who forced it
    why: str = ""
    ended_at: datetime | None = None  # None while it goes on


class AgentLog(Protocol):
    def put(self, span: StateSpan) -> None:
        """Keep *span* as it now stands, soon. Never waits."""

    async def going_on(self) -> Sequence[StateSpan]:
        """Return the spans that have no end: what everybody did when the service ended."""

    async def of_user(self, user: int, *, since: datetime, until: datetime) -> Sequence[StateSpan]:
        """Return the spans that touch that time, in order."""


# --- who did what ---------------------------------------------------------------------------------------------------


# What the service and its command line write down. The screens have a sentence for each.
AuditAction = Literal[
    "log_in",
    "log_in.refused",
    "log_out",
    "password.change",
    "session.end",
    "phone.take",
    "agent.force",
    "agent.repair",
    "person.make",
    "person.change",
    "person.enable",
    "person.disable",
    "person.reset_password",
    "team.make",
    "team.rename",
    "team.remove",
    "audit.export",
    "customers.import",
    "customers.export",
    "customers.merge",
    "customers.unmerge",
    "customers.disclose",
    "customers.erase",
]


class AuditEntry(msgspec.Struct, frozen=True):
    at: datetime
    who: str
    action: str
    whom: str = ""
    what: str = ""  # JSON
    source: str = ""  # the address that the request came from
    id: int = 0


class AuditFilter(msgspec.Struct, frozen=True):
    """Which entries are asked for; what is left out does not matter."""

    person: str = ""  # did it, or had it done to them
    action: str = ""
    since: datetime | None = None
    until: datetime | None = None  # before this


ALL_ENTRIES = AuditFilter()


class AuditLog(Protocol):
    async def add(self, entry: AuditEntry) -> None:
        """Append *entry*, chained to the one before; return when that is durable."""

    async def latest(
        self, *, before: int | None = None, limit: int = 100, only: AuditFilter = ALL_ENTRIES
    ) -> Sequence[AuditEntry]:
        """Return the latest first, of those with a smaller id than *before*."""

    async def is_whole(self) -> bool:
        """Whether no entry was changed or taken out of the middle."""


# --- an agent's own calls -------------------------------------------------------------------------------------------


class DeskCall(msgspec.Struct, frozen=True):
    """A call that reached somebody's phone."""

    call: str
    direction: str
    number: str  # E.164 where it is one
    customer: str  # the name in the directory, else what the network sent
    customer_id: int | None
    queue: str
    outcome: str
    started_at: datetime
    rang_at: datetime
    answered_at: datetime | None  # None: it rang in vain
    ended_at: datetime
    note: str = ""
    data: tuple[tuple[str, str], ...] = ()  # what the dialplan knew, by name


class MissedCall(msgspec.Struct, frozen=True):
    """A customer whom nobody answered."""

    call: str
    number: str
    customer: str
    queue: str
    at: datetime
    waited_seconds: float
    here: bool  # it rang at this phone
    called_back_by: str = ""  # the extension
    called_back_at: datetime | None = None
    reached: bool = False


class DeskLog(Protocol):
    """What an agent may know of calls: their own, and the missed ones of their queues."""

    async def of_phone(
        self, device: str, user: int, *, since: datetime | None = None, before: datetime | None = None, limit: int = 50
    ) -> Sequence[DeskCall]:
        """Return the calls that reached *device*, the latest first, with the notes of *user*."""

    async def missed(self, device: str, queues: Sequence[str], *, since: datetime) -> Sequence[MissedCall]:
        """Return the customers who were not reached in *queues* or at *device*, the latest first."""

    async def note(self, call: str, device: str, user: int, text: str, *, at: datetime) -> DeskCall | None:
        """Keep *text* about a call that reached *device* ("" removes it); None when there is no such call."""

    async def note_of(self, call: str, user: int) -> str:
        """Return what *user* wrote about the latest call with that id, "" for nothing."""

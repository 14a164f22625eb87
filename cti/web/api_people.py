"""The JSON of the HTTP interface about people: their teams, queues and sessions, and an agent's own day."""

from typing import Annotated, Literal

import msgspec

from cti.assist.attached import Datum
from cti.services.views import AgentView
from cti.web.api import Form, Person, Queue

_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
_Note = Annotated[str, msgspec.Meta(max_length=4_000)]


class ChangePerson(Form, frozen=True):
    """POST /api/people/change -> Person. What is left out stays; team "" is none."""

    user: str
    name: _Name | None = None
    role: Literal["agent", "lead", "supervisor", "inspector", "admin"] | None = None
    device: str | None = None  # "PJSIP/1001"
    team: Annotated[str, msgspec.Meta(max_length=100)] | None = None
    queues: Annotated[tuple[Queue, ...], msgspec.Meta(max_length=200)] | None = None


class EndSession(Form, frozen=True):
    """POST /api/people/sessions/end, POST /api/my/sessions/end (where `user` is left out) -> 204"""

    session: str
    user: str = ""


class NewTeam(Form, frozen=True):
    """POST /api/teams -> Team"""

    name: _Name


class ChangeTeam(Form, frozen=True):
    """POST /api/teams/change -> Team; name "" removes a team in which nobody is."""

    id: int
    name: Annotated[str, msgspec.Meta(max_length=100)]


class TakePhone(Form, frozen=True):
    """POST /api/my/phone -> Account. 409 `extension_in_use` (InUse) when somebody else has it.

    With `take_over` a phone whose holder has no screen open is taken, and the holder's sessions end.
    """

    device: Annotated[str, msgspec.Meta(max_length=80)]
    take_over: bool = False


class NoteCall(Form, frozen=True):
    """POST /api/my/calls/note -> MyCall; an empty note removes it."""

    call: Annotated[str, msgspec.Meta(min_length=1, max_length=150)]
    note: _Note


class InUse(msgspec.Struct, frozen=True):
    """409: somebody else has the extension. `can_take_over`: they have no screen open; post again with take_over."""

    code: Literal["extension_in_use"]
    text: str
    user: str
    name: str
    last_seen_at: float | None
    can_take_over: bool


class Team(msgspec.Struct, frozen=True):
    id: int
    name: str
    people: int


class Teams(msgspec.Struct, frozen=True):
    """GET /api/teams"""

    teams: tuple[Team, ...]


class KnownQueues(msgspec.Struct, frozen=True):
    """GET /api/queues: the names of queues that the settings, the switch or an assignment has."""

    queues: tuple[str, ...]


class SessionInfo(msgspec.Struct, frozen=True):
    session: str  # its public name, not the secret of the cookie
    created_at: float
    last_seen_at: float
    expires_at: float
    source: str  # the address that it began from
    browser: str
    connected: bool  # a screen of it is open now
    own: bool  # it is the one that asks


class SessionList(msgspec.Struct, frozen=True):
    """GET /api/people/sessions?user=anna, GET /api/my/sessions"""

    user: str
    sessions: tuple[SessionInfo, ...]


class TeamMate(msgspec.Struct, frozen=True):
    user: str
    name: str
    device: str
    team: str
    agent: AgentView


class TeamNow(msgspec.Struct, frozen=True):
    """GET /api/team: the people whose state a lead or supervisor may force."""

    people: tuple[TeamMate, ...]


class ReasonSeconds(msgspec.Struct, frozen=True):
    reason: str
    seconds: float


class Today(msgspec.Struct, frozen=True):
    """GET /api/my/today: since midnight at the centre. The time in the present state is counted up to `now`."""

    now: float
    since: float
    calls: int  # in which this person talked
    inbound: int
    outbound: int
    talk_seconds: float  # from answer to end at this person's phone, hold included
    wrap_up_seconds: float
    ready_seconds: float
    signed_in_seconds: float
    not_ready: tuple[ReasonSeconds, ...]
    missed: int  # rang here from a queue and was not answered


class MyCall(msgspec.Struct, frozen=True):
    call: str
    direction: str
    number: str  # E.164 where it is a number
    customer: str  # the name in the database, else what the network sent
    customer_id: int | None
    queue: str
    outcome: str
    started_at: float
    rang_at: float | None
    answered_at: float | None  # at this person's phone; None: it rang and was not answered
    ended_at: float
    talk_seconds: float
    note: str
    data: tuple[Datum, ...] = ()  # what the dialplan knew, in the order of the settings


class MyCalls(msgspec.Struct, frozen=True):
    """GET /api/my/calls?before=MS&limit=50: the latest first; `more`: ask again with the last one's started_at."""

    calls: tuple[MyCall, ...]
    more: bool


class MissedCall(msgspec.Struct, frozen=True):
    """A customer who was not reached here: abandoned in a queue of this person's, or not answered at their phone."""

    call: str
    number: str
    customer: str
    queue: str
    at: float
    waited_seconds: float
    here: bool  # it rang at this person's phone
    called_back_by: str  # display name, or extension; "" nobody yet
    called_back_at: float | None
    reached: bool  # that call was answered


class Missed(msgspec.Struct, frozen=True):
    """GET /api/my/missed: since midnight at the centre, the latest first."""

    calls: tuple[MissedCall, ...]


class AuditEntry(msgspec.Struct, frozen=True):
    id: int
    at: float
    who: str
    action: str
    whom: str
    what: str  # JSON: what changed
    source: str


class Audit(msgspec.Struct, frozen=True):
    """GET /api/audit?person=anna&action=log_in&day=2026-03-05&before=ID&limit=100, for administrators.

    `person` did it, or had it done to them; `day` is the centre's. `whole`: no entry was changed or taken out; it is
    looked at for the first page only, and null after it.
    """

    entries: tuple[AuditEntry, ...]
    whole: bool | None


class ExportAudit(Form, frozen=True):
    """POST /api/audit/export -> text/csv; what is left out does not matter."""

    person: Annotated[str, msgspec.Meta(max_length=100)] = ""
    action: Annotated[str, msgspec.Meta(max_length=100)] = ""
    day: Annotated[str, msgspec.Meta(max_length=10)] = ""


FORMS: tuple[type[Form], ...] = (ChangePerson, EndSession, NewTeam, ChangeTeam, TakePhone, NoteCall, ExportAudit)
ANSWERS: tuple[type[msgspec.Struct], ...] = (
    Person,
    InUse,
    Team,
    Teams,
    KnownQueues,
    SessionList,
    TeamNow,
    Today,
    MyCall,
    MyCalls,
    Missed,
    Audit,
)

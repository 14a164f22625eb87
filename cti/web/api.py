"""The JSON of the HTTP interface: what the browser posts, and what it gets.

Every answer that is no success is a `Refused`. Posts carry `Content-Type: application/json` and come from our own
origin.
"""

from typing import Annotated, Literal

import msgspec

from cti.services.views import LinkView
from cti.web.messages import Me

HttpRefusalCode = Literal[
    "bad_request",
    "signed_out",
    "wrong_password",
    "slow_down",
    "must_change_password",
    "weak_password",
    "not_allowed",
    "wrong_origin",
    "not_found",
    "already_exists",
    "no_phone",
    "phone_in_use",
    "busy",
    "storage_failed",
    "extension_in_use",
    "changed_meanwhile",
]


class Form(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the browser posts."""


class Queue(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A queue that a person serves; the switch asks members with a higher penalty later."""

    queue: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
    penalty: Annotated[int, msgspec.Meta(ge=0, le=1_000)] = 0


class LoginForm(Form, frozen=True):
    """POST /api/login -> Account"""

    user: str
    password: str


class PasswordForm(Form, frozen=True):
    """POST /api/password -> Account"""

    old: str
    new: str


class NewPerson(Form, frozen=True):
    """POST /api/people -> PersonMade"""

    user: str
    name: str
    role: Literal["agent", "lead", "supervisor", "inspector", "admin"]
    device: str = ""  # "PJSIP/1001"
    team: str = ""
    queues: tuple[Queue, ...] = ()


class EnablePerson(Form, frozen=True):
    """POST /api/people/enable -> Person"""

    user: str
    enabled: bool


class ResetPassword(Form, frozen=True):
    """POST /api/people/reset -> PersonMade"""

    user: str


class Nothing(Form, frozen=True):
    """POST /api/logout -> 204"""


class PhoneForm(Form, frozen=True):
    """POST /api/phone -> PhoneGiven"""

    take_over: bool = False  # from another tab or log-in that has the extension
    phone: str = ""  # the id that this tab had before it was loaded again


class Account(msgspec.Struct, frozen=True):
    """GET /api/me, and the answer to a log-in. With `must_change` only /api/password and /api/logout are open."""

    me: Me
    must_change: bool


class Person(msgspec.Struct, frozen=True):
    user: str
    name: str
    role: Literal["agent", "lead", "supervisor", "inspector", "admin"]
    device: str
    enabled: bool
    must_change: bool
    connected: bool  # a screen of theirs is open now
    team: str = ""
    queues: tuple[Queue, ...] = ()


class People(msgspec.Struct, frozen=True):
    """GET /api/people"""

    people: tuple[Person, ...]


class PersonMade(msgspec.Struct, frozen=True):
    """The password is shown once; it must be changed at the first log-in."""

    person: Person
    password: str


# How the socket of a phone, /sip, is closed, besides 1003 (binary), 1009 (too big) and what messages.py names.
CLOSE_NO_SUCH_PHONE = 4404  # POST /api/phone again
CLOSE_TAKEN_OVER = 4409  # another page has the extension now
CLOSE_SWITCH_GONE = 4502  # the switch's websocket is not there: come back soon with the same id


class PhoneGiven(msgspec.Struct, frozen=True):
    """A phone for this page: what a SIP user agent needs to register through the service."""

    phone: str  # an id
    extension: str
    uri: str  # "sip:1101@asterisk"
    realm: str
    user: str
    password: str  # of this id only
    contact: str  # to be used as it is
    path: str  # of the websocket, sub-protocol `sip`
    register_seconds: int
    waiting: tuple[str, ...]  # calls that come back as soon as the phone registers
    wait_seconds: int  # how long a customer waits for a page that went


StageName = Literal["event", "dispatched", "received", "painted", "total", "loop_lag"]


class StageFigures(msgspec.Struct, frozen=True):
    """Milliseconds that pops spent in one stage, over the window."""

    stage: StageName  # the stamp at which it ends
    count: int
    p50: float
    p95: float
    p99: float


class PartHealth(msgspec.Struct, frozen=True):
    part: str  # "switch", "database"
    ok: bool
    detail: str = ""


class ContentFault(msgspec.Struct, frozen=True):
    """What is wrong with a file of a team lead's; an error keeps the version before it in use."""

    file: str
    line: int
    column: int
    severity: Literal["error", "warning"]
    zh: str
    en: str


class Ops(msgspec.Struct, frozen=True):
    """GET /api/ops"""

    now: float
    version: str
    started_at: float
    link: LinkView
    parts: tuple[PartHealth, ...]
    screens: int
    people: int  # distinct people behind those screens
    calls: int
    pops: int  # in the window
    window_seconds: float
    stages: tuple[StageFigures, ...]
    loop_lag: StageFigures | None = None
    content: tuple[ContentFault, ...] = ()


class LiveCall(msgspec.Struct, frozen=True):
    """A call as the service believes it to stand."""

    call: str
    direction: str
    started_at: float
    agents: tuple[str, ...]
    queue: str
    channels: tuple[str, ...]  # Asterisk's ids of the legs that take part


class Live(msgspec.Struct, frozen=True):
    """GET /api/ops/calls, for comparing with what Asterisk itself lists. No numbers and no names."""

    calls: tuple[LiveCall, ...]
    channels: tuple[str, ...]  # every leg, those of Local channels and of listening supervisors too


class Ready(msgspec.Struct, frozen=True):
    """GET /readyz: 200 when ready, else 503"""

    ready: bool
    parts: tuple[PartHealth, ...]


class Refused(msgspec.Struct, frozen=True):
    """Any answer that is no success."""

    code: str  # an HttpRefusalCode
    text: str
    retry_after_seconds: float | None = None


FORMS: tuple[type[Form], ...] = (PhoneForm, LoginForm, PasswordForm, NewPerson, EnablePerson, ResetPassword, Nothing)
ANSWERS: tuple[type[msgspec.Struct], ...] = (PhoneGiven, Account, People, PersonMade, Ops, Live, Ready, Refused)

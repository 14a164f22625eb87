"""The JSON of the HTTP interface about what is left to do after calls. Times are epoch milliseconds; ids are text."""

from typing import Annotated, Literal

import msgspec

from cti.web.api import Form

Severity = Literal["low", "normal", "high", "critical"]
Kind = Literal["complaint", "request", "suggestion"]

_Call = Annotated[str, msgspec.Meta(min_length=1, max_length=150)]
_Id = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,19}$")]
_Title = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
_Text = Annotated[str, msgspec.Meta(max_length=4_000)]
_Line = Annotated[str, msgspec.Meta(max_length=400)]
_Moment = Annotated[float, msgspec.Meta(ge=0, le=4e12)]


class ChooseOutcome(Form, frozen=True):
    """POST /api/after/outcome -> AfterCall. 409 `still_needed` (StillNeeded) names what the outcome lacks."""

    call: _Call
    outcome: Annotated[str, msgspec.Meta(max_length=40)]


class PromiseCallback(Form, frozen=True):
    """POST /api/callbacks -> CallbackView. `own` false: anybody who serves the call's queue may make it."""

    call: _Call
    due_at: _Moment
    note: _Line = ""
    own: bool = True


class FinishCallback(Form, frozen=True):
    """POST /api/callbacks/finish -> CallbackView"""

    id: _Id
    cancel: bool = False


class MoveCallback(Form, frozen=True):
    """POST /api/callbacks/move -> CallbackView. `owner` is a log-in name, "" is anybody."""

    id: _Id
    due_at: _Moment
    owner: Annotated[str, msgspec.Meta(max_length=64)]


class OpenTicket(Form, frozen=True):
    """POST /api/tickets -> TicketView. Only a suggestion is about no call."""

    kind: Kind
    title: _Title
    text: _Text = ""
    category: Annotated[str, msgspec.Meta(max_length=80)] = ""
    severity: Severity = "normal"
    call: Annotated[str, msgspec.Meta(max_length=150)] = ""


class ActOnTicket(Form, frozen=True):
    """POST /api/tickets/act -> TicketWhole. `seen` is the ticket's changed_at; 409 `changed_meanwhile` when older."""

    id: _Id
    act: Literal["take", "wait", "go_on", "solve", "reopen", "close", "say"]
    text: _Text = ""
    seen: _Moment | None = None


class ChangeTicket(Form, frozen=True):
    """POST /api/tickets/change -> TicketWhole. Another owner (a log-in name), or another severity, with why."""

    id: _Id
    owner: Annotated[str, msgspec.Meta(max_length=64)] | None = None
    severity: Severity | None = None
    text: _Line = ""
    seen: _Moment | None = None


class OutcomeView(msgspec.Struct, frozen=True):
    """One that can be chosen, or a group: one that others are `under`."""

    code: str
    zh: str
    en: str
    under: str
    needs: tuple[Literal["note", "callback", "ticket"], ...]
    ticket: Literal["complaint", "request"] | None
    category: str
    do_not_call: bool


class OutcomesView(msgspec.Struct, frozen=True):
    zh: str
    en: str
    required: bool
    outcomes: tuple[OutcomeView, ...]


class CallbackView(msgspec.Struct, frozen=True):
    id: str
    state: Literal["open", "done", "cancelled"]
    due_at: float
    number: str
    name: str  # the customer's
    customer: int | None
    queue: str
    note: str
    owner: str  # display name, "" is anybody
    own: bool  # the person's who asks
    made_by: str
    call: str
    kept: bool | None


class TicketView(msgspec.Struct, frozen=True):
    id: str
    kind: Kind
    state: Literal["open", "working", "waiting", "solved", "closed"]
    severity: Severity
    level: Literal["agent", "lead", "supervisor"]  # who must look at it
    category: str
    title: str
    text: str
    owner: str  # display name, "" is nobody
    own: bool
    made_by: str
    made_at: float
    changed_at: float
    due_at: float | None
    name: str  # the customer's
    customer: int | None
    number: str
    queue: str
    call: str


class TicketLine(msgspec.Struct, frozen=True):
    at: float
    who: str  # display name, "" is the service
    act: str
    text: str


class TicketWhole(msgspec.Struct, frozen=True):
    """GET /api/tickets/one?id="""

    ticket: TicketView
    history: tuple[TicketLine, ...]
    acts: tuple[str, ...]  # those that fit its state now and that who asks may do


class AfterCall(msgspec.Struct, frozen=True):
    """GET /api/after?call=: what the call can come to, what was chosen, and what was promised and opened in it."""

    call: str
    outcomes: OutcomesView | None
    outcome: str  # "" is none yet
    callbacks: tuple[CallbackView, ...]
    tickets: tuple[TicketView, ...]


class Callbacks(msgspec.Struct, frozen=True):
    """GET /api/callbacks: the open ones of who asks, and those of their queues; how promises were kept in 30 days."""

    callbacks: tuple[CallbackView, ...]
    kept: int
    promised: int


class TicketList(msgspec.Struct, frozen=True):
    """GET /api/tickets?scope=mine|team|all&closed=1: the first due first."""

    tickets: tuple[TicketView, ...]


class StillNeeded(msgspec.Struct, frozen=True):
    """409: the outcome needs more. `fields` are those of the customer, as forms name them."""

    code: Literal["still_needed"]
    text: str
    needs: tuple[Literal["note", "callback", "ticket"], ...]
    fields: tuple[str, ...]


FORMS: tuple[type[Form], ...] = (
    ChooseOutcome,
    PromiseCallback,
    FinishCallback,
    MoveCallback,
    OpenTicket,
    ActOnTicket,
    ChangeTicket,
)
ANSWERS: tuple[type[msgspec.Struct], ...] = (
    AfterCall,
    CallbackView,
    Callbacks,
    TicketView,
    TicketWhole,
    TicketList,
    StillNeeded,
)

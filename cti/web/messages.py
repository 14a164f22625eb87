"""The protocol between a screen and the service: one type per message; the unions are the whole of it.

A screen opens `/ws` (or `/ws?resume=SESSION.SEQ`). Every frame from the service carries `seq`, which grows by one.
After a successful resume the frames after SEQ follow; else a snapshot comes first. Times are epoch milliseconds of
the service's clock.

Each socket (tab) has its own sequence, which starts at 1 with the snapshot. `resumed` is the one frame that does not
count: its `seq` is that of the last frame which the screen has. A screen that finds a gap closes, and opens without
`resume`.
"""

from typing import Annotated, Literal, get_args

import msgspec

from cti.services.teamfeed import MateView
from cti.services.views import AgentView, CallView, Card, DeskView, LinkView, NotesView, Stamps
from cti.web.call_messages import CallCommand as CallCommand
from cti.web.call_messages import Command as Command
from cti.web.call_messages import Dial as Dial
from cti.web.call_messages import HangUp as HangUp
from cti.web.call_messages import PressKeys as PressKeys
from cti.web.call_messages import Transfer as Transfer

MAX_FRAME_BYTES = 16 * 1024

# Why the service closed the socket: after the first two the screen opens again (with jitter), after the others not.
CLOSE_RESTART = 1012  # the service stops; resume soon
CLOSE_SLOW = 4008  # the screen did not read for too long; open without `resume`, a snapshot comes
CLOSE_SIGNED_OUT = 4401  # the session is over: log in again
CLOSE_REPLACED = 4409  # another socket resumed this sequence
CLOSE_ABUSE = 4429  # too many or too many bad messages; wait some time

RefusalCode = Literal[
    "not_json",
    "unknown_message",
    "too_large",
    "not_allowed",
    "not_your_call",
    "unknown_pop",
    "unknown_customer",
    "no_device",
    "no_number",
    "already_registered",
    "invalid",
    "link_down",
    "switch_refused",
    "outcome_unknown",
    "storage_failed",
    "too_many",
    "no_queue",
    "not_now",
    "unknown_person",
    "outcome_missing",
    "call_state",
    "dial_number",
    "dial_code",
    "dial_national",
    "dial_abroad",
    "dial_premium",
    "dial_barred",
]


class BadMessage(Exception):
    """A frame that is no command; *code* is stable for programs, *id* that of the frame, 0 when it has none."""

    def __init__(self, code: RefusalCode, text: str, id: int = 0) -> None:
        super().__init__(text)
        self.code: RefusalCode = code
        self.id = id


# --- from the screen ---------------------------------------------------------------------------------------------


_Key = Annotated[str, msgspec.Meta(min_length=1, max_length=150)]
_Line = Annotated[str, msgspec.Meta(max_length=200)]
_Text = Annotated[str, msgspec.Meta(max_length=4_000)]
_Tag = Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
_Tags = Annotated[tuple[_Tag, ...], msgspec.Meta(max_length=20)]


_Reason = Annotated[str, msgspec.Meta(max_length=80)]
_Why = Annotated[str, msgspec.Meta(max_length=200)]


class AgentCommand(Command, frozen=True, kw_only=True):
    """A command about an agent's state. Of all with the same *key* one is carried out; the others get its answer.

    The screen makes *key* up at random and repeats it when it sends a command again. During a call a state asked for
    becomes `pending`.
    """

    key: Annotated[str, msgspec.Meta(max_length=64)] = ""


class SignIn(AgentCommand, frozen=True, tag="agent.sign_in"):
    """Join the queues, not ready: all that are assigned, or those of them that are named."""

    queues: Annotated[tuple[_Line, ...], msgspec.Meta(max_length=100)] = ()


class SignOut(AgentCommand, frozen=True, tag="agent.sign_out"):
    """Leave every queue."""


class SetAgentState(AgentCommand, frozen=True, tag="agent.set_state"):
    """`wrap_up` is for queues whose wrap-up is optional: during the call, or right after it."""

    state: Literal["ready", "not_ready", "wrap_up"]
    reason: _Reason = ""


class FinishWrapUp(AgentCommand, frozen=True, tag="agent.finish_wrap_up"):
    state: Literal["ready", "not_ready"] = "ready"
    reason: _Reason = ""


class ExtendWrapUp(AgentCommand, frozen=True, tag="agent.extend_wrap_up"):
    """Once for each wrap-up, where the queue allows it; it is logged."""


class RepairAgentState(AgentCommand, frozen=True, tag="agent.repair"):
    """Ask the switch anew about this person's phone, and show what it says; it is logged."""


class ForceAgentState(AgentCommand, frozen=True, tag="agent.force"):
    """A team lead or supervisor changes the state of somebody in their team, who sees who did it and why."""

    user: _Key
    state: Literal["ready", "not_ready", "signed_out"]
    reason: _Reason = ""
    why: _Why = ""


class WatchTeam(Command, frozen=True, tag="team.watch"):
    """Show me my people: `team` frames follow, until the screen says otherwise or is opened anew."""


class UnwatchTeam(Command, frozen=True, tag="team.unwatch"):
    """No more `team` frames."""


class PopPainted(Command, frozen=True, tag="pop.painted"):
    """The card stands on the screen. Both stamps are in the service's clock as the screen estimates it."""

    pop: _Key
    received: float
    painted: float


class ChooseCustomer(Command, frozen=True, tag="card.choose"):
    """Of several customers with the number, this one is on the line."""

    call: _Key
    customer: int


class DenyCustomer(Command, frozen=True, tag="card.deny"):
    """This customer is not who calls from that number: off the card now, and ranked last from now on."""

    call: _Key
    customer: int


class RegisterCustomer(Command, frozen=True, tag="customer.register"):
    """A new customer with the number of *call*."""

    call: _Key
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    company: _Line = ""
    note: _Text = ""
    tags: _Tags = ()


class WriteNote(Command, frozen=True, tag="note.write"):
    """All that this person has to say about a call ("" for nothing), as often as it changes while it is typed.

    Colleagues who have the call, or are asked about it, see it at once. `done` means stored: it becomes part of the
    call's record, whatever happens to this screen.
    """

    call: _Key  # CallView.about
    text: _Text


class OpenForm(Command, frozen=True, tag="form.open"):
    """This screen shows the form about the customer of *call*, or *customer*: `form` messages tell who else does."""

    call: Annotated[str, msgspec.Meta(max_length=150)] = ""
    customer: int = 0


class CloseForm(Command, frozen=True, tag="form.close"):
    """It does not any more."""


class SyncClock(Command, frozen=True, tag="clock.sync"):
    """Ask for the service's time; the screen halves the round trip."""


ScreenCommand = (
    SignIn
    | SignOut
    | SetAgentState
    | FinishWrapUp
    | ExtendWrapUp
    | RepairAgentState
    | ForceAgentState
    | Dial
    | HangUp
    | Transfer
    | PressKeys
    | WatchTeam
    | UnwatchTeam
    | PopPainted
    | ChooseCustomer
    | DenyCustomer
    | RegisterCustomer
    | WriteNote
    | OpenForm
    | CloseForm
    | SyncClock
)

_decoder: msgspec.json.Decoder[ScreenCommand] = msgspec.json.Decoder(ScreenCommand)


class _Head(msgspec.Struct):
    """The least that any message has; for saying what a bad one was."""

    id: int = 0
    type: str = ""


_head_decoder: msgspec.json.Decoder[_Head] = msgspec.json.Decoder(_Head)
_TYPES = frozenset(command.__struct_config__.tag for command in get_args(ScreenCommand))


def parse(frame: str | bytes) -> ScreenCommand:
    """Return the command in *frame*, or raise BadMessage."""
    if len(frame) > MAX_FRAME_BYTES:
        raise BadMessage("too_large", f"a message may have {MAX_FRAME_BYTES} bytes at most")
    try:
        return _decoder.decode(frame)
    except msgspec.ValidationError as error:
        try:
            head = _head_decoder.decode(frame)
        except msgspec.ValidationError:
            raise BadMessage("unknown_message", str(error)) from None
        code: RefusalCode = "invalid" if head.type in _TYPES else "unknown_message"
        raise BadMessage(code, str(error), head.id) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadMessage("not_json", str(error)) from None


# --- to the screen -----------------------------------------------------------------------------------------------


class Me(msgspec.Struct, frozen=True, gc=False):
    user: str
    name: str
    role: Literal["agent", "lead", "supervisor", "inspector", "admin"]
    device: str  # "PJSIP/1001", "" for who has no phone
    extension: str  # "1001"


class ServerMessage(msgspec.Struct, frozen=True, tag_field="type"):
    pass


class SnapshotMessage(ServerMessage, frozen=True, tag="snapshot"):
    """All that the screen shows; replaces what it had."""

    session: str  # for resuming: SESSION.SEQ
    me: Me
    now: float
    link: LinkView
    agent: AgentView
    calls: tuple[CallView, ...]
    cards: tuple[Card, ...]
    desk: DeskView = DeskView()
    notes: tuple[NotesView, ...] = ()


class ResumedMessage(ServerMessage, frozen=True, tag="resumed"):
    """The frames that were missed follow."""

    now: float


class PopMessage(ServerMessage, frozen=True, tag="pop"):
    """A call rings at this person's phone; answer with pop.painted."""

    pop: str
    call: CallView
    card: Card
    stamps: Stamps


class CardMessage(ServerMessage, frozen=True, tag="card"):
    """More became known about the customer of a call."""

    card: Card


class NotesMessage(ServerMessage, frozen=True, tag="notes"):
    """What colleagues wrote about a call that this person has, or is asked about; comes before its pop."""

    notes: NotesView


class CallMessage(ServerMessage, frozen=True, tag="call"):
    call: CallView


class CallGoneMessage(ServerMessage, frozen=True, tag="call.gone"):
    call: str
    cause: str


class AgentMessage(ServerMessage, frozen=True, tag="agent"):
    agent: AgentView


class LinkMessage(ServerMessage, frozen=True, tag="link"):
    link: LinkView


class ReminderMessage(ServerMessage, frozen=True, tag="reminder"):
    """A callback is due soon, or a ticket changed that this person must know of; the lists are read by HTTP."""

    kind: Literal["callback", "ticket"]
    id: str
    title: str  # who is to be called, or what the ticket is about
    due_at: float | None


class TeamMessage(ServerMessage, frozen=True, tag="team"):
    """People of one's team that are new or different, at most five times a second. With `whole` it replaces all."""

    people: tuple[MateView, ...]
    gone: tuple[str, ...]  # the log-in names of those who are to be seen no more
    whole: bool


class FormPerson(msgspec.Struct, frozen=True):
    user: str
    name: str


class FormMessage(ServerMessage, frozen=True, tag="form"):
    """Who else has a form about the same open. With a `revision` the record was just written: load it again."""

    about: str  # FormView.about
    others: tuple[FormPerson, ...]
    revision: str


class DoneMessage(ServerMessage, frozen=True, tag="done"):
    """The command with this id was carried out."""

    id: int
    now: float


class RefusalMessage(ServerMessage, frozen=True, tag="refusal"):
    """The command with this id (0 when it had none) was not carried out."""

    id: int
    code: str
    text: str


ScreenMessage = (
    SnapshotMessage
    | ResumedMessage
    | PopMessage
    | CardMessage
    | NotesMessage
    | CallMessage
    | CallGoneMessage
    | AgentMessage
    | LinkMessage
    | ReminderMessage
    | TeamMessage
    | FormMessage
    | DoneMessage
    | RefusalMessage
)

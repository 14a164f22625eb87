"""What a screen is shown, as the services state it. Times are epoch milliseconds of the service's clock."""

from collections.abc import Callable
from typing import Literal, Protocol

import msgspec

from cti.agents.model import AgentState, Target, WrapUpMode
from cti.assist.attached import Datum
from cti.assist.card import CardState
from cti.calls.facts import Device
from cti.ports import CustomerMatch


class PlaceView(msgspec.Struct, frozen=True, gc=False):
    """The person's place in one queue, as the switch reports it."""

    queue: str
    paused: bool
    reason: str = ""


class PendingView(msgspec.Struct, frozen=True, gc=False):
    """A state that was asked for and is to come: after the call and its wrap-up, or once the switch reports it."""

    state: Target
    reason: str = ""
    by: str = ""  # who forced it, "" for the person themselves
    why: str = ""


class AgentView(msgspec.Struct, frozen=True, gc=False):
    """The person's own state, as the switch reports it."""

    state: AgentState
    since: float
    reason: str = ""
    queues: tuple[str, ...] = ()  # those that the switch has the phone in
    places: tuple[PlaceView, ...] = ()  # the same with their pauses
    assigned: tuple[str, ...] = ()  # those to sign in to
    pending: PendingView | None = None  # takes effect after the call and its wrap-up
    asked: PendingView | None = None  # sent to the switch, which has not reported it yet
    wrap_up: WrapUpMode = "none"  # of the call that is being wrapped up, or that goes on
    wrap_up_until: float | None = None  # when it ends by itself
    can_extend: bool = False  # agent.extend_wrap_up is possible now
    forced_by: str = ""  # who made the state what it is; "" for the person, "switch" for a change made in Asterisk
    why: str = ""


class ReasonView(msgspec.Struct, frozen=True, gc=False):
    """A reason for not being ready, to choose from. Others may occur; they are shown as they are."""

    code: str
    zh: str
    en: str


class QueueView(msgspec.Struct, frozen=True, gc=False):
    """A queue as people know it, and what its calls ask of a desk."""

    name: str
    title_zh: str
    title_en: str
    wrap_up: WrapUpMode
    wrap_up_seconds: float
    extension_seconds: float
    auto_answer: bool


class DeskView(msgspec.Struct, frozen=True, gc=False):
    """What the desk offers, from the settings."""

    reasons: tuple[ReasonView, ...] = ()
    queues: tuple[QueueView, ...] = ()


class CallView(msgspec.Struct, frozen=True, gc=False):
    """A call in which the person takes part."""

    call: str
    direction: Literal["inbound", "outbound", "internal"]
    state: Literal["initiated", "alerting", "connected", "hold"]
    number: str  # E.164 where it is a number, else as it came; "" when hidden
    shown: str  # the same for people: "138 0013 8000"
    name: str  # what the network sent: text from a stranger
    queue: str
    dialled: str
    started_at: float
    alerting_at: float
    answered_at: float | None
    waited_seconds: float
    about: str = ""  # the call itself; for a consultation the one that it is about: notes and scripts go by this
    data: tuple[Datum, ...] = ()  # what the dialplan knows, in the order of the settings


class ColleagueNote(msgspec.Struct, frozen=True, gc=False):
    """What somebody wrote about a call while it lives."""

    user: str  # the name to log in with
    author: str  # for people
    text: str
    at: float


class NotesView(msgspec.Struct, frozen=True, gc=False):
    """All that was written about a call so far, the oldest first; one's own among it."""

    call: str  # CallView.about
    notes: tuple[ColleagueNote, ...]


class FoundField(msgspec.Struct, frozen=True, gc=False):
    zh: str
    en: str
    value: str
    into: str = ""  # the field of ours that it fills in when the customer is registered


class FoundRecord(msgspec.Struct, frozen=True, gc=False):
    """What a system elsewhere has under the number."""

    id: str
    name: str
    fields: tuple[FoundField, ...] = ()
    url: str = ""  # http or https, else ""


class SourceView(msgspec.Struct, frozen=True, gc=False):
    """What a system elsewhere says about a caller."""

    source: str
    title_zh: str
    title_en: str
    state: Literal["looking", "found", "none", "failed"]
    records: tuple[FoundRecord, ...] = ()


class Card(msgspec.Struct, frozen=True, gc=False):
    """Who is calling, as far as is known. `internal`: a colleague calls, there is no customer."""

    call: str
    state: CardState
    matches: tuple[CustomerMatch, ...] = ()
    chosen: int | None = None  # the customer that the agent chose, or the only one
    sources: tuple[SourceView, ...] = ()  # of the systems elsewhere, in the order of the settings


class Stamps(msgspec.Struct, frozen=True, gc=False):
    """When the bytes were read from the switch, the call event was made, and the frame was handed to the socket."""

    read: float
    event: float
    dispatched: float


class LinkView(msgspec.Struct, frozen=True, gc=False):
    """Whether the service hears the switch."""

    up: bool
    since: float


class Picture(msgspec.Struct, frozen=True):
    """All that concerns one phone now."""

    link: LinkView
    agent: AgentView
    calls: tuple[CallView, ...]
    cards: tuple[Card, ...]
    desk: DeskView = DeskView()
    notes: tuple[NotesView, ...] = ()


class Screens(Protocol):
    """Where views go: to every screen of whoever has the phone, at once, without waiting for any of them."""

    def pop(self, device: Device, pop: str, call: CallView, card: Card, stamps: Callable[[], Stamps]) -> Stamps | None:
        """Show *card*. Return the stamps that were sent, or None when no screen of that phone is connected now."""

    def card(self, device: Device, card: Card) -> None: ...

    def call(self, device: Device, call: CallView) -> None: ...

    def notes(self, device: Device, notes: NotesView) -> None: ...

    def call_gone(self, device: Device, call: str, cause: str) -> None: ...

    def agent(self, device: Device, agent: AgentView) -> None: ...

    def link(self, link: LinkView) -> None:
        """Tell everybody."""

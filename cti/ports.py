"""What the services ask of the world. Connectors and storage answer; tests put fakes in their place."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Literal, Protocol

import msgspec

from cti.assist.ranking import Reason
from cti.calls.facts import ChannelId, Device, Fact
from cti.calls.model import CallId, ConnectionSpan, FinishedCall

FactSink = Callable[[int, Fact], None]
"""Takes (time.monotonic_ns() at which the bytes were read, the fact). Never blocks, never raises."""


# --- the switch -------------------------------------------------------------------------------------------------


class SwitchError(Exception):
    """A request to the switch did not succeed; the text can be shown to people."""


class SwitchUnreachable(SwitchError):
    """There is no link to the switch; nothing was sent."""


class SwitchRefused(SwitchError):
    """The switch answered no."""


class OutcomeUnknown(SwitchError):
    """The request was sent and no answer came: it may or may not have been carried out. Never repeat it blindly."""


class Switch(Protocol):
    """Requests to one switch. All have a deadline and raise SwitchError."""

    async def pause(self, member: Device, *, paused: bool, reason: str = "", queue: str = "") -> None:
        """Pause or unpause *member* in *queue*, or in all of its queues."""

    async def join_queue(self, queue: str, member: Device, *, name: str, penalty: int, paused: bool) -> None:
        """Have *queue* ring *member*, shown as *name*; done too when it does so already."""

    async def leave_queue(self, queue: str, member: Device) -> None:
        """Have *queue* ring *member* no more; done too when it does not."""

    async def park(self, channel: ChannelId, *, seconds: int) -> None:
        """Have the party of *channel* hear music, and go back to where he came from after *seconds*.

        Who was joined with him is hung up.
        """

    async def give_back(self, channel: ChannelId, device: Device) -> None:
        """Ring *device*, to be answered at once, for the party of *channel*, who hears music meanwhile."""

    async def redirect(self, channel: ChannelId, number: str) -> None:
        """Send the party of *channel* to *number*, as if one of our phones had dialled it."""

    async def hang_up(self, channel: ChannelId) -> None:
        """End *channel*."""

    async def originate(self, device: Device, number: str, *, channel: ChannelId) -> None:
        """Ring *device*, to be answered at once, as *channel*; when it answers, dial *number* for it."""

    async def transfer(self, channel: ChannelId, number: str) -> None:
        """Have who talks with the phone of *channel* go on to *number*; the phone is free."""

    async def press(self, channel: ChannelId, key: str) -> None:
        """Send the tone of one *key* to the party of *channel*."""

    def ask_for_snapshot(self) -> None:
        """Have a fresh Snapshot stated soon; for when the picture does not fit what was heard."""


class LinkLost(Exception):
    """A connector's link to its outside system is gone; it may be tried again."""


class LogInRefused(LinkLost):
    """The outside system does not take our name and secret; trying again soon is of no use."""


class Connector(Protocol):
    """The code for an outside system, run until cancelled."""

    name: str
    essential: bool  # a bug in it stops the daemon, which starts again from a snapshot

    async def run(self) -> None:
        """Keep the link, or raise LinkLost."""


# --- customers ----------------------------------------------------------------------------------------------------


class CustomerNumber(msgspec.Struct, frozen=True, gc=False):
    e164: str  # "+8613800138000"
    kind: str = "mobile"
    verified_at: datetime | None = None  # when it was checked to be this customer's
    shared: bool = False  # by a family: it does not tell who calls


class Contact(msgspec.Struct, frozen=True, gc=False):
    """An earlier call with a customer, as the card shows it."""

    call: str
    at: datetime
    direction: str
    outcome: str
    agent: str
    talk_seconds: float


class Customer(msgspec.Struct, frozen=True, gc=False):
    id: int
    name: str
    numbers: tuple[CustomerNumber, ...] = ()
    tags: tuple[str, ...] = ()
    company: str = ""
    note: str = ""
    kind: Literal["person", "company"] = "person"
    owner: str = ""  # the user who looks after this customer
    do_not_call: bool = False
    fields: dict[str, str] = {}  # those that the settings declare, by name


class CustomerMatch(msgspec.Struct, frozen=True, gc=False):
    """A customer who has the number, with the last contacts (latest first, three at most)."""

    customer: Customer
    contacts: tuple[Contact, ...] = ()
    reason: Reason = "only"  # what speaks for this one, or against


class NewCustomer(msgspec.Struct, frozen=True):
    name: str
    numbers: tuple[CustomerNumber, ...]
    tags: tuple[str, ...] = ()
    company: str = ""
    note: str = ""
    kind: Literal["person", "company"] = "person"
    owner: str = ""
    fields: dict[str, str] = {}
    created_by: str = ""  # a user


class Directory(Protocol):
    """Customers by number."""

    async def by_number(self, e164: str) -> list[CustomerMatch]:
        """Return every customer with that number, the likeliest to be on the line first, each with the reason."""

    async def get(self, customer: int) -> Customer | None:
        """Return the customer with that id, or the one that it was merged into."""

    async def deny(self, e164: str, customer: int, *, who: str) -> None:
        """Remember that *customer* is not who calls from that number: ranked last from now on."""

    async def register(self, customer: NewCustomer) -> CustomerMatch:
        """Store a new customer, durably, and return it. Numbers that are not E.164 raise ValueError."""


# --- customers elsewhere ------------------------------------------------------------------------------------------


class SourceRecord(msgspec.Struct, frozen=True, gc=False):
    """What a system elsewhere has under a number."""

    id: str
    name: str
    fields: dict[str, str] = {}  # by the names of the settings, in their order
    url: str = ""  # a page about it, where the source knows one


class SourceFailed(Exception):
    """The system elsewhere gave no answer that can be used; the text is for operators and quotes no answer."""


class CustomerSource(Protocol):
    """A system elsewhere that knows customers. It may hang, and it may answer anything: others see to that."""

    name: str

    async def open(self) -> None:
        """Make ready, once, before the first question; what is down then is found out by the questions."""

    async def by_number(self, e164: str) -> Sequence[SourceRecord]:
        """Return what it has, the likeliest first, or raise SourceFailed. It may be cancelled at any time."""

    async def close(self) -> None: ...


# --- call records ----------------------------------------------------------------------------------------------------


class CallLog(Protocol):
    async def add(
        self,
        call: FinishedCall,
        *,
        switch: str = "",
        boot: str = "",
        customer: int | None = None,
        connections: Sequence[ConnectionSpan] = (),
    ) -> None:
        """Store *call* once, durably; adding it again changes nothing.

        A call is known by *switch*, the *boot* of the switch and its id. *customer* is who was on the line, where
        that is known. The open call with that id is removed together with it. Raises StorageRefused when it can
        never be stored, and StorageDown when it is not stored and will not be.
        """

    async def latest(self, *, limit: int = 20) -> Sequence[FinishedCall]:
        """Return the latest first."""

    async def of_agent(self, agent: str, *, limit: int = 20) -> Sequence[FinishedCall]:
        """Return the latest calls in which *agent* talked with the customer, the latest first."""

    async def of_number(self, e164: str, *, limit: int = 20) -> Sequence[FinishedCall]:
        """Return the latest calls with that customer's number, the latest first."""


class OpenCall(msgspec.Struct, frozen=True):
    """A call that has not ended, as it was last written down: what a restarted service goes on from."""

    id: CallId
    boot: str
    seen_at: datetime  # when it was last known to be alive
    state: bytes  # the owner's own format


class OpenCalls(Protocol):
    """The calls that live now, kept so that a killed service can finish their records."""

    def put(self, switch: str, call: OpenCall) -> None:
        """Keep *call* as it now stands, soon. Never waits."""

    def remove(self, switch: str, boot: str, call: CallId) -> None:
        """Forget *call*, soon. Needless when its record is added."""

    def seen(self, switch: str, boot: str, at: datetime) -> None:
        """Note that all open calls of *switch* were alive at *at*, soon."""

    async def all(self, switch: str) -> Sequence[OpenCall]:
        """Return the open calls of *switch*, each as seen last by put or seen."""


# --- notes ------------------------------------------------------------------------------------------------------------


class LiveNote(msgspec.Struct, frozen=True):
    """What somebody has to say about a call that has no record yet."""

    call: CallId
    user: int
    name: str  # the user's, to log in with
    author: str  # the same for people
    text: str  # "" when it was taken back
    at: datetime

    def on(self, call: CallId, *, before: "LiveNote | None" = None) -> "LiveNote":
        """Return the note for *call*, with which its own was joined; what the user wrote there *before* comes first."""
        text = self.text if before is None else "\n".join(filter(None, (before.text, self.text)))
        return msgspec.structs.replace(self, call=call, text=text)


class LiveNotes(Protocol):
    """Notes on calls that live; each becomes part of the call's record."""

    async def put(self, note: LiveNote) -> None:
        """Keep *note* durably, instead of what the user wrote about the call before."""

    async def all(self) -> Sequence[LiveNote]:
        """Return what is kept, the oldest first."""

    async def move(self, joined: CallId, call: CallId) -> None:
        """Take the notes on *joined* to *call*, as LiveNote.on does."""

    async def settle(self, call: CallId) -> bool:
        """Take the notes to the record of *call*, unless newer ones are there; return whether there is a record."""

    async def forget(self, call: CallId) -> None: ...


# --- storage itself ---------------------------------------------------------------------------------------------------


class StorageDown(Exception):
    """The database did not carry out a request, and may do so later."""


class StorageRefused(Exception):
    """The database will never take this."""


class StorageHealth(msgspec.Struct, frozen=True):
    """How the writing of records goes, for the health page."""

    ok: bool
    since: datetime  # since when it is so
    waiting: int  # records that are not in the database yet
    error: str = ""  # the last one, "" when ok
    corrupt: bool = False  # the service should be started again: it then restores the newest backup


# --- users and their sessions ---------------------------------------------------------------------------------------

UserRole = Literal["agent", "lead", "supervisor", "inspector", "admin"]


class User(msgspec.Struct, frozen=True):
    id: int
    name: str  # for logging in; compared without regard to case
    display_name: str
    role: UserRole
    device: str = ""  # "PJSIP/1001", "" for who has no phone
    must_change: bool = False  # the password was given by somebody else
    disabled: bool = False


class Credentials(msgspec.Struct, frozen=True):
    user: User
    password_hash: str  # argon2; "" when the user has no password


class NameTaken(Exception):
    """Another user has that name."""


class Users(Protocol):
    async def create(
        self,
        name: str,
        *,
        display_name: str,
        role: UserRole,
        device: str = "",
        password_hash: str = "",
        must_change: bool = True,
    ) -> User:
        """Keep a new user, or raise NameTaken."""

    async def get(self, user: int) -> User | None: ...

    async def by_name(self, name: str) -> User | None: ...

    async def credentials(self, name: str) -> Credentials | None:
        """Return what a log-in is checked against. Disabled users are returned too."""

    async def set_password(self, user: int, password_hash: str, *, must_change: bool = False) -> None:
        """Replace the password; all of the user's sessions end."""

    async def rehash_password(self, user: int, password_hash: str) -> None:
        """Keep the same password in a new hash; sessions go on."""

    async def disable(self, user: int, *, disabled: bool = True) -> None:
        """Shut the user out, or let him in again; all of his sessions end."""

    async def list(self) -> Sequence[User]:
        """Return all, by name."""


class Session(msgspec.Struct, frozen=True):
    user: User
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    id: str = ""  # its public name; it opens nothing
    source: str = ""  # the address that it began from
    browser: str = ""


class Sessions(Protocol):
    """Log-ins. The token is random and known to the browser alone; its SHA-256 is what is kept."""

    async def create(
        self, user: int, *, now: datetime, expires_at: datetime, source: str = "", browser: str = ""
    ) -> str:
        """Begin a session and return its token."""

    async def of(self, user: int, *, now: datetime) -> Sequence[Session]:
        """Return the sessions of *user* that are not over, the latest used first."""

    async def end(self, user: int, session: str) -> bool:
        """End the session of *user* with that public name; return whether there was one."""

    @staticmethod
    def name_of(token: str) -> str:
        """Return the public name of the session with that token."""

    async def find(self, token: str, *, now: datetime) -> Session | None:
        """Return the session, or None when it is unknown or over, or its user is disabled."""

    async def touch(self, token: str, session: Session, *, now: datetime) -> None:
        """Note that the session is used; written down at most once a minute."""

    async def delete(self, token: str) -> None:
        """End the session."""

    async def delete_of(self, user: int) -> int:
        """End all sessions of the user and return how many there were."""

    async def purge(self, *, now: datetime) -> int:
        """Forget the sessions that are over and return how many there were."""

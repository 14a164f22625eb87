"""What is stored, in memory: keeps the same promises as cti.storage, without the durability."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from cti.assist.numbers import is_e164, normalise
from cti.assist.ranking import rank
from cti.calls.model import CallId, FinishedCall
from cti.ports import (
    ConnectionSpan,
    Contact,
    Credentials,
    Customer,
    CustomerMatch,
    NameTaken,
    NewCustomer,
    OpenCall,
    Session,
    User,
    UserRole,
)
from cti.storage.customers import candidate_of, once

Key = tuple[str, str, str]


class FakeOpenCalls:
    def __init__(self) -> None:
        self.open: dict[Key, OpenCall] = {}
        self.switches: dict[str, tuple[str, datetime]] = {}

    def put(self, switch: str, call: OpenCall) -> None:
        self.open[switch, call.boot, call.id] = call

    def remove(self, switch: str, boot: str, call: CallId) -> None:
        self.open.pop((switch, boot, call), None)

    def seen(self, switch: str, boot: str, at: datetime) -> None:
        self.switches[switch] = (boot, at)

    async def all(self, switch: str) -> list[OpenCall]:
        boot, at = self.switches.get(switch, ("", datetime.min.replace(tzinfo=UTC)))
        mine = [call for (of, _, _), call in sorted(self.open.items()) if of == switch]
        return [
            msgspec.structs.replace(call, seen_at=max(call.seen_at, at)) if call.boot == boot else call for call in mine
        ]


class FakeCallLog:
    def __init__(self, open_calls: FakeOpenCalls | None = None, *, region: str = "CN") -> None:
        self.records: dict[Key, tuple[FinishedCall, int | None]] = {}
        self.connections: dict[Key, tuple[ConnectionSpan, ...]] = {}
        self.open_calls = open_calls or FakeOpenCalls()
        self.region = region

    async def add(
        self,
        call: FinishedCall,
        *,
        switch: str = "",
        boot: str = "",
        customer: int | None = None,
        connections: Sequence[ConnectionSpan] = (),
    ) -> None:
        key = (switch, boot, call.id)
        if key not in self.records:
            self.records[key] = (call, customer)
            self.connections[key] = tuple(connections)
        self.open_calls.remove(switch, boot, call.id)

    def with_number(self, e164: str) -> list[tuple[FinishedCall, int | None]]:
        return [
            (call, customer)
            for call, customer in self.records.values()
            if normalise(call.customer, self.region) == e164
        ]

    async def latest(self, *, limit: int = 20) -> list[FinishedCall]:
        return _latest([call for call, _ in self.records.values()], limit)

    async def of_agent(self, agent: str, *, limit: int = 20) -> list[FinishedCall]:
        return _latest([call for call, _ in self.records.values() if agent in call.agents], limit)

    async def of_number(self, e164: str, *, limit: int = 20) -> list[FinishedCall]:
        return _latest([call for call, _ in self.with_number(e164)], limit)


def _latest(calls: list[FinishedCall], limit: int) -> list[FinishedCall]:
    return sorted(calls, key=lambda call: call.started_at, reverse=True)[:limit]


class FakeDirectory:
    def __init__(self, call_log: FakeCallLog | None = None) -> None:
        self.customers: dict[int, Customer] = {}
        self.denied: set[tuple[str, int]] = set()
        self.call_log = call_log or FakeCallLog()

    async def by_number(self, e164: str) -> list[CustomerMatch]:
        matches = {
            customer.id: self._match(customer)
            for customer in self.customers.values()
            if any(number.e164 == e164 for number in customer.numbers)
        }
        ranked = rank(candidate_of(match, e164, denied=(e164, id_) in self.denied) for id_, match in matches.items())
        return [msgspec.structs.replace(matches[id_], reason=reason) for id_, reason in ranked]

    async def deny(self, e164: str, customer: int, *, who: str) -> None:
        if customer in self.customers:
            self.denied.add((e164, customer))

    async def get(self, customer: int) -> Customer | None:
        return self.customers.get(customer)

    async def register(self, customer: NewCustomer) -> CustomerMatch:
        for number in customer.numbers:
            if not is_e164(number.e164):
                raise ValueError(f"{number.e164!r} is no number in the form +CCNNN")
        made = Customer(
            len(self.customers) + 1,
            customer.name,
            tuple(once(customer.numbers)),
            customer.tags,
            customer.company,
            customer.note,
            customer.kind,
            customer.owner,
            fields=customer.fields,
        )
        self.customers[made.id] = made
        return self._match(made)

    def _match(self, customer: Customer) -> CustomerMatch:
        contacts = [
            Contact(
                call.id, call.started_at, call.direction, call.outcome, (call.agents or ("",))[-1], call.talk_seconds
            )
            for number in customer.numbers
            for call, known in self.call_log.with_number(number.e164)
            if known in (None, customer.id)
        ]
        contacts.sort(key=lambda contact: contact.at, reverse=True)
        return CustomerMatch(customer, tuple(contacts[:3]))


class FakeSessions:
    def __init__(self, users: "FakeUsers") -> None:
        self.users = users
        self.kept: dict[bytes, tuple[int, datetime, datetime, datetime]] = {}
        self.whence: dict[bytes, tuple[str, str]] = {}
        users.sessions = self

    async def create(
        self, user: int, *, now: datetime, expires_at: datetime, source: str = "", browser: str = ""
    ) -> str:
        token = secrets.token_urlsafe(32)
        self.whence[_hash(token)] = (source, browser)
        self.kept[_hash(token)] = (user, now, now, expires_at)
        return token

    async def find(self, token: str, *, now: datetime) -> Session | None:
        return self._living(_hash(token), now)

    async def of(self, user: int, *, now: datetime) -> list[Session]:
        living = [self._living(digest, now) for digest, kept in self.kept.items() if kept[0] == user]
        found = [session for session in living if session is not None]
        return sorted(found, key=lambda session: session.last_seen_at, reverse=True)

    async def end(self, user: int, session: str) -> bool:
        gone = [d for d, kept in self.kept.items() if kept[0] == user and d.hex()[:24] == session]
        for digest in gone:
            del self.kept[digest]
        return bool(gone)

    @staticmethod
    def name_of(token: str) -> str:
        return _hash(token).hex()[:24]

    def _living(self, digest: bytes, now: datetime) -> Session | None:
        kept = self.kept.get(digest)
        user = self.users.kept.get(kept[0]) if kept else None
        if kept is None or user is None or user.user.disabled or kept[3] <= now:
            return None
        return Session(user.user, *kept[1:], digest.hex()[:24], *self.whence[digest])

    async def touch(self, token: str, session: Session, *, now: datetime) -> None:
        kept = self.kept.get(_hash(token))
        if kept and now - session.last_seen_at >= timedelta(minutes=1):
            self.kept[_hash(token)] = (kept[0], kept[1], now, kept[3])

    async def delete(self, token: str) -> None:
        self.kept.pop(_hash(token), None)

    async def delete_of(self, user: int) -> int:
        mine = [token for token, kept in self.kept.items() if kept[0] == user]
        for token in mine:
            del self.kept[token]
        return len(mine)

    async def purge(self, *, now: datetime) -> int:
        over = [token for token, kept in self.kept.items() if kept[3] <= now]
        for token in over:
            del self.kept[token]
        return len(over)


class FakeUsers:
    def __init__(self) -> None:
        self.kept: dict[int, Credentials] = {}
        self.sessions: FakeSessions | None = None

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
        name = name.strip().casefold()
        if not name or "\0" in name + display_name + device:
            raise ValueError("a user needs a name, of characters that can be written")
        if await self.by_name(name):
            raise NameTaken(name)
        user = User(len(self.kept) + 1, name, display_name, role, device, must_change)
        self.kept[user.id] = Credentials(user, password_hash)
        return user

    async def get(self, user: int) -> User | None:
        found = self.kept.get(user)
        return found.user if found else None

    async def by_name(self, name: str) -> User | None:
        found = await self.credentials(name)
        return found.user if found else None

    async def credentials(self, name: str) -> Credentials | None:
        folded = name.strip().casefold()
        return next((kept for kept in self.kept.values() if kept.user.name == folded), None)

    async def set_password(self, user: int, password_hash: str, *, must_change: bool = False) -> None:
        await self._change(user, password_hash, must_change=must_change)

    async def rehash_password(self, user: int, password_hash: str) -> None:
        if user in self.kept:
            self.kept[user] = msgspec.structs.replace(self.kept[user], password_hash=password_hash)

    async def disable(self, user: int, *, disabled: bool = True) -> None:
        await self._change(user, disabled=disabled)

    async def list(self) -> list[User]:
        return sorted((kept.user for kept in self.kept.values()), key=lambda user: user.name)

    async def _change(self, user: int, password_hash: str | None = None, **fields: bool) -> None:
        if user not in self.kept:
            return
        before = self.kept[user]
        self.kept[user] = Credentials(
            msgspec.structs.replace(before.user, **fields),
            before.password_hash if password_hash is None else password_hash,
        )
        if self.sessions:
            await self.sessions.delete_of(user)


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()

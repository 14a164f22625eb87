"""Logging in and staying so: passwords checked under a throttle, sessions by a random token in a cookie."""

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

import msgspec

from cti.ports import NameTaken, Session, Sessions, StorageDown, StorageRefused, User, UserRole, Users
from cti.web.passwords import Passwords, made_up, weakness_of
from cti.web.permissions import Actor, actor_of
from cti.web.throttle import Throttle

log = logging.getLogger(__name__)

ADMINISTRATOR = "admin"
_TOUCH_EVERY = timedelta(minutes=1)
_MOST_TOUCHING = 50


class WrongPassword(Exception):
    """No such user, not their password, or they are disabled: which of these is not told."""


class SlowDown(Exception):
    """Too many failures; nothing was checked."""

    def __init__(self, retry_after_seconds: float) -> None:
        super().__init__(f"try again in {retry_after_seconds:.0f} s")
        self.retry_after_seconds = retry_after_seconds


class WeakPassword(Exception):
    """The new password will not do; the text says why."""


class NoSuchUser(Exception):
    pass


class Identity(msgspec.Struct, frozen=True, gc=False):
    """Who sends a request, and by which session."""

    token: str
    user: User
    actor: Actor


class AuthSettings(msgspec.Struct, frozen=True):
    session_hours: float = 16.0  # from log-in to log-out, whatever happens
    idle_hours: float = 8.0
    trust_seconds: float = 3.0  # how long a session that was found valid is not looked up again


class Authenticator:
    """The one place that knows passwords and tokens.

    *on_out* is told whose screens must close: (name of the user, None) or (None, token).
    """

    def __init__(
        self,
        users: Users,
        sessions: Sessions,
        passwords: Passwords,
        *,
        settings: AuthSettings | None = None,
        on_out: Callable[[str | None, str | None], None] = lambda user, token: None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._users = users
        self._sessions = sessions
        self._passwords = passwords
        self._settings = settings or AuthSettings()
        self._on_out = on_out
        self._now = now
        self._clock = clock
        self._known: OrderedDict[str, tuple[float, Identity]] = OrderedDict()
        self._by_account: Throttle[tuple[str, str]] = Throttle(self._clock)
        self._by_source: Throttle[str] = Throttle(self._clock, longest=10.0)
        self._trusted: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._touching: set[asyncio.Task[None]] = set()

    # --- log-in -----------------------------------------------------------------------------------------------------

    async def log_in(self, name: str, password: str, *, source: str, browser: str = "") -> Identity:
        """Return a new session. Raises WrongPassword, SlowDown, or TooBusy.

        A source from which the account was used before has a count of its own, so that guesses from elsewhere do not
        keep its owner out.
        """
        name = name.strip().casefold()[:100]
        account = (name, source if (name, source) in self._trusted else "")
        wait = self._by_account.wait_seconds(account)
        if not account[1]:
            wait = max(wait, self._by_source.wait_seconds(source))
        if wait > 0:
            raise SlowDown(wait)
        self._by_account.failed(account)
        found = await self._users.credentials(name)
        valid = await self._passwords.check(found.password_hash if found else None, password)
        if not valid or found is None or found.user.disabled:
            self._by_source.failed(source)
            log.info("log-in refused", extra={"pii.user": name, "pii.source": source})
            raise WrongPassword
        self._by_account.forgive(account, all_of_them=True)
        self._by_source.forgive(source, all_of_them=False)
        self._trust(name, source)
        if self._passwords.is_outdated(found.password_hash):
            await self._users.rehash_password(found.user.id, await self._passwords.hash(password))
        return await self._begin(found.user, source, browser)

    async def change_password(self, who: Identity, old: str, new: str, *, source: str, browser: str = "") -> Identity:
        """Replace the password; every other session of the user ends. Raises as log_in does, and WeakPassword."""
        key = (who.user.name, f"change:{source}")
        if (wait := self._by_account.wait_seconds(key)) > 0:
            raise SlowDown(wait)
        self._by_account.failed(key)
        found = await self._users.credentials(who.user.name)
        if not await self._passwords.check(found.password_hash if found else None, old) or found is None:
            raise WrongPassword
        self._by_account.forgive(key, all_of_them=True)
        weakness = "it is the old one" if new == old else weakness_of(new, user=who.user.name)
        if weakness:
            raise WeakPassword(weakness)
        await self._users.set_password(who.user.id, await self._passwords.hash(new), must_change=False)
        self._end(user=who.user.name)
        user = await self._users.get(who.user.id)
        if user is None:
            raise WrongPassword
        return await self._begin(user, source, browser)

    async def log_out(self, who: Identity) -> None:
        await self._sessions.delete(who.token)
        self._end(token=who.token)

    # --- sessions ---------------------------------------------------------------------------------------------------

    async def who(self, token: str) -> Identity | None:
        """Return whose session *token* is, None when it is over or never was."""
        if not 20 <= len(token) <= 100:
            return None
        known = self._known.get(token)
        if known is not None and self._clock() - known[0] < self._settings.trust_seconds:
            return known[1]
        return await self._look_up(token)

    async def check(self, tokens: Iterable[str]) -> None:
        """Look up the sessions of open screens; those that are over close. A disabled user is out by this."""
        for token in set(tokens):
            if await self._look_up(token) is None:
                self._end(token=token)

    def name_of(self, token: str) -> str:
        """Return the public name of a session."""
        return self._sessions.name_of(token)

    async def sessions_of(self, user: User) -> list[Session]:
        """Return the sessions of *user* that are not over, the latest used first."""
        return list(await self._sessions.of(user.id, now=self._now()))

    async def end_session(self, user: User, session: str) -> bool:
        """End the session of *user* with that public name; return whether there was one."""
        ended = await self._sessions.end(user.id, session)
        for token in [token for token in self._known if self.name_of(token) == session]:
            self._end(token=token)
        return ended

    async def end_all(self, user: User) -> None:
        """End all sessions of *user*."""
        await self._sessions.delete_of(user.id)
        self._end(user=user.name)

    def forget(self, user: str) -> None:
        """Look the sessions of *user* up again before they are believed."""
        for token in [token for token, (_, who) in self._known.items() if who.user.name == user]:
            del self._known[token]

    async def _look_up(self, token: str) -> Identity | None:
        now = self._now()
        session = await self._sessions.find(token, now=now)
        if session is None or now - session.last_seen_at > timedelta(hours=self._settings.idle_hours):
            self._known.pop(token, None)
            return None
        self._touch(token, session, now)
        identity = Identity(token, session.user, actor_of(session.user))
        self._remember(identity)
        return identity

    def _touch(self, token: str, session: Session, now: datetime) -> None:
        """Note that the session is used, without waiting for a database that may be locked."""
        if now - session.last_seen_at < _TOUCH_EVERY or len(self._touching) >= _MOST_TOUCHING:
            return

        async def touch() -> None:
            try:
                await self._sessions.touch(token, session, now=now)
            except (StorageDown, StorageRefused) as error:
                log.warning("session was not touched", extra={"error": type(error).__name__})

        task = asyncio.get_running_loop().create_task(touch(), name="session:touch")
        self._touching.add(task)
        task.add_done_callback(self._touching.discard)

    async def close(self) -> None:
        for task in self._touching:
            task.cancel()
        await asyncio.gather(*self._touching, return_exceptions=True)

    async def _begin(self, user: User, source: str, browser: str) -> Identity:
        now = self._now()
        expires_at = now + timedelta(hours=self._settings.session_hours)
        token = await self._sessions.create(user.id, now=now, expires_at=expires_at, source=source, browser=browser)
        identity = Identity(token, user, actor_of(user))
        self._remember(identity)
        return identity

    def _remember(self, identity: Identity) -> None:
        self._known[identity.token] = (self._clock(), identity)
        self._known.move_to_end(identity.token)
        while len(self._known) > 20_000:
            self._known.popitem(last=False)

    def _end(self, *, user: str | None = None, token: str | None = None) -> None:
        gone = [t for t, (_, who) in self._known.items() if t == token or who.user.name == user]
        for each in gone:
            del self._known[each]
        self._on_out(user, token)

    def _trust(self, name: str, source: str) -> None:
        self._trusted[name, source] = None
        self._trusted.move_to_end((name, source))
        while len(self._trusted) > 20_000:
            self._trusted.popitem(last=False)

    # --- people -----------------------------------------------------------------------------------------------------

    async def people(self) -> list[User]:
        return list(await self._users.list())

    async def find_user(self, name: str) -> User:
        user = await self._users.by_name(name)
        if user is None:
            raise NoSuchUser(name)
        return user

    async def make_user(self, name: str, *, display_name: str, role: UserRole, device: str) -> tuple[User, str]:
        """Store a new user with a made-up password, returned this once. Raises NameTaken."""
        password = made_up()
        hashed = await self._passwords.hash(password)
        user = await self._users.create(
            name, display_name=display_name, role=role, device=device, password_hash=hashed, must_change=True
        )
        return user, password

    async def reset_password(self, name: str) -> tuple[User, str]:
        """Give a user a made-up password, returned this once; all of their sessions end."""
        user, password = await self.find_user(name), made_up()
        await self._users.set_password(user.id, await self._passwords.hash(password), must_change=True)
        self._end(user=user.name)
        return await self.find_user(name), password

    async def enable(self, name: str, *, enabled: bool) -> User:
        user = await self.find_user(name)
        await self._users.disable(user.id, disabled=not enabled)
        if not enabled:
            self._end(user=user.name)
        return await self.find_user(name)

    async def first_start(self) -> str | None:
        """Make the first administrator where nobody exists; return the one-time secret, which is kept nowhere."""
        if await self._users.list():
            return None
        try:
            _, secret = await self.make_user(ADMINISTRATOR, display_name="Administrator", role="admin", device="")
        except NameTaken:
            return None
        return secret

"""Phones in the page: who has which now, and the password that a page gets for it instead of the switch's."""

import asyncio
import secrets
from collections.abc import Mapping
from typing import Protocol

from cti.calls.facts import Device
from cti.calls.model import CallId
from cti.calls.parties import extension_of
from cti.web.auth import Identity
from cti.web.sip_messages import Person

_UNUSED_SECONDS = 10.0  # a phone that was given and never connected keeps nobody out for longer


class Relay(Protocol):
    """The open socket of a phone."""

    def close(self, code: int) -> None:
        """Close both sides soon, that of the page with *code*."""


class Keeper(Protocol):
    """Looks after customers whose agent's page went."""

    wait_seconds: int

    def lost(self, device: Device) -> None:
        """The page with the phone *device* went."""

    def replaced(self, device: Device) -> None:
        """Another page has the phone *device* from now on."""

    def registered(self, device: Device) -> None:
        """The phone *device* can be rung."""

    def waiting(self, device: Device) -> tuple[CallId, ...]:
        """Return the calls that *device* gets back as soon as it registers."""


class GivenPhone:
    """One page's hold on an extension."""

    __slots__ = ("actor", "device", "given_at", "id", "person", "relay", "token", "user")

    def __init__(self, who: Identity, person: Person, given_at: float) -> None:
        self.id = secrets.token_urlsafe(12)
        self.token = who.token
        self.user = who.user.name
        self.actor = who.actor
        self.device = who.actor.device
        self.person = person
        self.given_at = given_at
        self.relay: Relay | None = None


class InUse(Exception):
    """Another page has the extension."""


class NoPhone(Exception):
    """The person's device is no phone that a page could be."""


class PhoneDesk:
    """Gives phones to pages: one page an extension, one password a page."""

    def __init__(self, switch_passwords: Mapping[str, str], *, realm: str, keeper: Keeper) -> None:
        self.keeper = keeper
        self._switch_passwords = switch_passwords
        self._realm = realm
        self._given: dict[Device, GivenPhone] = {}

    def give(self, who: Identity, *, before: str, take_over: bool) -> tuple[GivenPhone, Relay | None]:
        """Return a phone with a new password, and the relay that has to close for it. Raises InUse and NoPhone."""
        device = who.actor.device
        password = self._switch_passwords.get(extension_of(device)) if device.startswith("PJSIP/") else None
        if password is None:
            raise NoPhone
        now = asyncio.get_running_loop().time()
        old = self._given.get(device)
        is_own = old is not None and old.id == before and old.token == who.token
        if old is not None and not is_own and not take_over and self._is_in_use(old, now):
            raise InUse
        person = Person(extension_of(device), self._realm, secrets.token_urlsafe(24), password)
        fresh = self._given[device] = GivenPhone(who, person, now)
        if old is not None:
            self.keeper.replaced(device)
        return fresh, old.relay if old is not None else None

    def find(self, who: Identity, phone: str) -> GivenPhone | None:
        """Return the phone with that id, when this session holds it still."""
        given = self._given.get(who.actor.device)
        return given if given is not None and given.id == phone and given.token == who.token else None

    def tokens(self) -> set[str]:
        """Return the sessions that have a phone."""
        return {given.token for given in self._given.values()}

    def sign_out(self, *, user: str | None = None, token: str | None = None) -> list[Relay]:
        """Take back the phones of *user*, or of one session; return the relays that have to close."""
        ended = [given for given in self._given.values() if user in (None, given.user) and token in (None, given.token)]
        for given in ended:
            del self._given[given.device]
        return [given.relay for given in ended if given.relay is not None]

    @staticmethod
    def _is_in_use(given: GivenPhone, now: float) -> bool:
        return given.relay is not None or now - given.given_at < _UNUSED_SECONDS

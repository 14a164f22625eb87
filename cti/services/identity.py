"""Who is on the line, as the people at the phone say: chosen among those found, denied, registered, learned."""

import asyncio
import contextlib
import logging
from collections.abc import Iterator

import msgspec

from cti.calls.facts import Device
from cti.calls.model import CallId
from cti.ports import Customer, CustomerMatch, CustomerNumber, Directory, NewCustomer
from cti.services.assist import AssistService
from cti.services.blaming import blame
from cti.services.lookups import Lookup

log = logging.getLogger(__name__)

_STORE_SECONDS = 5.0


class UnknownCustomer(Exception):
    """Nobody of that id has the number of the call."""


class NoNumber(Exception):
    """The call has no number that a customer could be stored with."""


class AlreadyRegistered(Exception):
    """A customer is being, or was, registered from this call."""


class StoreFailed(Exception):
    """The directory did not take the customer."""


class Identity:
    """Changes whom a card shows, for whoever has the call."""

    def __init__(self, assist: AssistService, directory: Directory) -> None:
        self._assist = assist
        self._directory = directory

    def choose(self, device: Device, call: CallId, customer: int) -> None:
        """Note that *customer*, one of the matches, is on the line, and show it."""
        lookup = self._assist.subject(device, call)
        if all(match.customer.id != customer for match in lookup.matches):
            raise UnknownCustomer(customer)
        lookup.choice = customer
        self._assist.show_card(lookup, device)

    async def deny(self, device: Device, call: CallId, customer: int, *, who: str) -> None:
        """Remember that *customer* is not who calls from that number, and take them off the card.

        Raises NotYourCall and UnknownCustomer, and StorageDown when it is not stored.
        """
        lookup = self._assist.subject(device, call)
        if all(match.customer.id != customer for match in lookup.matches):
            raise UnknownCustomer(customer)
        await self._directory.deny(lookup.e164, customer, who=who)
        lookup.matches = tuple(match for match in lookup.matches if match.customer.id != customer)
        if lookup.choice == customer:
            lookup.choice = None
        self._assist.show_card(lookup, device)

    async def register(
        self, device: Device, call: CallId, *, name: str, company: str, note: str, tags: tuple[str, ...]
    ) -> CustomerMatch:
        """Store a new customer with the number of *call*, choose it and show it."""
        lookup = self._assist.subject(device, call)
        if not lookup.e164:
            raise NoNumber(call)
        if lookup.registering:
            raise AlreadyRegistered(call)
        lookup.registering = True
        fresh = NewCustomer(name, (CustomerNumber(lookup.e164),), tags, company, note)
        try:
            async with asyncio.timeout(_STORE_SECONDS):
                match = await self._directory.register(fresh)
        except Exception as error:
            lookup.registering = False
            log.error("customer was not stored", extra={"call": call, **blame(error)})
            raise StoreFailed from error
        lookup.matches = (match, *lookup.matches)
        lookup.choice = match.customer.id
        if lookup.state != "looking":
            lookup.state = "found"
        self._assist.show_card(lookup, device)
        return match

    @contextlib.contextmanager
    def registering(self, lookup: Lookup) -> Iterator[None]:
        """While it lasts, and unless it fails, nobody else registers the customer of that call."""
        if lookup.registering:
            raise AlreadyRegistered(lookup.call)
        lookup.registering = True
        try:
            yield
        except BaseException:
            lookup.registering = False
            raise

    def learned(self, customer: Customer, lookup: Lookup | None, device: Device) -> None:
        """Show *customer* as now stored, on every card that has them; *lookup*, if any, is about them from now on."""
        holders = self._assist.with_customer(customer.id)
        for each in holders:
            each.matches = tuple(
                msgspec.structs.replace(match, customer=customer) if match.customer.id == customer.id else match
                for match in each.matches
            )
        if lookup is not None:
            if lookup not in holders:
                lookup.matches = (CustomerMatch(customer), *lookup.matches)
                lookup.state = "found" if lookup.state != "looking" else "looking"
            lookup.choice = customer.id
            self._assist.show_card(lookup, device)
        for each in holders:
            if each is not lookup:
                self._assist.show_card(each, Device(""))

"""What comes of forms: entries into a customer's record, and drafts of what is half typed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

import msgspec

from cti.customers import CustomerChange, CustomerRecord, Mark
from cti.ports import NewCustomer


class About(msgspec.Struct, frozen=True):
    """Whom a form is filled in for: a customer, else whoever has the number, else the caller of one call."""

    customer: int | None = None
    number: str = ""  # E.164
    call: str = ""


class Draft(msgspec.Struct, frozen=True):
    """What somebody typed into a form and did not save: of the fields that they touched."""

    user: int
    about: About
    form: str
    version: str
    values: Mapping[str, Any]  # None: they emptied the field
    at: datetime
    revision: str = ""  # of the record that they saw
    focus: str = ""  # the field in which they stood
    author: str = ""  # the user's name, for people


class Entry(msgspec.Struct, frozen=True):
    """What a form leaves beside the customer's own fields: who filled it in, and its further answers."""

    form: str
    version: str
    who: str  # a user
    call: str = ""
    answers: Mapping[str, Any] = {}  # all that the customer's record has no field for
    confirmed: Sequence[str] = ()  # fields of the record that the customer said are still right
    consent: Mark | None = None

    @property
    def source(self) -> str:
        """The form as history names it."""
        return f"{self.form}@{self.version}"


class Changed(msgspec.Struct, frozen=True):
    """That a field was written or confirmed last, and by whom."""

    at: datetime
    who: str


class Filed(msgspec.Struct, frozen=True):
    """A customer as forms see them."""

    record: CustomerRecord
    answers: Mapping[str, Any]  # given in forms, the latest of each
    changed: Mapping[str, Changed]  # by the name that history has for the field


class FormBook(Protocol):
    """Customers as forms read and write them."""

    async def filed(self, customer: int) -> Filed | None:
        """Return the customer, or None when there is none or it was merged."""

    async def register(self, customer: NewCustomer, change: CustomerChange, entry: Entry) -> int:
        """Store a new customer with all that the form says, durably and at once, and return the id."""

    async def revise(self, customer: int, change: CustomerChange, entry: Entry, *, seen: datetime) -> Filed:
        """Make *change* with its history. Raises ChangedMeanwhile where the record is not as it was *seen*."""


class Drafts(Protocol):
    """Half-typed forms. A user has one of each form for each that it is about."""

    async def put(self, draft: Draft) -> None:
        """Keep *draft* durably, instead of what its author had about the same before."""

    async def about(self, about: About, form: str) -> Sequence[Draft]:
        """Return those of *form* about the same, the latest first."""

    async def take_over(self, user: int, about: About, form: str, *, author: int) -> bool:
        """Make the draft of *author* that of *user*, whose own goes; return whether there was one."""

    async def drop(self, user: int, about: About, form: str) -> None: ...

    async def purge(self, *, before: datetime) -> int:
        """Forget the drafts that nobody touched since, and return how many there were."""

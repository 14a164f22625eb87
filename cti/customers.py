"""A customer in full, beyond what the card of a ringing phone shows: what is kept, and what may be asked of it."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Literal, Protocol

import msgspec

from cti.ports import Customer, CustomerNumber

Channel = Literal["call", "sms", "email", "any"]
CHANNELS: tuple[Channel, ...] = ("call", "sms", "email", "any")


class Address(msgspec.Struct, frozen=True, omit_defaults=True):
    kind: str = ""  # "home", "work"
    province: str = ""
    city: str = ""
    district: str = ""
    street: str = ""
    postcode: str = ""

    def __str__(self) -> str:
        parts = (self.province, self.city, self.district, self.street, self.postcode)
        return " ".join(part for part in parts if part)


class Mark(msgspec.Struct, frozen=True):
    """A consent or a do-not-call, given or taken back. The latest of its kind and channel counts."""

    kind: Literal["consent", "do_not_call"]
    channel: Channel
    given: bool
    at: datetime
    proof: str = ""  # where it can be seen: a call, a form, a letter
    who: str = ""  # wrote it down


class Edit(msgspec.Struct, frozen=True):
    """One field, changed once."""

    at: datetime
    who: str
    field: str
    before: str
    after: str
    source: str = ""  # the form, NAME@VERSION


class CustomerRecord(msgspec.Struct, frozen=True):
    customer: Customer
    id_number: str
    addresses: tuple[Address, ...]
    marks: tuple[Mark, ...]  # the oldest first
    created_at: datetime
    updated_at: datetime
    created_by: str
    merged_into: int | None = None


class CustomerChange(msgspec.Struct, frozen=True):
    """What is to be different; None stays as it is."""

    name: str | None = None
    kind: Literal["person", "company"] | None = None
    company: str | None = None
    note: str | None = None
    tags: tuple[str, ...] | None = None
    owner: str | None = None
    id_number: str | None = None
    numbers: tuple[CustomerNumber, ...] | None = None
    addresses: tuple[Address, ...] | None = None
    fields: Mapping[str, str] | None = None  # those named here; "" empties one


class NoSuchCustomer(Exception):
    """There is none with that id, or it was merged into another."""


class ChangedMeanwhile(Exception):
    """Somebody else changed the customer since it was read."""


class CustomerBook(Protocol):
    """Customers in full."""

    async def record(self, customer: int) -> CustomerRecord | None:
        """Return the customer with exactly that id, also one that was merged."""

    async def change(
        self, customer: int, change: CustomerChange, *, who: str, seen: datetime | None = None
    ) -> CustomerRecord:
        """Make *change* and its history, durably, and return the result.

        With *seen*, the `updated_at` that the writer saw, a change made since raises ChangedMeanwhile.
        """

    async def mark(self, customer: int, mark: Mark) -> CustomerRecord:
        """Add a consent or do-not-call, and its history."""

    async def history(self, customer: int) -> Sequence[Edit]:
        """Return what was changed, the latest first."""


class Merge(msgspec.Struct, frozen=True):
    id: int
    kept: int
    gone: int
    at: datetime
    who: str
    undone_at: datetime | None = None


class Duplicate(msgspec.Struct, frozen=True):
    """Two customers who may be one."""

    first: int
    second: int
    reasons: tuple[str, ...]  # "same number +86...", "same id number", "similar name and address"


def do_not_call(marks: Iterable[Mark]) -> bool:
    """Return whether *marks* come to: this customer is not to be called."""
    latest: dict[Channel, Mark] = {}
    for mark in sorted(marks, key=lambda mark: mark.at):
        if mark.kind == "do_not_call":
            latest[mark.channel] = mark
    return any(mark.given for channel, mark in latest.items() if channel in ("call", "any"))


def name_key(name: str) -> str:
    """Return *name* without case, spacing, punctuation and the order of words: equal for names that look alike."""
    return "".join(sorted(re.findall(r"\w+", unicodedata.normalize("NFKC", name).casefold())))


def numbers_text(numbers: Iterable[CustomerNumber]) -> str:
    """Return *numbers* in one line: `+8613800138000 (mobile, verified 2026-03-02); +8610655299 (home, shared)`."""
    return "; ".join(_number_text(number) for number in numbers)


def _number_text(number: CustomerNumber) -> str:
    marks = [number.kind] if number.kind else []
    if number.verified_at:
        marks.append(f"verified {number.verified_at.astimezone(UTC):%Y-%m-%d}")
    if number.shared:
        marks.append("shared")
    return f"{number.e164} ({', '.join(marks)})" if marks else number.e164

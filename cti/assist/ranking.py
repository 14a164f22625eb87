"""Which of several customers with one number is most likely on the line, and why."""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

import msgspec

Reason = Literal["only", "last_contact", "verified", "main_number", "newest", "not_this_person"]


class Candidate(msgspec.Struct, frozen=True):
    """What is known of a customer who has the number."""

    customer: int
    last_contact: datetime | None = None  # the latest call that may have been with this customer
    verified: bool = False  # the number was checked to be this customer's
    shared: bool = False  # by a family
    main: bool = False  # it is the customer's first number
    denied: bool = False  # an agent said that this is not who calls from it


def rank(candidates: Iterable[Candidate]) -> list[tuple[int, Reason]]:
    """Return the customers, the likeliest first, each with what speaks for it; who was denied comes last."""
    ordered = sorted(candidates, key=_weight, reverse=True)
    return [(candidate.customer, _reason(candidate, alone=len(ordered) == 1)) for candidate in ordered]


def _weight(candidate: Candidate) -> tuple[bool, float, bool, bool, bool, int]:
    called = candidate.last_contact.timestamp() if candidate.last_contact else 0.0
    return (
        not candidate.denied,
        called,
        candidate.verified and not candidate.shared,
        candidate.main,
        not candidate.shared,
        candidate.customer,
    )


def _reason(candidate: Candidate, *, alone: bool) -> Reason:
    if candidate.denied:
        return "not_this_person"
    if alone:
        return "only"
    if candidate.last_contact:
        return "last_contact"
    if candidate.verified and not candidate.shared:
        return "verified"
    return "main_number" if candidate.main else "newest"

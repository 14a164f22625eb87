"""What the card of a call says, from the number and what the directory answered."""

from collections.abc import Sequence
from typing import Literal

CardState = Literal["known", "several", "unknown", "hidden", "looking", "failed", "internal"]


def state_of(found: Sequence[int] | None, *, hidden: bool, internal: bool = False, failed: bool = False) -> CardState:
    """Return the state of the card; *found* are the customers with the number, None while the directory is asked."""
    if internal:
        return "internal"
    if hidden:
        return "hidden"
    if failed:
        return "failed"
    if found is None:
        return "looking"
    match len(found):
        case 0:
            return "unknown"
        case 1:
            return "known"
    return "several"


def chosen_of(found: Sequence[int] | None, choice: int | None) -> int | None:
    """Return whom the card is about: the agent's *choice* where it is among those *found*, else the only one."""
    if not found:
        return None
    if choice in found:
        return choice
    return found[0] if len(found) == 1 else None

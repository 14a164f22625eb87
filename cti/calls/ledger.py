"""How long a customer waited, talked and was on hold, added up as the call goes on."""

from datetime import datetime
from enum import Enum


class Situation(Enum):
    """What the call is to its customer at one moment (definitions: field.md, metric AHT; hold is not talk)."""

    OTHER = "other"  # an announcement, a menu, our own dialling
    WAIT = "wait"  # queued, or an agent's phone rings for them
    TALK = "talk"
    HOLD = "hold"


class Ledger:
    def __init__(self, at: datetime) -> None:
        self._since = at
        self.situation = Situation.OTHER
        self.seconds = {Situation.WAIT: 0.0, Situation.TALK: 0.0, Situation.HOLD: 0.0, Situation.OTHER: 0.0}

    def resume(self, wait: float, talk: float, hold: float, *, at: datetime) -> None:
        """Go on from sums that were stored at *at*; what happened since is not known."""
        self.seconds.update({Situation.WAIT: wait, Situation.TALK: talk, Situation.HOLD: hold})
        self._since = at

    def turn(self, situation: Situation, at: datetime) -> bool:
        """Count the time up to *at*; return whether the situation changed."""
        if situation is self.situation:
            return False
        self.settle(at)
        self.situation = situation
        return True

    def settle(self, at: datetime) -> None:
        """Count the time up to *at*, which may be before the last change when it comes from another clock."""
        elapsed = (at - self._since).total_seconds()
        if elapsed > 0:
            self.seconds[self.situation] += elapsed
            self._since = at

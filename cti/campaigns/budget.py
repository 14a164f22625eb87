"""The budget of abandoned calls, which holds at every instant: a guard outside of the pacer, whatever that believes.

With A abandoned of L answered calls in a window, m calls in flight and r agents who are held for them, the worst that
can come is that all m are answered at once: r get an agent, m - r are abandoned. Another line starts only if even then
(A + m - r) / (L + m) is not above the cap. Fewer answers make a smaller share, so that no order of answers breaks it.
"""

from collections.abc import Iterable
from fractions import Fraction
from math import floor

import msgspec


class Window(msgspec.Struct, frozen=True):
    """What counts for a law so far: its 30 days, its calendar day. Calls in flight at its end count for both."""

    answered: int  # by persons, those who were abandoned included
    abandoned: int


def admitted(windows: Iterable[Window], *, cap: float, in_flight: int, held: int, wanted: int) -> int:
    """Return how many of *wanted* lines may start; *held* idle agents wait for the *in_flight* ones and for these.

    A line for which an agent is held can always start: it costs nobody an agent.
    """
    share = Fraction(str(cap))
    if not 0 <= share < 1:
        raise ValueError("the cap is a fraction from 0 to below 1")
    covered = max(0, held - in_flight)
    most = wanted
    for window in windows:
        spare = share * (window.answered + in_flight) + held - window.abandoned - in_flight
        most = min(most, max(covered, floor(spare / (1 - share))))
    return max(0, most)


def left(window: Window, *, cap: float) -> int:
    """Return how many of the calls answered so far could still be abandoned; negative: how many are too many."""
    return floor(Fraction(str(cap)) * window.answered) - window.abandoned

"""Shifts to try: those that come with the product, and those that a lead describes in a TOML file."""

from collections.abc import Callable, Mapping
from math import sin, tau
from typing import Annotated

import msgspec

from cti.campaigns.pacing_model import PacerConfig
from cti.simulation.shift import Breaks, Shift, exponential, lognormal

Share = Annotated[float, msgspec.Meta(gt=0.0, le=1.0)]
Seconds = Annotated[float, msgspec.Meta(gt=0.0, le=7_200.0)]


class Described(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A shift, as a file has it. `answer` is one share, or the share for each of so many equal parts of the shift."""

    agents: Annotated[int, msgspec.Meta(ge=1, le=1_000)]
    answer: Share | Annotated[tuple[Share, ...], msgspec.Meta(min_length=1, max_length=200)] = 0.25
    hours: Annotated[float, msgspec.Meta(gt=0.0, le=24.0)] = 8.0
    talk: Seconds = 120.0
    wrap: Seconds = 20.0
    patience: Annotated[float, msgspec.Meta(ge=0.0, le=30.0)] = 2.0
    ring_timeout: Annotated[float, msgspec.Meta(ge=15.0, le=90.0)] = 25.0
    abandon_target: Annotated[float, msgspec.Meta(ge=0.0, lt=1.0)] = 0.03
    machines: Annotated[float, msgspec.Meta(ge=0.0, le=1.0)] = 0.0  # of the calls that no person answers
    detector: bool = False  # listens for machines before an agent does
    breaks: Annotated[float, msgspec.Meta(ge=0.0, le=1.0)] = 0.0  # the chance of one after each call
    lines: Annotated[int, msgspec.Meta(ge=1)] = 100_000

    def shift(self) -> Shift:
        return Shift(
            agents=self.agents,
            answer=_answer(self.answer, self.hours),
            hours=self.hours,
            talk=lognormal(self.talk, 0.9),
            wrap=lognormal(self.wrap, 0.7),
            machine=self.machines,
            detector=lognormal(3.0, 0.3) if self.detector else None,
            breaks=Breaks(self.breaks),
            lines=self.lines,
        )

    def config(self, *, tick: float = 0.5) -> PacerConfig:
        return PacerConfig(
            abandon_target=self.abandon_target,
            patience=self.patience,
            ring_timeout=self.ring_timeout,
            window_end=self.hours * 3_600.0,
            amd=self.detector,
            max_lines=self.lines,
            tick=tick,
        )


def _answer(share: float | tuple[float, ...], hours: float) -> Callable[[float], float]:
    if isinstance(share, float):
        return lambda at: share
    parts, length = share, hours * 3_600.0 / len(share)
    return lambda at: parts[min(len(parts) - 1, int(at / length))]


def memoryless(agents: int, answer: float) -> Shift:
    """Return the shift for which the exact optimum is known (BOUNDS)."""
    return Shift(agents, lambda at: answer, talk=exponential(120.0), wrap=exponential(20.0), memoryless=11.0)


# (agents, share answered) -> the most utilisation that any rule can reach with 3 % abandoned in the memoryless shift:
# talk 120 s, wrap-up 20 s, 11 s from launch to answer, patience 2 s; the dual of its Markov decision process.
BOUNDS: Mapping[tuple[int, float], float] = {
    (5, 0.10): 0.767, (5, 0.25): 0.825, (5, 0.50): 0.882,
    (10, 0.10): 0.838, (10, 0.25): 0.862, (10, 0.50): 0.896,
    (20, 0.10): 0.895, (20, 0.25): 0.905, (20, 0.50): 0.920,
    (50, 0.10): 0.946, (50, 0.25): 0.949, (50, 0.50): 0.954,
}  # fmt: skip

_DAY = tuple(round(0.28 + 0.12 * sin(tau * part / 16.0), 3) for part in range(16))

SCENARIOS: Mapping[str, Described] = {
    "small": Described(agents=5, hours=4.0),
    "team": Described(agents=20, hours=4.0),
    "floor": Described(agents=50, answer=0.3, hours=4.0),
    "day": Described(agents=20, answer=_DAY),
    "jumps": Described(agents=12, answer=(0.45, 0.15, 0.45, 0.15), hours=4.0),
    "machines": Described(agents=20, hours=4.0, machines=0.3, detector=True),
    "breaks": Described(agents=20, hours=4.0, breaks=0.06),
    "short-calls": Described(agents=10, answer=0.3, hours=4.0, talk=30.0, wrap=6.0),
}

"""What a pacer learns while it dials: how often calls are answered and when, how long people talk and write up.

All of it is discounted, so that the newest tell most, and can be exported as JSON and loaded again.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]

STEP = 0.25  # s: width of a bin of delays
DELAYS = 480  # bins: two minutes


class Chance:
    """How likely something is: discounted over about *memory* trials, replaced by the last ones when they differ.

    A list, a carrier or an hour may change from one call to the next. Where the last *recent* trials differ from all
    by more than 2.7 standard errors, they alone count from then on.
    """

    def __init__(self, prior: float, weight: float, *, memory: float = 500.0, recent: int = 100) -> None:
        self._keep = 1.0 - 1.0 / memory
        self._hits = prior * weight
        self._trials = weight
        self._recent: deque[int] = deque(maxlen=recent)
        self._recent_hits = 0

    def add(self, hit: bool) -> None:
        recent = self._recent
        if len(recent) == recent.maxlen:
            self._recent_hits -= recent[0]
        recent.append(int(hit))
        self._recent_hits += int(hit)
        self._hits = self._hits * self._keep + hit
        self._trials = self._trials * self._keep + 1.0
        count = len(recent)
        if count == recent.maxlen and self._trials > 2 * count:
            long, short = self._hits / self._trials, self._recent_hits / count
            error = (max(long * (1.0 - long), 0.01) * (1.0 / self._trials + 1.0 / count)) ** 0.5
            if abs(long - short) > 2.7 * error:
                self._hits, self._trials = self._recent_hits + 0.5, count + 1.0

    @property
    def value(self) -> float:
        return min(0.999, max(0.001, self._hits / self._trials))

    @property
    def variance(self) -> float:
        """Return that of the estimate itself."""
        return self.value * (1.0 - self.value) / (self._trials + 1.0)

    def export(self) -> dict[str, Any]:
        return {"hits": self._hits, "trials": self._trials, "recent": list(self._recent)}

    def load(self, state: Mapping[str, Any]) -> None:
        self._hits, self._trials = float(state["hits"]), float(state["trials"])
        self._recent.clear()
        self._recent.extend(int(hit) for hit in state["recent"])
        self._recent_hits = sum(self._recent)


class Delays:
    """When something happens after a launch, in bins of STEP seconds; what comes later falls into the last one."""

    def __init__(self, prior: Iterable[tuple[float, float]], *, memory: float = 400.0) -> None:
        """*prior* has pairs of seconds and weight."""
        self._counts = np.zeros(DELAYS)
        self._gain, self._growth = 1.0, 1.0 + 1.0 / memory
        for seconds, weight in prior:
            self._counts[_bin(seconds)] += weight

    def add(self, seconds: float) -> None:
        self._counts[_bin(seconds)] += self._gain
        self._gain *= self._growth
        if self._gain > 1e9:
            self._counts /= self._gain
            self._gain = 1.0

    def distribution(self, *, ahead: int) -> Floats:
        """Return F: index i is the share within i bins; *ahead* more ones at the end."""
        whole = np.ones(DELAYS + 1 + ahead)
        whole[0] = 0.0
        np.cumsum(self._counts, out=whole[1 : DELAYS + 1])
        whole[1 : DELAYS + 1] /= whole[DELAYS]
        return whole

    def export(self) -> dict[str, Any]:
        return {"counts": self._counts.tolist(), "gain": self._gain}

    def load(self, state: Mapping[str, Any]) -> None:
        self._counts[:] = state["counts"]
        self._gain = float(state["gain"])


class Durations:
    """How long something takes, from half a second to two hours: a histogram of logarithms, smoothed."""

    BINS = 64
    _LEAST, _MOST = np.log(0.5), np.log(7_200.0)

    def __init__(self, mean: float, *, spread: float = 0.7, weight: float = 4.0, half_life: float = 400.0) -> None:
        width = (self._MOST - self._LEAST) / self.BINS
        self._width = float(width)
        self._centres = self._LEAST + width * (np.arange(self.BINS) + 0.5)
        self.edges: Floats = np.concatenate(([0.0], np.exp(self._LEAST + width * np.arange(1, self.BINS + 1))))
        middle = np.log(max(mean, 0.5)) - spread * spread / 2.0
        shape = np.exp(-0.5 * ((self._centres - middle) / spread) ** 2)
        self._counts: Floats = weight * shape / shape.sum()
        self._gain, self._growth = 1.0, 2.0 ** (1.0 / half_life)
        reach = np.arange(-4, 5) * width
        kernel = np.exp(-0.5 * (reach / 0.22) ** 2)
        self._kernel: Floats = kernel / kernel.sum()

    def add(self, seconds: float) -> None:
        place = (np.log(max(seconds, 0.5)) - self._LEAST) / self._width
        self._counts[min(self.BINS - 1, max(0, int(place)))] += self._gain
        self._gain *= self._growth
        if self._gain > 1e9:
            self._counts /= self._gain
            self._gain = 1.0

    def distribution(self) -> Floats:
        """Return the share that is over within each of `edges`."""
        smooth = np.convolve(self._counts, self._kernel, mode="same")
        whole: Floats = np.zeros(self.BINS + 1)
        np.cumsum(smooth, out=whole[1:])
        whole /= whole[-1]
        return whole

    def points(self, count: int) -> Floats:
        """Return *count* durations, each as likely as the others."""
        shares = (np.arange(count) + 0.5) / count
        found: Floats = np.interp(shares, self.distribution(), self.edges)
        return found

    def export(self) -> dict[str, Any]:
        return {"counts": self._counts.tolist(), "gain": self._gain}

    def load(self, state: Mapping[str, Any]) -> None:
        self._counts[:] = state["counts"]
        self._gain = float(state["gain"])


def _bin(seconds: float) -> int:
    return min(DELAYS - 1, max(0, int(seconds / STEP)))

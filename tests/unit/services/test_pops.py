import pytest

from cti.calls.facts import Device
from cti.services.clock import ServiceClock
from cti.services.pops import Figures, PopLog, Stage, UnknownPop, figures
from cti.services.views import Stamps

ANNA, BEN = Device("PJSIP/1001"), Device("PJSIP/1002")


class Hand:
    def __init__(self) -> None:
        self.ns = 0

    def __call__(self) -> int:
        return self.ns


@pytest.fixture
def hand() -> Hand:
    return Hand()


@pytest.fixture
def told() -> list[tuple[Stage, float]]:
    return []


@pytest.fixture
def pops(hand: Hand, told: list[tuple[Stage, float]]) -> PopLog:
    clock = ServiceClock(wall_ns=lambda: 0, monotonic_ns=hand)
    return PopLog(clock, observe=lambda stage, seconds: told.append((stage, seconds)), window_seconds=60.0, most=10)


def test_stages_are_the_time_since_the_stamp_before(pops: PopLog, told: list[tuple[Stage, float]]) -> None:
    pops.sent("p", ANNA, Stamps(10.0, 11.0, 13.0))

    pops.painted("p", ANNA, received=16.0, painted=20.0)

    assert told == [("event", 0.001), ("dispatched", 0.002), ("received", 0.003), ("painted", 0.004), ("total", 0.01)]


@pytest.mark.parametrize(
    ("received", "painted"),
    [(float("nan"), 20.0), (16.0, float("inf")), (20.0, 16.0), (1e12, 1e12 + 1), (-1e12, 16.0), (16.0, 200_000.0)],
)
def test_what_cannot_be_is_not_counted(pops: PopLog, received: float, painted: float) -> None:
    pops.sent("p", ANNA, Stamps(10.0, 11.0, 13.0))

    pops.painted("p", ANNA, received=received, painted=painted)

    assert pops.figures()["total"].count == 0


def test_a_clock_that_is_a_little_off_counts_as_zero(pops: PopLog, told: list[tuple[Stage, float]]) -> None:
    pops.sent("p", ANNA, Stamps(10.0, 11.0, 13.0))

    pops.painted("p", ANNA, received=12.5, painted=14.0)

    assert ("received", 0.0) in told


def test_a_pop_is_acknowledged_by_its_own_phone_once(pops: PopLog) -> None:
    pops.sent("p", ANNA, Stamps(10.0, 11.0, 13.0))
    with pytest.raises(UnknownPop):
        pops.painted("p", BEN, received=16.0, painted=20.0)
    with pytest.raises(UnknownPop):
        pops.painted("q", ANNA, received=16.0, painted=20.0)
    for _ in range(3):
        pops.painted("p", ANNA, received=16.0, painted=20.0)
    assert pops.figures()["total"].count == 1


def test_the_window_moves_on_and_memory_is_bounded(pops: PopLog, hand: Hand) -> None:
    for n in range(100):
        pops.sent(f"p{n}", ANNA, Stamps(1.0, 2.0, 3.0))
    assert pops.figures()["event"].count == 10
    with pytest.raises(UnknownPop):
        pops.painted("p0", ANNA, received=4.0, painted=5.0)
    hand.ns = 61_000_000_000
    assert pops.figures()["event"].count == 0


def test_percentiles_are_by_nearest_rank() -> None:
    assert figures([]) == Figures(0, 0.0, 0.0, 0.0)
    assert figures([5.0]) == Figures(1, 5.0, 5.0, 5.0)
    assert figures(float(n) for n in range(100, 0, -1)) == Figures(100, 50.0, 95.0, 99.0)

"""A lookup begins once, ends some day, and is kept while somebody may still need it."""

import asyncio

import pytest

from cti.calls.facts import Device
from cti.calls.model import CallId
from cti.services.lookups import Lookup, Lookups
from tests.fakes.centre import Directory, until

CALL, NUMBER = CallId("c"), "13800138000"


@pytest.fixture
def directory() -> Directory:
    return Directory()


@pytest.fixture
def done() -> list[Lookup]:
    return []


def _lookups(directory: Directory, done: list[Lookup], **more: float) -> Lookups:
    return Lookups(directory, region="CN", on_done=done.append, **more)  # type: ignore[arg-type]


async def test_a_number_is_asked_once(directory: Directory, done: list[Lookup]) -> None:
    lookups = _lookups(directory, done)
    first = lookups.start(CALL, NUMBER, internal=False)
    assert lookups.start(CALL, NUMBER, internal=False) is first
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert done == [first]
    assert directory.asked == ["+8613800138000"]


async def test_another_number_is_asked_anew_and_the_old_answer_is_dropped(
    directory: Directory, done: list[Lookup]
) -> None:
    lookups = _lookups(directory, done)
    directory.open.clear()
    first = lookups.start(CALL, NUMBER, internal=False)
    first.devices.add(Device("PJSIP/1001"))
    second = lookups.start(CALL, "+390612345678", internal=False)
    directory.open.set()
    await until(lambda: second.done)
    assert done == [second]
    assert second.devices == {"PJSIP/1001"}


async def test_a_lookup_that_hangs_is_given_up_and_can_be_tried_again(directory: Directory, done: list[Lookup]) -> None:
    lookups = _lookups(directory, done, give_up_seconds=0.01)
    directory.open.clear()
    lookup = lookups.start(CALL, NUMBER, internal=False)
    await until(lambda: bool(done))
    assert lookup.card().state == "failed"
    directory.open.set()
    while lookup.state == "failed":
        await asyncio.sleep(0.001)
        lookups.retry(lookup)
    await until(lambda: lookup.done)
    assert lookup.card().state == "unknown"


async def test_a_stuck_directory_is_not_asked_without_end(directory: Directory, done: list[Lookup]) -> None:
    lookups = _lookups(directory, done, most_under_way=5)
    directory.open.clear()
    states = [lookups.start(CallId(f"c{n}"), NUMBER, internal=False).state for n in range(8)]
    assert states == ["looking"] * 5 + ["failed"] * 3
    await lookups.close()


async def test_a_call_that_reached_nobody_is_forgotten_and_others_are_kept_a_while(
    directory: Directory, done: list[Lookup]
) -> None:
    lookups = _lookups(directory, done, keep_seconds=0.01)
    lookups.start(CALL, NUMBER, internal=False)
    lookups.ended(CALL)
    assert lookups.get(CALL) is None
    kept = lookups.start(CallId("d"), NUMBER, internal=False)
    kept.devices.add(Device("PJSIP/1001"))
    lookups.ended(CallId("d"))
    assert lookups.get(CallId("d")) is kept
    await asyncio.sleep(0.02)
    lookups.start(CALL, NUMBER, internal=False)
    lookups.ended(CALL)
    assert lookups.get(CallId("d")) is None


async def test_logs_name_no_customer(
    directory: Directory, done: list[Lookup], caplog: pytest.LogCaptureFixture
) -> None:
    directory.error = RuntimeError("SELECT ... [parameters: ('+8613800138000',)]")
    lookups = _lookups(directory, done)
    lookups.start(CALL, NUMBER, internal=False)
    await until(lambda: bool(done))
    record = caplog.records[0]
    assert "8000" not in str(record.__dict__)
    assert record.__dict__["error"] == "RuntimeError"

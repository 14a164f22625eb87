"""A page that goes in a call, and what becomes of the customer."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import msgspec
import pytest

from cti.calls import events as ev
from cti.calls.facts import ChannelId, Device
from cti.calls.model import Call, CallId, Cause, Connection, ConnectionState, Role
from cti.ports import SwitchRefused
from cti.services import phones
from cti.services.phones import PhoneService

ANNA, BEN, TRUNK = Device("PJSIP/1101"), Device("PJSIP/1102"), Device("PJSIP/trunk")
NOW = datetime(2026, 11, 24, tzinfo=UTC)
CONNECTED, HOLD, ALERTING = ConnectionState.CONNECTED, ConnectionState.HOLD, ConnectionState.ALERTING


class FakeSwitch:
    def __init__(self) -> None:
        self.asked: list[tuple[str, ...]] = []
        self.refuses = False
        self.answers = asyncio.Event()
        self.answers.set()

    async def park(self, channel: ChannelId, *, seconds: int) -> None:
        await self._takes("park", channel, str(seconds))

    async def give_back(self, channel: ChannelId, device: Device) -> None:
        await self._takes("give_back", channel, device)

    async def hang_up(self, channel: ChannelId) -> None:
        await self._takes("hang_up", channel)

    async def _takes(self, *words: str) -> None:
        self.asked.append(words)
        await self.answers.wait()
        if self.refuses:
            raise SwitchRefused("no")


class FakeAgents:
    """Keeps what it was told."""

    def __init__(self) -> None:
        self.registered: list[Device] = []
        self.awaited: list[bool] = []

    def phone_registered(self, device: Device) -> None:
        self.registered.append(device)

    def customer_waits(self, device: Device, *, waits: bool) -> None:
        if self.awaited[-1:] != [waits]:
            self.awaited.append(waits)


class World:
    """A switch's calls, and the service that hears of them."""

    def __init__(self) -> None:
        self.switch = FakeSwitch()
        self.phones = PhoneService(self.switch, wait_seconds=20)  # type: ignore[arg-type]
        self.agents = FakeAgents()
        self.phones.tell(self.agents)
        self.calls: dict[CallId, Call] = {}

    def call(self, call_id: CallId) -> Call | None:
        return self.calls.get(call_id)

    def has(self, name: str, *who: tuple[Device, ConnectionState], consults: str = "") -> CallId:
        """Let there be a call *name* of those devices; return it."""
        connections = {}
        for device, state in who:
            role = Role.TRUNK if device == TRUNK else Role.AGENT
            channel = ChannelId(f"{name}.{device[6:]}")
            connections[channel] = Connection(channel, device, role, state)
        call_id = CallId(name)
        self.calls[call_id] = Call(
            call_id, "inbound", NOW, connections=connections, consults=CallId(consults) if consults else None
        )
        self.tells(ev.Held(NOW, call_id, ChannelId("x"), ANNA, Role.AGENT))
        return call_id

    def tells(self, *events: ev.CallEvent) -> None:
        self.phones.on_events(list(events), self)

    async def settles(self) -> list[tuple[str, ...]]:
        """Return what the switch was asked, once nothing more is under way."""
        for _ in range(10):
            await asyncio.sleep(0)
        return self.switch.asked


@pytest.fixture
async def world() -> AsyncIterator[World]:
    world = World()
    yield world
    await world.phones.close()


async def test_a_customer_is_parked_at_once_and_given_back_when_the_phone_registers(world: World) -> None:
    call = world.has("c", (TRUNK, CONNECTED), (ANNA, CONNECTED))
    world.phones.lost(ANNA)
    assert world.phones.waiting(ANNA) == (call,)
    assert await world.settles() == [("park", "c.trunk", "20")]

    world.phones.registered(ANNA)
    world.phones.registered(ANNA)
    assert await world.settles() == [("park", "c.trunk", "20"), ("give_back", "c.trunk", ANNA)]

    world.tells(ev.Established(NOW, call, ChannelId("new"), ANNA, Role.AGENT))
    assert world.phones.waiting(ANNA) == ()


async def test_a_phone_that_registers_before_the_customer_is_parked_waits_for_it(world: World) -> None:
    world.has("c", (TRUNK, CONNECTED), (ANNA, CONNECTED))
    world.switch.answers.clear()
    world.phones.lost(ANNA)
    world.phones.registered(ANNA)
    assert await world.settles() == [("park", "c.trunk", "20")]

    world.switch.answers.set()
    assert (await world.settles())[1:] == [("give_back", "c.trunk", ANNA)]


async def test_who_talked_comes_back_before_who_was_on_hold(world: World) -> None:
    held = world.has("held", (TRUNK, CONNECTED), (ANNA, HOLD))
    talked = world.has("talked", (TRUNK, CONNECTED), (ANNA, CONNECTED))
    world.phones.lost(ANNA)
    await world.settles()

    assert world.phones.waiting(ANNA) == (talked, held)
    world.phones.registered(ANNA)
    assert (await world.settles())[2:] == [("give_back", "talked.trunk", ANNA)]


async def test_a_page_that_goes_again_before_it_answered_keeps_the_customer(world: World) -> None:
    world.has("c", (TRUNK, CONNECTED), (ANNA, CONNECTED))
    world.phones.lost(ANNA)
    world.phones.registered(ANNA)
    await world.settles()
    world.has("c", (TRUNK, CONNECTED), (ANNA, ALERTING))

    world.phones.lost(ANNA)
    assert (await world.settles())[2:] == [("park", "c.trunk", "20")]


async def test_a_phone_rings_on_when_its_page_comes_back(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(phones, "RINGS_ON_SECONDS", 0.0)
    world.has("c", (TRUNK, CONNECTED), (ANNA, ALERTING))
    world.phones.lost(ANNA)
    world.phones.registered(ANNA)
    await asyncio.sleep(0.01)
    assert await world.settles() == []


async def test_a_phone_whose_page_stays_away_rings_no_more(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(phones, "RINGS_ON_SECONDS", 0.0)
    world.has("c", (TRUNK, CONNECTED), (ANNA, ALERTING), (BEN, ALERTING))
    world.phones.lost(ANNA)
    await asyncio.sleep(0.01)
    assert await world.settles() == [("hang_up", "c.1101")]


async def test_a_reloaded_page_does_not_know_of_the_ring_so_it_ends_at_once(world: World) -> None:
    world.has("c", (TRUNK, CONNECTED), (ANNA, ALERTING))
    world.phones.lost(ANNA)
    world.phones.replaced(ANNA)
    assert await world.settles() == [("hang_up", "c.1101")]


async def test_a_new_page_leaves_a_call_that_is_talked_on_alone(world: World) -> None:
    world.has("c", (TRUNK, CONNECTED), (ANNA, CONNECTED))
    world.phones.replaced(ANNA)
    assert await world.settles() == []


async def test_the_agent_is_in_the_call_until_the_customer_waits_no_more(world: World) -> None:
    call = world.has("c", (TRUNK, CONNECTED), (ANNA, CONNECTED))
    held = world.has("held", (TRUNK, CONNECTED), (ANNA, HOLD))
    world.phones.lost(ANNA)
    world.phones.registered(ANNA)
    await world.settles()
    assert (world.agents.awaited, world.agents.registered) == ([True], [ANNA])

    world.tells(ev.Established(NOW, call, ChannelId("new"), ANNA, Role.AGENT))
    assert world.agents.awaited == [True, False]
    assert world.phones.waiting(ANNA) == (held,)


async def test_the_agent_is_in_the_call_no_more_when_the_customer_hangs_up(world: World) -> None:
    call = world.has("c", (TRUNK, CONNECTED), (ANNA, CONNECTED))
    world.phones.lost(ANNA)
    del world.calls[call]
    world.tells(ev.CallCleared(NOW, call, Cause.NORMAL_CLEARING))
    assert world.agents.awaited == [True, False]


async def test_a_page_that_goes_while_its_call_comes_back_stays_in_the_call(world: World) -> None:
    world.has("c", (TRUNK, CONNECTED), (ANNA, CONNECTED))
    world.phones.lost(ANNA)
    world.phones.registered(ANNA)
    await world.settles()
    world.has("c", (TRUNK, CONNECTED), (ANNA, ALERTING))
    world.phones.lost(ANNA)
    assert world.agents.awaited == [True]


@pytest.mark.parametrize(
    ("who", "consults"),
    [
        (((ANNA, CONNECTED), (BEN, CONNECTED)), ""),  # among ourselves
        (((ANNA, CONNECTED), (BEN, CONNECTED)), "other"),  # a consultation
        (((TRUNK, CONNECTED), (ANNA, CONNECTED), (BEN, CONNECTED)), ""),  # a conference goes on
        (((TRUNK, ALERTING), (ANNA, CONNECTED)), ""),  # the customer's phone rings yet
    ],
)
async def test_only_the_dead_leg_is_ended(
    world: World, who: tuple[tuple[Device, ConnectionState], ...], consults: str
) -> None:
    world.has("c", *who, consults=consults)
    world.phones.lost(ANNA)
    assert await world.settles() == [("hang_up", "c.1101")]
    assert world.phones.waiting(ANNA) == ()


async def test_another_phones_calls_are_left_alone(world: World) -> None:
    world.has("c", (TRUNK, CONNECTED), (BEN, CONNECTED))
    world.phones.lost(ANNA)
    assert await world.settles() == []


async def test_a_customer_who_hangs_up_is_not_given_back(world: World) -> None:
    call = world.has("c", (TRUNK, CONNECTED), (ANNA, CONNECTED))
    world.phones.lost(ANNA)
    await world.settles()
    del world.calls[call]
    world.tells(ev.CallCleared(NOW, call, Cause.NORMAL_CLEARING))

    world.phones.registered(ANNA)
    assert await world.settles() == [("park", "c.trunk", "20")]


async def test_a_customer_whom_somebody_else_took_is_not_fetched_back(world: World) -> None:
    call = world.has("c", (TRUNK, CONNECTED), (ANNA, CONNECTED))
    world.phones.lost(ANNA)
    await world.settles()
    world.tells(ev.Established(NOW, call, ChannelId("b"), BEN, Role.AGENT))

    world.phones.registered(ANNA)
    assert len(await world.settles()) == 1


async def test_a_switch_that_does_not_park_has_nothing_to_give_back(world: World) -> None:
    world.has("c", (TRUNK, CONNECTED), (ANNA, CONNECTED))
    world.switch.refuses = True
    world.phones.lost(ANNA)
    await world.settles()

    assert world.phones.waiting(ANNA) == ()


async def test_a_call_that_could_not_be_given_back_may_be_tried_again(world: World) -> None:
    world.has("c", (TRUNK, CONNECTED), (ANNA, CONNECTED))
    world.phones.lost(ANNA)
    await world.settles()
    world.switch.refuses = True
    world.phones.registered(ANNA)
    await world.settles()
    world.switch.refuses = False
    world.phones.registered(ANNA)

    assert [words[0] for words in await world.settles()] == ["park", "give_back", "give_back"]


async def test_he_does_not_wait_for_ever() -> None:
    world = World()
    world.phones.wait_seconds = 0
    world.has("c", (TRUNK, CONNECTED), (ANNA, CONNECTED))
    world.phones.lost(ANNA)
    await asyncio.sleep(0.01)
    world.phones.registered(ANNA)

    assert [words[0] for words in await world.settles()] == ["park"]
    await world.phones.close()


async def test_a_joined_call_is_not_given_back_under_its_old_name(world: World) -> None:
    call = world.has("c", (TRUNK, CONNECTED), (ANNA, CONNECTED))
    world.phones.lost(ANNA)
    await world.settles()
    world.calls[CallId("d")] = msgspec.structs.replace(world.calls.pop(call), id=CallId("d"))
    world.tells(ev.CallsJoined(NOW, CallId("d"), call))

    assert world.phones.waiting(ANNA) == ()

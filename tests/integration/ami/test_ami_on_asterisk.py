"""The link on a real Asterisk: what it says, what it survives, what a SIP caller cannot do to it."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

import pytest

from connectors.ami.link import AmiLink
from connectors.ami.settings import AmiSettings, Patience
from cti.calls import facts as f
from cti.links import keep_up
from cti.ports import LinkLost, LogInRefused, SwitchRefused
from tests.fakes.fact_sink import Sink
from tests.integration.relay import Relay
from tests.integration.switch import Switch


def settings_of(switch: Switch, relay: Relay | None = None, **changes: object) -> AmiSettings:
    host, port = (relay.host, relay.port) if relay else (switch.ami_host, switch.ami_port)
    known = {"username": switch.ami_user, "secret": switch.ami_secret, "host": host, "port": port}
    return AmiSettings(**{**known, "systemname": switch.systemname, **changes})  # type: ignore[arg-type]


@contextlib.asynccontextmanager
async def kept_up(link: AmiLink) -> AsyncIterator[None]:
    task = asyncio.create_task(keep_up(link))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def living(switch: Switch) -> set[str]:
    return {channel.unique_id for channel in await switch.core_show_channels()}


def snapshots(sink: Sink) -> list[f.Snapshot]:
    return [fact for fact in sink.facts if isinstance(fact, f.Snapshot)]


async def test_a_call_in_pieces_of_seven_bytes(switch: Switch, relay: Relay) -> None:
    sink = Sink()
    relay.chop(7)
    link = AmiLink(settings_of(switch, relay), sink)
    async with kept_up(link):
        await sink.gets(f.Snapshot)
        await switch.phone("1001").answers_after(0.2)
        await switch.agents_log_in("support", "1001")
        call = await switch.customer_calls("13800138000", name="王小明", did="5000")
        await sink.gets(f.BridgeEntered, 2, within=10)
        await call.hangs_up()
        await sink.gets(f.ChannelGone, 2, within=10)

    created = [fact for fact in sink.facts if isinstance(fact, f.ChannelCreated)]
    joined = next(fact for fact in sink.facts if isinstance(fact, f.QueueJoined))
    rung = next(fact for fact in sink.facts if isinstance(fact, f.AgentRung))
    assert joined.caller.number == "13800138000"
    assert "王小明" in {joined.caller.name, *(fact.caller.name for fact in created)}
    assert rung.member == "PJSIP/1001"
    assert (rung.channel, rung.callee) == (created[0].channel, created[1].channel)
    assert created[1].linked == created[0].channel
    order = [type(fact) for fact in sink.facts]
    assert order.index(f.AgentRung) < order.index(f.BridgeEntered) < order.index(f.ChannelGone)
    assert link.refusals.total == 0


async def test_pause_is_stated_by_the_switch(switch: Switch) -> None:
    sink = Sink()
    link = AmiLink(settings_of(switch), sink)
    async with kept_up(link):
        await sink.gets(f.Snapshot)
        await switch.agents_log_in("support", "1001")
        await link.pause(f.Device("PJSIP/1001"), paused=True, reason="午餐")
        await sink.sees(lambda: any(fact.paused and fact.reason == "午餐" for fact in sink.of(f.MemberSeen)))
        with pytest.raises(SwitchRefused):
            await link.pause(f.Device("PJSIP/9999"), paused=True)


async def test_the_link_cut_twenty_times_during_calls(switch: Switch, relay: Relay) -> None:
    sink = Sink()
    async with kept_up(AmiLink(settings_of(switch, relay), sink)):
        await sink.gets(f.Snapshot)
        calls = [await switch.customer_calls(f"138001380{n:02}", did="5000") for n in range(5)]
        for cut in range(20):
            began = time.monotonic()
            seen = len(snapshots(sink))
            relay.cut()
            await sink.sees(lambda seen=seen: len(snapshots(sink)) > seen, within=10)  # type: ignore[misc]
            assert time.monotonic() - began <= 3, "not back within 3 s of the port's answer"
            if cut % 5 == 4:
                await calls[cut // 5].hangs_up()
                await calls[cut // 5].ended()
        relay.cut()
        await sink.gets(f.Snapshot, len(snapshots(sink)) + 1)
        assert {seen.channel for seen in snapshots(sink)[-1].channels} == await living(switch)
        assert len({snapshot.boot for snapshot in snapshots(sink)}) == 1
        assert len(sink.of(f.LinkLost)) == 21


async def test_a_peer_that_falls_silent_is_noticed_within_ten_seconds(switch: Switch, relay: Relay) -> None:
    sink = Sink()
    link = AmiLink(settings_of(switch, relay), sink)
    task = asyncio.create_task(link.run())
    await sink.gets(f.Snapshot)
    relay.freeze()
    began = time.monotonic()
    with pytest.raises(LinkLost, match="nothing was heard"):
        await task
    assert time.monotonic() - began <= 10
    assert isinstance(sink.facts[-1], f.LinkLost)


async def test_asterisk_killed_in_mid_call_is_another_boot(switch: Switch) -> None:
    sink = Sink()
    async with kept_up(AmiLink(settings_of(switch), sink)):
        await sink.gets(f.Snapshot)
        await switch.customer_calls("13800138000", did="5000")
        await sink.gets(f.QueueJoined, within=10)
        await switch.kill9()
        await sink.gets(f.LinkLost)
        await switch.restart()
        answers = time.monotonic()
        await sink.gets(f.Snapshot, 2, within=10)
        assert time.monotonic() - answers <= 3
    before, after = snapshots(sink)[0], snapshots(sink)[-1]
    assert before.boot != after.boot
    assert after.channels == ()


async def test_a_wrong_secret_is_refused_clearly(switch: Switch) -> None:
    with pytest.raises(LogInRefused, match="was refused"):
        await AmiLink(settings_of(switch, secret="wrong"), Sink()).run()


async def test_the_account_that_we_ship_has_the_rights_it_needs_and_no_more(switch: Switch) -> None:
    assert await AmiLink(settings_of(switch), Sink()).look() == []


@pytest.mark.parametrize(
    "user",
    [
        "100%0D%0A%0D%0AEvent%3A%20QueueMemberPause%0D%0AQueue%3A%20support%0D%0APaused%3A%201",
        "100%0D%0AUniqueid%3A%20x-1.1%0D%0A",
        "100%0AEvent%3A%20Hangup",
        "%0D%0A%0D%0AResponse%3A%20Goodbye%0D%0A%0D%0A",
    ],
)
async def test_a_sip_caller_cannot_write_into_the_stream(switch: Switch, relay: Relay, user: str) -> None:
    sink = Sink()
    link = AmiLink(settings_of(switch, relay), sink)
    async with kept_up(link):
        await sink.gets(f.Snapshot)
        await switch.agents_log_in("support", "1001")
        caller = await switch.stranger_calls(f'"Bob" <sip:{user}@127.0.0.2>', did="5000")
        await sink.gets(f.QueueJoined, within=10)
        await caller.ended()
        await sink.gets(f.ChannelGone, within=10)
        assert not any(isinstance(fact, f.MemberSeen) and fact.paused for fact in sink.facts)
        assert link.refusals.total == 0  # closed at the source: our dialplan sets the number
        assert b"\r\nPaused: 1" not in relay.from_server
        joined = next(fact for fact in sink.facts if isinstance(fact, f.QueueJoined))
        assert all(char.isdigit() or char == "+" for char in joined.caller.number)


async def test_the_sweep_finds_what_was_missed(switch: Switch) -> None:
    sink = Sink()
    patience = Patience(sweep_every=0.3, between_snapshots=0.1)
    async with kept_up(AmiLink(settings_of(switch, patience=patience), sink)):
        await sink.gets(f.Snapshot)
        await switch.customer_calls("13800138000", did="5000")
        await sink.sees(lambda: bool(snapshots(sink)[-1].channels), within=10)
        seen = snapshots(sink)[-1]
        assert {channel.channel for channel in seen.channels} <= await living(switch)

"""Records situations on a real Asterisk: what happens on stage, and every byte that an AMI client hears of it."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

from tests.integration.amiclient import AmiClient, Fields
from tests.integration.switch import RobotCall, Switch

HERE = Path(__file__).parent
TRACES = HERE.parents[1] / "traces"
UNFILTERED = HERE.parents[2] / "var" / "traces-unfiltered"

Scene = Callable[["Stage"], Awaitable[None]]
SCENES: dict[str, Scene] = {}

CUSTOMER, CALLED, SECOND, OUTSIDE = "13800138000", "13900139000", "13800000002", "13700137000"


def scene(play: Scene) -> Scene:
    """Register *play* under its name; its docstring says what happens."""
    SCENES[play.__name__] = play
    return play


pause = asyncio.sleep


class Stage:
    """One Asterisk with its robots, and the recording of what its AMI says."""

    def __init__(self, switch: Switch, folder: Path = TRACES) -> None:
        self.switch = switch
        self.folder = folder
        self._plain: AmiClient  # hears the same, without a filter

    @classmethod
    async def build(cls, name: str, folder: Path = TRACES) -> "Stage":
        switch = await Switch.start(name, ring_seconds=4)
        stage = cls(switch, folder)
        await stage._furnish()
        return stage

    async def _furnish(self) -> None:
        """Add what the situations need to the instance's own configuration."""
        pbx = Path(self.switch.facts["paths"]["etc"])
        world = pbx.parents[1] / "world" / "etc"
        secret = self.switch.ami_secret
        _append(pbx / "extensions.conf", (HERE / "extensions_traces.conf").read_text())
        _append(world / "extensions.conf", (HERE / "extensions_world.conf").read_text())
        _append(
            pbx / "manager.conf",
            f"[plain]\nsecret = {secret}\nread = system,call,agent,user\n"
            "write = originate,call,agent,reporting,user\nwritetimeout = 10000\n",
        )
        _append(
            pbx / "pjsip.conf",
            "[blackhole]\ntype = endpoint\ntransport = transport-udp\ndisallow = all\nallow = alaw\naors = blackhole\n"
            "[blackhole]\ntype = aor\ncontact = sip:127.0.0.9:9\n",
        )
        (pbx / "res_parking.conf").write_text(
            "[general]\n[default]\nparkext = 700\nparkpos = 701-720\ncontext = parkedcalls\nparkingtime = 4\n"
            "comebacktoorigin = yes\n"
        )
        (pbx / "agents.conf").write_text("[general]\n[1001]\nfullname = Agent 1001\n")
        modules = ("res_parking.so", "app_agent_pool.so")
        _append(pbx / "modules.conf", "".join(f"load = {module}\n" for module in modules))  # for after a restart
        for command in (
            "manager reload",
            "module reload res_pjsip.so",
            *(f"module load {module}" for module in modules),
        ):
            await self.switch.cli(command)
        await self.switch.cli("dialplan reload")
        await self.switch.cli("dialplan reload", world=True)
        await pause(1)

    async def clear(self) -> None:
        """End all calls, and let every robot do again what it does by itself."""
        await self.switch.reset()
        for number in (CALLED, OUTSIDE):
            await self.switch.number_does(number, "")

    # --- recording --------------------------------------------------------------------------------------------------

    @contextlib.asynccontextmanager
    async def recorded(self, name: str, *, tail: float = 0.6, lost: bool = False) -> AsyncIterator[AmiClient]:
        """Record one connection as NAME.ami, and unfiltered under var/; *lost*: it ends at once."""
        ami = self.switch.facts["ami"]
        log = await AmiClient.connect(ami)
        plain = self._plain = await AmiClient.connect(ami | {"user": "plain"})
        try:
            yield log
            if not lost:
                await pause(tail)
        finally:
            await log.close()
            await plain.close()
        self.folder.mkdir(parents=True, exist_ok=True)
        UNFILTERED.mkdir(parents=True, exist_ok=True)
        (self.folder / f"{name}.ami").write_bytes(log.raw)
        (UNFILTERED / f"{name}.ami").write_bytes(plain.raw)

    async def snapshot(self, log: AmiClient) -> None:
        """Ask on the recorded connection for all that lives."""
        for one in (log, self._plain):
            await one.action("CoreStatus")
            await one.listed("CoreShowChannels")
            await one.listed("QueueStatus")

    # --- people -----------------------------------------------------------------------------------------------------

    async def calls(self, did: str = "5000", number: str = CUSTOMER, *, name: str = "Zhang San") -> RobotCall:
        return await self.switch.customer_calls(number, name, did)

    async def dials(self, phone: str, number: str) -> RobotCall:
        return await self.switch.phone(phone).dials(number)

    async def does(self, **robots: str) -> None:
        """Tell phones what to do, `p1001="ring"`, and numbers of the network, `n13900139000="busy"`."""
        for robot, what in robots.items():
            kind = "PHONE_" if robot[0] == "p" else "FAR_"
            await self.switch.world.action("Setvar", Variable=kind + robot[1:], Value=what)

    async def logs_in(self, queue: str, *members: str) -> None:
        for member in members:
            interface = member if "/" in member else f"PJSIP/{member}"
            await self.switch.ami.action("QueueAdd", Queue=queue, Interface=interface, MemberName=f"Agent {member}")

    async def leg(self, account: str, nth: int = 0, *, up: bool = True, within: float = 8) -> str:
        """Return the robot's own channel: the *nth* of the phone or number *account* that it still has."""
        async with asyncio.timeout(within):
            while True:
                found = [
                    one["Channel"]
                    for one in await self.switch.world.listed("CoreShowChannels")
                    if one["AccountCode"] == account and (one["ChannelState"] == "6") is up
                ]
                found.sort(key=lambda channel: channel.rpartition("-")[2])
                if len(found) > nth:
                    return str(found[nth])
                await pause(0.1)

    async def hangs_up(self, account: str, nth: int = 0, *, up: bool = True) -> None:
        await self.switch.world.action("Hangup", Channel=await self.leg(account, nth, up=up), Cause=16)

    async def goes(self, account: str, context: str, exten: str, nth: int = 0) -> None:
        await self.switch.world.action(
            "Redirect", Channel=await self.leg(account, nth), Context=context, Exten=exten, Priority=1
        )

    async def holds(self, account: str, nth: int = 0) -> None:
        await self.goes(account, "hold", "s", nth)

    async def unholds(self, account: str, nth: int = 0) -> None:
        await self.goes(account, "talk", "more", nth)

    async def refers(self, account: str, target: str, nth: int = 0) -> None:
        await self.goes(account, "refer", target, nth)

    async def presses(self, account: str, keys: str, nth: int = 0) -> None:
        channel = await self.leg(account, nth)
        for key in keys:
            await self.switch.world.action("PlayDTMF", Channel=channel, Digit=key, Duration=120)
            await pause(0.3)

    async def completes(self, account: str, target: str, *, up: bool = True) -> None:
        """Transfer attended by REFER with Replaces: the phone's first leg to whom its second one reached."""
        second = await self.leg(account, 1 if up else 0, up=up)
        found = []
        for what in ("call-id", "remote_tag", "local_tag"):
            answer = await self.switch.world.action("Getvar", Channel=second, Variable=f"CHANNEL(pjsip,{what})")
            found.append(answer["Value"])
        sip = self.switch.facts["sip"]
        replaces = f"{found[0]}%3Bto-tag%3D{found[1]}%3Bfrom-tag%3D{found[2]}"
        uri = f"sip:{target}@{sip['host']}:{sip['port']}?Replaces={replaces}"
        first = await self.leg(account, 0)
        await self.switch.world.action("Setvar", Channel=first, Variable="REFER_TO", Value=uri)
        await self.switch.world.action("Redirect", Channel=first, Context="trace-refer", Exten="s", Priority=1)

    # --- the switch -------------------------------------------------------------------------------------------------

    async def ours(self, device: str, nth: int = 0, *, within: float = 8) -> Fields:
        """Return the PBX's channel of *device*, "1001" or "trunk"."""
        async with asyncio.timeout(within):
            while True:
                found = [
                    one
                    for one in await self.switch.ami.listed("CoreShowChannels")
                    if one["Channel"].startswith(f"PJSIP/{device}-")
                ]
                found.sort(key=lambda one: one["Uniqueid"])
                if len(found) > nth:
                    return found[nth]
                await pause(0.1)

    async def action(self, name: str, **headers: Any) -> Fields:
        return await self.switch.ami.action(name, **headers)

    async def talk(self, agent: str, seconds: float = 1.0) -> None:
        """Wait until *agent*'s phone is answered, and let them talk."""
        await self.leg(agent)
        await pause(seconds)

    async def originates(self, channel: str, number: str = "", *, uid: str = "", **headers: Any) -> str:
        uid = uid or f"cti-{re.sub(r'[^a-z0-9]', '', channel.lower())}-{asyncio.get_running_loop().time():.0f}"
        ids = {"ChannelId": uid} | ({"OtherChannelId": f"{uid}-2"} if channel.startswith("Local/") else {})
        where = headers or {"Context": "queues", "Exten": "5001", "Priority": 1}
        await self.action("Originate", **{"Channel": channel, "Async": "true", "Timeout": 4000, **ids, **where})
        return uid


async def in_talk(s: Stage) -> RobotCall:
    """Let the customer talk with 1001 through queue support."""
    await s.logs_in("support", "1001")
    call = await s.calls()
    await s.talk("1001")
    return call


def _append(path: Path, text: str) -> None:
    old = path.read_text()
    if text not in old:
        path.write_text(f"{old}\n{text}")

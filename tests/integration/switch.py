"""A real Asterisk for tests, with robots on the other side: see config/asterisk/robots/README.md.

The fixture `switch` (conftest.py) is one; test_asterisk.py shows how it is used.
"""

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.integration.amiclient import AmiClient, Fields, Refused

HERE = Path(__file__).resolve().parents[2]
SCENARIOS = Path(__file__).parent / "sipp"
ASTERISK = str(HERE / "scripts" / "asterisk")


def bring_up(name: str, *, ring_seconds: int = 4) -> dict[str, Any]:
    """Start (or find) the instance *name*, which ends with this process, and return all there is to know about it."""
    words = [ASTERISK, "up", "--json", "--name", name, "--owner", str(os.getpid()), "--ring-seconds", str(ring_seconds)]
    done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=True)
    facts: dict[str, Any] = json.loads(done.stdout)
    return facts


def take_down(name: str) -> None:
    subprocess.run([ASTERISK, "down", "--name", name], stdin=subprocess.DEVNULL, check=True)


@dataclass(frozen=True)
class Channel:
    """One line of `core show channels`: what Asterisk itself says is going on."""

    name: str
    context: str
    exten: str
    state: str
    application: str
    caller: str
    bridge: str
    unique_id: str


class Switch:
    """The PBX under test and its robots."""

    def __init__(self, facts: dict[str, Any], ami: AmiClient, world: AmiClient) -> None:
        self.facts = facts
        self.ami = ami  # a connection of the tests' own with the service's account
        self.world = world

    @classmethod
    async def start(cls, name: str = "test", *, ring_seconds: int = 4) -> "Switch":
        return await cls.of(await asyncio.to_thread(bring_up, name, ring_seconds=ring_seconds))

    @classmethod
    async def of(cls, facts: dict[str, Any]) -> "Switch":
        """Connect to an instance that runs."""
        world = await AmiClient.connect(facts["world"]["ami"])
        return cls(facts, await AmiClient.connect(facts["ami"]), world)

    async def close(self) -> None:
        """Close the connections; the instance goes on."""
        await self.ami.close()
        await self.world.close()

    async def stop(self) -> None:
        await self.close()
        await asyncio.to_thread(take_down, self.name)

    # -- what a client needs to know

    @property
    def name(self) -> str:
        return str(self.facts["name"])

    @property
    def ami_host(self) -> str:
        return str(self.facts["ami"]["host"])

    @property
    def ami_port(self) -> int:
        return int(self.facts["ami"]["port"])

    @property
    def ami_user(self) -> str:
        return str(self.facts["ami"]["user"])

    @property
    def ami_secret(self) -> str:
        return str(self.facts["ami"]["secret"])

    @property
    def systemname(self) -> str:
        return str(self.facts["systemname"])

    @property
    def recordings(self) -> Path:
        return Path(self.facts["paths"]["recordings"])

    @property
    def pid(self) -> int:
        return int(self.facts["pbx"]["pid"])

    # -- people

    async def customer_calls(
        self, number: str, name: str | None = None, did: str = "5000", *, stays: float | None = None, keys: str = ""
    ) -> "RobotCall":
        """Let a customer call *did*; after *stays* seconds of being answered (in a queue: at once) it hangs up.

        *keys* are pressed as soon as it is answered; `w` waits half a second.
        """
        shown = f'"{name}" <{number}>' if name else f"<{number}>"
        variables = [f"CUSTOMER_STAYS={stays}"] if stays is not None else []
        if keys:
            variables.append(f"CUSTOMER_KEYS={keys}")
        return await self._originate(f"PJSIP/{did}@pbx", "customer", CallerID=shown, Variable=variables)

    def phone(self, number: str) -> "Phone":
        return Phone(self, number)

    async def number_does(self, number: str, what: str) -> None:
        """Override what a number of the telephone network does: `busy`, `ring`, `answer/1/5`, `cause/34`; "" undoes."""
        await self.world.action("Setvar", Variable=f"FAR_{number}", Value=what)

    async def agents_log_in(self, queue: str, *numbers: str) -> None:
        for number in numbers:
            await self.ami.action("QueueAdd", Queue=queue, Interface=f"PJSIP/{number}", MemberName=f"Agent {number}")

    async def agents_log_out(self, queue: str, *numbers: str) -> None:
        for number in numbers:
            await self.ami.action("QueueRemove", Queue=queue, Interface=f"PJSIP/{number}")

    async def reset(self) -> None:
        """End all calls, log off all agents, and let every robot do again what it does by itself."""
        since = self.ami.position
        busy = await self.ami.listed("CoreShowChannels")
        for client in (self.world, self.ami):
            with contextlib.suppress(Refused):  # there was none
                await client.action("Hangup", Channel="/.*/", Cause=16)
        for channel in busy:
            await self.ami.wait_for("Hangup", since=since, Uniqueid=channel["Uniqueid"])
        for member in await self.ami.listed("QueueStatus"):
            if member["Event"] == "QueueMember":
                await self.ami.action("QueueRemove", Queue=member["Queue"], Interface=member["Location"])
        for number in self.facts["phones"]:
            await self.world.action("Setvar", Variable=f"PHONE_{number}", Value="")

    # -- the machine

    async def cli(self, command: str, *, world: bool = False) -> str:
        """Return what the console answers."""
        words = [ASTERISK, "cli", "--name", self.name, *(["--world"] if world else []), command]
        return await _output(words)

    async def core_show_channels(self) -> list[Channel]:
        channels = []
        for line in (await self.cli("core show channels concise")).splitlines():
            words = line.split("!")
            if len(words) >= 14:
                name, context, exten, _, state, application, *_ = words
                channels.append(Channel(name, context, exten, state, application, words[7], words[-2], words[-1]))
        return channels

    async def kill9(self) -> None:
        """Kill the PBX, and return when it is gone."""
        handle = os.pidfd_open(self.pid)
        gone = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.add_reader(handle, gone.set)
        try:
            signal.pidfd_send_signal(handle, signal.SIGKILL)
            await gone.wait()
        finally:
            loop.remove_reader(handle)
            os.close(handle)

    async def restart(self) -> None:
        """Start the PBX again (killing it, if it runs), and connect to it."""
        await self.ami.close()
        self.facts = json.loads(await _output([ASTERISK, "restart", "pbx", "--json", "--name", self.name]))
        self.ami = await AmiClient.connect(self.facts["ami"])

    def freeze(self) -> None:
        """Stop the PBX's process where it is: it keeps its connections and says nothing."""
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    async def sipp(
        self, scenario: str, *, did: str = "5000", pause: float = 1.0, calls: int = 1, rate: float = 20, **keys: str
    ) -> "Sipp":
        """Start SIPp, on the telephone network's side, with tests/integration/sipp/<scenario>.xml.

        *did* goes into the request URI and *keys* into the scenario as they are, so they may be as wrong as you like.
        """
        host = self.facts["world"]["host"]
        words = [
            ASTERISK, "sipp", f"{self.facts['sip']['host']}:{self.facts['sip']['port']}",
            "-sf", str(SCENARIOS / f"{scenario}.xml"), "-i", host, "-p", str(_free_udp_port(host)), "-s", did,
            "-d", str(int(pause * 1000)), "-m", str(calls), "-r", str(rate), "-nostdin", "-timeout", "60s",
        ]  # fmt: skip
        for key, value in keys.items():
            words += ["-key", key, value]
        process = await asyncio.create_subprocess_exec(
            *words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=sipp_env()
        )
        return Sipp(process)

    async def stranger_calls(self, from_header: str, *, did: str = "5000", pause: float = 1.0) -> "Sipp":
        """Let SIPp call with this very From header, `"name" <sip:number@host>`; answered, it stays *pause* seconds."""
        return await self.sipp("caller", did=did, pause=pause, **{"from": from_header})

    async def _originate(self, channel: str, context: str, **headers: object) -> "RobotCall":
        channel_id = f"robot-{uuid.uuid4().hex}"
        since = self.world.position
        answer = await self.world.action(
            "Originate", Channel=channel, ChannelId=channel_id, Context=context, Exten="s", Priority=1,
            Async="true", Timeout=120_000, **headers,
        )  # fmt: skip
        return RobotCall(self.world, channel_id, answer["ActionID"], since)


class RobotCall:
    """A call that a robot has made, seen from the robot's end."""

    def __init__(self, world: AmiClient, channel_id: str, action_id: str, since: int) -> None:
        self.channel_id = channel_id
        self._world, self._action_id, self._since = world, action_id, since

    async def answered(self, *, within: float = 10) -> None:
        await self._world.wait_for(
            "Newstate", within=within, since=self._since, Uniqueid=self.channel_id, ChannelState="6"
        )

    async def hangs_up(self) -> None:
        await self._world.action("Hangup", Channel=self.channel_id, Cause=16)

    async def ended(self, *, within: float = 10) -> Fields:
        """Return the Hangup event of the robot's end, with Cause and TechCause."""
        return await self._world.wait_for("Hangup", within=within, since=self._since, Uniqueid=self.channel_id)


class Phone:
    """A robot's desk phone. What it is told holds for its next calls."""

    def __init__(self, switch: Switch, number: str) -> None:
        self._switch, self.number = switch, number

    async def answers_after(self, seconds: float, *, talks: float | None = None) -> None:
        """Ring that long, then talk: until the other side hangs up, or for *talks* seconds."""
        await self._does(f"answer/{seconds}" + (f"/{talks}" if talks is not None else ""))

    async def never_answers(self) -> None:
        await self._does("ring")

    async def is_busy(self) -> None:
        await self._does("busy")

    async def rejects(self) -> None:
        await self._does("reject")

    async def refuses(self, cause: int) -> None:
        await self._does(f"cause/{cause}")

    async def dials(self, number: str) -> RobotCall:
        """Call *number* from this phone, as its user would."""
        return await self._switch._originate(
            f"PJSIP/{number}@{self.number}", "caller-phone", CallerID=f"<{self.number}>", Account=self.number
        )

    async def hangs_up(self) -> None:
        await self._switch.world.action("Hangup", Channel=(await self._leg())["Channel"], Cause=16)

    async def holds(self) -> None:
        """Put the other side on hold, with a re-INVITE as a desk phone does."""
        await self._goes("hold", "s")

    async def unholds(self) -> None:
        await self._goes("talk", "more")

    async def transfers_blind(self, target: str) -> None:
        """Transfer the other side to *target* with a REFER."""
        await self._goes("refer", target)

    async def _goes(self, context: str, exten: str) -> None:
        leg = await self._leg()
        await self._switch.world.action("Redirect", Channel=leg["Channel"], Context=context, Exten=exten, Priority=1)

    async def _does(self, what: str) -> None:
        await self._switch.world.action("Setvar", Variable=f"PHONE_{self.number}", Value=what)

    async def _leg(self) -> Fields:
        """Return the phone's channel in the world, as soon as it is answered."""
        world = self._switch.world
        since = world.position
        for channel in await world.listed("CoreShowChannels"):
            if channel["AccountCode"] == self.number and channel["ChannelState"] == "6":
                return channel
        return await world.wait_for("Newstate", since=since, AccountCode=self.number, ChannelState="6")


class Sipp:
    """A SIPp that runs."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def ended(self, *, within: float = 30) -> None:
        """Wait until it has made its calls; raise when one went otherwise than the scenario says."""
        async with asyncio.timeout(within):
            output, _ = await self.process.communicate()
        if self.process.returncode:
            told = output.decode(errors="replace")[-3000:]
            raise AssertionError(f"sipp ended with {self.process.returncode}:\n{told}")

    async def stop(self) -> None:
        if self.process.returncode is None:
            self.process.kill()
        await self.process.communicate()


def sipp_env() -> Mapping[str, str]:
    return {**os.environ, "TERM": "dumb"}


def _free_udp_port(host: str) -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


async def _output(words: list[str]) -> str:
    process = await asyncio.create_subprocess_exec(*words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    output, _ = await process.communicate()
    if process.returncode:
        print(output.decode(errors="replace"), file=sys.stderr)
        raise RuntimeError(f"failed with {process.returncode}: {' '.join(words)}")
    return output.decode(errors="replace")

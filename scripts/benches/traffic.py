"""A scripted Asterisk with as many calls as wanted: the frames of one recorded queue call, told with other numbers."""

import asyncio
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from tests.fakes.ami_peer import SYSTEM, AmiPeer

TRACE = Path(__file__).parents[2] / "tests" / "traces" / "inbound_answered.ami"
FIRST_EXTENSION = 10_000
_MOST_CALLS = 200  # under way at once


def device_of(agent: int) -> str:
    return f"PJSIP/{FIRST_EXTENSION + agent}"


def number_of(customer: int) -> str:
    return f"138{customer:08d}"


class Template:
    """The frames of one call; what differs from call to call is cut out once, so that making one is cheap."""

    def __init__(self) -> None:
        text = TRACE.read_text(encoding="utf-8")
        call = text[text.index("Event: Newchannel") :]
        for old, new in [
            ("lab1-1795422786.0", "%(call)s.0"),
            ("lab1-1795422787.1", "%(call)s.1"),
            ("PJSIP/trunk-00000000", "PJSIP/trunk-%(n)08x"),
            ("PJSIP/1001-00000001", "%(device)s-%(n)08x"),
            ("Agent 1001", "Agent %(extension)s"),
            ("PJSIP/1001", "%(device)s"),
            ("13800138000", "%(number)s"),
            (": 1001\n", ": %(extension)s\n"),
            ("lab1", SYSTEM),
        ]:
            call = call.replace("%", "%%") if old.startswith("lab1-1795422786") else call
            call = call.replace(old, new)
        frames = [frame.strip("\r\n") for frame in call.replace("\r\n", "\n").split("\n\n") if "Event: " in frame]
        wanted = [frame for frame in frames if not frame.startswith("Event: DeviceStateChange")]
        bridges = {line.split(": ")[1] for f in wanted for line in f.split("\n") if line.startswith("BridgeUniqueid: ")}
        whole = "\0".join(wanted)
        for bridge in bridges:
            whole = whole.replace(bridge, "%(call)s-bridge")
        lines = ["Timestamp: %(at).6f" if line.startswith("Timestamp: ") else line for line in whole.split("\n")]
        self._frames = [f"{frame}\n\n".replace("\n", "\r\n") for frame in "\n".join(lines).split("\0")]

    def __len__(self) -> int:
        return len(self._frames)

    def frames(self, n: int, agent: int, customer: int) -> Iterator[bytes]:
        about = {
            "call": call_of(n),
            "n": n,
            "device": device_of(agent),
            "extension": FIRST_EXTENSION + agent,
            "number": number_of(customer),
            "at": time.time(),
        }
        return (frame.encode() for frame in [frame % about for frame in self._frames])


def call_of(n: int) -> str:
    return f"{SYSTEM}-{n}"


class Traffic:
    """Calls that go round the agents. `sent` has the time at which each call's frame number *trigger* was written."""

    def __init__(self, peer: AmiPeer, *, agents: int, customers: int, first: int = 0) -> None:
        self._peer = peer
        self._agents = agents
        self._customers = customers
        self._template = Template()
        self._next = first  # calls of other traffic to the same service have other numbers
        self.trigger = 0
        self.sent: dict[str, float] = {}
        self.events = 0

    async def find_trigger(self, popped: "asyncio.Queue[str]") -> int:
        """Tell one call slowly; return the number of the frame at which it popped."""
        n = self._take()
        for number, frame in enumerate(self._call(n)):
            self._peer.says(frame)
            await asyncio.sleep(0.1)
            if popped.empty():
                self.trigger = number + 1
        if popped.empty():
            raise RuntimeError("a call was told and nothing popped")
        return self.trigger

    async def run(self, rate: float, seconds: float) -> None:
        """Send *rate* events a second, interleaved from many calls, and let the calls come to their end."""
        self.sent.clear()
        self.events = 0
        clock = time.perf_counter
        under_way: deque[tuple[int, int, Iterator[bytes]]] = deque()
        began, batch = clock(), []
        while under_way or clock() - began < seconds:
            due = int((clock() - began) * rate) - self.events
            ending = clock() - began >= seconds
            for _ in range(min(due, 200)):
                if len(under_way) < min(_MOST_CALLS, self._agents // 2) and not ending:
                    n = self._take()
                    under_way.append((n, 0, self._call(n)))
                if not under_way:
                    break
                n, number, frames = under_way.popleft()
                batch.append(next(frames))
                if number == self.trigger:
                    self.sent[call_of(n)] = clock()
                if number + 1 < len(self._template):
                    under_way.append((n, number + 1, frames))
                self.events += 1
            if batch:
                self._peer.says(b"".join(batch))
                batch.clear()
            await asyncio.sleep(0.0005 if due < 200 else 0)

    def _take(self) -> int:
        self._next += 1
        return self._next

    def _call(self, n: int) -> Iterator[bytes]:
        return self._template.frames(n, n % self._agents, (n * 7_919_999) % self._customers)

"""One agent's desk: the state as it stands, the requests to the switch that follow from it, and its timers."""

import asyncio
from collections import deque
from collections.abc import Sequence
from datetime import datetime

from cti.agents import events as ev
from cti.agents.model import Agent
from cti.calls.facts import Device
from cti.services.agentviews import view_of_agent
from cti.staff import StateSpan

Order = tuple[Sequence[ev.Effect], "asyncio.Future[None]"]


class Desk:
    """What the AgentService keeps of one phone."""

    __slots__ = (
        "agent",
        "at_rest",
        "device",
        "is_awaited",
        "is_known",
        "last_call",
        "lock",
        "name",
        "orders",
        "report_timer",
        "span",
        "talked",
        "user",
        "view",
        "worker",
        "wrap_up_timer",
        "wrap_up_until",
    )

    def __init__(self, device: Device, at: datetime) -> None:
        self.device = device
        self.user = 0  # who has the phone; 0 is nobody
        self.name = str(device)  # as colleagues know them
        self.agent = Agent(since=at)
        self.is_awaited = False  # a customer waits for the page that lost their call
        self.is_known = False  # the switch said where the phone is
        self.view = view_of_agent(self.agent)
        self.talked: frozenset[str] = frozenset()  # calls that were connected here
        self.last_call = ""
        self.at_rest = asyncio.Event()  # the switch reported all that it was asked for
        self.lock = asyncio.Lock()  # one command at a time
        self.orders: deque[Order] = deque()
        self.worker: asyncio.Task[None] | None = None
        self.report_timer: asyncio.TimerHandle | None = None
        self.wrap_up_timer: asyncio.TimerHandle | None = None
        self.wrap_up_until: datetime | None = None
        self.span: StateSpan | None = None

    def stop_waiting(self) -> None:
        """The switch reported all, or is to do something else."""
        if self.report_timer is not None:
            self.report_timer.cancel()
            self.report_timer = None

    def close(self) -> None:
        self.stop_waiting()
        if self.wrap_up_timer is not None:
            self.wrap_up_timer.cancel()
        if self.worker is not None:
            self.worker.cancel()

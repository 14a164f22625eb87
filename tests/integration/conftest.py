"""A real Asterisk for the tests in this folder (and whoever imports these fixtures)."""

import os
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from tests.integration.relay import Relay
from tests.integration.switch import Switch, bring_up, take_down


@pytest.fixture(scope="session")
def asterisk() -> Iterator[dict[str, Any]]:
    """Start one Asterisk for the whole run, with its robots; return all there is to know about it."""
    name = f"test-{os.getpid()}"
    yield bring_up(name)
    take_down(name)


@pytest.fixture
async def switch(asterisk: dict[str, Any]) -> AsyncIterator[Switch]:
    """Return the session's Asterisk with no calls, no agents, and robots that do what they do by themselves."""
    switch = await Switch.of(asterisk)
    await switch.reset()
    yield switch
    asterisk.update(switch.facts)  # a test may have restarted it
    await switch.reset()
    await switch.close()


@pytest.fixture
async def relay(switch: Switch) -> AsyncIterator[Relay]:
    """Return a relay in front of the switch's AMI."""
    async with Relay(switch.ami_host, switch.ami_port) as relay:
        yield relay

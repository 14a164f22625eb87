"""A page's phone where something is out of the ordinary, on a real Asterisk: gone while it rings, answering unasked."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.browser.phones import CUSTOMER, Browsers, a_daemon, bar_of, hears, works
from tests.browser.phones import browsers as browsers
from tests.browser.phones import switch as switch
from tests.integration.daemon import Daemon
from tests.integration.switch import Switch

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def daemon(switch: Switch, tmp_path: Path) -> AsyncIterator[Daemon]:
    """Return a service where the calls of `sales` are answered by the page itself."""
    daemon = a_daemon(switch, tmp_path, more='[[queue]]\nname = "sales"\nauto_answer = true\n')
    await daemon.has_person("anna", "PJSIP/1101")
    async with daemon:
        await daemon.is_ready()
        await daemon.client_of("anna")  # who has chosen a password of her own
        yield daemon


async def test_a_queue_that_wants_it_is_answered_unasked(browsers: Browsers, daemon: Daemon, switch: Switch) -> None:
    page = await works(browsers, daemon, "anna")
    await switch.agents_log_in("sales", "1101")
    await switch.customer_calls(CUSTOMER, did="5001")
    await hears(page)
    await expect(bar_of(page).get_by_role("button", name="Hang up")).to_be_visible()


async def test_another_queue_is_not(browsers: Browsers, daemon: Daemon, switch: Switch) -> None:
    page = await works(browsers, daemon, "anna")
    await switch.agents_log_in("support", "1101")
    since = switch.ami.position
    call = await switch.customer_calls(CUSTOMER)
    await expect(bar_of(page).get_by_role("button", name="Answer F2")).to_be_visible()
    await switch.ami.wait_for("AgentRingNoAnswer", since=since, Interface="PJSIP/1101", within=10)
    await call.hangs_up()


async def test_without_a_microphone_it_rings(browsers: Browsers, daemon: Daemon, switch: Switch) -> None:
    page = await works(browsers, daemon, "anna")
    await page.evaluate(
        "() => { navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotAllowedError')) }"
    )
    await switch.agents_log_in("sales", "1101")
    since = switch.ami.position
    await switch.customer_calls(CUSTOMER, did="5001")
    await expect(page.get_by_text("The browser may not use the microphone.").first).to_be_visible()
    await switch.ami.wait_for("AgentRingNoAnswer", since=since, Interface="PJSIP/1101", within=10)
    assert not switch.ami.events("AgentConnect", since=since)


async def test_a_page_that_goes_while_it_rings_lets_the_queue_go_on(
    browsers: Browsers, daemon: Daemon, switch: Switch
) -> None:
    page = await works(browsers, daemon, "anna")
    await switch.ami.action("QueueAdd", Queue="support", Interface="PJSIP/1101", Penalty=0)
    await switch.ami.action("QueueAdd", Queue="support", Interface="PJSIP/1002", Penalty=1)
    since = switch.ami.position
    await switch.customer_calls(CUSTOMER)
    await expect(bar_of(page).get_by_role("button", name="Answer F2")).to_be_visible()
    rung = await switch.ami.wait_for("AgentCalled", since=since, Interface="PJSIP/1101")
    await page.close()
    # Ended by the service, which says 16. A queue that gives up by itself says 0.
    await switch.ami.wait_for("Hangup", since=since, Channel=rung["DestChannel"], Cause="16", within=10)
    await switch.ami.wait_for("AgentCalled", since=since, Interface="PJSIP/1002", within=10)
    connected = await switch.ami.wait_for("AgentConnect", since=since, within=10)
    assert connected["Interface"] == "PJSIP/1002"

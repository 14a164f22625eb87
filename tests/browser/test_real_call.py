"""From a SIP caller through a real Asterisk and the whole service to what stands on an agent's screen."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.integration.daemon import Daemon, free_port
from tests.integration.switch import Switch

pytestmark = pytest.mark.asyncio(loop_scope="session")

HOSTILE = "<img src=x onerror=alert(1)>=cmd|'/c calc'!A1"


@pytest_asyncio.fixture(loop_scope="session")
async def switch(asterisk: dict[str, Any]) -> AsyncIterator[Switch]:
    switch = await Switch.of(asterisk)
    await switch.reset()
    yield switch
    await switch.reset()
    await switch.close()


@pytest_asyncio.fixture(loop_scope="session")
async def daemon(switch: Switch, tmp_path: Path) -> AsyncIterator[Daemon]:
    daemon = Daemon(tmp_path, ami=(switch.ami_host, switch.ami_port), secret=switch.ami_secret, port=free_port())
    await daemon.has_person("anna", "PJSIP/1001")
    async with daemon:
        await daemon.is_ready()
        yield daemon


@contextlib.asynccontextmanager
async def a_desk(switch: Switch, daemon: Daemon, open_page: OpenPage) -> AsyncIterator[Page]:
    """Yield the page of anna, who is logged in and whose robot phone rings until told otherwise."""
    await daemon.client_of("anna")  # exchanges the first password
    page = await open_page(daemon.url)
    await page.locator("input").nth(0).fill("anna")
    await page.locator("input[type=password]").fill(daemon.password_of("anna"))
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("交换机 已连接")).to_be_visible()
    await switch.agents_log_in("support", "1001")
    await switch.phone("1001").never_answers()
    yield page


async def test_the_card_stands_on_the_screen_while_the_phone_rings(
    switch: Switch, daemon: Daemon, open_page: OpenPage
) -> None:
    async with a_desk(switch, daemon, open_page) as page:
        caller = await switch.stranger_calls('"王小明" <sip:13800138000@example.com>', pause=30)
        bar = page.get_by_label("话务条")
        await expect(bar).to_contain_text("138 0013 8000")
        await expect(bar).to_contain_text("王小明")
        ringing = [channel for channel in await switch.core_show_channels() if "1001" in channel.name]
        assert [channel.state for channel in ringing] == ["Ringing"]

        form = page.get_by_role("form", name="客户登记")
        await form.get_by_role("radio", name="个人").check()
        await form.get_by_label("姓名").fill("王小明")
        await form.get_by_role("radio", name="是").check()
        await page.keyboard.press("Control+Enter")
        card = page.get_by_label("客户", exact=True)
        await expect(card.get_by_role("heading", name="王小明")).to_be_visible()

        await page.reload()
        await expect(card.get_by_role("heading", name="王小明")).to_be_visible()
        await caller.stop()


async def test_a_caller_who_gives_up_leaves_the_screen(switch: Switch, daemon: Daemon, open_page: OpenPage) -> None:
    async with a_desk(switch, daemon, open_page) as page:
        customer = await switch.customer_calls("13800138000", did="5000")
        bar = page.get_by_label("话务条")
        await expect(bar).to_contain_text("138 0013 8000")
        await customer.hangs_up()
        await expect(bar).to_contain_text("无通话")
        (record,) = await daemon.recorded(1)
        assert (record["outcome"], record["ended_by"]) == ("abandoned", "customer")


async def test_what_a_stranger_writes_is_shown_as_text(switch: Switch, daemon: Daemon, open_page: OpenPage) -> None:
    async with a_desk(switch, daemon, open_page) as page:
        caller = await switch.stranger_calls(f'"{HOSTILE}" <sip:13800138000@example.com>', pause=30)
        await expect(page.get_by_label("话务条")).to_contain_text(HOSTILE)
        assert await page.locator("img[src=x]").count() == 0
        await caller.stop()


async def test_a_number_that_forges_events_changes_nothing(switch: Switch, daemon: Daemon, open_page: OpenPage) -> None:
    async with a_desk(switch, daemon, open_page) as page:
        forged = "100%0D%0A%0D%0AEvent%3A%20QueueMemberPause%0D%0AInterface%3A%20PJSIP/1001"
        caller = await switch.stranger_calls(f"<sip:{forged}@example.com>", pause=30)
        await expect(page.get_by_label("话务条")).to_contain_text("振铃")
        await expect(page.get_by_label("话务条")).not_to_contain_text("Event")
        await caller.stop()

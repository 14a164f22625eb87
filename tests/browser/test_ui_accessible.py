"""Every screen, in both languages and both themes: nothing for axe to find, nothing cut off."""

from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from cti.services.views import AgentView, PendingView
from cti.web import messages as m
from tests.browser.conftest import OpenPage
from tests.fakes import shift
from tests.fakes.customers import ANNA_ROSSI, LI_XIAOMING, WANG_FANG
from tests.fakes.operations import figures, staff
from tests.fakes.sip_switch import SipSwitch
from tests.fakes.web_service import ADMIN, WEB_CAROL, FakeService

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.parametrize("language", ["zh", "en"]),
    pytest.mark.parametrize("theme", ["light", "dark"]),
]

AXE = Path(__file__).parents[2] / "cti" / "web" / "ui" / "node_modules" / "axe-core" / "axe.min.js"
NUMBER = "+8613800138000"
RUN = "axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })"


async def findings(page: Page) -> list[str]:
    """Return what axe finds, and whether the page is wider than the window."""
    if not AXE.exists():
        pytest.fail("axe is not installed: npm ci in cti/web/ui", pytrace=False)
    # Evaluated rather than added as a script, which the page's policy forbids.
    await page.evaluate(AXE.read_text(encoding="utf-8"))
    result: dict[str, Any] = await page.evaluate(RUN)
    found = [f"{v['id']}: {node['html']} {node['failureSummary']}" for v in result["violations"] for node in v["nodes"]]
    if await page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        found.append("the page is wider than the window")
    return found


async def test_log_in(open_page: OpenPage, language: str, theme: str) -> None:
    async with FakeService() as service:
        service.signed_in = False
        page = await open_page(service.url, language=language, theme=theme)
        await page.locator("[name=username]").fill("carol")
        await page.locator("[name=password]").fill("wrong")
        await page.keyboard.press("Enter")
        await expect(page.locator("form .note")).to_be_visible()
        assert await findings(page) == []

        service.signed_in = service.must_change = True
        await page.reload()
        await expect(page.locator("[name=repeat]")).to_be_visible()
        assert await findings(page) == []


async def test_desk(open_page: OpenPage, language: str, theme: str) -> None:
    async with FakeService() as service:
        page = await open_page(service.url, language=language, theme=theme)
        await expect(page.locator("main h1")).to_be_visible()
        assert await findings(page) == []
        await page.keyboard.press("Shift+F8")
        assert await findings(page) == []
        await page.keyboard.press("Escape")

        call = await service.ring(NUMBER, WANG_FANG, name="WANG FANG")
        await expect(page.locator("[data-state=known] h1")).to_be_visible()
        assert await findings(page) == []
        await service.answer(call)
        await service.hang_up(call)

        call = await service.ring(NUMBER, WANG_FANG, LI_XIAOMING, ANNA_ROSSI)
        await expect(page.locator("[data-state=several] h1")).to_be_visible()
        assert await findings(page) == []
        await service.hang_up(call)

        service.refuses[m.RegisterCustomer] = ("storage_failed", "")
        call = await service.ring("+8613900001111")
        await service.answer(call)
        await page.locator("[name=name]").fill("赵磊")
        await page.keyboard.press("Control+Enter")
        await expect(page.locator("form .note")).to_be_visible()
        await service.set_link(up=False)
        assert await findings(page) == []
        await service.hang_up(call)

        await service.ring(NUMBER, state="failed")
        await expect(page.locator("section .strip")).to_contain_text("138 0013 8000")
        await page.keyboard.press("F2")
        await expect(page.locator("[data-state=failed] h1")).to_be_visible()
        assert await findings(page) == []


async def test_frame(open_page: OpenPage, language: str, theme: str) -> None:
    async with FakeService() as service:
        page = await open_page(service.url, language=language, theme=theme)
        await expect(page.locator("main h1")).to_be_visible()
        await page.locator("header > button").last.click()
        assert await findings(page) == []
        await page.keyboard.press("Escape")
        await page.keyboard.press("?")
        await expect(page.get_by_role("dialog")).to_be_visible()
        assert await findings(page) == []
        await page.keyboard.press("Escape")

        await service.hang_up_on_screens(m.CLOSE_SIGNED_OUT)
        await expect(page.get_by_role("dialog")).to_be_visible()
        assert await findings(page) == []


async def test_administration(open_page: OpenPage, language: str, theme: str) -> None:
    async with FakeService(ADMIN) as service:
        service.ops, service.people = figures(), staff()
        page = await open_page(service.url, language=language, theme=theme)
        await expect(page.get_by_role("table")).to_be_visible()
        assert await findings(page) == []

        await page.goto(f"{service.url}#people")
        await expect(page.get_by_role("row").nth(5)).to_be_visible()
        assert await findings(page) == []
        await page.locator("header button.primary").click()
        await expect(page.get_by_role("dialog")).to_be_visible()
        assert await findings(page) == []
        await page.locator("[name=name]").fill("新人")
        await page.locator("[name=user]").fill("xin")
        await page.keyboard.press("Enter")
        await expect(page.locator("output")).to_be_visible()
        assert await findings(page) == []


async def test_work(open_page: OpenPage, language: str, theme: str) -> None:
    async with FakeService() as service:
        shift.fill(service)
        service.agent = AgentView(state="signed_out", since=0.0, assigned=("support",))
        page = await open_page(service.url, language=language, theme=theme)
        await expect(page.get_by_role("checkbox")).to_be_visible()
        await expect(page.get_by_role("listitem").first).to_be_visible()
        assert await findings(page) == []

        service.agent = shift.agent()
        await service.set_agent(state="not_ready", reason="meeting", forced_by="赵磊", why="15:00")
        await expect(page.locator("section > .note")).to_be_visible()
        assert await findings(page) == []
        service.refuses[m.SetAgentState] = ("outcome_unknown", "")
        await page.keyboard.press("Shift+F8")
        assert await findings(page) == []
        await page.keyboard.press("Enter")
        await expect(page.locator("section > .note")).to_have_count(2)
        assert await findings(page) == []

        call = await service.ring(NUMBER, WANG_FANG)
        await service.answer(call)
        await service.set_agent(pending=PendingView("not_ready", "lunch"), forced_by="")
        assert await findings(page) == []
        await service.wrap_up(call, seconds=5)
        await expect(page.locator(".time svg")).to_be_visible()
        assert await findings(page) == []
        await service.set_agent(pending=None)
        assert await findings(page) == []


async def test_phone(open_page: OpenPage, language: str, theme: str) -> None:
    """Without a microphone, which this Chromium has not: the notice stands over everything else."""
    switch = SipSwitch()
    async with FakeService(WEB_CAROL, switch=switch) as service:
        shift.fill(service)
        page = await open_page(service.url, language=language, theme=theme)
        await expect(page.locator("section.notice")).to_be_visible()
        assert await findings(page) == []
        call = await service.ring(NUMBER, WANG_FANG)
        leg = await switch.rings(call, NUMBER)
        await expect(page.locator(".strip .answer")).to_be_visible()
        assert await findings(page) == []
        second = await service.ring("+8613900001111")
        await switch.rings(second, "+8613900001111")
        await expect(page.locator("section ul button").first).to_be_visible()
        assert await findings(page) == []
        await switch.ends(leg)
        await page.locator(".lamps button").click()
        await expect(page.get_by_role("dialog")).to_be_visible()
        assert await findings(page) == []
        await page.keyboard.press("Escape")
        await switch.close(4409)
        await expect(page.locator("section.notice button")).to_be_visible()
        assert await findings(page) == []


async def test_people(open_page: OpenPage, language: str, theme: str) -> None:
    async with FakeService(ADMIN) as service:
        shift.fill_people(service)
        page = await open_page(f"{service.url}#people", language=language, theme=theme)
        row = page.get_by_role("row").nth(2)
        await expect(row).to_be_visible()
        for button in (0, 1):
            await row.get_by_role("button").nth(button).click()
            await expect(page.get_by_role("dialog")).to_be_visible()
            assert await findings(page) == []
            await page.keyboard.press("Escape")
        await page.locator("header button", has_text="班组" if language == "zh" else "Teams").click()
        await expect(page.get_by_role("dialog")).to_be_visible()
        assert await findings(page) == []

"""Every screen, in both languages and both themes: nothing for axe to find, nothing cut off."""

from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from cti.web import messages as m
from tests.browser.conftest import OpenPage
from tests.fakes.customers import ANNA_ROSSI, LI_XIAOMING, WANG_FANG
from tests.fakes.operations import figures, staff
from tests.fakes.web_service import ADMIN, FakeService

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
        await expect(page.locator("section:has(> .strip)")).to_contain_text("138 0013 8000")
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

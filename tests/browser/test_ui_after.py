"""After the call, on the real web side: the outcome, the promise, the ticket, and what holds the wrap-up."""

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.test_ui_accessible import findings
from tests.fakes.centre import Agent, Customer, running
from tests.stories.test_after_call import AfterDay, shipped_outcomes
from tests.stories.test_agent_work import DESK

pytestmark = pytest.mark.asyncio(loop_scope="session")

SHOTS = Path(__file__).parents[2] / "var" / "shots"


async def at_work(day: AfterDay, open_page: OpenPage, **look: str) -> tuple[Agent, Page]:
    day.outcomes += shipped_outcomes()
    day.switch.obeys = day.obey
    day.link_comes_up()
    await day.directory.add("王芳", "+8613800138000")
    anna = await day.at_work("anna", "1001", "forced", team="one")
    page = await open_page(day.url, **look)
    await page.context.add_cookies([{"name": "cti", "value": anna.token, "url": day.url}])
    await page.reload()
    await expect(page.locator("header").first).to_contain_text("Anna")
    return anna, page


async def talks(day: AfterDay, anna: Agent, queue: str = "forced") -> Customer:
    customer = day.customer("13800138000")
    customer.calls(queue)
    await day.directory_answered()
    customer.rings(anna, queue)
    customer.is_answered_by(anna)
    customer.hangs_up()
    return customer


async def test_the_wrap_up_ends_with_an_outcome_and_a_promise(open_page: OpenPage) -> None:
    async with running(desk=DESK, kind=AfterDay) as day:
        assert isinstance(day, AfterDay)
        anna, page = await at_work(day, open_page)
        await talks(day, anna)

        bar = page.get_by_label("话务条")
        await bar.get_by_role("button", name="示闲 Ctrl+Enter").click()
        await expect(bar).to_contain_text("请先选择本次通话结果")

        after = page.get_by_role("region", name="话后处理")
        await after.get_by_text("约定回电", exact=True).nth(1).click()
        await after.get_by_label("事由").fill("发票")
        await after.get_by_role("button", name="约定回电").last.click()
        await expect(after.get_by_role("radio", name="约定回电")).to_be_checked()

        await bar.get_by_role("button", name="示闲 Ctrl+Enter").click()
        await page.get_by_role("button", name="收起").click()
        await expect(page.get_by_role("heading", name="等待来电")).to_be_visible()
        due = page.get_by_role("region", name="待回电")
        await expect(due).to_contain_text("王芳")
        await expect(due).to_contain_text("发票")
        await due.get_by_role("button", name="已回电").click()
        await expect(due).to_contain_text("没有约定的回电")


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_a_complaint_from_the_call_to_its_end(open_page: OpenPage, language: str, theme: str) -> None:
    async with running(desk=DESK, kind=AfterDay) as day:
        assert isinstance(day, AfterDay)
        anna, page = await at_work(day, open_page, language=language, theme=theme)
        call = await talks(day, anna)
        await day.wrote(anna, call, "等了十分钟")
        words = {
            "zh": ("投诉", "创建工单", "工单", "我来处理"),
            "en": ("Complaint", "Open ticket", "Tickets", "Take it"),
        }
        complaint, open_ticket, tickets, take = words[language]

        after = page.locator("section[aria-labelledby=after-title]")
        await after.locator("label", has_text=complaint).click()
        await after.locator("form input").first.fill("等待时间太长")
        assert await findings(page) == []
        await page.screenshot(path=SHOTS / f"after-{language}-{theme}.png")
        await after.get_by_role("button", name=open_ticket).click()
        await expect(after.get_by_role("radio", checked=True)).to_have_count(1)

        await page.get_by_role("link", name=tickets).click()
        await page.get_by_role("button", name="等待时间太长").click()
        await page.get_by_role("button", name=take).click()
        await expect(page.locator("section ol li")).to_have_count(2)
        assert await findings(page) == []
        await page.screenshot(path=SHOTS / f"tickets-{language}-{theme}.png")

"""Dialling by the phone in the page, which asks first; and by the one on the desk, for who has both."""

import pytest
from playwright.async_api import expect

from cti.web import messages as m
from tests.browser.conftest import OpenPage
from tests.browser.test_ui_phone import chromium as chromium  # one that has a microphone
from tests.browser.test_ui_phone import phone_service, ready
from tests.fakes.centre import until

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_who_takes_the_phone_on_the_desk_calls_by_that(open_page: OpenPage) -> None:
    service, switch = phone_service()
    async with service:
        page = await open_page(service.url, language="en")
        await ready(page)
        await page.get_by_role("button", name="Phone ready").click()
        await page.get_by_label("Desk phone").check()
        await page.keyboard.press("Escape")
        await page.keyboard.press("F2")
        await page.keyboard.type("13800138000")
        await page.keyboard.press("Enter")
        assert (await service.hears(m.Dial)).phone == "desk"
        assert switch.dialled() == []
        await page.reload()
        await expect(page.locator("input[name=dial]")).to_be_enabled()
        await expect(page.get_by_role("button", name="Phone ready")).to_have_count(0)


async def test_a_page_that_may_not_call_a_number_sends_no_invite(open_page: OpenPage) -> None:
    service, switch = phone_service()
    service.refuses[m.Dial] = ("dial_premium", "no")
    async with service:
        page = await open_page(service.url, language="en")
        await ready(page)
        await page.keyboard.press("F2")
        await page.keyboard.type("+19005551234")
        await page.keyboard.press("Enter")
        bar = page.get_by_role("region", name="Phone bar")
        await expect(bar).to_contain_text("Numbers that cost extra are not dialled from here.")
        assert switch.dialled() == []

        service.refuses.clear()
        service.commands.clear()
        await page.get_by_label("Call a number").fill("13800138000")
        await page.keyboard.press("Enter")
        assert (await service.hears(m.Dial)).phone == "page"
        await expect(page.get_by_role("button", name="Cancel")).to_be_visible()
        await until(lambda: switch.dialled() == ["13800138000"])

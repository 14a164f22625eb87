"""Dialling, and what the screen does with the calls of a phone that stands on the desk."""

import pytest
from playwright.async_api import Page, expect

from cti.web import messages as m
from tests.browser.conftest import OpenPage
from tests.fakes import shift
from tests.fakes.centre import until
from tests.fakes.customers import WANG_FANG
from tests.fakes.web_service import FakeService

pytestmark = pytest.mark.asyncio(loop_scope="session")

NUMBER = "+8613800138000"


async def opened(open_page: OpenPage, service: FakeService, *, language: str = "en") -> Page:
    page = await open_page(service.url, language=language)
    await expect(page.locator("input[name=dial]")).to_be_enabled()
    return page


async def in_a_call(page: Page, service: FakeService) -> str:
    call = await service.ring(NUMBER, WANG_FANG)
    await service.answer(call)
    await expect(page.get_by_role("button", name="Transfer")).to_be_enabled()
    return call


async def test_one_key_leads_to_the_field_and_any_number_is_called(open_page: OpenPage) -> None:
    async with FakeService() as service:
        page = await opened(open_page, service)
        await page.keyboard.press("F2")
        await expect(page.get_by_label("Call a number")).to_be_focused()
        await page.keyboard.type("138-0013 8000")
        await page.keyboard.press("Enter")

        sent = await service.hears(m.Dial)
        assert (sent.number, sent.phone, bool(sent.key)) == ("13800138000", "desk", True)
        await expect(page.get_by_label("Call a number")).to_have_value("")


async def test_what_is_no_number_is_told_without_asking(open_page: OpenPage) -> None:
    async with FakeService() as service:
        page = await opened(open_page, service)
        await page.keyboard.press("F2")
        await page.keyboard.type("anna")
        await page.keyboard.press("Enter")
        await expect(page.locator("form [role=alert]")).to_have_text(
            "Type digits only: an extension or a telephone number."
        )
        await expect(page.get_by_label("Call a number")).to_be_focused()
        assert not [command for command in service.commands if isinstance(command, m.Dial)]


async def test_a_number_on_the_screen_is_called_by_the_desk_phone(open_page: OpenPage) -> None:
    async with FakeService() as service:
        shift.fill(service)
        page = await opened(open_page, service)
        await page.get_by_role("button", name="Call 0571 8888 6666").first.click()
        assert (await service.hears(m.Dial)).phone == "desk"


async def test_what_may_not_be_dialled_says_what_to_do_and_is_not_tried_again(open_page: OpenPage) -> None:
    async with FakeService() as service:
        service.refuses[m.Dial] = ("dial_abroad", "calls to that country are not open")
        page = await opened(open_page, service, language="zh")
        await page.keyboard.press("F2")
        await page.keyboard.type("00390612345678")
        await page.keyboard.press("Enter")
        bar = page.get_by_role("region", name="话务条")
        await expect(bar).to_contain_text("未开通该国家或地区的长途，如有需要请联系管理员开通。")
        await expect(bar.get_by_role("button", name="重试")).to_have_count(0)
        await expect(page.locator("input[name=dial]")).to_have_value("00390612345678")


async def test_no_answer_within_five_seconds_is_told_and_again_is_the_same_command(open_page: OpenPage) -> None:
    async with FakeService() as service:
        service.silent.add(m.Dial)
        page = await opened(open_page, service)
        await page.keyboard.press("F2")
        await page.keyboard.type("13800138000")
        await page.keyboard.press("Enter")
        first = await service.hears(m.Dial)
        bar = page.get_by_role("region", name="Phone bar")
        call = page.get_by_role("button", name="Call F2")
        await expect(call).to_have_attribute("aria-busy", "true")
        await expect(bar.get_by_text("No answer within 5 seconds.")).to_be_visible(timeout=8_000)

        service.silent.clear()
        service.commands.clear()
        await page.get_by_role("button", name="Again").click()
        assert (await service.hears(m.Dial)).key == first.key
        await expect(bar.get_by_text("No answer within 5 seconds.")).to_have_count(0)


async def test_a_call_of_the_desk_phone_is_ended_by_key(open_page: OpenPage) -> None:
    async with FakeService() as service:
        page = await opened(open_page, service)
        call = await in_a_call(page, service)
        await page.keyboard.press("F4")
        assert (await service.hears(m.HangUp)).call == call


async def test_a_call_of_the_desk_phone_is_passed_on(open_page: OpenPage) -> None:
    async with FakeService() as service:
        page = await opened(open_page, service)
        call = await in_a_call(page, service)
        await page.keyboard.press("Shift+F2")
        await expect(page.get_by_role("button", name="Ask first")).to_have_count(0)
        await page.keyboard.type("1002")
        await page.keyboard.press("Enter")
        sent = await service.hears(m.Transfer)
        assert (sent.call, sent.number) == (call, "1002")


async def test_keys_of_a_menu_are_sent_in_their_order(open_page: OpenPage) -> None:
    async with FakeService() as service:
        page = await opened(open_page, service)
        await in_a_call(page, service)
        await page.get_by_role("button", name="Keypad").click()
        await page.keyboard.type("12#4")
        await expect(page.locator("output")).to_have_text("12#4")
        await until(lambda: "".join(sent.keys for sent in service.commands if isinstance(sent, m.PressKeys)) == "12#4")


async def test_nothing_on_its_way_keeps_a_call_from_being_ended(open_page: OpenPage) -> None:
    async with FakeService() as service:
        service.silent |= {m.PressKeys, m.Transfer}
        page = await opened(open_page, service)
        call = await in_a_call(page, service)
        await page.keyboard.press("Shift+F2")
        await page.keyboard.type("1002")
        await page.keyboard.press("Enter")
        await service.hears(m.Transfer)
        await page.keyboard.press("F4")
        assert (await service.hears(m.HangUp)).call == call


async def test_what_a_desk_phone_cannot_do_is_not_offered(open_page: OpenPage) -> None:
    async with FakeService() as service:
        page = await opened(open_page, service)
        await service.ring(NUMBER, WANG_FANG)
        await expect(page.get_by_role("button", name="Reject")).to_be_visible()
        await expect(page.get_by_role("button", name="Answer")).to_have_count(0)
        await page.get_by_role("button", name="Reject").click()
        call = (await service.hears(m.HangUp)).call
        await service.answer(call)
        await expect(page.get_by_role("button", name="Transfer")).to_be_enabled()
        for name in ("Hold", "Mute"):
            await expect(page.get_by_role("button", name=name)).to_have_count(0)

"""What the caller chose stands beside the call, and what colleagues wrote is there with the ring."""

import pytest
from playwright.async_api import expect

from cti.assist.attached import Datum
from cti.services.views import ColleagueNote
from cti.web import messages as m
from tests.browser.conftest import OpenPage
from tests.browser.test_ui_accessible import findings
from tests.fakes import shift
from tests.fakes.customers import WANG_FANG
from tests.fakes.web_service import FakeService, now

pytestmark = pytest.mark.asyncio(loop_scope="session")

NUMBER = "+8613800138000"
HOSTILE = "<img src=x onerror=alert(1)>\u202e=1+1 " + "订单" * 230
DATA = (
    Datum("CTI_MENU", "语音菜单", "Menu", "1", "查询订单", "An order"),
    Datum("CTI_ORDER", "订单号", "Order", HOSTILE, HOSTILE, HOSTILE),
)
WORDS = {"zh": ("通话", "语音菜单", "查询订单", "同事的备注"), "en": ("Call", "Menu", "An order", "From colleagues")}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", ["zh", "en"])
async def test_a_colleague_who_is_asked_sees_data_and_notes_while_it_rings(
    open_page: OpenPage, language: str, theme: str
) -> None:
    panel, menu, choice, heading = WORDS[language]
    async with FakeService() as service:
        page = await open_page(service.url, language=language, theme=theme)
        await expect(page.locator("main h1").first).to_be_visible()
        await service.colleagues_write("customers", ColleagueNote("anna", "安娜", f"要退货 {HOSTILE}", now()))
        await service.ring(NUMBER, WANG_FANG, about="customers", data=DATA)

        call = page.get_by_label(panel, exact=True)
        await expect(call.locator("dt", has_text=menu)).to_be_visible()
        await expect(call.locator("dd", has_text=choice)).to_be_visible()
        await expect(call).to_contain_text("<img src=x onerror=alert(1)>")
        notes = page.get_by_role("list", name=heading)
        await expect(notes).to_contain_text("安娜")
        await expect(notes).to_contain_text("要退货")
        assert await page.locator("img[src=x]").count() == 0
        assert await findings(page) == []

        await service.colleagues_write("customers", ColleagueNote("anna", "安娜", "退两件", now()))
        await expect(notes).to_contain_text("退两件")


async def test_a_note_is_sent_at_a_pause_and_stays_through_the_transfer(open_page: OpenPage) -> None:
    async with FakeService() as service:
        shift.fill(service)
        page = await open_page(service.url, language="en")
        await expect(page.locator("main h1").first).to_be_visible()
        question = await service.ring(NUMBER, WANG_FANG, about="call-2")  # the next call of the fake
        await service.answer(question)
        note = page.get_by_role("textbox", name="Note on this call")
        await note.fill("in stock")
        sent = await service.hears(m.WriteNote)
        assert (sent.call, sent.text) == ("call-2", "in stock")
        await expect(page.get_by_text("Note saved")).to_be_visible()

        customers = await service.ring(NUMBER, WANG_FANG)
        assert customers == "call-2"
        await service.answer(customers)
        await service.hang_up(question)
        await expect(note).to_have_value("in stock")


async def test_ones_own_note_is_there_at_another_page(open_page: OpenPage) -> None:
    async with FakeService() as service:
        page = await open_page(service.url, language="en")
        await expect(page.locator("main h1").first).to_be_visible()
        call = await service.ring(NUMBER, WANG_FANG)
        await service.answer(call)
        await service.colleagues_write(call, ColleagueNote("carol", "陈静", "half a sentence", now()))
        await expect(page.get_by_role("textbox", name="Note on this call")).to_have_value("half a sentence")
        await expect(page.get_by_role("heading", name="From colleagues")).to_have_count(0)

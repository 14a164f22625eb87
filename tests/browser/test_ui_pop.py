"""The agent's desk: the card of a call that rings, whoever the customer is."""

import pytest
from playwright.async_api import expect

from cti.services.views import Card
from cti.web import messages as m
from tests.browser.conftest import OpenPage
from tests.fakes.customers import ANNA_ROSSI, LI_XIAOMING, WANG_FANG
from tests.fakes.web_service import FakeService

pytestmark = pytest.mark.asyncio(loop_scope="session")

NUMBER = "+8613800138000"
HOSTILE = "<img src=x onerror=alert(1)>=cmd|'/c calc'!A1"


async def test_the_card_is_painted_while_the_phone_rings(open_page: OpenPage) -> None:
    async with FakeService() as service:
        page = await open_page(service.url)
        await expect(page.get_by_role("heading", name="等待来电")).to_be_visible()

        call = await service.ring(NUMBER, WANG_FANG)

        card = page.get_by_label("客户", exact=True)
        await expect(card.get_by_role("heading", name="王芳")).to_be_visible()
        await expect(card).to_contain_text("杭州云山贸易有限公司")
        await expect(card).to_contain_text("0571 8888 6666")
        await expect(card.get_by_role("listitem")).to_have_count(2 + 3)  # numbers and last contacts
        await expect(card).to_be_focused()
        await expect(page).to_have_title("振铃：王芳")
        assert await page.locator("link[rel=icon]").get_attribute("href") == "./icon-ringing.svg"

        painted = await service.hears(m.PopPainted)
        assert painted.pop == f"pop-{call}"
        assert painted.received < painted.painted
        stamped = service.calls[call].alerting_at  # the fake's clock is the screen's clock here
        assert abs(painted.received - stamped) < 2_000


async def test_the_bar_says_who_which_queue_and_how_long(open_page: OpenPage) -> None:
    async with FakeService() as service:
        page = await open_page(service.url, language="en")
        await expect(page.get_by_role("heading", name="Ready for calls")).to_be_visible()
        call = await service.ring(NUMBER, WANG_FANG, waited_seconds=75.0)

        bar = page.get_by_label("Phone bar")
        await expect(bar).to_contain_text("王芳")
        await expect(bar).to_contain_text("Queue support")
        await expect(bar).to_contain_text("Waited 01:1")
        await expect(page.get_by_role("alert")).to_have_text("Incoming call: 王芳. support")

        await service.answer(call)
        await expect(bar).to_contain_text("Talking")
        await expect(page.get_by_role("alert")).to_be_empty()
        await expect(page).to_have_title("Desk · CTI")


async def test_what_a_caller_sends_is_text(open_page: OpenPage) -> None:
    async with FakeService() as service:
        page = await open_page(service.url)
        await expect(page.get_by_role("heading", name="等待来电")).to_be_visible()
        await service.ring("+8613900001111", name=HOSTILE)

        for part in (page.get_by_label("话务条"), page.get_by_label("通话", exact=True)):
            await expect(part).to_contain_text(HOSTILE)
        assert await page.locator("img[src=x]").count() == 0


async def test_one_of_several_customers_is_chosen_by_key(open_page: OpenPage) -> None:
    async with FakeService() as service:
        page = await open_page(service.url, language="en")
        await expect(page.get_by_role("heading", name="Ready for calls")).to_be_visible()
        call = await service.ring(NUMBER, WANG_FANG, LI_XIAOMING, ANNA_ROSSI)
        await expect(page.get_by_role("heading", name="3 customers have this number")).to_be_visible()
        await service.hears(m.PopPainted)

        await page.keyboard.press("3")

        sent = await service.hears(m.ChooseCustomer)
        assert (sent.call, sent.customer) == (call, 3)
        await expect(page.get_by_role("heading", name="Anna Rossi")).to_be_visible()
        await page.get_by_role("button", name="Not this customer? (2 more)").click()
        await page.keyboard.press("1")
        await expect(page.get_by_role("heading", name="王芳")).to_be_visible()


async def test_an_unknown_number_becomes_a_customer(open_page: OpenPage) -> None:
    async with FakeService() as service:
        page = await open_page(service.url, language="en")
        await expect(page.get_by_role("heading", name="Ready for calls")).to_be_visible()
        call = await service.ring("+8613900001111")
        await expect(page.get_by_role("heading", name="New customer")).to_be_visible()
        await service.answer(call)

        await page.get_by_label("Name").fill("赵磊")
        await page.get_by_label("Tags").fill("新客户，VIP")
        await page.locator("[name=note]").fill("asks for 1234\nwants a call back")
        await page.keyboard.press("Control+Enter")

        sent = await service.hears(m.RegisterCustomer)
        assert (sent.call, sent.name, sent.tags) == (call, "赵磊", ("新客户", "VIP"))
        await expect(page.get_by_role("heading", name="赵磊")).to_be_visible()


async def test_a_refused_registration_keeps_the_form_and_says_what_to_do(open_page: OpenPage) -> None:
    async with FakeService() as service:
        service.refuses[m.RegisterCustomer] = ("storage_failed", "the database is locked")
        page = await open_page(service.url)
        await expect(page.get_by_role("heading", name="等待来电")).to_be_visible()
        await service.ring("+8613900001111")
        await page.get_by_label("姓名").fill("赵磊")
        await page.get_by_role("button", name="保存客户").click()

        await expect(page.get_by_text("数据库没有响应，内容未保存，请重试。").first).to_be_visible()
        await expect(page.get_by_label("姓名")).to_have_value("赵磊")


async def test_a_withheld_number_and_a_late_directory_say_so(open_page: OpenPage) -> None:
    async with FakeService() as service:
        page = await open_page(service.url)
        await expect(page.get_by_role("heading", name="等待来电")).to_be_visible()
        hidden = await service.ring("")
        await expect(page.get_by_role("heading", name="号码已隐藏")).to_be_visible()
        await service.hang_up(hidden)

        call = await service.ring(NUMBER, state="looking")
        await expect(page.get_by_role("heading", name="正在查找客户…")).to_be_visible()
        await service.put_card(Card(call=call, state="failed"))
        await expect(page.get_by_role("heading", name="客户资料查询失败")).to_be_visible()
        await service.put_card(Card(call=call, state="known", matches=(WANG_FANG,), chosen=1))
        await expect(page.get_by_role("heading", name="王芳")).to_be_visible()


async def test_a_person_who_types_keeps_the_keyboard(open_page: OpenPage) -> None:
    async with FakeService() as service:
        page = await open_page(service.url)
        await expect(page.get_by_role("heading", name="等待来电")).to_be_visible()
        first = await service.ring("+8613900001111")
        await service.answer(first)
        await page.locator("[name=note]").fill("他说")
        await service.hang_up(first)

        await service.ring(NUMBER, WANG_FANG, LI_XIAOMING)
        await expect(page.get_by_label("话务条")).to_contain_text("138 0013 8000")
        await page.keyboard.type("1 点再打")
        await expect(page.locator("[name=note]")).to_have_value("他说1 点再打")

        await page.keyboard.press("F2")
        await expect(page.get_by_label("客户", exact=True)).to_be_focused()
        await expect(page.get_by_role("heading", name="该号码对应 2 位客户")).to_be_visible()


async def test_the_last_call_stays_reachable(open_page: OpenPage) -> None:
    async with FakeService() as service:
        page = await open_page(service.url)
        await expect(page.get_by_role("heading", name="等待来电")).to_be_visible()
        call = await service.ring(NUMBER, WANG_FANG)
        await service.answer(call)
        await service.hang_up(call)
        await expect(page.get_by_label("通话", exact=True).first).to_contain_text("已结束")

        await page.get_by_role("button", name="收起").click()
        await expect(page.get_by_role("heading", name="等待来电")).to_be_visible()
        await page.get_by_role("button", name="王芳").click()
        await expect(page.get_by_role("heading", name="王芳")).to_be_visible()


async def test_own_state_is_asked_for_and_shown_as_the_switch_reports_it(open_page: OpenPage) -> None:
    async with FakeService() as service:
        page = await open_page(service.url)
        await expect(page.get_by_role("heading", name="等待来电")).to_be_visible()
        await page.keyboard.press("Shift+F8")
        await page.keyboard.press("ArrowDown")
        await page.keyboard.press("ArrowDown")
        await page.keyboard.press("Enter")

        sent = await service.hears(m.SetAgentState)
        assert (sent.state, sent.reason) == ("not_ready", "lunch")
        await expect(page.get_by_role("button", name="我的状态： 示忙 用餐")).to_be_visible()
        await expect(page.get_by_role("heading", name="您当前示忙")).to_be_visible()

        service.refuses[m.SetAgentState] = ("link_down", "no link to the switch")
        await page.keyboard.press("Shift+F8")
        await page.get_by_role("button", name="示闲", exact=True).click()
        await expect(page.get_by_text("无法连接交换机，未做任何更改。").first).to_be_visible()
        await expect(page.get_by_role("button", name="我的状态： 示忙 用餐")).to_be_visible()

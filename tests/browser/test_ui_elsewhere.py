"""What other systems know stands under the card, is completed as they answer, and fills in a new customer's form."""

import msgspec
import pytest
from playwright.async_api import expect

from cti.services.views import FoundField, FoundRecord, SourceView
from tests.browser.conftest import OpenPage
from tests.browser.test_ui_accessible import findings
from tests.fakes.customers import WANG_FANG
from tests.fakes.web_service import FakeService

pytestmark = pytest.mark.asyncio(loop_scope="session")

NUMBER = "+8613900139000"
FIELDS = (FoundField("等级", "Level", "<b>金卡</b>"), FoundField("公司", "Company", "云山贸易", "company"))
FOUND = FoundRecord("C-1", "王芳", FIELDS, "https://crm.example.cn/customers/C-1")
HOSTILE = FoundRecord("C-2", "李雷", (), "javascript:alert(1)")


def crm(state: str, *records: FoundRecord) -> SourceView:
    return SourceView("crm", "客户系统", "CRM", state, records)  # type: ignore[arg-type]


async def says(service: FakeService, call: str, *sources: SourceView) -> None:
    await service.put_card(msgspec.structs.replace(service.cards[call], sources=sources))


async def test_an_answer_is_patched_in_and_fills_the_form(open_page: OpenPage) -> None:
    async with FakeService() as service:
        page = await open_page(service.url)
        call = await service.ring(NUMBER)
        await says(service, call, crm("looking"), SourceView("erp", "进销存", "ERP", "failed"))
        elsewhere = page.get_by_role("region", name="其他系统中的资料")
        await expect(elsewhere).to_contain_text("查询中")
        await expect(elsewhere).to_contain_text("没有应答")

        await says(service, call, crm("found", FOUND, HOSTILE))

        await expect(elsewhere).to_contain_text("<b>金卡</b>")
        links = elsewhere.get_by_role("link")
        await expect(links).to_have_count(1)  # the other is no address of a page
        await expect(links).to_have_attribute("rel", "noopener noreferrer")
        await expect(links).to_have_attribute("href", "https://crm.example.cn/customers/C-1")
        assert await findings(page) == []

        await elsewhere.get_by_role("button", name="填入表单").first.click()

        await expect(page.locator("input[name=name]")).to_have_value("王芳")
        await expect(page.locator("input[name=company]")).to_have_value("云山贸易")


async def test_what_was_typed_is_not_written_over(open_page: OpenPage) -> None:
    async with FakeService() as service:
        page = await open_page(service.url)
        call = await service.ring(NUMBER)
        await says(service, call, crm("found", FOUND))
        await page.locator("input[name=name]").fill("王小芳")

        await page.get_by_role("button", name="填入表单").click()

        await expect(page.locator("input[name=company]")).to_have_value("云山贸易")
        await expect(page.locator("input[name=name]")).to_have_value("王小芳")


async def test_a_known_customer_is_shown_beside_it_and_not_registered_again(open_page: OpenPage) -> None:
    async with FakeService() as service:
        page = await open_page(service.url, language="en")
        call = await service.ring(NUMBER, WANG_FANG)
        await says(service, call, crm("found", FOUND))
        await expect(page.get_by_role("region", name="In other systems")).to_contain_text("CRM")
        await expect(page.get_by_role("button", name="Put into the form")).to_have_count(0)

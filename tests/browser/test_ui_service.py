"""The built page on the real web side: log-in, cookies, origins, policy, socket and stamps as they are."""

import pytest
from playwright.async_api import Page, expect

from cti.ports import CustomerNumber, NewCustomer, UserRole
from tests.browser.conftest import OpenPage
from tests.fakes.centre import Agent, Centre, running, until

pytestmark = pytest.mark.asyncio(loop_scope="session")

NUMBER = "+8613800138000"


async def open_as(
    centre: Centre, open_page: OpenPage, name: str, *, extension: str = "", role: UserRole = "agent"
) -> tuple[Agent, Page]:
    """Return somebody who is logged in, and their page."""
    person = await centre.person(name, extension=extension, role=role)
    page = await open_page(centre.url)
    await page.context.add_cookies([{"name": "cti", "value": person.token, "url": centre.url}])
    await page.reload()
    await expect(page.get_by_text("服务 已连接")).to_be_visible()
    return person, page


async def test_from_the_ring_to_the_stamps(open_page: OpenPage) -> None:
    async with running() as centre:
        await centre.directory.register(NewCustomer("王芳", (CustomerNumber(NUMBER),), tags=("VIP",), company="Acme"))
        anna, page = await open_as(centre, open_page, "anna", extension="1001")
        centre.link_comes_up(centre.member(anna))
        await expect(page.get_by_role("heading", name="等待来电")).to_be_visible()

        customer = centre.customer("13800138000", name="Wang").calls("support")
        await centre.directory_answered()
        customer.rings(anna, "support")

        await expect(page.get_by_label("客户", exact=True).get_by_role("heading", name="王芳")).to_be_visible()
        await expect(page.get_by_label("话务条")).to_contain_text("138 0013 8000")
        await until(lambda: centre.web.pops.figures()["painted"].count == 1)

        customer.is_answered_by(anna)
        await expect(page.get_by_label("话务条")).to_contain_text("通话中")
        await page.reload()
        await expect(page.get_by_role("heading", name="王芳")).to_be_visible()
        customer.hangs_up()
        await expect(page.get_by_label("话务条")).to_contain_text("无通话")


async def test_choosing_and_registering(open_page: OpenPage) -> None:
    async with running() as centre:
        await centre.directory.add("王芳", NUMBER)
        await centre.directory.add("李小明", NUMBER)
        anna, page = await open_as(centre, open_page, "anna", extension="1001")
        first = centre.customer(NUMBER).calls("support")
        first.rings(anna, "support")
        await expect(page.get_by_role("heading", name="该号码对应 2 位客户")).to_be_visible()
        name = await page.locator("[data-state=several] li").nth(1).locator("bdi").first.inner_text()
        await page.keyboard.press("2")
        await expect(page.get_by_label("客户", exact=True).get_by_role("heading", name=name)).to_be_visible()
        first.hangs_up()

        second = centre.customer("+8613900001111").calls("support")
        second.rings(anna, "support")
        second.is_answered_by(anna)
        await page.get_by_label("姓名").fill("赵磊")
        await page.keyboard.press("Control+Enter")
        await expect(page.get_by_label("客户", exact=True).get_by_role("heading", name="赵磊")).to_be_visible()
        assert [match.customer.name for match in await centre.directory.by_number("+8613900001111")] == ["赵磊"]


async def test_state_goes_to_the_switch(open_page: OpenPage) -> None:
    async with running() as centre:
        anna, page = await open_as(centre, open_page, "anna", extension="1001")
        centre.link_comes_up(centre.member(anna))
        await expect(page.get_by_role("button", name="我的状态： 示闲")).to_be_visible()
        await page.keyboard.press("Shift+F8")
        await page.get_by_role("button", name="小休").click()
        await until(lambda: centre.switch.asked == [("PJSIP/1001", True, "break")])


async def test_an_administrator_adds_somebody_who_then_logs_in(open_page: OpenPage) -> None:
    async with running() as centre:
        _, page = await open_as(centre, open_page, "root", role="admin")
        await expect(page.get_by_text("已连接页面")).to_be_visible()
        await page.get_by_role("link", name="人员").click()
        await page.get_by_role("button", name="添加人员").click()
        dialog = page.get_by_role("dialog")
        await dialog.get_by_label("姓名").fill("陈静")
        await dialog.get_by_label("用户名").fill("carol")
        await dialog.get_by_label("话机").fill("1002")
        await page.keyboard.press("Enter")
        secret = await page.locator("output").inner_text()

        hers = await open_page(centre.url, language="en")
        await hers.get_by_label("User name").fill("carol")
        await hers.get_by_label("Password").fill(secret)
        await hers.keyboard.press("Enter")
        await hers.get_by_label("New password").first.fill("chun mian bu jue xiao")
        await hers.get_by_label("New password again").fill("chun mian bu jue xiao")
        await hers.keyboard.press("Enter")
        await expect(hers.get_by_text("Service connected")).to_be_visible()

        await hers.get_by_role("button", name="Settings: 陈静").click()
        await hers.get_by_role("button", name="Change password").click()
        await hers.get_by_label("Present password").fill("not this one")
        await hers.get_by_label("New password").first.fill("chu chu wen ti niao")
        await hers.get_by_label("New password again").fill("chu chu wen ti niao")
        await hers.keyboard.press("Enter")
        await expect(hers.get_by_role("dialog")).to_contain_text("The present password is wrong.")
        await hers.get_by_label("Present password").fill("chun mian bu jue xiao")
        await hers.keyboard.press("Enter")
        await expect(hers.get_by_role("dialog")).to_have_count(0)
        await expect(hers.get_by_text("Service connected")).to_be_visible()

        await page.get_by_role("button", name="我已记下").click()
        await page.get_by_role("button", name="停用 陈静").click()
        await page.get_by_role("button", name="确定").click()
        await expect(hers.get_by_role("dialog", name="Please log in again")).to_be_visible()

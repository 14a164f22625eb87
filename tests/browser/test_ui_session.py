"""Log-in, and what becomes of an open page when its connection or its session goes."""

import pytest
from playwright.async_api import expect

from cti.web import messages as m
from tests.browser.conftest import OpenPage
from tests.fakes.customers import WANG_FANG
from tests.fakes.web_service import FakeService

pytestmark = pytest.mark.asyncio(loop_scope="session")

NUMBER = "+8613800138000"


async def test_log_in_says_what_is_wrong_and_what_to_do(open_page: OpenPage) -> None:
    async with FakeService() as service:
        service.signed_in = False
        page = await open_page(service.url, language="en")
        await expect(page.get_by_label("User name")).to_be_focused()
        await page.keyboard.type("carol")
        await page.keyboard.press("Tab")
        await page.keyboard.type("wrong")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("main")).to_contain_text("User name or password is wrong.")

        service.throttled_seconds = 2.0
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("main")).to_contain_text("Too many tries. You can try again in")
        await expect(page.get_by_role("button", name="Log in")).to_be_disabled()

        service.throttled_seconds = 0
        await expect(page.get_by_role("button", name="Log in")).to_be_enabled()
        await page.get_by_label("Password").fill(service.password)
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="Ready for calls")).to_be_visible()


async def test_a_one_time_password_must_be_replaced(open_page: OpenPage) -> None:
    async with FakeService() as service:
        service.signed_in, service.must_change, service.password = False, True, "mild-otter-7431"
        page = await open_page(service.url)
        await page.get_by_label("用户名").fill("carol")
        await page.get_by_label("密码").fill("mild-otter-7431")
        await page.keyboard.press("Enter")

        await expect(page.get_by_role("heading", name="设置您自己的密码")).to_be_visible()
        await expect(page.get_by_label("当前密码")).to_have_count(0)
        await page.get_by_label("新密码", exact=False).first.fill("aaaaaaaaaaaa")
        await page.get_by_label("再次输入新密码").fill("aaaaaaaaaaab")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("main")).to_contain_text("两次输入的密码不一致")
        await page.get_by_label("再次输入新密码").fill("aaaaaaaaaaaa")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("main")).to_contain_text("密码太容易被猜到")

        await page.get_by_label("新密码", exact=False).first.fill("春眠不觉晓处处闻啼鸟")
        await page.get_by_label("再次输入新密码").fill("春眠不觉晓处处闻啼鸟")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="等待来电")).to_be_visible()
        assert service.password == "春眠不觉晓处处闻啼鸟"


async def test_a_reload_keeps_the_card_and_the_half_typed_form(open_page: OpenPage) -> None:
    async with FakeService() as service:
        page = await open_page(service.url)
        await expect(page.get_by_role("heading", name="等待来电")).to_be_visible()
        call = await service.ring("+8613900001111")
        await service.answer(call)
        await page.get_by_label("姓名").fill("赵")
        await page.reload()
        await expect(page.get_by_label("姓名")).to_have_value("赵")

        await service.hang_up(call)
        known = await service.ring(NUMBER, WANG_FANG)
        await service.answer(known)
        await page.reload()
        await expect(page.get_by_role("heading", name="王芳")).to_be_visible()
        await expect(page.get_by_label("话务条")).to_contain_text("通话中")


async def test_a_lost_connection_is_shown_as_old_and_resumed(open_page: OpenPage) -> None:
    async with FakeService() as service:
        page = await open_page(service.url, language="en")
        await expect(page.get_by_role("heading", name="Ready for calls")).to_be_visible()
        service.takes_sockets = False
        await service.hang_up_on_screens()
        await expect(page.get_by_text("Service not connected")).to_be_visible()
        await expect(page.get_by_text("Switch unknown")).to_be_visible()
        await expect(page.get_by_text("Connection to the service lost. You see the state of")).to_be_visible()
        assert "grayscale" in await page.get_by_role("main").evaluate("main => getComputedStyle(main).filter")

        await service.ring(NUMBER, WANG_FANG)  # nobody hears it now
        service.takes_sockets = True
        await page.evaluate("dispatchEvent(new Event('online'))")

        await expect(page.get_by_role("heading", name="王芳")).to_be_visible()
        await expect(page.get_by_text("Service connected")).to_be_visible()
        assert service.upgrades[-1].startswith("resume=s1.")


async def test_a_service_that_forgot_us_gives_a_snapshot(open_page: OpenPage) -> None:
    async with FakeService() as service:
        page = await open_page(service.url)
        await expect(page.get_by_role("heading", name="等待来电")).to_be_visible()
        call = await service.ring(NUMBER, WANG_FANG)
        await service.answer(call)
        service.forget_screens()
        service.calls.clear()
        await service.hang_up_on_screens()

        panel = page.get_by_label("通话", exact=True).first
        await expect(panel).to_contain_text("未收到结束消息")
        await expect(page.get_by_role("heading", name="王芳")).to_be_visible()


async def test_a_lost_switch_is_told(open_page: OpenPage) -> None:
    async with FakeService() as service:
        page = await open_page(service.url)
        await expect(page.get_by_text("交换机 已连接")).to_be_visible()
        await service.set_link(up=False)
        await expect(page.get_by_text("交换机 未连接")).to_be_visible()
        await expect(page.get_by_text("收不到交换机的消息")).to_be_visible()


async def test_an_expired_session_asks_over_the_page_and_clears_nothing(open_page: OpenPage) -> None:
    async with FakeService() as service:
        page = await open_page(service.url)
        await expect(page.get_by_role("heading", name="等待来电")).to_be_visible()
        await service.ring("+8613900001111")
        await page.get_by_label("姓名").fill("赵磊")
        service.signed_in = False
        await service.hang_up_on_screens(m.CLOSE_SIGNED_OUT)

        dialog = page.get_by_role("dialog", name="请重新登录")
        await expect(dialog.get_by_label("用户名")).to_have_value("carol")
        await expect(dialog.get_by_label("密码")).to_be_focused()
        await page.keyboard.press("Escape")
        await expect(dialog).to_be_visible()
        await page.keyboard.type(service.password)
        await page.keyboard.press("Enter")

        await expect(dialog).to_have_count(0)
        await expect(page.get_by_label("姓名")).to_have_value("赵磊")
        await expect(page.get_by_text("服务 已连接")).to_be_visible()


async def test_a_session_that_ended_unseen_is_found_out(open_page: OpenPage) -> None:
    async with FakeService() as service:
        page = await open_page(service.url)
        await expect(page.get_by_role("heading", name="等待来电")).to_be_visible()
        service.signed_in = False
        await service.hang_up_on_screens()
        await expect(page.get_by_role("dialog", name="请重新登录")).to_be_visible()


async def test_another_tab_is_told_and_can_take_over(open_page: OpenPage) -> None:
    async with FakeService() as service:
        page = await open_page(service.url)
        await expect(page.get_by_role("heading", name="等待来电")).to_be_visible()
        await service.hang_up_on_screens(m.CLOSE_REPLACED)
        await page.get_by_role("button", name="在此页工作").click()
        await expect(page.get_by_text("服务 已连接")).to_be_visible()


async def test_language_and_theme_change_in_place_and_are_kept(open_page: OpenPage) -> None:
    async with FakeService() as service:
        page = await open_page(service.url, language="en", theme="light")
        await expect(page.get_by_role("heading", name="Ready for calls")).to_be_visible()
        await service.ring("+8613900001111")
        await page.get_by_label("Name", exact=False).first.fill("half typed")

        await page.get_by_role("button", name="中文").click()
        await expect(page.get_by_role("heading", name="新客户")).to_be_visible()
        await expect(page.get_by_label("姓名")).to_have_value("half typed")
        assert await page.locator("html").get_attribute("lang") == "zh-CN"

        ground = "getComputedStyle(document.body).backgroundColor"
        light = await page.evaluate(ground)
        await page.get_by_role("button", name="设置： 陈静").click()
        await page.get_by_role("button", name="深色").click()
        dark = await page.evaluate(ground)
        assert light != dark
        await page.reload()
        await expect(page.get_by_role("heading", name="新客户")).to_be_visible()
        assert await page.evaluate(ground) == dark


async def test_log_out_leaves_nothing_of_the_customers(open_page: OpenPage) -> None:
    async with FakeService() as service:
        page = await open_page(service.url)
        await expect(page.get_by_role("heading", name="等待来电")).to_be_visible()
        await service.ring("+8613900001111")
        await page.get_by_label("备注").fill("身份证 3301")
        await page.get_by_role("button", name="设置： 陈静").click()
        await page.get_by_role("button", name="退出登录").click()

        await expect(page.get_by_role("heading", name="登录")).to_be_visible()
        assert await page.evaluate("JSON.stringify(sessionStorage) + JSON.stringify(localStorage)") == "{}{}"

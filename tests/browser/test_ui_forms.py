"""Registration at the desk, on the real web side with customers in a real database: typed, killed, mended, disputed."""

from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.test_ui_accessible import findings
from tests.fakes.centre import Agent, Customer
from tests.fakes.forms import FormDay, form_day

pytestmark = pytest.mark.asyncio(loop_scope="session")

SHOTS = Path(__file__).parents[2] / "var" / "shots"
GOOD_ID, MISTYPED_ID = "11010519491231002X", "110105194912310021"


async def sits_down(day: FormDay, open_page: OpenPage, name: str, extension: str, **look: str) -> tuple[Agent, Page]:
    agent = await day.person(name, extension=extension)
    page = await open_page(day.url, **look)
    await page.context.add_cookies([{"name": "cti", "value": agent.token, "url": day.url}])
    await page.reload()
    await expect(page.locator("header").first).to_contain_text(name.title())
    return agent, page


async def talks(day: FormDay, agent: Agent, page: Page) -> Customer:
    customer = day.customer("13800138000")
    customer.calls("support")
    customer.rings(agent, "support")
    await expect(page.locator(f"[data-call='{customer.id}']")).to_be_visible()
    customer.is_answered_by(agent)
    return customer


def form_of(page: Page) -> Locator:
    return page.get_by_role("form", name="客户登记")


async def test_an_unknown_caller_is_registered_and_nothing_typed_is_lost(open_page: OpenPage, tmp_path: Path) -> None:
    async with form_day(tmp_path) as day:
        anna, page = await sits_down(day, open_page, "anna", "1001")
        call = await talks(day, anna, page)
        form = form_of(page)
        await expect(form.get_by_label("手机号")).to_have_value("13800138000")
        await expect(form.get_by_role("radio", name="个人")).to_be_focused()
        assert await findings(page) == []

        await page.keyboard.press("Space")
        await form.get_by_label("姓名").fill("王芳")
        await form.get_by_label("身份证号").fill(MISTYPED_ID)
        await form.get_by_label("电子邮箱").focus()
        await expect(form.get_by_role("alert")).to_contain_text("校验位不符")
        await expect(form.get_by_role("status")).to_contain_text("草稿已存")

        # The tab is killed; the one that is opened instead has everything, and the keyboard where it was.
        killed = page
        page = await page.context.new_page()
        await killed.close(run_before_unload=False)
        await page.goto(day.url)
        form = form_of(page)
        await expect(form.get_by_label("姓名")).to_have_value("王芳")
        await expect(form.get_by_label("身份证号")).to_have_value(MISTYPED_ID)
        await expect(form.get_by_label("身份证号")).to_be_focused()

        await form.get_by_role("radio", name="是", exact=True).check()
        await form.get_by_label("省份").fill("浙")
        await page.keyboard.press("Tab")
        await expect(form.get_by_label("城市")).to_be_focused()
        await form.get_by_label("城市").fill("杭州")
        await page.keyboard.press("Enter")
        await form.get_by_label("区县").fill("西湖")
        await page.keyboard.press("Tab")
        await expect(form.get_by_label("区县")).to_have_value("西湖区")
        await form.get_by_label("详细地址").fill("文三路 1 号")
        await page.keyboard.press("Control+Enter")
        await expect(form.get_by_label("身份证号")).to_be_focused()
        await expect(form.get_by_role("alert")).to_contain_text("校验位不符")
        await page.screenshot(path=SHOTS / "form-zh-light.png")

        await form.get_by_label("身份证号").fill(GOOD_ID)
        await page.keyboard.press("Control+Enter")
        await expect(page.get_by_role("heading", name="王芳")).to_be_visible()
        call.hangs_up()

        again = await talks(day, anna, page)
        await expect(page.get_by_role("heading", name="王芳")).to_be_visible()
        view = page.locator(f"[data-call='{again.id}']")
        await view.get_by_role("button", name="编辑资料").click()
        await expect(form_of(page).get_by_label("身份证号")).to_have_value(GOOD_ID)
        await expect(form_of(page).get_by_label("区县")).to_have_value("西湖区")


async def test_two_agents_at_one_record_choose_what_is_right(open_page: OpenPage, tmp_path: Path) -> None:
    async with form_day(tmp_path) as day:
        await day.directory.add("王芳", "+8613800138000")
        anna, annas = await sits_down(day, open_page, "anna", "1001")
        berta, bertas = await sits_down(day, open_page, "berta", "1002")
        await talks(day, anna, annas)
        await talks(day, berta, bertas)
        for page, other in ((annas, "Berta"), (bertas, "Anna")):
            await expect(form_of(page)).to_contain_text(f"{other} 也打开了这份表单")
            await page.get_by_role("button", name="编辑资料").click()

        await form_of(bertas).get_by_label("姓名").fill("王大芳")
        await form_of(annas).get_by_label("姓名").fill("王小芳")
        await annas.keyboard.press("Control+Enter")
        await expect(form_of(annas).get_by_role("status")).to_contain_text("已保存")
        await bertas.keyboard.press("Control+Enter")
        disputed = form_of(bertas).get_by_role("group", name="姓名")
        await expect(disputed).to_contain_text("王小芳")
        await expect(disputed).to_contain_text("Anna")
        assert await findings(bertas) == []
        await bertas.screenshot(path=SHOTS / "form-disputed-zh.png")
        await disputed.get_by_role("button", name="我填的").click()
        await bertas.keyboard.press("Control+Enter")
        await expect(form_of(bertas).get_by_role("status")).to_contain_text("已保存")
        await expect(annas.get_by_role("heading", name="王大芳")).to_be_visible()


@pytest.mark.parametrize(("language", "theme"), [("en", "dark"), ("zh", "dark"), ("en", "light")])
async def test_the_form_in_both_languages_and_themes(
    open_page: OpenPage, tmp_path: Path, language: str, theme: str
) -> None:
    async with form_day(tmp_path) as day:
        anna, page = await sits_down(day, open_page, "anna", "1001", language=language, theme=theme)
        await talks(day, anna, page)
        form = page.locator("form[data-saves]")
        await expect(form.locator("[data-name=kind] input").first).to_be_focused()
        await page.keyboard.press("Control+Enter")
        await expect(form.get_by_role("alert")).not_to_have_count(0)
        assert await findings(page) == []
        await page.screenshot(path=SHOTS / f"form-{language}-{theme}.png")

"""The service page and the people page."""

import pytest
from playwright.async_api import expect

from tests.browser.conftest import OpenPage
from tests.fakes import shift
from tests.fakes.operations import figures, staff
from tests.fakes.web_service import ADMIN, FakeService

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_the_service_page_shows_the_way_of_a_pop(open_page: OpenPage) -> None:
    async with FakeService(ADMIN) as service:
        service.ops = figures()
        page = await open_page(service.url, language="en")
        rows = page.get_by_role("table").get_by_role("row")
        await expect(rows).to_have_count(1 + 5)
        await expect(rows.nth(5)).to_contain_text("All of it")
        assert await rows.nth(5).get_by_role("cell").all_inner_texts() == ["", "20", "37", "52"]
        await expect(page.get_by_text("1,212")).to_be_visible()
        await expect(page.get_by_text("not in order")).to_be_visible()
        await expect(page.get_by_text("disk full: 12 records wait")).to_be_visible()


async def test_the_service_page_without_pops_and_without_answer_says_so(open_page: OpenPage) -> None:
    async with FakeService(ADMIN) as service:
        service.ops = figures(pops=0, stages=())
        page = await open_page(service.url, language="en")
        await expect(page.get_by_text("No pop in this time.")).to_be_visible()
        service.ops = None
        await page.reload()
        await expect(page.get_by_text("The service has too much to do just now.").first).to_be_visible()
        service.ops = figures()
        await page.get_by_role("button", name="Try again").click()
        await expect(page.get_by_role("table")).to_be_visible()


async def test_a_person_is_added_with_a_password_that_is_shown_once(open_page: OpenPage) -> None:
    async with FakeService(ADMIN) as service:
        service.people = staff()
        page = await open_page(f"{service.url}#people")
        await page.get_by_role("button", name="添加人员").click()
        dialog = page.get_by_role("dialog")
        await expect(dialog.get_by_label("姓名")).to_be_focused()
        await dialog.get_by_label("姓名").fill("新人")
        await dialog.get_by_label("用户名").fill("carol")
        await dialog.get_by_label("话机").fill("1009")
        await page.keyboard.press("Enter")
        await expect(dialog).to_contain_text("该用户名或话机已被使用，请换一个。")
        await dialog.get_by_label("用户名").fill("xin")
        await page.keyboard.press("Enter")

        await expect(page.get_by_role("dialog", name="新人 的密码")).to_contain_text("mild-otter-7431")
        await page.get_by_role("button", name="我已记下").click()
        await expect(page.get_by_text("mild-otter-7431")).to_have_count(0)
        await expect(page.get_by_role("row", name="新人")).to_contain_text("PJSIP/1009")


async def test_disabling_asks_first_and_can_be_undone(open_page: OpenPage) -> None:
    async with FakeService(ADMIN) as service:
        service.people = staff()
        page = await open_page(f"{service.url}#people", language="en")
        await page.get_by_role("searchbox").fill("100")
        await expect(page.get_by_role("row")).to_have_count(1 + 3)

        await page.get_by_role("button", name="Disable 李强").click()
        await expect(page.get_by_role("dialog", name="Disable 李强?")).to_be_visible()
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("button", name="Disable 李强")).to_be_focused()
        await page.keyboard.press("Enter")
        await page.get_by_role("button", name="Confirm").click()
        row = page.get_by_role("row", name="李强")
        await expect(row).to_contain_text("disabled")
        await row.get_by_role("button", name="Enable 李强").click()
        await expect(row).to_contain_text("logged out")


async def test_screens_are_for_those_who_may_open_them(open_page: OpenPage) -> None:
    async with FakeService() as service:  # an agent
        page = await open_page(f"{service.url}#people", language="en")
        await expect(page.get_by_role("heading", name="Ready for calls")).to_be_visible()
        assert await page.get_by_role("navigation").get_by_role("link").all_inner_texts() == ["Desk", "Tickets"]


async def test_team_queues_and_penalty_of_a_person_are_changed(open_page: OpenPage) -> None:
    async with FakeService(ADMIN) as service:
        shift.fill_people(service)
        page = await open_page(f"{service.url}#people", language="en")
        row = page.get_by_role("row", name="李强")
        await expect(row).to_contain_text("support")
        await row.get_by_role("button", name="Edit 李强").click()
        dialog = page.get_by_role("dialog", name="Edit 李强")
        await dialog.locator("[name=team]").select_option("Evening")
        await dialog.get_by_label("vip").check()
        await dialog.get_by_label("Penalty in vip").fill("3")
        await dialog.get_by_label("support", exact=True).uncheck()
        await dialog.locator("[name=device]").fill("1102")
        await page.keyboard.press("Enter")
        await expect(dialog).to_have_count(0)
        await expect(row).to_contain_text("vip (3)")
        await expect(row).to_contain_text("PJSIP/1102")
        assert service.people[2].team == "Evening"
        assert [(one.queue, one.penalty) for one in service.people[2].queues] == [("vip", 3)]


async def test_teams_are_made_renamed_and_removed(open_page: OpenPage) -> None:
    async with FakeService(ADMIN) as service:
        shift.fill_people(service)
        page = await open_page(f"{service.url}#people", language="en")
        await page.get_by_role("button", name="Teams").click()
        dialog = page.get_by_role("dialog", name="Teams")
        await expect(dialog.get_by_label("Name of a new team")).to_be_focused()
        await page.keyboard.type("Evening")
        await page.keyboard.press("Enter")
        await expect(dialog).to_contain_text("There is a team of this name already.")
        await dialog.get_by_label("Name of a new team").fill("夜班")
        await page.keyboard.press("Enter")
        await expect(dialog.get_by_role("listitem")).to_have_count(4)

        await expect(dialog.get_by_role("button", name="Remove 一组")).to_be_disabled()
        await dialog.get_by_role("button", name="Remove 二组").click()
        await expect(dialog.get_by_role("listitem")).to_have_count(3)
        await dialog.get_by_role("button", name="Rename 夜班").click()
        await dialog.get_by_label("New name of 夜班").fill("Night")
        await page.keyboard.press("Enter")
        await expect(dialog).to_contain_text("Night")


async def test_sessions_of_a_person_are_ended(open_page: OpenPage) -> None:
    async with FakeService(ADMIN) as service:
        shift.fill_people(service)
        page = await open_page(f"{service.url}#people", language="en")
        await page.get_by_role("button", name="Sessions of 陈静").click()
        dialog = page.get_by_role("dialog", name="Where 陈静 is logged in")
        await dialog.get_by_role("button", name="End").click()
        await expect(dialog.get_by_role("listitem")).to_have_count(1)
        assert [one.session for one in service.sessions["carol"]] == ["s1"]

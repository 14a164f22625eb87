"""A lead's screen of the team, and an administrator's of the audit."""

import re

import msgspec
import pytest
from playwright.async_api import expect

from cti.services.views import AgentView
from cti.web import messages as m
from tests.browser.conftest import OpenPage
from tests.browser.test_ui_accessible import findings
from tests.fakes import shift, team
from tests.fakes.web_service import ADMIN, LEAD, FakeService

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_lead_sees_who_does_what_and_it_changes_by_itself(open_page: OpenPage) -> None:
    async with FakeService(LEAD) as service:
        service.desk, service.mates = shift.DESK, team.a_team()
        page = await open_page(f"{service.url}#team", language="en")
        row = page.get_by_role("row", name="李强")
        await expect(row).to_contain_text("138 0013 8000")
        await expect(row).to_contain_text("Support")
        await expect(row).to_contain_text("then Not ready · Meeting · by 赵磊 · 15:00 组会")
        await expect(page.get_by_role("row", name="林芳")).to_contain_text("changed at the switch")
        await expect(page.get_by_role("row", name="周涛")).to_contain_text("2, 2 paused")
        await expect(page.get_by_role("button", name="Ready 1", exact=True)).to_be_visible()

        await service.put_mates(msgspec.structs.replace(service.mates[0], agent=AgentView("talking", 1.0)))
        await expect(page.get_by_role("button", name="Talking 2")).to_be_visible()
        await service.put_mates(gone=("lee",))
        await expect(row).to_have_count(0)


async def test_the_list_is_narrowed_and_the_url_keeps_it(open_page: OpenPage) -> None:
    async with FakeService(LEAD) as service:
        service.desk, service.mates = shift.DESK, team.a_team()
        page = await open_page(f"{service.url}#team", language="en")
        rows = page.locator("[role=row][tabindex]")
        await expect(rows).to_have_count(9)
        await page.get_by_role("button", name="Not ready 2").click()
        await expect(rows).to_have_count(2)
        await page.get_by_role("searchbox").fill("1008")
        await expect(rows).to_have_count(1)
        assert page.url.endswith("#team?state=not_ready&q=1008")
        await page.reload()
        await expect(rows).to_have_count(1)
        await page.get_by_role("searchbox").fill("nobody at all")
        await page.get_by_role("button", name="Show all").click()
        await expect(rows).to_have_count(9)


async def test_a_state_is_changed_by_keyboard_with_why_and_again_after_a_failure(open_page: OpenPage) -> None:
    async with FakeService(LEAD) as service:
        service.desk, service.mates = shift.DESK, team.a_team()
        page = await open_page(f"{service.url}#team", language="en")
        first = page.get_by_role("row", name="陈静")
        await first.focus()
        await page.keyboard.press("ArrowDown")
        await expect(page.get_by_role("row", name="孙悦")).to_be_focused()  # over the head of the next state
        await page.keyboard.press("End")
        await expect(page.get_by_role("row", name="林芳")).to_be_focused()
        await page.keyboard.press("Home")
        await expect(first).to_be_focused()

        await page.keyboard.press("Enter")
        dialog = page.get_by_role("dialog", name="Change the state of 陈静")
        await dialog.locator("[name=reason]").select_option("training")
        await dialog.locator("[name=why]").fill("new tariff")
        service.refuses[m.ForceAgentState] = ("link_down", "")
        await page.keyboard.press("Enter")
        await expect(dialog.locator(".note")).to_be_visible()
        del service.refuses[m.ForceAgentState]
        await dialog.get_by_role("button", name="Try again").click()
        await expect(dialog).to_have_count(0)
        await expect(first).to_contain_text("by 赵磊 · new tariff")
        await expect(first).to_be_focused()
        forced = await service.hears(m.ForceAgentState)
        assert (forced.user, forced.state, forced.reason, forced.why) == (
            "carol",
            "not_ready",
            "training",
            "new tariff",
        )


async def test_of_a_thousand_people_those_in_view_are_drawn(open_page: OpenPage) -> None:
    async with FakeService(LEAD) as service:
        service.mates = [team.mate(f"a{n}", f"Agent {n:04}", str(2000 + n), 5_000 - n) for n in range(1_000)]
        page = await open_page(f"{service.url}#team", language="en")
        await expect(page.get_by_role("row", name="Agent 0000")).to_be_visible()
        assert await page.locator("[role=row]").count() < 60
        await page.get_by_role("row", name="Agent 0000").focus()
        await page.keyboard.press("End")
        await expect(page.get_by_role("row", name="Agent 0999")).to_be_focused()
        await expect(page.get_by_role("row", name="Agent 0999")).to_be_in_viewport()
        assert await page.locator("[role=row]").count() < 60


async def test_a_lead_without_people_and_a_service_that_forgot_are_told_and_asked_anew(open_page: OpenPage) -> None:
    async with FakeService(LEAD) as service:
        page = await open_page(f"{service.url}#team", language="en")
        await expect(page.get_by_role("heading", name="Nobody is in your team")).to_be_visible()
        service.mates = team.a_team()
        service.forget_screens()
        await service.hang_up_on_screens()
        await expect(page.get_by_role("row", name="陈静")).to_be_visible()


async def test_the_audit_is_read_in_sentences_narrowed_and_paged(open_page: OpenPage) -> None:
    async with FakeService(ADMIN) as service:
        service.audit = team.an_audit(150)
        page = await open_page(f"{service.url}#audit", language="en")
        rows = page.locator("tbody tr")
        await expect(rows).to_have_count(100)
        await expect(rows.nth(0)).to_contain_text("zhao changed the state of he")
        await expect(rows.nth(0)).to_contain_text("state: Not ready · reason: Training · why: 新资费培训")
        await expect(page.get_by_text("No entry was changed or taken out.")).to_be_visible()
        await page.get_by_role("button", name="Earlier entries").click()
        await expect(rows).to_have_count(150)

        await page.locator("[name=action]").select_option("person.change")
        await expect(rows).to_have_count(1)
        await page.locator("[name=person]").fill("nobody")
        await page.keyboard.press("Enter")
        assert re.search(r"#audit\?action=person.change&person=nobody$", page.url)
        await page.get_by_role("button", name="Show all").click()
        await expect(rows).to_have_count(100)
        async with page.expect_download() as file:
            await page.get_by_role("button", name="Download CSV").click()
        assert (await file.value).suggested_filename == "audit.csv"


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_team_and_audit_are_accessible(open_page: OpenPage, language: str, theme: str) -> None:
    async with FakeService(LEAD) as service:
        service.desk, service.mates = shift.DESK, team.a_team()
        page = await open_page(f"{service.url}#team", language=language, theme=theme)
        await expect(page.get_by_role("row", name="陈静")).to_be_visible()
        assert await findings(page) == []
        await page.get_by_role("row", name="陈静").focus()
        await page.keyboard.press("Enter")
        service.refuses[m.ForceAgentState] = ("link_down", "")
        await page.locator("[name=why]").fill("x")
        await page.keyboard.press("Enter")
        await expect(page.locator("dialog .note")).to_be_visible()
        assert await findings(page) == []
    async with FakeService(ADMIN) as service:
        service.audit = team.an_audit()
        page = await open_page(f"{service.url}#audit", language=language, theme=theme)
        await expect(page.locator("tbody tr")).to_have_count(9)
        assert await findings(page) == []

"""An agent's state, wrap-up and day: asked for, shown as reported, repeated at most once."""

import pytest
from playwright.async_api import Page, expect

from cti.services.views import AgentView, PendingView
from cti.web import api_people
from cti.web import messages as m
from tests.browser.conftest import OpenPage
from tests.fakes import shift
from tests.fakes.customers import WANG_FANG
from tests.fakes.web_service import FakeService, now

pytestmark = pytest.mark.asyncio(loop_scope="session")

NUMBER = "+8613800138000"


async def opened(open_page: OpenPage, service: FakeService, *, language: str = "en") -> Page:
    page = await open_page(service.url, language=language)
    await expect(page.locator("main h1").first).to_be_visible()
    return page


async def test_a_shift_begins_signed_out_and_not_ready(open_page: OpenPage) -> None:
    async with FakeService() as service:
        shift.fill(service)
        service.agent = AgentView(state="signed_out", since=now(), assigned=("support", "sales"))
        page = await opened(open_page, service)
        await page.get_by_label("Sales").uncheck()
        await page.get_by_role("button", name="Sign in").click()
        sent = await service.hears(m.SignIn)
        assert sent.queues == ("support",)
        await expect(page.get_by_role("button", name="Own state: Not ready")).to_contain_text("just signed in")

        await page.keyboard.press("Shift+F8")
        await page.get_by_role("button", name="Sign out").click()
        await service.hears(m.SignOut)
        await expect(page.get_by_role("heading", name="Sign in to your queues")).to_be_visible()


async def test_an_extension_in_use_is_taken_over_when_nobody_is_there(open_page: OpenPage) -> None:
    async with FakeService() as service:
        service.agent = AgentView(state="signed_out", since=now())
        service.in_use = api_people.InUse("extension_in_use", "", "lee", "李强", now() - 3_600_000, False)
        page = await opened(open_page, service)
        await page.get_by_role("button", name="Change").click()
        await page.keyboard.type("1002")
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("李强 works with this extension now.")).to_be_visible()

        service.in_use = api_people.InUse("extension_in_use", "", "lee", "李强", now() - 3_600_000, True)
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("李强 has this extension and was last seen Today")).to_be_visible()
        await page.get_by_role("button", name="Take it over").click()
        await expect(page.locator("strong")).to_have_text("1002")


async def test_a_break_asked_for_in_a_call_waits_and_can_be_taken_back(open_page: OpenPage) -> None:
    async with FakeService() as service:
        shift.fill(service)
        page = await opened(open_page, service)
        call = await service.ring(NUMBER, WANG_FANG)
        await service.answer(call)
        await page.keyboard.press("Shift+F8")
        await page.get_by_role("button", name="Break").click()
        await expect(page.get_by_role("button", name="Own state: Talking")).to_contain_text("Break after this call")
        await page.keyboard.press("Shift+F8")
        await page.get_by_role("button", name="Take back").click()
        await expect(page.get_by_role("button", name="Own state: Talking")).not_to_contain_text("Break")


async def test_wrap_up_counts_down_is_extended_and_finished_by_key(open_page: OpenPage) -> None:
    async with FakeService() as service:
        shift.fill(service)
        page = await opened(open_page, service)
        call = await service.ring(NUMBER, WANG_FANG)
        await service.answer(call)
        await service.wrap_up(call, seconds=60)
        bar = page.get_by_label("Phone bar")
        await expect(bar.get_by_role("timer").nth(1)).to_contain_text("left")
        await bar.get_by_role("button", name="More time").click()
        await service.hears(m.ExtendWrapUp)
        await expect(bar).to_contain_text("01:2")
        await expect(bar.get_by_role("button", name="More time")).to_have_count(0)

        await page.keyboard.press("Control+Enter")
        assert (await service.hears(m.FinishWrapUp)).state == "ready"
        await expect(page.get_by_role("button", name="Own state: Ready")).to_be_visible()


async def test_finishing_leads_to_what_is_pending(open_page: OpenPage) -> None:
    async with FakeService() as service:
        shift.fill(service)
        page = await opened(open_page, service)
        call = await service.ring(NUMBER, WANG_FANG)
        await service.answer(call)
        await service.set_agent(pending=PendingView("not_ready", "lunch"))
        await service.wrap_up(call)
        await expect(page.get_by_label("Phone bar")).to_contain_text("then Not ready · Lunch")
        await page.keyboard.press("Control+Enter")
        sent = await service.hears(m.FinishWrapUp)
        assert (sent.state, sent.reason) == ("not_ready", "lunch")


async def test_a_note_typed_in_the_call_is_saved_before_the_wrap_up_ends(open_page: OpenPage) -> None:
    async with FakeService() as service:
        shift.fill(service)
        page = await opened(open_page, service)
        call = await service.ring(NUMBER, WANG_FANG)
        await service.answer(call)
        service.my_calls.insert(0, shift.one_call(call))
        note = page.get_by_role("textbox", name="Note on this call")
        await note.fill("asks for 1234")
        await page.reload()
        await expect(note).to_have_value("asks for 1234")
        await service.wrap_up(call)
        await note.press_sequentially(", wants a call back")
        await page.keyboard.press("Control+Enter")
        await service.hears(m.FinishWrapUp)
        assert service.my_calls[0].note == "asks for 1234, wants a call back"


async def test_a_form_in_front_is_saved_before_the_wrap_up(open_page: OpenPage) -> None:
    async with FakeService() as service:
        shift.fill(service)
        page = await opened(open_page, service)
        call = await service.ring("+8613900001111")
        await service.answer(call)
        await service.wrap_up(call)
        await page.get_by_label("Name").fill("赵磊")
        await page.keyboard.press("Control+Enter")
        await service.hears(m.RegisterCustomer)
        assert not [c for c in service.commands if isinstance(c, m.FinishWrapUp)]
        await expect(page.get_by_role("heading", name="赵磊")).to_be_visible()
        await page.keyboard.press("Control+Enter")
        await service.hears(m.FinishWrapUp)


async def test_who_changed_a_state_and_why_is_told(open_page: OpenPage) -> None:
    async with FakeService() as service:
        shift.fill(service)
        page = await opened(open_page, service)
        await service.set_agent(state="not_ready", reason="meeting", forced_by="赵磊", why="<b>now</b>\u202e")
        notice = page.get_by_text("赵磊 set you to Not ready · Meeting. Reason: <b>now</b>").last
        await expect(notice).to_be_visible()
        await page.get_by_role("button", name="Close").click()
        await expect(page.get_by_label("Phone bar").locator(".note")).to_have_count(0)
        await service.set_agent(state="ready", reason="", forced_by="switch", why="")
        await expect(page.get_by_text("Your state was changed at the switch: Ready.").last).to_be_visible()


async def test_no_answer_is_an_error_that_can_be_repeated_under_the_same_key(open_page: OpenPage) -> None:
    async with FakeService() as service:
        shift.fill(service)
        service.silent = {m.SetAgentState}
        page = await opened(open_page, service)
        await page.keyboard.press("Shift+F8")
        await page.get_by_role("button", name="Lunch").click()
        own = page.get_by_role("button", name="Own state:")
        await expect(own).to_contain_text("Not ready · Lunch…")
        note = page.locator(".note", has_text="No answer within 5 seconds.")
        await expect(note).to_be_visible(timeout=7_000)
        await expect(own).not_to_contain_text("Lunch")

        service.silent = set()
        await note.get_by_role("button", name="Try again").click()
        await expect(own).to_contain_text("Lunch")
        keys = [c.key for c in service.commands if isinstance(c, m.SetAgentState)]
        assert len(keys) == 2
        assert keys[0] == keys[1] != ""

        service.refuses[m.SetAgentState] = ("outcome_unknown", "")
        for _ in range(2):
            await page.keyboard.press("Shift+F8")
            await page.get_by_role("button", name="Break").click()
            await expect(page.locator(".note", has_text="did not answer in time")).to_be_visible()
        assert len({c.key for c in service.commands if isinstance(c, m.SetAgentState)}) == 3


async def test_state_is_repaired_on_demand(open_page: OpenPage) -> None:
    async with FakeService() as service:
        page = await opened(open_page, service)
        await page.keyboard.press("Shift+F8")
        await page.get_by_role("button", name="Repair my state").click()
        await service.hears(m.RepairAgentState)
        await expect(page.get_by_role("status")).to_have_text("State read anew from the switch")


async def test_the_day_shows_figures_calls_and_who_waits_to_be_called_back(open_page: OpenPage) -> None:
    async with FakeService() as service:
        shift.fill(service)
        page = await opened(open_page, service)
        await expect(page.get_by_label("Today", exact=True)).to_contain_text("1:44:03")
        calls = page.get_by_label("My calls today").get_by_role("listitem")
        await expect(calls).to_have_count(6)
        await expect(calls.nth(3)).to_contain_text("not answered")
        missed = page.get_by_label("Missed calls").get_by_role("listitem")
        await expect(missed.nth(0)).to_contain_text("Not called back yet")
        await expect(missed.nth(2)).to_contain_text("Called back by 陈静")

        await calls.nth(1).get_by_role("button", name="Add note").click()
        await page.keyboard.type("请回电")
        await page.keyboard.press("Control+Enter")
        await expect(calls.nth(1)).to_contain_text("请回电")
        assert service.my_calls[1].note == "请回电"
        assert not [c for c in service.commands if isinstance(c, m.FinishWrapUp)]


async def test_own_sessions_are_seen_and_ended(open_page: OpenPage) -> None:
    async with FakeService() as service:
        shift.fill_people(service)
        page = await opened(open_page, service)
        await page.get_by_role("button", name="Settings: 陈静").click()
        await page.get_by_role("button", name="Where I am logged in").click()
        dialog = page.get_by_role("dialog", name="Where I am logged in")
        await expect(dialog.get_by_role("listitem").nth(0)).to_contain_text("Chrome 156 · Windows")
        await dialog.get_by_role("button", name="End").click()
        await expect(dialog.get_by_role("listitem")).to_have_count(1)


HOSTILE = [
    "<img src=x onerror=alert(1)>=cmd|'/c calc'!A1",
    "\u202eelgoog\u202d <script>alert(1)</script>",
    "👩‍👩‍👧‍👦🇨🇳" * 200,
    "张" * 10_000,
    "Z̵͙̆a̶l̷g̸o̴" * 300,
]


@pytest.mark.parametrize("name", HOSTILE, ids=["markup", "overrides", "emoji", "long", "marks"])
async def test_any_name_is_text_cut_and_can_be_seen_whole(open_page: OpenPage, name: str) -> None:
    async with FakeService() as service:
        shift.fill(service)
        service.my_calls = [shift.one_call("old", customer=name, note=name[:4_000])]
        page = await opened(open_page, service)
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        call = await service.ring("+8613900001111", name=name)
        bar = page.get_by_label("Phone bar")
        await expect(bar).to_contain_text(name[:10])
        await service.answer(call)
        panel = page.get_by_label("Call", exact=True)
        await expect(panel).to_contain_text(name[:10])
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        box = await bar.bounding_box()
        assert box is not None
        assert box["height"] < 70  # nothing pushes the bar out of shape
        if len(name) > 1_000:
            await panel.get_by_role("button", name="Show all").click()
            assert name in await panel.inner_text()
            await panel.get_by_role("button", name="Show less").click()
        assert await page.locator("img[src=x]").count() == 0
        # What stands beside it keeps its direction.
        assert await panel.locator("bdi").first.evaluate("node => getComputedStyle(node).unicodeBidi") == "isolate"

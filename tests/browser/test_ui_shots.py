"""Pictures of the screens for docs/images: `CTI_SHOTS=1 scripts/test browser -- -k shots`."""

import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect

from cti.ports import CustomerMatch
from cti.services.views import PendingView
from tests.browser.conftest import CHROMIUM
from tests.fakes import operations, shift, team, web_service
from tests.fakes.customers import WANG_FANG
from tests.fakes.sip_switch import SipSwitch
from tests.fakes.web_service import ADMIN, LEAD, WEB_CAROL, FakeService

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.skipif(not os.environ.get("CTI_SHOTS"), reason="pictures are made when CTI_SHOTS is set"),
    pytest.mark.parametrize("language", ["zh", "en"]),
    pytest.mark.parametrize("theme", ["light", "dark"]),
]

IMAGES = Path(__file__).parents[2] / "docs" / "images"
NUMBER = "+8613800138000"
MOMENT = datetime(2026, 3, 5, 6, 30, tzinfo=UTC)  # half past two in Shanghai
STAND_STILL = "const at = performance.now(); performance.now = () => at"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def chromium() -> AsyncIterator[Browser]:
    flags = ["--no-sandbox", "--disable-gpu", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=[*flags, "--allow-loopback-in-peer-connection"]
        )
        yield browser
        await browser.close()


@pytest.fixture(autouse=True)
def _one_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The service's clock stands, so a page that stands too shows the same times whenever the pictures are made."""
    for module in (web_service, shift, operations):
        monkeypatch.setattr(module, "now", lambda: MOMENT.timestamp() * 1000)


@pytest_asyncio.fixture(loop_scope="session")
async def page(chromium: Browser, language: str, theme: str) -> AsyncIterator[Page]:
    context = await chromium.new_context(
        viewport={"width": 1280, "height": 640},
        locale="zh-CN" if language == "zh" else "en-GB",
        color_scheme=theme,  # type: ignore[arg-type]
        timezone_id="Asia/Shanghai",
        reduced_motion="reduce",
    )
    await context.add_init_script(STAND_STILL)
    yield await context.new_page()
    await context.close()


def customer() -> CustomerMatch:
    """Wang Fang, whose contacts were at fixed times."""
    days = ("2026-03-05T01:12:00Z", "2026-02-11T07:40:00Z", "2025-10-20T08:05:00Z")
    contacts = tuple(
        msgspec.structs.replace(contact, at=datetime.fromisoformat(day))
        for contact, day in zip(WANG_FANG.contacts, days, strict=True)
    )
    return msgspec.structs.replace(WANG_FANG, contacts=contacts)


async def keep(page: Page, name: str, language: str, theme: str) -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    await page.wait_for_timeout(300)
    await page.screenshot(path=IMAGES / f"{name}-{language}-{theme}.png", caret="hide")


async def test_desk(page: Page, language: str, theme: str) -> None:
    switch = SipSwitch()
    async with FakeService(WEB_CAROL, switch=switch) as service:
        shift.fill(service)
        await page.goto(service.url)
        await expect(page.get_by_role("listitem").first).to_be_visible()
        call = await service.ring(NUMBER, customer(), name="WANG FANG")
        leg = await switch.rings(call, NUMBER)
        await expect(page.locator(".strip .answer")).to_be_visible()
        await keep(page, "desk-ringing", language, theme)

        await page.keyboard.press("F2")
        await switch.answered(leg)
        await service.answer(call)
        await service.set_agent(since=MOMENT.timestamp() * 1000 - 87_000, pending=PendingView("not_ready", "break"))
        at = MOMENT.timestamp() * 1000 - 87_000
        await service.put_call(call, started_at=at - 27_000, alerting_at=at - 4_000, answered_at=at)
        await expect(page.locator("button.end")).to_be_visible()
        await keep(page, "desk-talking", language, theme)

        service.my_calls.insert(0, shift.one_call(call))
        await switch.ends(leg)
        await service.set_agent(pending=None)
        await service.wrap_up(call, seconds=36)
        text = "客户确认续保，周三上午回电。" if language == "zh" else "Renews. Call back on Wednesday morning."
        await page.locator(".about textarea").last.fill(text)
        await page.locator(".about textarea").last.blur()
        await keep(page, "desk-wrap-up", language, theme)


async def test_administration(page: Page, language: str, theme: str) -> None:
    async with FakeService(ADMIN) as service:
        shift.fill_people(service)
        service.ops = operations.figures()
        await page.goto(f"{service.url}#ops")
        await expect(page.get_by_role("table")).to_be_visible()
        await keep(page, "service", language, theme)
        await page.goto(f"{service.url}#people")
        await expect(page.get_by_role("row").nth(2)).to_be_visible()
        await keep(page, "people", language, theme)
        service.audit = team.an_audit()
        await page.goto(f"{service.url}#audit")
        await expect(page.get_by_role("row").nth(9)).to_be_visible()
        await keep(page, "audit", language, theme)


async def test_team(page: Page, language: str, theme: str) -> None:
    async with FakeService(LEAD) as service:
        service.desk, service.agent, service.mates = shift.DESK, shift.agent(), team.a_team()
        await page.goto(f"{service.url}#team")
        row = page.get_by_role("row", name="陈静")
        await expect(row).to_be_visible()
        await keep(page, "team", language, theme)
        await row.focus()
        await page.keyboard.press("Enter")
        await page.locator("[name=why]").fill("新资费培训" if language == "zh" else "New tariff")
        await keep(page, "team-change", language, theme)

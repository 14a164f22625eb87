"""A Chromium for the tests of the screens, and pages in it that hold a test to the rules of every page."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, ConsoleMessage, Page, async_playwright

from tests.integration.conftest import asterisk as asterisk

STATIC = Path(__file__).parents[2] / "cti" / "web" / "static"
CHROMIUM = "/usr/bin/chromium"

OpenPage = Callable[..., Awaitable[Page]]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[Browser]:
    if not (STATIC / "index.html").exists():
        pytest.fail("the screens are not built: scripts/setup ui", pytrace=False)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def open_page(chromium: Browser) -> AsyncIterator[OpenPage]:
    """Return a function that opens a page; at the end none of them may have broken a rule."""
    broken: list[str] = []
    contexts = []

    def read_console(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            broken.append(message.text)

    async def open_(
        url: str, *, language: str = "zh", theme: str = "light", width: int = 1280, height: int = 720
    ) -> Page:
        context = await chromium.new_context(
            viewport={"width": width, "height": height},
            locale="zh-CN" if language == "zh" else "en-GB",
            color_scheme=theme,  # type: ignore[arg-type]
            timezone_id="Asia/Shanghai",
        )
        contexts.append(context)
        context.set_default_timeout(10_000)
        page = await context.new_page()
        page.on("pageerror", lambda error: broken.append(str(error)))
        page.on("dialog", lambda dialog: broken.append(f"a dialog: {dialog.message}"))
        page.on("console", read_console)
        await page.goto(url)
        return page

    yield open_
    for context in contexts:
        await context.close()
    assert not broken

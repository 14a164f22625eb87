"""Looks at the demo with a headless Chromium: logs in as an agent and waits until a card is painted.

Run in .venv: demo_check.py URL AGENT PASSWORD ADMINISTRATOR PASSWORD
"""

import json
import shutil
import sys
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, WebSocket, sync_playwright

PICTURE = Path(__file__).resolve().parents[2] / "var" / "demo-check.png"
PAINTED = '"pop.painted"'  # what the page tells the service once the card stands on the screen


def main(url: str, agent: str, password: str, administrator: str, secret: str) -> int:
    with sync_playwright() as playwright:
        chromium = shutil.which("chromium") or "/usr/bin/chromium"
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        faults: list[str] = []
        sent: list[str] = []
        page.on("pageerror", lambda error: faults.append(str(error)))

        def keep(payload: str | bytes) -> None:
            sent.append(payload if isinstance(payload, str) else payload.decode(errors="replace"))

        def watch(socket: WebSocket) -> None:
            socket.on("framesent", keep)

        page.on("websocket", watch)
        with page.expect_websocket(timeout=20_000):
            log_in(page, url, agent, password)
        be_ready(page)
        print("watching", flush=True)

        page.wait_for_selector("[data-call] h1", timeout=30_000)
        deadline = time.monotonic() + 10
        while not any(PAINTED in text for text in sent):
            if time.monotonic() > deadline:
                print("the card is there, and the page did not say that it was painted", file=sys.stderr)
                return 1
            page.wait_for_timeout(20)  # lets Playwright hand over what the socket did
        page.screenshot(path=PICTURE)
        print(f"painted: {page.locator('[data-call] h1').first.inner_text()}   picture: {PICTURE}")
        for text in sent:
            if PAINTED in text:
                print(f"stamps of the browser: {text}")
        for stage in stages(browser.new_page(), url, administrator, secret):
            print("  {stage:<11} {count:>3} pop(s)   p50 {p50:8.2f} ms   p99 {p99:8.2f} ms".format(**stage))
        for fault in faults:
            print(f"fault in the page: {fault}", file=sys.stderr)
        browser.close()
    return 1 if faults else 0


def log_in(page: Page, url: str, name: str, password: str) -> None:
    page.goto(url)
    page.fill("input[name=username]", name)
    page.fill("input[name=password]", password)
    page.press("input[name=password]", "Enter")


def be_ready(page: Page) -> None:
    """Sign in to the queues and become ready for calls, with the menu of the agent's own state."""
    page.locator("[aria-labelledby=sign-in] button.primary").click(timeout=10_000)
    page.wait_for_selector("[aria-labelledby=sign-in]", state="detached", timeout=10_000)
    page.locator(".control button").first.click(timeout=10_000)
    page.locator(".control [popover] button[aria-current]").first.click(timeout=5_000)


def stages(page: Page, url: str, name: str, password: str) -> list[dict[str, Any]]:
    """Return the figures of the operations page, which an administrator may read."""
    context = page.context.browser.new_context()  # type: ignore[union-attr]
    other = context.new_page()
    other.goto(url)
    answer: str = other.evaluate(
        """async ([user, password]) => {
            const headers = {'Content-Type': 'application/json'}
            const made = await fetch('/api/login', {method: 'POST', headers, body: JSON.stringify({user, password})})
            if (!made.ok) return JSON.stringify({stages: [], refused: await made.text()})
            return await (await fetch('/api/ops')).text()
        }""",
        [name, password],
    )
    figures = json.loads(answer)
    if "refused" in figures:
        print(f"no figures: {figures['refused']}", file=sys.stderr)
    found: list[dict[str, Any]] = figures.get("stages", [])
    return found


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:6]))

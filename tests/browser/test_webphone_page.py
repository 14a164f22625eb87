"""A page with JsSIP and nothing else, in Chromium, on a real Asterisk: sound, and a reload in a call.

The page speaks with the service as the screens do, so what is seen here is the service's and Asterisk's part.
"""

import json
import os
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Page, async_playwright

from tests.browser.conftest import CHROMIUM
from tests.integration.daemon import PASSWORD, Daemon, free_port
from tests.integration.switch import Switch

pytestmark = pytest.mark.asyncio(loop_scope="session")

UI = Path(__file__).parents[2] / "cti" / "web" / "ui"
NODE = Path(__file__).parents[2] / "var" / "tools" / "node"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--allow-loopback-in-peer-connection",
]
CUSTOMER = "13800138000"

# Registers, answers what asks for it (and everything else as well), and keeps what happened in `told`.
PHONE = """
window.told = { registered: 0, calls: [], heard: 0 };
window.start = async (form) => {
  const answer = await fetch('/api/phone', {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(form) });
  const given = window.given = await answer.json();
  if (!answer.ok) return given;
  const microphone = await navigator.mediaDevices.getUserMedia({ audio: true });
  const ua = window.ua = new JsSIP.UA({
    sockets: [new JsSIP.WebSocketInterface(`ws://${location.host}${given.path}`)], uri: given.uri,
    authorization_user: given.user, password: given.password, realm: given.realm, contact_uri: given.contact,
    register_expires: given.register_seconds, session_timers: false });
  const follow = (session) => {
    const pc = session.connection;
    let ready;
    session.on('icecandidate', (event) => { ready ??= setTimeout(event.ready, 100) });
    const look = setInterval(async () => {
      for (const report of (await pc.getStats()).values())
        if (report.type === 'inbound-rtp' && report.packetsReceived > 0) {
          window.told.heard = Date.now(); clearInterval(look);
        }
    }, 10);
  };
  ua.on('registered', () => { window.told.registered = Date.now() });
  ua.on('newRTCSession', ({ originator, session, request }) => {
    const call = { id: request.getHeader('X-CTI-Call'), returned: request.getHeader('X-CTI-Returned'), state: '' };
    window.told.calls.push(call);
    session.on('progress', ({ response }) => { call.ringing = response?.getHeader('X-CTI-Call') });
    session.on('confirmed', () => { call.state = 'confirmed' });
    session.on('ended', () => { call.state = 'ended' });
    session.on('failed', ({ cause }) => { call.state = cause });
    if (originator === 'remote') {
      session.answer({ mediaStream: microphone, pcConfig: { iceServers: [] } });
      follow(session);
    }
  });
  window.dial = (number) => {
    const session = ua.call(number, { mediaStream: microphone, pcConfig: { iceServers: [] } });
    follow(session);
  };
  ua.start();
  return given;
};
"""


@pytest.fixture(scope="session")
def jssip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Bundle JsSIP, which ships modules only."""
    folder = tmp_path_factory.mktemp("jssip")
    entry, bundle = folder / "entry.js", folder / "jssip.js"
    entry.write_text(f"window.JsSIP = require({json.dumps(str(UI / 'node_modules' / 'jssip'))});\n")
    words = [str(UI / "node_modules" / ".bin" / "rolldown"), str(entry), "--format", "iife", "--file", str(bundle)]
    path = {"PATH": f"{NODE}:{os.environ.get('PATH', '')}"}
    done = subprocess.run(words, cwd=UI, env={**os.environ, **path}, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.fail(f"JsSIP was not bundled:\n{done.stdout}{done.stderr}", pytrace=False)
    return bundle


@pytest_asyncio.fixture(loop_scope="session")
async def switch(asterisk: dict[str, Any]) -> AsyncIterator[Switch]:
    switch = await Switch.of(asterisk)
    await switch.reset()
    yield switch
    await switch.reset()
    await switch.close()


@pytest_asyncio.fixture(loop_scope="session")
async def daemon(switch: Switch, tmp_path: Path) -> AsyncIterator[Daemon]:
    secrets = tmp_path / "phones.toml"
    secrets.write_text(f'1101 = "{switch.facts["phones"]["1101"]}"\n')
    secrets.chmod(0o600)
    http = switch.facts["http"]
    daemon = Daemon(
        tmp_path,
        ami=(switch.ami_host, switch.ami_port),
        secret=switch.ami_secret,
        port=free_port(),
        phones=(f"ws://{http['host']}:{http['port']}/ws", secrets),
    )
    await daemon.has_person("anna", "PJSIP/1101")
    async with daemon:
        await daemon.is_ready()
        await daemon.client_of("anna")  # she has chosen a password of her own
        yield daemon


@pytest_asyncio.fixture(loop_scope="session")
async def page(daemon: Daemon) -> AsyncIterator[Page]:
    """Return a page of the service's origin, logged in, with none of its own scripts."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        context = await browser.new_context(bypass_csp=True, base_url=daemon.url, permissions=["microphone"])
        logged_in = await context.request.post(
            "/api/login", data={"user": "anna", "password": PASSWORD}, headers={"Origin": daemon.url}
        )
        assert logged_in.ok
        yield await context.new_page()
        await browser.close()


async def loads(page: Page, jssip: Path, **form: Any) -> dict[str, Any]:
    """Load the page and have it register; return what it was given."""
    await page.goto("/healthz")
    await page.add_script_tag(path=jssip)
    await page.evaluate(PHONE)
    given: dict[str, Any] = await page.evaluate("form => window.start(form)", form)
    await page.wait_for_function("window.told.registered > 0")
    return given


async def test_a_reload_in_a_call_gives_it_back(page: Page, jssip: Path, switch: Switch) -> None:
    given = await loads(page, jssip)
    await switch.agents_log_in("support", "1101")
    since = switch.ami.position
    await switch.customer_calls(CUSTOMER)
    await page.wait_for_function("window.told.heard > 0")
    customer = (await switch.ami.wait_for("QueueCallerJoin", since=since))["Uniqueid"]
    assert (await page.evaluate("window.told.calls[0].id")) == customer

    since = switch.ami.position
    given = await loads(page, jssip, phone=given["phone"])
    assert given["waiting"] == [customer]
    await page.wait_for_function("window.told.heard > 0")

    await switch.ami.wait_for("BridgeEnter", since=since, Uniqueid=customer, BridgeTechnology="holding_bridge")
    await switch.ami.wait_for("BridgeEnter", since=since, Uniqueid=customer, BridgeTechnology="simple_bridge")
    assert (await page.evaluate("window.told.calls[0]"))["returned"] == "yes"


async def test_a_closed_page_gives_the_customer_music(page: Page, jssip: Path, switch: Switch) -> None:
    await loads(page, jssip)
    await switch.agents_log_in("support", "1101")
    since = switch.ami.position
    await switch.customer_calls(CUSTOMER)
    await page.wait_for_function("window.told.heard > 0")
    customer = (await switch.ami.wait_for("QueueCallerJoin", since=since))["Uniqueid"]

    since = switch.ami.position
    await page.close()
    await switch.ami.wait_for("BridgeEnter", since=since, Uniqueid=customer, BridgeTechnology="holding_bridge")


async def test_a_page_learns_the_name_of_the_call_it_makes(page: Page, jssip: Path, switch: Switch) -> None:
    await loads(page, jssip)
    since = switch.ami.position
    await page.evaluate("number => window.dial(number)", CUSTOMER)
    await page.wait_for_function("window.told.heard > 0 && window.told.calls[0].state === 'confirmed'")

    created = await switch.ami.wait_for("Newchannel", since=since)
    assert (await page.evaluate("window.told.calls[0].ringing")) == created["Uniqueid"]

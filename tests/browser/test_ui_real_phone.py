"""The phone in the page on a real Asterisk: answered, held, asked, put through, three together, lost and got back."""

import asyncio
import contextlib
import math
import wave
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, async_playwright, expect

from tests.browser.conftest import CHROMIUM
from tests.integration.daemon import PASSWORD, Daemon, free_port
from tests.integration.switch import Switch

pytestmark = pytest.mark.asyncio(loop_scope="session")

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--allow-loopback-in-peer-connection",
]
CUSTOMER = "13800138000"
TONES = {"anna": 620, "bo": 1130}  # Hz; what each one's microphone hears

# Keeps the connections, and leaves the microphone as it is: what makes voices clear takes tones away.
LISTENING = """
    const Connection = RTCPeerConnection
    window.connections = []
    window.RTCPeerConnection = function (...given) {
        const made = new Connection(...given)
        window.connections.push(made)
        return made
    }
    const get = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices)
    navigator.mediaDevices.getUserMedia = (wanted) =>
        get({ audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false } })
    // How far each tone stands out of its surroundings, in dB, in the track that a connection sends or receives.
    window.tones = async (index, way, tones) => {
        const connection = window.connections[index]
        const ends = (way === 'sent' ? connection?.getSenders() : connection?.getReceivers()) ?? []
        if (!ends[0]?.track) return tones.map(() => null) // not yet
        const context = window.ear ??= new AudioContext()
        const analyser = context.createAnalyser()
        analyser.fftSize = 8192
        analyser.smoothingTimeConstant = 0.5
        const source = context.createMediaStreamSource(new MediaStream([ends[0].track]))
        source.connect(analyser)
        const best = tones.map(() => -Infinity)
        const bins = new Float32Array(analyser.frequencyBinCount)
        for (let look = 0; look < 12; look++) {
            await new Promise((resolve) => setTimeout(resolve, 120))
            analyser.getFloatFrequencyData(bins)
            tones.forEach((hertz, i) => {
                const bin = Math.round(hertz / (context.sampleRate / analyser.fftSize))
                const around = [...bins.slice(bin - 40, bin - 8), ...bins.slice(bin + 8, bin + 40)]
                around.sort((a, b) => a - b)
                best[i] = Math.max(best[i], Math.max(...bins.slice(bin - 1, bin + 2)) - around[32])
            })
        }
        source.disconnect()
        return best
    }
"""


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
    secrets.write_text("".join(f'{number} = "{switch.facts["phones"][number]}"\n' for number in ("1101", "1102")))
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
    await daemon.has_person("bo", "PJSIP/1102")
    await daemon.has_person("root", role="admin")
    async with daemon:
        await daemon.is_ready()
        for name in ("anna", "bo", "root"):
            await daemon.client_of(name)  # who has chosen a password of their own
        yield daemon


Browsers = dict[str, Browser]


@pytest_asyncio.fixture(loop_scope="session")
async def browsers(tmp_path: Path) -> AsyncIterator[Browsers]:
    """A Chromium for each agent, whose microphone hears a tone of its own."""
    async with async_playwright() as playwright:
        made = {}
        for name, hertz in TONES.items():
            sound = tmp_path / f"{name}.wav"
            write_tone(sound, hertz)
            flags = [*FLAGS, f"--use-file-for-fake-audio-capture={sound}"]
            made[name] = await playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield made
        for browser in made.values():
            await browser.close()


def write_tone(path: Path, hertz: float, *, rate: int = 48_000, seconds: int = 5) -> None:
    samples = (round(8_000 * math.sin(2 * math.pi * hertz * n / rate)) for n in range(rate * seconds))
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        sound.writeframes(b"".join(sample.to_bytes(2, "little", signed=True) for sample in samples))


async def hears_tones(page: Page, connection: int, way: str, *names: str, within: float = 8) -> None:
    """Wait until the tones of *names*, and of nobody else, are in what that connection of the page sent or received."""
    async with asyncio.timeout(within):
        while True:
            found = await page.evaluate(
                "([index, way, tones]) => window.tones(index, way, tones)", [connection, way, list(TONES.values())]
            )
            there = {name for name, db in zip(TONES, found, strict=True) if db is not None and db > 15}
            if there == set(names):
                return


async def works(browsers: Browsers, daemon: Daemon, name: str) -> Page:
    """Return the page of *name*, who is logged in and whose phone is registered."""
    context = await browsers[name].new_context(base_url=daemon.url, permissions=["microphone"], locale="en-GB")
    await context.add_init_script(LISTENING)
    context.set_default_timeout(10_000)
    logged_in = await context.request.post(
        "/api/login", data={"user": name, "password": PASSWORD}, headers={"Origin": daemon.url}
    )
    assert logged_in.ok
    page = await context.new_page()
    await page.goto("/")
    await expect(page.get_by_role("button", name="Phone ready")).to_be_visible(timeout=10_000)
    return page


def bar_of(page: Page) -> Locator:
    return page.get_by_label("Phone bar")


async def hears(page: Page) -> None:
    """Wait until the network brings the other side's voice."""
    await expect(bar_of(page).locator("[data-grade=good], [data-grade=fair]")).to_be_visible(timeout=10_000)


@contextlib.asynccontextmanager
async def a_call(browsers: Browsers, daemon: Daemon, switch: Switch) -> AsyncIterator[tuple[Page, str]]:
    """Yield anna's page in a call with a customer of the queue, and the customer's channel."""
    page = await works(browsers, daemon, "anna")
    await switch.agents_log_in("support", "1101")
    since = switch.ami.position
    await switch.customer_calls(CUSTOMER)
    await expect(bar_of(page).get_by_role("button", name="Answer F2")).to_be_visible()
    joined = await switch.ami.wait_for("QueueCallerJoin", since=since)
    await page.keyboard.press("F2")
    await hears(page)
    yield page, joined["Uniqueid"]


async def bridged(switch: Switch, channel: str, count: int) -> None:
    """Wait until *channel* shares its bridge with so many others."""
    async with asyncio.timeout(10):
        while True:
            channels = await switch.core_show_channels()
            mine = next((one for one in channels if one.unique_id == channel), None)
            if mine is not None and mine.bridge:
                others = [one for one in channels if one.bridge == mine.bridge and one.unique_id != channel]
                if len(others) == count:
                    return
            await asyncio.sleep(0.1)


async def test_a_queue_call_is_answered_held_and_ended(browsers: Browsers, daemon: Daemon, switch: Switch) -> None:
    async with a_call(browsers, daemon, switch) as (page, customer):
        bar = bar_of(page)
        await expect(bar).to_contain_text("138 0013 8000")
        await expect(bar.get_by_label("Your calls")).to_have_count(0)  # one call, joined by its name
        since = switch.ami.position
        await page.keyboard.press("F8")
        await switch.ami.wait_for("Hold", since=since)
        await expect(page.get_by_role("button", name="Own state: On hold")).to_be_visible()
        await page.keyboard.press("F8")
        await switch.ami.wait_for("Unhold", since=since)
        await hears(page)

        since = switch.ami.position
        await bar.get_by_role("button", name="Keypad").click()
        await page.keyboard.type("42")
        await expect(page.locator("output")).to_have_text("42")  # said only of keys that the connection took
        await page.keyboard.press("Escape")
        await page.keyboard.press("F4")
        await switch.ami.wait_for("Hangup", since=since, Uniqueid=customer)
        await expect(bar.get_by_role("button", name="Hang up")).to_have_count(0)


async def test_a_colleague_is_asked_and_gets_the_customer(browsers: Browsers, daemon: Daemon, switch: Switch) -> None:
    bo = await works(browsers, daemon, "bo")
    async with a_call(browsers, daemon, switch) as (page, customer):
        await page.keyboard.press("Shift+F2")
        await page.keyboard.type("1102")
        await page.keyboard.press("Enter")
        await expect(bar_of(bo).get_by_role("button", name="Answer F2")).to_be_visible()
        await bo.keyboard.press("F2")
        await hears_tones(bo, 0, "received", "anna")
        await expect(bar_of(page).get_by_role("button", name="Connect them")).to_be_visible()
        await bar_of(page).get_by_role("button", name="Connect them").click()
        await bridged(switch, customer, 1)
        await hears(bo)
        await expect(bar_of(page).get_by_role("button", name="Hang up")).to_have_count(0)
        await expect(bar_of(bo)).to_contain_text("138 0013 8000")


async def test_three_speak_together_and_part(browsers: Browsers, daemon: Daemon, switch: Switch) -> None:
    bo = await works(browsers, daemon, "bo")
    async with a_call(browsers, daemon, switch) as (page, customer):
        await page.keyboard.press("Shift+F2")
        await page.keyboard.type("1102")
        await page.keyboard.press("Enter")
        await expect(bar_of(bo).get_by_role("button", name="Answer F2")).to_be_visible()
        await bo.keyboard.press("F2")
        await bar_of(page).get_by_role("button", name="Conference").click()
        await expect(bar_of(page).get_by_text("Conference of three").first).to_be_visible()
        await hears_tones(page, 0, "sent", "anna", "bo")  # to the customer
        await hears_tones(page, 1, "sent", "anna")  # to bo, who does not hear himself
        await hears_tones(bo, 0, "received", "anna")
        await bar_of(page).get_by_role("button", name="Mute").click()
        await hears_tones(page, 0, "sent", "bo")
        await bar_of(page).get_by_role("button", name="Unmute").click()
        await hears_tones(page, 0, "sent", "anna", "bo")
        await bar_of(page).get_by_role("button", name="Back to the caller").click()
        await expect(bar_of(bo).get_by_role("button", name="Hang up")).to_have_count(0)
        await hears_tones(page, 0, "sent", "anna")
        await bridged(switch, customer, 1)


async def test_a_blind_transfer_rings_the_colleague(browsers: Browsers, daemon: Daemon, switch: Switch) -> None:
    bo = await works(browsers, daemon, "bo")
    async with a_call(browsers, daemon, switch) as (page, customer):
        await page.keyboard.press("Shift+F2")
        await page.keyboard.type("1102")
        await page.get_by_role("button", name="Transfer now").click()
        await expect(bar_of(bo).get_by_role("button", name="Answer F2")).to_be_visible()
        await expect(bar_of(bo)).to_contain_text("138 0013 8000")
        await bo.keyboard.press("F2")
        await bridged(switch, customer, 1)
        await expect(bar_of(page).get_by_role("button", name="Hang up")).to_have_count(0)


async def test_a_reload_gives_the_call_back(browsers: Browsers, daemon: Daemon, switch: Switch) -> None:
    async with a_call(browsers, daemon, switch) as (page, customer):
        clock = asyncio.get_running_loop().time
        since, began = switch.ami.position, clock()
        await page.reload(wait_until="commit")
        await switch.ami.wait_for("BridgeEnter", since=since, Uniqueid=customer, BridgeTechnology="holding_bridge")
        await switch.ami.wait_for("BridgeEnter", since=since, Uniqueid=customer, BridgeTechnology="simple_bridge")
        print(f"reload to talking again {(clock() - began) * 1000:.0f} ms")
        await hears(page)
        await expect(bar_of(page).get_by_role("button", name="Hang up")).to_be_visible()
        await expect(page.get_by_text("Taking it back…")).to_have_count(0)


async def test_a_second_tab_takes_the_phone_and_the_call(browsers: Browsers, daemon: Daemon, switch: Switch) -> None:
    async with a_call(browsers, daemon, switch) as (page, customer):
        other = await page.context.new_page()
        await other.goto("/")
        await other.get_by_role("button", name="Take it here").click()
        await hears(other)
        await bridged(switch, customer, 1)
        await expect(page.get_by_role("button", name="Take it here")).to_be_visible()


async def test_an_outside_number_is_called_from_the_card(browsers: Browsers, daemon: Daemon, switch: Switch) -> None:
    async with a_call(browsers, daemon, switch) as (page, _):
        await page.wait_for_timeout(300)
        await page.keyboard.press("F4")
        dial = page.get_by_label("Call", exact=True).get_by_role("button", name="Call 138 0013 8000")
        await expect(dial).to_be_visible()
        await page.wait_for_timeout(700)
        await dial.click()
        await hears(page)
        await expect(bar_of(page).get_by_label("Your calls")).to_have_count(0)  # joined by the name in the answer


async def test_a_shift_from_the_assignment_to_the_note(browsers: Browsers, daemon: Daemon, switch: Switch) -> None:
    admin = await browsers["bo"].new_page(base_url=daemon.url, locale="en-GB")
    logged_in = await admin.context.request.post(
        "/api/login", data={"user": "root", "password": PASSWORD}, headers={"Origin": daemon.url}
    )
    assert logged_in.ok
    await admin.goto("/#people")
    await admin.get_by_role("button", name="Edit anna").click()
    await admin.get_by_label("Another queue").fill("support")
    await admin.keyboard.press("Enter")
    await admin.get_by_role("button", name="Save").click()
    await expect(admin.get_by_role("row", name="anna")).to_contain_text("support")

    page = await works(browsers, daemon, "anna")
    own = page.get_by_role("button", name="Own state:")
    await page.get_by_role("main").get_by_role("button", name="Sign in").click()
    await expect(own).to_contain_text("Not ready")
    await page.keyboard.press("Shift+F8")
    await page.get_by_role("button", name="Ready", exact=True).click()
    await expect(own).to_contain_text("Ready")

    await switch.customer_calls(CUSTOMER)
    await expect(bar_of(page).get_by_role("button", name="Answer F2")).to_be_visible()
    await page.keyboard.press("F2")
    await expect(own).to_contain_text("Talking")
    await page.keyboard.press("Shift+F8")
    await page.get_by_role("button", name="Break").click()
    await expect(own).to_contain_text("Break after this call")
    await page.get_by_role("textbox", name="Note on this call").fill("asks for 1234")
    await page.keyboard.press("F4")
    await expect(own).to_contain_text("Not ready", timeout=15_000)
    await expect(own).to_contain_text("Break")
    await expect(page.get_by_text("Note saved").last).to_be_visible(timeout=15_000)

    await page.get_by_role("button", name="Put away").click()
    calls = page.get_by_label("My calls today").get_by_role("listitem")
    await expect(calls.first).to_contain_text("asks for 1234")
    await page.keyboard.press("Shift+F8")
    await page.get_by_role("button", name="Repair my state").click()
    await expect(page.get_by_role("status")).to_have_text("State read anew from the switch")
    await page.keyboard.press("Shift+F8")
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_role("heading", name="Sign in to your queues")).to_be_visible()

"""Pages that are phones, on a real Asterisk, for the tests of this folder: fixtures, tones, and what all of them do."""

import asyncio
import contextlib
import math
import wave
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Locator, Page, async_playwright, expect

from tests.browser.conftest import CHROMIUM
from tests.integration.daemon import PASSWORD, Daemon, free_port
from tests.integration.switch import Switch

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


def a_daemon(switch: Switch, folder: Path, *, wait_seconds: int = 4, more: str = "") -> Daemon:
    """Return a service that knows the browser phones 1101 and 1102; *more* goes into its configuration."""
    secrets = folder / "phones.toml"
    secrets.write_text("".join(f'{number} = "{switch.facts["phones"][number]}"\n' for number in ("1101", "1102")))
    secrets.chmod(0o600)
    http = switch.facts["http"]
    return Daemon(
        folder,
        ami=(switch.ami_host, switch.ami_port),
        secret=switch.ami_secret,
        port=free_port(),
        phones=(f"ws://{http['host']}:{http['port']}/ws", secrets),
        wait_seconds=wait_seconds,
        more=more,
    )


@pytest_asyncio.fixture(loop_scope="session")
async def daemon(switch: Switch, tmp_path: Path) -> AsyncIterator[Daemon]:
    daemon = a_daemon(switch, tmp_path)
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


async def logged_in(browser: Browser, url: str, name: str, **options: Any) -> BrowserContext:
    """Return a context of *browser* in which *name* is logged in at the service's *url*."""
    context = await browser.new_context(
        **{"base_url": url, "permissions": ["microphone"], "locale": "en-GB", **options}
    )
    context.set_default_timeout(10_000)
    answer = await context.request.post(
        "/api/login", data={"user": name, "password": PASSWORD}, headers={"Origin": url}
    )
    assert answer.ok
    return context


async def works(browsers: Browsers, daemon: Daemon, name: str, *, url: str = "") -> Page:
    """Return the page of *name*, who is logged in and whose phone is registered."""
    context = await logged_in(browsers[name], url or daemon.url, name)
    await context.add_init_script(LISTENING)
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
async def a_call(
    browsers: Browsers, daemon: Daemon, switch: Switch, *, url: str = ""
) -> AsyncIterator[tuple[Page, str]]:
    """Yield anna's page in a call with a customer of the queue, and the customer's channel."""
    page = await works(browsers, daemon, "anna", url=url)
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

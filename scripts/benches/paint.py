"""bench paint: from a caller's INVITE on the wire to the card painted in Chromium, on a real Asterisk.

The INVITE's time is the kernel's, taken off the loopback interface; the other stamps are the service's and the
browser's, in the service's clock, which is this machine's.
"""

import asyncio
import json
import socket
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import itertools

from machine import machine
from playwright.async_api import Page, WebSocket, async_playwright
from rich.console import Console
from rich.progress import track
from rich.table import Table

from cti.services.pops import figures
from tests.integration.daemon import Daemon, free_port
from tests.integration.switch import Switch

CALLS = 50
CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]
_ETHERNET, _IP_HEADER, _UDP_HEADER = 14, 20, 8
_ALL_PROTOCOLS = 0x0003


class Wire:
    """Sees the INVITEs that reach the switch."""

    def __init__(self, host: str, port: int) -> None:
        self._to = socket.inet_aton(host) + port.to_bytes(2, "big")
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ALL_PROTOCOLS))
        self._socket.bind(("lo", 0))
        self._socket.setblocking(False)
        self.invites: asyncio.Queue[float] = asyncio.Queue()
        asyncio.get_running_loop().add_reader(self._socket, self._read)
        self._seen: set[bytes] = set()

    def _read(self) -> None:
        now = time.time()
        packet = self._socket.recv(65_535)
        udp = _ETHERNET + _IP_HEADER
        to = packet[udp - 4 : udp] + packet[udp + 2 : udp + 4]
        said = packet[udp + _UDP_HEADER :]
        if to != self._to or not said.startswith(b"INVITE "):
            return
        call_id = next((line for line in said.split(b"\r\n") if line.lower().startswith(b"call-id:")), b"")
        if call_id not in self._seen:  # loopback shows each packet going out and coming in
            self._seen.add(call_id)
            self.invites.put_nowait(now * 1_000)

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self._socket)
        self._socket.close()


class Browser:
    """An agent's page whose frames are listened in on."""

    def __init__(self, page: Page) -> None:
        self.stamps: dict[str, dict[str, float]] = {}
        self.painted: asyncio.Queue[dict[str, float]] = asyncio.Queue()
        page.on("websocket", self._socket)

    def _socket(self, opened: WebSocket) -> None:
        opened.on("framereceived", lambda data: self._received(json.loads(data)))
        opened.on("framesent", lambda data: self._sent(json.loads(data)))

    def _received(self, frame: dict[str, Any]) -> None:
        if frame["type"] == "pop":
            self.stamps[frame["pop"]] = frame["stamps"]

    def _sent(self, frame: dict[str, Any]) -> None:
        if frame["type"] == "pop.painted":
            stamps = self.stamps[frame["pop"]]
            self.painted.put_nowait({**stamps, "received": frame["received"], "painted": frame["painted"]})


async def measure(folder: Path) -> list[dict[str, float]]:
    switch = await Switch.start("bench-paint", ring_seconds=60)
    daemon = Daemon(folder, ami=(switch.ami_host, switch.ami_port), secret=switch.ami_secret, port=free_port())
    await daemon.has_person("anna", "PJSIP/1001")
    samples = []
    try:
        async with daemon, async_playwright() as playwright:
            await daemon.is_ready()
            await daemon.client_of("anna")  # exchanges the first password
            chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            page = await chromium.new_page(viewport={"width": 1280, "height": 720})
            browser, wire = Browser(page), Wire(switch.facts["sip"]["host"], int(switch.facts["sip"]["port"]))
            await page.goto(daemon.url)
            await page.locator("input").nth(0).fill("anna")
            await page.locator("input[type=password]").fill(daemon.password_of("anna"))
            async with page.expect_websocket():
                await page.keyboard.press("Enter")
            await switch.agents_log_in("support", "1001")
            await switch.phone("1001").never_answers()
            for number in track(range(CALLS), f"{CALLS} calls"):
                call = await switch.customer_calls(f"1380013{number:04}", name="王小明", did="5000")
                async with asyncio.timeout(20):
                    invited = await wire.invites.get()
                    stamps = await browser.painted.get()
                samples.append({"invited": invited, **stamps})
                await call.hangs_up()
                await call.ended()
            wire.close()
            await chromium.close()
    finally:
        await switch.stop()
    return samples


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="cti-bench-") as folder:
        samples = asyncio.run(measure(Path(folder)))
    stamps = ["invited", "read", "event", "dispatched", "received", "painted"]
    table = Table(title=f"paint: {len(samples)} calls through a real Asterisk, milliseconds")
    for heading in ("stage", "p50", "p95", "p99"):
        table.add_column(heading, justify="left" if heading == "stage" else "right")
    spans = [*itertools.pairwise(stamps), ("invited", "painted")]
    for begin, end in spans:
        of = figures(sample[end] - sample[begin] for sample in samples)
        table.add_row(f"{begin} → {end}", f"{of.p50:.1f}", f"{of.p95:.1f}", f"{of.p99:.1f}")
    console = Console()
    console.print(table)
    console.print(machine())


if __name__ == "__main__":
    main()

"""The service itself for tests: `cti run` as a process of its own, people who log in, and their screens.

daemon = Daemon(folder, host, port, secret)
await daemon.has_person("anna", "PJSIP/1001")
async with daemon:
    desk = await daemon.screen_of("anna")
    pop = await desk.sees("pop")
"""

import asyncio
import json
import signal
import socket
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

import aiohttp

from cti.people import add_person
from cti.settings import load

HERE = Path(__file__).resolve().parents[2]
PASSWORD = "tulip-harbor-47"
Frame = dict[str, Any]


class Daemon:
    """One service with a folder of its own; it can be killed and started again on the same folder."""

    def __init__(
        self,
        folder: Path,
        *,
        ami: tuple[str, int],
        secret: str,
        port: int,
        database: str = "",
        phones: tuple[str, Path] | None = None,
        wait_seconds: int = 4,
        more: str = "",
    ) -> None:
        """*database* is the URL of another than a SQLite file in *folder*; *more* goes into the configuration.

        *phones*: the switch's websocket, and the file with its passwords of the phones in the browser. A customer waits
        *wait_seconds* for a page that went.
        """
        self.folder = folder
        self.url = f"http://127.0.0.1:{port}"
        self.config = folder / "cti.toml"
        self.database = folder / "cti.db"
        self.log = folder / "log.jsonl"
        self._passwords: dict[str, str] = {}
        self._process: asyncio.subprocess.Process | None = None
        self._clients: list[aiohttp.ClientSession] = []
        folder.mkdir(parents=True, exist_ok=True)
        of_switch = of_phones = ""
        if phones is not None:
            of_switch = f'web_socket = "{phones[0]}"\n'
            of_phones = f'[phones]\nsecrets_file = "{phones[1]}"\nwait_seconds = {wait_seconds}\n'
        self.config.write_text(
            f'[switch]\nusername = "cti"\nhost = "{ami[0]}"\nport = {ami[1]}\nsecret = "{secret}"\n'
            f'supervisors = ["PJSIP/1901"]\n{of_switch}{of_phones}[database]\nurl = "{database or f"sqlite:///{self.database}"}"\n'
            f'backup_folder = "{folder}/backups"\n[web]\nport = {port}\n{more}',
            encoding="utf-8",
        )
        self.config.chmod(0o600)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    async def has_person(self, name: str, device: str = "", *, role: str = "agent") -> None:
        """Make a person, before the service starts."""
        settings = load(self.config)
        self._passwords[name] = await add_person(settings, name, display_name=name, role=role, device=device)

    async def __aenter__(self) -> "Daemon":
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        for client in self._clients:
            await client.close()
        await self.stop()

    async def start(self) -> None:
        """Start the service and wait until it serves."""
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "cti.cli", "run", "--config", str(self.config),
                cwd=HERE, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=log,
            )  # fmt: skip
        assert self._process.stdout is not None
        async with asyncio.timeout(20):
            line = await self._process.stdout.readline()
        if b"serving" not in line:
            raise AssertionError(f"the service did not start:\n{self.log.read_text(encoding='utf-8')[-3000:]}")

    async def stop(self, number: int = signal.SIGTERM) -> int:
        """End the process and return its exit code."""
        assert self._process is not None
        if self._process.returncode is None:
            self._process.send_signal(number)
        async with asyncio.timeout(20):
            return await self._process.wait()

    async def is_ready(self, ready: bool = True, *, within: float = 10) -> dict[str, bool]:
        """Wait until the service says that it is *ready*, or not; return which of its parts are in order."""
        async with asyncio.timeout(within), aiohttp.ClientSession() as client:
            while True:
                async with client.get(f"{self.url}/readyz") as answer:
                    if (answer.status == 200) is ready:
                        return {part["part"]: part["ok"] for part in (await answer.json())["parts"]}
                await asyncio.sleep(0.05)  # nothing tells from outside that a service is ready

    async def metric(self, name: str) -> float:
        """Return one figure of /metrics."""
        async with aiohttp.ClientSession() as client, client.get(f"{self.url}/metrics") as answer:
            lines = (await answer.text()).splitlines()
        return next(float(line.split()[1]) for line in lines if line.startswith(f"{name} "))

    async def checks(self) -> tuple[int, str]:
        """Run `cti check` and return its exit code and what it says."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "cti.cli", "check", "--config", str(self.config),
            cwd=HERE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        output, _ = await process.communicate()
        assert process.returncode is not None
        return process.returncode, output.decode()

    async def client_of(self, name: str) -> aiohttp.ClientSession:
        """Return a browser-like session in which *name* is logged in."""
        client = aiohttp.ClientSession(
            self.url, headers={"Origin": self.url}, cookie_jar=aiohttp.CookieJar(unsafe=True)
        )
        self._clients.append(client)
        account = await self._post(client, "/api/login", user=name, password=self._passwords[name])
        if account["must_change"]:
            await self._post(client, "/api/password", old=self._passwords[name], new=PASSWORD)
            self._passwords[name] = PASSWORD
        return client

    def password_of(self, name: str) -> str:
        return self._passwords[name]

    async def screen_of(self, name: str) -> "Desk":
        return await Desk.open(await self.client_of(name))

    def records(self) -> list[dict[str, Any]]:
        """Return every call record in the database, oldest first."""
        with sqlite3.connect(f"file:{self.database}?mode=ro", uri=True) as db:
            db.row_factory = sqlite3.Row
            return [dict(row) for row in db.execute("SELECT * FROM calls ORDER BY started_at")]

    async def recorded(self, count: int, *, within: float = 10) -> list[dict[str, Any]]:
        """Wait until there are *count* records and return them."""
        async with asyncio.timeout(within):
            while len(records := self.records()) < count:  # noqa: ASYNC110 - another process writes them
                await asyncio.sleep(0.05)
        return records

    @staticmethod
    async def _post(client: aiohttp.ClientSession, path: str, **body: str) -> Frame:
        async with client.post(path, json=body) as answer:
            told: Frame = await answer.json()
            assert answer.status == 200, told
            return told


class Desk:
    """A screen of one person: every frame that came, in order."""

    def __init__(self, client: aiohttp.ClientSession, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.frames: list[Frame] = []
        self.snapshot: Frame = {}
        self._client = client
        self._socket = socket
        self._ids = 0
        self._read = 0

    @classmethod
    async def open(cls, client: aiohttp.ClientSession) -> "Desk":
        socket = await client.ws_connect("/ws")
        desk = cls(client, socket)
        desk.snapshot = await desk.sees("snapshot")
        return desk

    async def sees(self, kind: str, when: Callable[[Frame], bool] = lambda frame: True, *, within: float = 10) -> Frame:
        """Return the next frame of that kind for which *when* holds; what comes before it is passed over."""
        async with asyncio.timeout(within):
            while True:
                frame = await self._next()
                if frame["type"] == kind and when(frame):
                    return frame

    async def asks(self, kind: str, **fields: object) -> Frame:
        """Send a command and return its reply."""
        self._ids += 1
        await self._socket.send_str(json.dumps({"type": kind, "id": self._ids, **fields}))
        return await self.sees_reply(self._ids)

    async def sees_reply(self, number: int) -> Frame:
        async with asyncio.timeout(10):
            while True:
                frame = await self._next()
                if frame["type"] in ("done", "refusal") and frame["id"] == number:
                    return frame

    async def close(self) -> None:
        await self._socket.close()

    async def _next(self) -> Frame:
        message = await self._socket.receive()
        if message.type is not aiohttp.WSMsgType.TEXT:
            raise AssertionError(f"the screen was closed: {message}")
        frame: Frame = json.loads(message.data)
        self.frames.append(frame)
        return frame


def free_port() -> int:
    """Return a port of this machine that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

"""The least that does the same: split, dict, look up, encode, send; what the product's path is compared with.

No call model, no permissions, no sequence, no stamps, no log-in: an agent is who says so.
"""

import asyncio
import sqlite3
import sys
from collections import deque
from pathlib import Path

import aiosqlite
import msgspec
import uvloop
from aiohttp import WSMsgType, web

_LOOKUP = (
    "SELECT c.id, c.name, c.company, c.note, c.tags FROM customer_numbers n JOIN customers c ON c.id = n.customer_id"
    " WHERE n.e164 = ?"
)
_encode = msgspec.json.Encoder().encode


class Prototype:
    def __init__(self, customers: aiosqlite.Connection, records: sqlite3.Connection) -> None:
        self._customers = customers
        self._records = records
        self._sockets: dict[str, web.WebSocketResponse] = {}
        self._waiting: deque[tuple[str, str]] = deque()
        self._wake = asyncio.Event()
        self._events: asyncio.Queue[dict[str, str]] = asyncio.Queue()

    async def socket(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        self._sockets[request.query["device"]] = socket
        await socket.send_frame(b"{}", WSMsgType.TEXT)
        async for _ in socket:
            pass
        return socket

    async def read(self, port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
        await reader.readline()
        writer.write(b"Action: Login\r\nActionID: 1\r\nUsername: cti\r\nSecret: s3cret\r\n\r\n")
        buffer = b""
        while data := await reader.read(65_536):
            *frames, buffer = (buffer + data).split(b"\r\n\r\n")
            for frame in frames:
                self._events.put_nowait(dict(line.partition(": ")[::2] for line in frame.decode().split("\r\n")))

    async def handle(self) -> None:
        while True:
            event = await self._events.get()
            if event.get("Event") == "DialBegin":
                rows = await self._customers.execute_fetchall(_LOOKUP, ("+86" + event["CallerIDNum"],))
                device = event["DialString"]
                card = [dict(zip(("id", "name", "company", "note", "tags"), row, strict=True)) for row in rows]
                socket = self._sockets.get(device)
                if socket is not None:
                    pop = {"seq": 1, "type": "pop", "call": event["Uniqueid"], "number": event["CallerIDNum"]}
                    await socket.send_frame(_encode({**pop, "card": card}), WSMsgType.TEXT)
            elif event.get("Event") == "Hangup":
                self._waiting.append((event["Uniqueid"], event["CallerIDNum"]))
                self._wake.set()

    async def write(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            rows = list(self._waiting)
            self._waiting.clear()
            await asyncio.to_thread(self._commit, rows)

    def _commit(self, rows: list[tuple[str, str]]) -> None:
        with self._records:
            self._records.executemany("INSERT OR IGNORE INTO records VALUES (?, ?)", rows)


async def main(ami_port: int, web_port: int, database: Path) -> None:
    records = sqlite3.connect(database.with_suffix(".prototype"), check_same_thread=False)
    records.execute("PRAGMA journal_mode = WAL")
    records.execute("CREATE TABLE IF NOT EXISTS records (call TEXT PRIMARY KEY, number TEXT)")
    async with aiosqlite.connect(f"file:{database}?mode=ro", uri=True) as customers:
        prototype = Prototype(customers, records)
        app = web.Application()
        app.router.add_get("/ws", prototype.socket)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", web_port).start()
        print("ready", flush=True)
        await asyncio.gather(prototype.read(ami_port), prototype.handle(), prototype.write())


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])))

"""Many browsers in one process: websockets as cheap as they can be, which note when each call popped."""

import asyncio
import base64
import os
import re
import time
from collections.abc import Sequence
from functools import partial
from typing import cast

_CALL = re.compile(rb'"call":"([^"]+)"')


class Screen(asyncio.Protocol):
    """One websocket. *popped* takes the call of every `pop` frame, and *at* the time at which it first came."""

    def __init__(self, port: int, path: str, token: str, popped: "asyncio.Queue[str]", at: dict[str, float]) -> None:
        self._hello = (
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\nCookie: cti={token}\r\n\r\n"
        )
        self._popped = popped
        self._at = at
        self._buffer = b""
        self._open = False
        self.first_frame: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.transport.write(self._hello.encode())

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.first_frame.done():
            self.first_frame.set_exception(exc or ConnectionError("closed before the first frame"))

    def data_received(self, data: bytes) -> None:
        now = time.perf_counter()
        self._buffer += data
        if not self._open:
            head, end, rest = self._buffer.partition(b"\r\n\r\n")
            if not end:
                return
            if not head.startswith(b"HTTP/1.1 101"):
                self.first_frame.set_exception(ConnectionError(head.split(b"\r\n")[0].decode()))
                return
            self._open, self._buffer = True, rest
        while len(self._buffer) >= 2:
            length, start = self._buffer[1] & 0x7F, 2
            if length == 126:
                length, start = int.from_bytes(self._buffer[2:4], "big"), 4
            if len(self._buffer) < start + length:
                return
            opcode, payload = self._buffer[0] & 0x0F, self._buffer[start : start + length]
            self._buffer = self._buffer[start + length :]
            if opcode == 9:
                self.transport.write(bytes((0x8A, 0x80 | len(payload))) + b"\0\0\0\0" + payload)
            elif opcode == 1:
                self._frame(payload, now)

    def _frame(self, payload: bytes, now: float) -> None:
        if not self.first_frame.done():
            self.first_frame.set_result(None)
        if b'"type":"pop"' in payload[:60] and (call := _CALL.search(payload)):
            name = call[1].decode().removesuffix(".0")
            self._at.setdefault(name, now)
            self._popped.put_nowait(name)


async def open_all(
    port: int,
    wanted: Sequence[tuple[str, str]],
    popped: "asyncio.Queue[str]",
    at: dict[str, float],
    *,
    at_once: int = 100,
) -> tuple[list[Screen], float]:
    """Open a screen for each (path, token); return them and the seconds until the last one had its first frame."""
    loop = asyncio.get_running_loop()
    began = time.perf_counter()
    screens: list[Screen] = []
    for first in range(0, len(wanted), at_once):
        made = await asyncio.gather(
            *(
                loop.create_connection(partial(Screen, port, path, token, popped, at), "127.0.0.1", port)
                for path, token in wanted[first : first + at_once]
            )
        )
        screens.extend(screen for _, screen in made)
    await asyncio.gather(*(screen.first_frame for screen in screens))
    return screens, time.perf_counter() - began

"""A switch's websocket for tests of the relay: it keeps what it hears and says what a test tells it to."""

import asyncio

from aiohttp import web


class SipPeer:
    def __init__(self, *, protocol: str = "sip") -> None:
        self.url = ""
        self.heard: list[str] = []
        self.socket: web.WebSocketResponse | None = None
        self._protocol = protocol
        self._changed = asyncio.Condition()
        self._runner: web.AppRunner | None = None
        self._transport: asyncio.Transport | None = None

    async def __aenter__(self) -> "SipPeer":
        app = web.Application()
        app.router.add_get("/ws", self._serve)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"ws://127.0.0.1:{self._runner.addresses[0][1]}/ws"
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._runner is not None
        if self._transport is not None and not self._transport.is_closing():
            self._transport.abort()
        await self._runner.cleanup()

    async def hears(self, count: int) -> list[str]:
        """Wait until there were *count* messages and return them all."""
        async with asyncio.timeout(5), self._changed:
            await self._changed.wait_for(lambda: len(self.heard) >= count)
        return self.heard

    async def says(self, text: str) -> None:
        assert self.socket is not None
        await self.socket.send_str(text)

    async def hangs_up(self) -> None:
        assert self.socket is not None
        await self.socket.close()

    def stops_reading(self) -> None:
        assert self._transport is not None
        self._transport.pause_reading()

    async def _serve(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(protocols=(self._protocol,))
        await socket.prepare(request)
        self._transport = request.transport
        self.socket = socket
        async for message in socket:
            async with self._changed:
                self.heard.append(message.data)
                self._changed.notify_all()
        return socket

"""A TCP relay to put between a client and a server, that can be cut, frozen, slowed and chopped."""

import asyncio
import contextlib
from types import TracebackType


class Relay:
    """`async with Relay(host, port) as relay:` and connect to relay.host, relay.port.

    Everything that passed is kept in `from_client` and `from_server`.
    """

    def __init__(self, host: str, port: int) -> None:
        self._target = host, port
        self._flow = asyncio.Event()
        self._flow.set()
        self._lag = 0.0
        self._piece = 65536
        self._refusing = False
        self._pumps: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()
        self.host, self.port = "127.0.0.1", 0
        self.connections = 0
        self.from_client = bytearray()
        self.from_server = bytearray()

    async def __aenter__(self) -> "Relay":
        self._server = await asyncio.start_server(self._serve, self.host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._server.close()
        self.cut()
        for pump in list(self._pumps):
            pump.cancel()
        await asyncio.gather(*self._pumps, return_exceptions=True)

    def cut(self) -> None:
        """Reset every connection; new ones are served."""
        for writer in list(self._writers):
            writer.transport.abort()

    def refuse(self) -> None:
        """Reset every connection, and new ones as soon as they come, until `serve`."""
        self._refusing = True
        self.cut()

    def serve(self) -> None:
        self._refusing = False

    def freeze(self) -> None:
        """Let nothing pass, in either direction, and keep the connections open: a peer gone silent."""
        self._flow.clear()

    def thaw(self) -> None:
        self._flow.set()

    def delay(self, seconds: float) -> None:
        """Hold back each piece for *seconds* before it goes on (0: not at all)."""
        self._lag = seconds

    def chop(self, size: int) -> None:
        """Pass on at most *size* bytes at once, so characters and lines arrive in parts."""
        self._piece = size

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._refusing:
            writer.transport.abort()
            return
        try:
            far_reader, far_writer = await asyncio.open_connection(*self._target)
        except OSError:
            writer.transport.abort()
            return
        self.connections += 1
        self._writers |= {writer, far_writer}
        pumps = [
            asyncio.create_task(self._pump(reader, far_writer, self.from_client), name="relay to server"),
            asyncio.create_task(self._pump(far_reader, writer, self.from_server), name="relay to client"),
        ]
        self._pumps |= set(pumps)
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            for end in (writer, far_writer):
                end.transport.abort()
                self._writers.discard(end)
            self._pumps -= set(pumps)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, kept: bytearray) -> None:
        with contextlib.suppress(OSError):
            while chunk := await reader.read(self._piece):
                await self._flow.wait()
                if self._lag:
                    await asyncio.sleep(self._lag)
                kept += chunk
                writer.write(chunk)
                await writer.drain()

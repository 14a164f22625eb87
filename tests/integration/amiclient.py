"""A small AMI client for tests: it keeps every byte and every event, and waits for events instead of sleeping."""

import asyncio
import contextlib
import itertools
from collections.abc import Mapping

Fields = dict[str, str]


class Refused(Exception):
    """Asterisk answered an action with an error."""


class AmiClient:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._ids = itertools.count(1)
        self._changed = asyncio.Condition()
        self._reading = asyncio.create_task(self._read(), name="test ami reader")
        self.raw = bytearray()  # as it came, for tests/traces/
        self.frames: list[Fields] = []  # events and responses in order; of repeated headers the last
        self.closed = False

    @classmethod
    async def connect(cls, ami: Mapping[str, object], *, secret: str | None = None) -> "AmiClient":
        """Log in; *ami* has host, port, user and secret."""
        reader, writer = await asyncio.open_connection(str(ami["host"]), int(str(ami["port"])))
        client = cls(reader, writer)
        try:
            await client.action("Login", Username=str(ami["user"]), Secret=secret or str(ami["secret"]))
        except BaseException:
            await client.close()
            raise
        return client

    async def action(self, name: str, *, within: float = 5, **headers: object) -> Fields:
        """Send an action and return its response; a list as value repeats the header. Raise Refused on an error."""
        action_id = f"t{next(self._ids)}"
        lines = [f"Action: {name}", f"ActionID: {action_id}"]
        for key, value in headers.items():
            lines += [f"{key}: {one}" for one in (value if isinstance(value, list) else [value])]
        self._writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        answer = await self.wait_for(within=within, ActionID=action_id, Response=None)
        if answer["Response"] == "Error":
            raise Refused(f"{name}: {answer.get('Message')}")
        return answer

    async def listed(self, name: str, *, within: float = 5, **headers: object) -> list[Fields]:
        """Send an action that answers with a list and return the items."""
        start = len(self.frames)
        answer = await self.action(name, within=within, **headers)
        mine = answer["ActionID"]
        await self.wait_for(within=within, since=start, ActionID=mine, EventList="Complete")
        return [f for f in self.frames[start:] if f.get("ActionID") == mine and "Event" in f and "EventList" not in f]

    async def wait_for(
        self, event: str | None = None, *, within: float = 5, since: int = 0, **wanted: str | None
    ) -> Fields:
        """Return the first frame from position *since* that is this event and has these values (None: any)."""

        def found() -> Fields | None:
            for fields in self.frames[since:]:
                if event is not None and fields.get("Event") != event:
                    continue
                if all(k in fields if v is None else fields.get(k) == v for k, v in wanted.items()):
                    return fields
            return None

        async with self._changed:
            try:
                async with asyncio.timeout(within):
                    await self._changed.wait_for(lambda: found() or self.closed)
            except TimeoutError:
                seen = " ".join(f.get("Event") or f.get("Response", "?") for f in self.frames[since:])
                raise TimeoutError(f"no {event or 'frame'} with {wanted} within {within} s; seen: {seen}") from None
            if match := found():
                return match
            raise ConnectionError("the AMI connection was closed")

    @property
    def position(self) -> int:
        """Return the position of the next frame, for `since`."""
        return len(self.frames)

    def events(self, name: str, *, since: int = 0) -> list[Fields]:
        return [fields for fields in self.frames[since:] if fields.get("Event") == name]

    async def close(self) -> None:
        self._reading.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._reading
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()

    async def _read(self) -> None:
        rest = b""
        try:
            while chunk := await self._reader.read(65536):
                self.raw += chunk
                *frames, rest = (rest + chunk).split(b"\r\n\r\n")
                self.frames += [fields for frame in frames if (fields := parse(frame))]
                async with self._changed:
                    self._changed.notify_all()
        except OSError:
            pass
        finally:
            self.closed = True
            with contextlib.suppress(asyncio.CancelledError):
                async with self._changed:
                    self._changed.notify_all()


def parse(frame: bytes) -> Fields:
    fields: Fields = {}
    for line in frame.decode(errors="replace").split("\r\n"):
        key, colon, value = line.partition(":")
        if colon:
            fields[key] = value.removeprefix(" ")
    return fields

"""Waits, by AMI events, until phones have registered."""

import socket
import time
from types import TracebackType
from typing import Any

from lib.steps import Failed


class Contacts:
    """An AMI connection that notes which phones have registered since it was opened."""

    def __init__(self, ami: dict[str, Any]) -> None:
        self._ami = ami
        self._buffer = b""
        self._seen: set[str] = set()

    def __enter__(self) -> "Contacts":
        self._socket = socket.create_connection((self._ami["host"], self._ami["port"]), timeout=5)
        login = f"Action: Login\r\nUsername: {self._ami['user']}\r\nSecret: {self._ami['secret']}\r\n\r\n"
        self._socket.sendall(login.encode())
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._socket.close()

    def wait_for(self, phones: set[str], *, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while missing := phones - self._seen:
            self._socket.settimeout(max(0.01, deadline - time.monotonic()))
            try:
                chunk = self._socket.recv(65536)
            except TimeoutError:
                raise Failed(f"these phones did not register in {seconds:.0f} s: {' '.join(sorted(missing))}") from None
            if not chunk:
                raise Failed("Asterisk closed the AMI connection while we waited for the phones")
            *frames, self._buffer = (self._buffer + chunk).split(b"\r\n\r\n")
            for frame in frames:
                lines = [line.partition(": ") for line in frame.decode(errors="replace").split("\r\n")]
                fields = {key: value for key, _, value in lines}
                if fields.get("Response") == "Error":
                    raise Failed(f"AMI refuses: {fields.get('Message')}")
                if fields.get("Event") == "ContactStatus" and fields.get("ContactStatus") != "Removed":
                    self._seen.add(fields.get("AOR", ""))

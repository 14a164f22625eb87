"""panoramisk's Manager as the face of one connection: its events by name and its send_action, without its reconnect.

What it would do by itself and must not: send unanswered actions again after a reconnect, reconnect on its own, let a
raising handler close the connection without a word, log in without looking at the answer (knowledge: AMI, section 8).
"""

import asyncio
from typing import Any

from panoramisk.manager import Manager
from panoramisk.message import Message

from connectors.ami.protocol import AmiProtocol, Answer
from connectors.ami.settings import AmiSettings
from cti.ports import SwitchUnreachable


class AmiManager(Manager):  # type: ignore[misc]  # panoramisk is untyped
    """Keeps panoramisk's interface for events that are no facts: register_event("UserEvent", callback).

    A callback is called as callback(manager, event), in order with the facts; a bug in it ends the connection.
    """

    protocol: AmiProtocol | None

    def __init__(self, settings: AmiSettings, **config: Any) -> None:
        self.names: set[bytes] = set()  # of the events that somebody registered for
        super().__init__(host=settings.host, port=settings.port, **config)
        self.settings = settings
        self.names.clear()
        self.callbacks.clear()  # of send_awaiting_actions, which sends again what may have been carried out
        self.patterns.clear()

    async def connect(self) -> AmiProtocol:
        """Connect once; raise OSError or TimeoutError. Logging in is the link's business."""
        settings = self.settings
        tls = settings.tls_context()
        name = (settings.tls_server_name or settings.host) if tls else None
        async with asyncio.timeout(settings.patience.connect):
            made = await asyncio.get_running_loop().create_connection(
                self.config["protocol_factory"], settings.host, settings.port, ssl=tls, server_hostname=name
            )
        protocol: AmiProtocol = made[1]
        self.protocol = protocol
        protocol.factory = self
        return protocol

    def register_event(self, pattern: str, callback: Any = None) -> Any:
        """Have *callback* called for each trusted event of exactly this name; panoramisk's patterns cost too much."""
        if callback is None:
            return lambda callback: self.register_event(pattern, callback)
        self.callbacks[pattern].append(callback)
        self.names.add(pattern.encode())
        return callback

    def dispatch(self, event: Any) -> list[str]:
        """Give *event*, headers by name, to those who asked for it."""
        message = Message(event)
        message.manager = self
        callbacks = self.callbacks.get(message.event, ())
        for callback in callbacks:
            callback(self, message)
        return [message.event] if callbacks else []

    def send_action(self, action: Any, as_list: bool | None = None, **kwargs: Any) -> "asyncio.Future[Answer]":
        """Send *action* once; it ends with the connection at the latest. The caller sets the deadline."""
        if self.protocol is None:
            raise SwitchUnreachable("there is no link to the switch")
        future: asyncio.Future[Answer] = self.protocol.send({**action, **kwargs}, as_list=as_list)
        return future

    def connection_lost(self, exc: Any) -> None:
        """Nothing: who runs the link sees `ended`."""

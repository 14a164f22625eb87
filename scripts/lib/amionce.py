"""A few AMI actions on a connection of their own, for scripts; no events, no waiting about."""

import itertools
import socket
from collections.abc import Sequence
from typing import Any

from lib.steps import Failed

_ids = itertools.count(1)


def send(ami: dict[str, Any], actions: Sequence[dict[str, str]]) -> None:
    """Log in at *ami* (host, port, user, secret) and do *actions*; raise Failed at the first that is refused."""
    login = {"Action": "Login", "Username": ami["user"], "Secret": ami["secret"], "Events": "off"}
    with socket.create_connection((ami["host"], ami["port"]), timeout=5) as connection:
        stream = connection.makefile("rb")
        for action in (login, *actions):
            mine = str(next(_ids))
            fields = {**action, "ActionID": mine}
            if any("\r" in value or "\n" in value for value in fields.values()):
                raise Failed("a value of an AMI action has a line break")
            connection.sendall("".join(f"{key}: {value}\r\n" for key, value in fields.items()).encode() + b"\r\n")
            answer = _answer(stream, mine)
            if answer.get("Response") == "Error":
                raise Failed(f"AMI refuses {action['Action']}: {answer.get('Message')}")


def _answer(stream: Any, action_id: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    for line in stream:
        text = line.decode(errors="replace").rstrip("\r\n")
        if text:
            key, _, value = text.partition(": ")
            fields[key] = value
        elif fields.get("ActionID") == action_id and "Response" in fields:
            return fields
        else:
            fields = {}
    raise Failed("Asterisk closed the AMI connection")

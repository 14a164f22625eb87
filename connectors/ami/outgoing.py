"""The one place where an action becomes bytes. What could become a second header or a second action is refused.

Asterisk ends a header at CR LF and an action at an empty line, takes lines of at most 1,022 bytes and at most 128 of
them; beyond either limit it answers with errors that cannot be told from those of other actions.
"""

import re
from collections.abc import Iterable

from cti.ports import SwitchError

_LONGEST_LINE = 1022
_MOST_HEADERS = 128
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
_FORBIDDEN = re.compile(r"[\r\n\0]")

Fields = Iterable[tuple[str, str]]
"""Headers in order; a name may repeat (Variable)."""


class UnsafeAction(SwitchError, ValueError):
    """The action cannot be sent as it is; nothing left this machine. The text never holds the value."""


def encode(action: str, action_id: str, fields: Fields) -> bytes:
    """Return the bytes of *action*, or raise UnsafeAction."""
    lines = [_line("Action", action), _line("ActionID", action_id)]
    lines += [_line(name, value) for name, value in fields]
    if len(lines) > _MOST_HEADERS:
        raise UnsafeAction(f"{action}: more than {_MOST_HEADERS} headers")
    return b"".join((*lines, b"\r\n"))


def _line(name: str, value: str) -> bytes:
    if not _NAME.fullmatch(name) or (name.lower() in ("action", "actionid") and name not in ("Action", "ActionID")):
        raise UnsafeAction("a header has a name that AMI does not know")
    if _FORBIDDEN.search(value):
        raise UnsafeAction(f"{name} holds a line break or a NUL")
    try:
        line = f"{name}: {value}".encode()
    except UnicodeEncodeError:
        raise UnsafeAction(f"{name} is no text") from None
    if len(line) > _LONGEST_LINE:
        raise UnsafeAction(f"{name} is longer than {_LONGEST_LINE} bytes")
    return line + b"\r\n"

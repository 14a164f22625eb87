"""What the dialplan attaches to calls: channel variables in events that come anyway, and fields of a UserEvent.

`channelvars` of manager.conf has Asterisk write the variables behind each description of a channel, so nothing has to
be asked for and no further class of events be read; CoreShowChannels has them too, which is how a restarted service
knows. Only names that the settings list are looked at: everything else that stands there is passed over, unread.
"""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Final

from connectors.ami.frames import plain, shown
from cti.calls.facts import LONGEST_DATA, ChannelId, DataAttached

USER_EVENT: Final = "CtiData"  # UserEvent(CtiData,name: value,name: value)
PRIVILEGE: Final = "Privilege: user,all"

# Those which describe the leg that the dialplan works on, at the latest right before a phone rings. A leg that is
# dialled inherits variables once and then goes its own way, so of events about joined legs none is here.
BEARERS: Final = frozenset((b"Newstate", b"QueueCallerJoin", b"DialBegin", b"AgentCalled"))

_VARIABLE: Final = "ChanVariable"


class Attachments:
    """Finds what is attached under the names that an operator lists."""

    def __init__(self, names: Collection[str]) -> None:
        self._names = frozenset(names)

    def variables(self, lines: list[str], headers: Mapping[str, str]) -> Iterator[tuple[str, str]]:
        """Yield the variables, that are not empty, of the channel that an event or an item of a list describes.

        They are those right behind its Linkedid. A caller can put a line into his number, which stands before that; a
        variable's own line ends are escaped.
        """
        linked = headers.get("Linkedid")
        if linked is None:
            return
        for line in lines[lines.index(f"Linkedid: {linked}") + 1 :]:
            header, _, variable = line.partition(": ")
            if not header.startswith(_VARIABLE):
                return
            name, _, value = variable.partition("=")
            if value and name in self._names:
                yield name, bounded(shown(value))

    def stated(self, lines: list[str], headers: Mapping[str, str], at: datetime) -> list[DataAttached]:
        """Return the variables of the channel that an event describes, as facts."""
        channel = headers.get("Uniqueid")
        if not channel:
            return []
        found = self.variables(lines, headers)
        return [DataAttached(at, ChannelId(plain(channel)), name, value) for name, value in found]

    def told(self, lines: list[str], headers: Mapping[str, str], at: datetime) -> list[DataAttached]:
        """Return the fields of a UserEvent of ours, as facts; "" takes a name away."""
        channel = headers.get("Uniqueid")
        if lines[1] != PRIVILEGE or headers.get("UserEvent") != USER_EVENT or not channel:
            return []
        own = list(headers.items())[list(headers).index("UserEvent") + 1 :]
        fields = ((name, value) for name, value in own if name in self._names)
        return [DataAttached(at, ChannelId(plain(channel)), name, bounded(plain(value))) for name, value in fields]


def bounded(value: str) -> str:
    return value[:LONGEST_DATA].strip()

"""The lists that answer CoreShowChannels and QueueStatus: which frames belong to one, and whether all of them came.

A caller's text stands in the items too, and some items end with our ActionID, behind his text. So an item must begin
with the headers of its kind in Asterisk's order, more than 79 bytes of them, and have the ActionID in its place. Where
the ActionIDs of a connection are not ours (a capture), a list begins only with its answer and its first item back to
back, which do not fit into 79 bytes either.
"""

from typing import Final

import msgspec

CHANNELS: Final = "CoreShowChannels"
QUEUES: Final = "QueueStatus"

_ACTION_ID: Final = "ActionID: "


class Shape(msgspec.Struct, frozen=True):
    """How an item of a list begins after its Event header, and where it carries the ActionID."""

    list_name: str
    begins: tuple[str, ...]
    id_first: bool  # the ActionID follows the Event header; else it is the last header
    ends_list: bool = False


SHAPES: Final[dict[bytes, Shape]] = {
    b"CoreShowChannel": Shape(CHANNELS, ("Channel", "ChannelState", "ChannelStateDesc"), True),
    b"CoreShowChannelsComplete": Shape(CHANNELS, ("EventList", "ListItems"), True, ends_list=True),
    b"QueueParams": Shape(QUEUES, ("Queue", "Max", "Strategy", "Calls", "Holdtime", "TalkTime"), False),
    b"QueueMember": Shape(QUEUES, ("Queue", "Name", "Location", "StateInterface", "Membership", "Penalty"), False),
    b"QueueEntry": Shape(QUEUES, ("Queue", "Position", "Channel", "Uniqueid", "CallerIDNum", "CallerIDName"), False),
    b"QueueStatusComplete": Shape(QUEUES, ("EventList", "ListItems"), True, ends_list=True),
}


class FoundList(msgspec.Struct):
    """A list as it comes: how many items so far, and how many frames in it belonged to nothing."""

    action_id: str
    announced: bool  # its answer said that a list follows
    name: str = ""  # CHANNELS or QUEUES once an item has come
    items: int = 0
    strays: int = 0
    ended: bool = False
    promised: int = 0

    @property
    def complete(self) -> bool:
        """Whether every item is here; one that a caller's text cut in pieces counts: it would be cut again."""
        return self.ended and self.items <= self.promised <= self.items + self.strays


def list_begun(lines: list[str]) -> FoundList | None:
    """Return the list that the answer *lines* may begin, None if it is no such answer."""
    if lines[0] != "Response: Success" or len(lines) > 4:
        return None
    action_id, announced = "", False
    for line in lines[1:]:
        name, _, value = line.partition(": ")
        if name == "ActionID":
            action_id = value
        elif name == "EventList":
            announced = value == "start"
        elif name == "Message":
            announced = announced or value.endswith("will follow")
        else:
            return None
    return FoundList(action_id, announced) if action_id or announced else None


def belongs(lines: list[str], shape: Shape, found: FoundList) -> bool:
    """Return whether *lines* are an item of *found*, shaped as Asterisk shapes it."""
    if found.name not in ("", shape.list_name):
        return False
    begin = 1
    if found.action_id:
        wanted = _ACTION_ID + found.action_id
        if lines[1 if shape.id_first else -1 :][:1] != [wanted]:
            return False
        begin += shape.id_first
    heads = lines[begin : begin + len(shape.begins)]
    if len(heads) != len(shape.begins) or not all(
        line.startswith(f"{name}: ") for line, name in zip(heads, shape.begins, strict=True)
    ):
        return False
    return not shape.ends_list or len(lines) == begin + len(shape.begins)


def count(lines: list[str], shape: Shape, found: FoundList) -> None:
    """Count the item *lines*, which belongs, to *found*; raise ValueError if the end of the list cannot be read."""
    found.name = shape.list_name
    if shape.ends_list:
        found.promised = int(lines[-1].partition(": ")[2])
        found.ended = True
    else:
        found.items += 1

"""One Snapshot fact from the lists of channels and queues; and which run of Asterisk it is of."""

from datetime import datetime

import msgspec

from connectors.ami.attached import Attachments
from connectors.ami.frames import Malformed, headers_of, plain
from connectors.ami.translate import UNKNOWN, Headers, channel_id, device_of, member_state, party, state_of
from cti.calls.facts import BridgeId, CallerWaiting, ChannelSeen, Device, Fact, MemberSeen, Snapshot

_CORE_STATUS = ("ActionID", "CoreStartupDate", "CoreStartupTime", "CoreReloadDate", "CoreReloadTime")


class Queues(msgspec.Struct):
    """What the list of queues said, item by item as it came."""

    waiting: list[CallerWaiting] = msgspec.field(default_factory=list)
    members: list[MemberSeen] = msgspec.field(default_factory=list)

    def add(self, lines: list[str], at: datetime) -> None:
        """Take an item of the list; one that cannot be read is left out."""
        try:
            item = headers_of(lines)
            if item["Event"] == "QueueMember":
                self.members.append(_member(item, at))
            elif item["Event"] == "QueueEntry":
                channel, position = channel_id(item["Uniqueid"]), int(item["Position"])
                self.waiting.append(CallerWaiting(channel, plain(item["Queue"]), position, int(item["Wait"])))
        except (Malformed, KeyError, ValueError):
            return


class Assembly(msgspec.Struct):
    """A snapshot in the making. What is heard meanwhile is held back: it is newer, and comes after the snapshot."""

    at: datetime
    attachments: Attachments | None = None
    seen: list[ChannelSeen] = msgspec.field(default_factory=list)
    unreadable: list[str] = msgspec.field(default_factory=list)  # names of channels whose description is garbled
    listed: bool = False  # the list of channels is complete
    held: list[Fact] = msgspec.field(default_factory=list)

    def add(self, lines: list[str]) -> None:
        """Take an item of the list of channels."""
        try:
            item = headers_of(lines)
            data = tuple(self.attachments.variables(lines, item)) if self.attachments is not None else ()
            self.seen.append(_channel(item, data))
        except (Malformed, KeyError, ValueError):
            name = next(line for line in lines if line.startswith("Channel: "))  # lists.belongs has seen it
            self.unreadable.append(plain(name.removeprefix("Channel: ")))

    def snapshot(self, boot: str, queues: Queues | None) -> Snapshot:
        if queues is None:
            queues = Queues(_waiting_in(self.seen))
        waiting, members = tuple(queues.waiting), tuple(queues.members)
        return Snapshot(self.at, boot, tuple(self.seen), waiting, members, tuple(self.unreadable))


def startup_of(lines: list[str]) -> str:
    """Return when this Asterisk began to run, as its answer to CoreStatus says; "" if *lines* are none."""
    if tuple(line.partition(": ")[0] for line in lines[1:6]) != _CORE_STATUS:
        return ""
    return plain(f"{lines[2].partition(': ')[2]} {lines[3].partition(': ')[2]}")


def has_rebooted(*, uptime_seconds: int | None, gap_seconds: float, stopping: bool) -> bool:
    """Return whether Asterisk began anew within the *gap* in which it was not heard, by its Uptime after it."""
    return stopping or (uptime_seconds is not None and uptime_seconds < gap_seconds)


def _channel(item: Headers, data: tuple[tuple[str, str], ...]) -> ChannelSeen:
    name, bridge = item["Channel"], item["BridgeId"]
    hours, minutes, seconds = item["Duration"].split(":")
    return ChannelSeen(
        channel_id(item["Uniqueid"]),
        channel_id(item["Linkedid"]),
        plain(name),
        device_of(name),
        state_of(item["ChannelState"]),
        party(item["CallerIDNum"], item["CallerIDName"]),
        party(item["ConnectedLineNum"], item["ConnectedLineName"]),
        BridgeId(plain(bridge)) if bridge and bridge != UNKNOWN else None,
        plain(item["Exten"]),
        plain(item["Context"]),
        plain(item["Application"]),
        plain(item["ApplicationData"]),
        int(hours) * 3600 + int(minutes) * 60 + int(seconds),
        data,
    )


def _member(item: Headers, at: datetime) -> MemberSeen:
    return MemberSeen(
        at,
        plain(item["Queue"]),
        Device(plain(item["Location"])),
        plain(item["Name"]),
        member_state(item["Status"]),
        item["Paused"] == "1",
        plain(item["PausedReason"]),
    )


def _waiting_in(channels: list[ChannelSeen]) -> list[CallerWaiting]:
    """Who waits in a queue, as the channels alone tell it: the place in the queue stays unknown."""
    return [
        CallerWaiting(seen.channel, seen.application_data.partition(",")[0], 0, seen.seconds)
        for seen in channels
        if seen.application == "Queue" and seen.bridge is None
    ]

"""Requests about queue members as AMI actions: every part is held to a pattern."""

import re

from connectors.ami.outgoing import Fields
from cti.calls.facts import Device
from cti.ports import SwitchRefused

Request = tuple[str, Fields]

# How Asterisk says that there is nothing to do, after the name of the action.
ALREADY_THERE = re.compile(r"already there", re.IGNORECASE)
NOT_THERE = re.compile(r"not there", re.IGNORECASE)

_DEVICE = re.compile(r"[A-Za-z0-9]+/[^\s,;&|]{1,80}")
_QUEUE = re.compile(r"[^\s,;&|:\\]{1,80}")
_LONGEST_NAME = 80
_HIGHEST_PENALTY = 10_000


def pause(member: Device, *, paused: bool, reason: str, queue: str) -> Request:
    fields = [("Interface", _device("QueuePause", member)), ("Paused", "true" if paused else "false")]
    if queue:
        fields.append(("Queue", _queue("QueuePause", queue)))
    if reason:
        fields.append(("Reason", reason))
    return "QueuePause", fields


def join(queue: str, member: Device, *, name: str, penalty: int, paused: bool) -> Request:
    shown = "".join(letter if letter.isprintable() and letter not in ",;" else " " for letter in name)
    return "QueueAdd", [
        ("Queue", _queue("QueueAdd", queue)),
        ("Interface", _device("QueueAdd", member)),
        ("Penalty", str(max(0, min(penalty, _HIGHEST_PENALTY)))),
        ("Paused", "true" if paused else "false"),
        ("MemberName", shown.strip()[:_LONGEST_NAME] or str(member)),
    ]


def leave(queue: str, member: Device) -> Request:
    return "QueueRemove", [("Queue", _queue("QueueRemove", queue)), ("Interface", _device("QueueRemove", member))]


def _device(action: str, member: Device) -> str:
    if not _DEVICE.fullmatch(member):
        raise SwitchRefused(f"{action}: this is no device")
    return str(member)


def _queue(action: str, queue: str) -> str:
    if not _QUEUE.fullmatch(queue):
        raise SwitchRefused(f"{action}: this is no queue")
    return queue

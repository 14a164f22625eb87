"""Raw captures of AMI connections, read as if they came live: the same reader, trust and translation.

A capture is every byte that Asterisk sent on one connection. What the client sent is not in it, so which answer
belongs to which request is learned from the answers.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from os import PathLike
from pathlib import Path

import msgspec

from connectors.ami.reader import BORN, Reader
from connectors.ami.snapshot import has_rebooted
from connectors.ami.trust import Refusals, moment_of
from cti.calls.facts import Fact, LinkLost, Snapshot

_CHUNK = 64 * 1024
_STAMP = re.compile(rb"\r?\nTimestamp: (\d{10}\.\d{6})\r?\n")
_SAID = re.compile(rb"^(?:Asterisk Call Manager/|Event: |Response: )", re.MULTILINE)
_EPOCH = datetime.fromtimestamp(0, UTC)


class _Survey(msgspec.Struct):
    """What must be known of a connection before its first fact can be told."""

    began: datetime | None = None
    uptime_seconds: int | None = None
    startup: str = ""  # by CoreStatus
    lists_channels: bool = False


def is_capture(path: Path) -> bool:
    """Whether the file looks like something that Asterisk's manager interface said."""
    with path.open("rb") as file:
        head = file.read(_CHUNK)
    return _SAID.search(head) is not None


def facts_of(paths: Iterable[str | PathLike[str]], *, refusals: Refusals | None = None) -> Iterator[Fact]:
    """Return what Asterisk stated on successive connections to it, with LinkLost at the end of each.

    A connection that shows a new run of Asterisk and holds no list of channels begins with an empty Snapshot: whatever
    lived before is dead. *refusals* counts what was refused.
    """
    refusals = Refusals() if refusals is None else refusals
    boot, startup, last, stopping = "", "", None, False
    for path in map(Path, paths):
        survey = _survey(path)
        began = max(survey.began or _EPOCH, last or _EPOCH)
        if not boot:
            boot = _boot(survey, began)
        elif last is not None and _is_another_run(survey, startup, gap=began - last, stopping=stopping):
            boot = _boot(survey, began)
            if not survey.lists_channels:
                yield Snapshot(began, boot, (), (), ())
        startup = survey.startup or startup
        reader = Reader(boot=boot, now=began, refusals=refusals)
        yield from _read(path, reader)
        stopping = reader.stopping
        if reader.events:
            last = max(began, reader.heard())
            yield LinkLost(last)


def _read(path: Path, reader: Reader) -> Iterator[Fact]:
    with path.open("rb") as capture:
        while data := capture.read(_CHUNK):
            yield from reader.feed(data)
    yield from reader.release()


def _survey(path: Path) -> _Survey:
    reader, survey = Reader(refusals=Refusals(quiet=True)), _Survey()
    with path.open("rb") as capture:
        if stamp := _STAMP.search(capture.read(_CHUNK)):
            survey.began = moment_of(stamp[1].decode())
    for fact in _read(path, reader):
        if isinstance(fact, Snapshot) and fact.at == _EPOCH and (listed := _time_of(fact)):
            survey.began = min(listed, survey.began or listed)
        if survey.began is None and fact.at > _EPOCH:
            survey.began = fact.at
        survey.lists_channels = survey.lists_channels or isinstance(fact, Snapshot)
    survey.uptime_seconds = reader.uptime_seconds
    survey.startup = reader.boot
    return survey


def _time_of(snapshot: Snapshot) -> datetime | None:
    """Return about when channels were listed: lists bear no time, but each leg tells when it was made and its age."""
    made = ((BORN.search(seen.channel), seen.seconds + 0.5) for seen in snapshot.channels)  # both are cut to seconds
    return max((datetime.fromtimestamp(int(born[1]) + age, UTC) for born, age in made if born), default=None)


def _is_another_run(survey: _Survey, startup: str, *, gap: timedelta, stopping: bool) -> bool:
    """Return whether Asterisk was started anew between the connections: by its Uptime, else by its own start time."""
    if survey.uptime_seconds is None and startup and survey.startup:
        return startup != survey.startup
    return has_rebooted(uptime_seconds=survey.uptime_seconds, gap_seconds=gap.total_seconds(), stopping=stopping)


def _boot(survey: _Survey, began: datetime) -> str:
    if survey.startup:
        return survey.startup
    if survey.uptime_seconds is None:
        return f"seen {began:%Y-%m-%d %H:%M:%S}"
    return f"{began - timedelta(seconds=survey.uptime_seconds):%Y-%m-%d %H:%M:%S}"

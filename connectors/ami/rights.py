"""What the account may do, and which Asterisk this is: looked at after each log-in, and by `cti check`."""

import asyncio
import re
from typing import Final, Literal

import msgspec

from connectors.ami.frames import plain
from connectors.ami.protocol import AmiProtocol
from connectors.ami.settings import AmiSettings
from cti.ports import SwitchError, SwitchRefused

# What we send -> the right that opens it.
_NEEDED: Final = {
    "CoreShowChannels": "reporting",
    "CoreStatus": "reporting",
    "QueueStatus": "",  # open to all
    "QueuePause": "agent",
    "Originate": "originate",
    "Redirect": "call",
    "Hangup": "call",
    "UserEvent": "user",
}
# What an account of ours must not be able to do -> the right that opens it.
_DANGEROUS: Final = {"Command": "command", "UpdateConfig": "config", "ModuleLoad": "system"}

# CVE-2024-42365: who may originate may write files, and so run programs. First releases without it.
_MENDED: Final = {18: (24, 2), 20: (9, 2), 21: (4, 2)}
_MENDED_CERTIFIED: Final = {(18, 9): 11, (20, 7): 2}
_SHORTEST_SYSTEMNAME: Final = 12
_RELEASE: Final = re.compile(r"(?P<certified>certified[/-])?(\d+)\.(\d+)(?:\.(\d+))?(?:-cert(\d+))?")


class Finding(msgspec.Struct, frozen=True):
    """One thing to be told about the account or the switch. An error keeps the link from being used."""

    level: Literal["error", "warning", "info"]
    text: str


async def findings_of(protocol: AmiProtocol, settings: AmiSettings) -> list[Finding]:
    """Return what is to be said about a connection that is logged in; raise SwitchError if it cannot be asked."""
    seconds = settings.patience.answer
    findings: list[Finding] = []
    try:
        commands = (await protocol.ask("ListCommands", seconds=seconds)).response.headers
        findings += of_commands(commands)
    except SwitchRefused as refused:
        findings.append(Finding("warning", f"cannot tell the account's rights ({refused})"))
        commands = {}
    if "CoreSettings" in commands:
        core = (await protocol.ask("CoreSettings", seconds=seconds)).response
        findings += of_release(core.get("AsteriskVersion"), allowed=settings.allow_faulty_release)
        findings += of_systemname(core.get("SystemName"), settings.systemname)
    else:
        findings.append(Finding("warning", "cannot ask for Asterisk's release: the account needs write = reporting"))
    return findings


def of_commands(commands: dict[str, str]) -> list[Finding]:
    """Return which rights are missing and which are too many, by the actions that are open to the account."""
    missing = sorted({right for action, right in _NEEDED.items() if right and action not in commands})
    found = [Finding("error" if right == "reporting" else "warning", _missing(right)) for right in missing]
    excess = sorted({right for action, right in _DANGEROUS.items() if action in commands})
    if excess:
        rights = ", ".join(excess)
        text = f"the account has more rights than it needs: take {rights} out of its write = line in manager.conf"
        found.append(Finding("warning", text))
    return found


def _missing(right: str) -> str:
    actions = ", ".join(action for action, needs in _NEEDED.items() if needs == right)
    return f"the account lacks write = {right}, which {actions} need"


def of_release(version: str, *, allowed: bool) -> list[Finding]:
    """Return what is known against this release of Asterisk."""
    found = _RELEASE.search(version)
    if found is None:
        return [Finding("warning", f"cannot tell which release of Asterisk {plain(version)!r} is")]
    major, minor, patch = int(found[2]), int(found[3]), int(found[4] or 0)
    if found[5] or found["certified"]:
        mended = _MENDED_CERTIFIED.get((major, minor))
        faulty = mended is not None and int(found[5] or 0) < mended
    else:
        faulty = major in _MENDED and (minor, patch) < _MENDED[major]
    if major < 18 or major == 19:
        faulty = True  # no longer mended
    if not faulty:
        return []
    text = f"Asterisk {plain(version)} lets an account that may originate run programs (CVE-2024-42365): update it"
    if allowed:
        return [Finding("warning", text)]
    return [Finding("error", f"{text}, or set allow_faulty_release")]


def of_systemname(actual: str, expected: str) -> list[Finding]:
    if expected and actual != expected:
        return [Finding("error", f"this is another Asterisk: its systemname is {plain(actual)!r}, not {expected!r}")]
    if len(actual) < _SHORTEST_SYSTEMNAME:
        text = "asterisk.conf sets no systemname of 12 random characters or more: it keeps callers from forging events"
        return [Finding("warning", text)]
    return []


async def of_read_rights(protocol: AmiProtocol, heard: "asyncio.Event", *, seconds: float) -> list[Finding]:
    """Return whether our own UserEvent comes back: *heard* is set then. Other read rights leave no trace."""
    try:
        await protocol.ask("UserEvent", [("UserEvent", "CtiHello")], seconds=seconds)
        async with asyncio.timeout(seconds):
            await heard.wait()
    except SwitchError as error:
        return [Finding("info", f"cannot try read = user ({error})")]
    except TimeoutError:
        return [Finding("warning", "the account lacks read = user: what the dialplan tells is not heard")]
    return []

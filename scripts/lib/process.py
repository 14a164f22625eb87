"""One Asterisk process with folders of its own: written, started (waiting until it is ready), stopped."""

import os
import re
import resource
import select
import signal
import socket
import subprocess
import time
import wave
from collections.abc import Mapping
from math import pi, sin
from pathlib import Path
from struct import pack

from lib.rootfs import Home
from lib.steps import Failed

FOLDERS = ("etc", "run", "log", "spool", "lib")


class Asterisk:
    def __init__(self, home: Home, base: Path) -> None:
        self._home = home
        self.base = base

    def folder(self, name: str) -> Path:
        return self.base / name

    @property
    def _config(self) -> str:
        return str(self._home.inside(self.folder("etc") / "asterisk.conf"))

    def write(self, sources: Mapping[str, Path], values: Mapping[str, object]) -> None:
        """Make the folders and fill in the configuration."""
        for name in FOLDERS:
            self.folder(name).mkdir(parents=True, exist_ok=True)
        known = {key: str(value) for key, value in values.items()}
        known |= {name.upper(): str(self._home.inside(self.folder(name))) for name in FOLDERS}
        known |= {"MODULES": str(self._home.modules), "DATA": str(self._home.data)}
        for name, source in sources.items():
            text = re.sub(r"@([A-Z][A-Z0-9_]*)@", lambda match: known.get(match[1], match[0]), source.read_text())
            if missing := re.search(r"@[A-Z][A-Z0-9_]*@", text):
                raise Failed(f"{source}: nothing to put for {missing[0]}")
            target = self.folder("etc") / name
            target.write_text(text)
            target.chmod(0o640)
        _hold_music(self.folder("lib") / "moh" / "soft.wav")
        for folder in ("spool/monitor", "spool/tmp", "lib/keys"):
            (self.base / folder).mkdir(exist_ok=True)
        if user := self._home.user:
            for path in (self.base.parent, self.base, *self.base.rglob("*")):
                os.chown(path, *user)

    def start(self, *, seconds: float = 30) -> int:
        """Start it and return its pid as soon as it is ready for calls."""
        ready_path = self.folder("run") / "ready"
        ready_path.unlink(missing_ok=True)
        ready = _notify_socket(ready_path)
        try:
            env = {
                "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
                "LANG": "C.UTF-8",
                "HOME": str(self._home.inside(self.folder("lib"))),
                "NOTIFY_SOCKET": str(self._home.inside(ready_path)),
            }
            with open(self.folder("log") / "console", "ab") as log:
                process = subprocess.Popen(
                    self._home.command("asterisk", "-f", "-C", self._config),
                    env=env,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,  # Ctrl-C in the terminal is for the script that started it
                    preexec_fn=_many_files,
                )
            self._await_ready(process, ready, seconds)
        finally:
            ready.close()
        return process.pid

    def _await_ready(self, process: subprocess.Popen[bytes], ready: socket.socket, seconds: float) -> None:
        """Wait for the READY=1 that Asterisk tells systemd; one built without systemd is asked instead."""
        deadline = time.monotonic() + seconds
        gone = os.pidfd_open(process.pid)
        poll = select.poll()
        poll.register(ready, select.POLLIN)
        poll.register(gone, select.POLLIN)
        try:
            asked_at = time.monotonic() + 3
            while True:
                for handle, _ in poll.poll(500):
                    if handle == gone:
                        raise Failed(f"Asterisk ended with {process.wait()}:\n{self._last_words()}")
                    if b"READY=1" in ready.recv(4096):
                        return
                if time.monotonic() > asked_at:
                    asked = subprocess.run(self.console("core waitfullybooted"), capture_output=True, timeout=seconds)
                    if asked.returncode == 0 and b"fully booted" in asked.stdout:
                        return
                if time.monotonic() > deadline:
                    process.kill()
                    raise Failed(f"Asterisk was not ready in {seconds:.0f} s:\n{self._last_words()}")
        finally:
            os.close(gone)

    def _last_words(self) -> str:
        lines: list[str] = []
        for name in ("console", "messages", "messages.log"):
            path = self.folder("log") / name
            if path.exists():
                lines += path.read_text(errors="replace").splitlines()[-20:]
        return "\n".join(lines)

    def running(self, pid: int) -> bool:
        """Return whether *pid* is this very Asterisk, and not some other process that got its number."""
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
        except (FileNotFoundError, ProcessLookupError):
            return False
        return self._config in words

    def stop(self, pid: int, *, seconds: float = 10) -> None:
        """End it and wait until it is gone."""
        if not pid or not self.running(pid):
            return
        handle = os.pidfd_open(pid)
        try:
            for sign in (signal.SIGTERM, signal.SIGKILL):
                signal.pidfd_send_signal(handle, sign)
                if select.select([handle], [], [], seconds)[0]:
                    return
        except ProcessLookupError:
            return
        finally:
            os.close(handle)

    def console(self, command: str | None) -> list[str]:
        """Return the command that runs *command* on the console, or that opens it."""
        words = ["asterisk", "-C", self._config, *(["-rx", command] if command is not None else ["-r"])]
        return self._home.command(*words, as_user=False)


def _notify_socket(path: Path) -> socket.socket:
    """Return a datagram socket at *path*, which may be longer than the 107 bytes that a socket's address may have."""
    ready = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        ready.bind(f"/proc/self/fd/{folder}/{path.name}")
    finally:
        os.close(folder)
    path.chmod(0o666)
    return ready


def _many_files() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 65536), most))


def _hold_music(path: Path) -> None:
    """Write four seconds of a soft chord: Debian packs no hold music, and silence would sound like a lost call."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        tones = (262, 330, 392)  # whole numbers of periods in four seconds, so it repeats without a click
        samples = (sum(sin(2 * pi * tone * n / 8000) for tone in tones) * 1500 for n in range(32000))
        file.writeframes(b"".join(pack("<h", int(sample)) for sample in samples))

"""What every script needs: where things are, telling what happens, running commands, remembering what is done.

The scripts run on the system's own Python before anything is installed, so this uses the standard library alone.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parents[2]
VAR = HERE / "var"
VENV = HERE / ".venv"

DOCKER_INSTEAD = "Use the containers instead: docker compose -f docker/compose.yaml up"


class Failed(Exception):
    """Something that the person at the terminal has to know; shown without a traceback."""


def say(text: str) -> None:
    print(f"==> {text}", file=sys.stderr, flush=True)


def run(*command: str | Path, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> None:
    """Run *command*, its output going to the terminal (standard error); raise Failed when it fails."""
    words = [str(word) for word in command]
    try:
        code = subprocess.run(words, cwd=cwd or HERE, env=env, stdin=subprocess.DEVNULL, stdout=sys.stderr).returncode
    except FileNotFoundError:
        raise Failed(f"{words[0]} is not installed") from None
    if code:
        raise Failed(f"failed with {code}: {' '.join(words)}")


def quiet(*command: str | Path, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> None:
    """Run *command* and show its output only when it fails."""
    words = [str(word) for word in command]
    done = subprocess.run(
        words, cwd=cwd or HERE, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    if done.returncode:
        sys.stderr.buffer.write(done.stdout[-8000:])
        raise Failed(f"failed with {done.returncode}: {' '.join(words)}")


@contextmanager
def timed(what: str) -> Iterator[None]:
    say(f"{what} ...")
    began = time.monotonic()
    yield
    say(f"{what}: done in {time.monotonic() - began:.0f} s")


@contextmanager
def only_one(name: str) -> Iterator[None]:
    """Let one process at a time do this; the lock goes with the process."""
    VAR.mkdir(exist_ok=True)
    with open(VAR / f"{name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def digest(paths: Iterable[Path], *more: str) -> str:
    """Return a fingerprint of these files (folders: all below them) and words."""
    total = hashlib.sha256()
    for path in paths:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file():
                total.update(str(file.relative_to(HERE)).encode() + b"\0" + file.read_bytes() + b"\0")
    for word in more:
        total.update(word.encode() + b"\0")
    return total.hexdigest()


class Stamp:
    """Remembers that a step was done for certain inputs. It is written last, so an interrupted step is done again."""

    def __init__(self, name: str, inputs: str) -> None:
        self._path = VAR / "stamps" / name
        self._inputs = inputs

    @property
    def is_set(self) -> bool:
        return self._path.is_file() and self._path.read_text() == self._inputs

    def set(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.write_text(self._inputs)

    def unset(self) -> None:
        self._path.unlink(missing_ok=True)


def may_install() -> bool:
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def apt_install(packages: Sequence[str], *, because: str) -> None:
    """Install Debian packages, or say plainly what to do where that is not possible."""
    if not may_install():
        raise Failed(
            f"{because} needs the Debian packages {' '.join(packages)}, and this is not root on a machine with apt.\n"
            f"    Install them yourself, or: {DOCKER_INSTEAD}"
        )
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ("apt-get", "install", "--yes", "--no-install-recommends", *packages)
    with only_one("apt"), timed(f"apt-get install {' '.join(packages)}"):
        try:
            quiet(*install, env=env)
        except Failed:
            # Most often the lists are missing (fresh container) or old.
            quiet("apt-get", "update", env=env)
            run(*install, env=env)


def main(function: object) -> None:
    """Call *function* and end the process the way a shell expects."""
    try:
        sys.exit(function())  # type: ignore[operator]
    except Failed as failed:
        print(f"error: {failed}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)

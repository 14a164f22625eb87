"""A PostgreSQL of the tests' own: a cluster in a temporary folder, reached by a socket there, gone at the end."""

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def _tools() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not found:
        raise FileNotFoundError("no PostgreSQL here: apt-get install postgresql (scripts/setup does)")
    return found[-1].parent


def _somebody() -> dict[str, Any]:
    """Return who is to run the server, as subprocess takes it: it refuses to be root."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            person = pwd.getpwnam(name)
            return {"user": person.pw_uid, "group": person.pw_gid, "extra_groups": []}
    raise LookupError("no user to run PostgreSQL as")


class Cluster:
    """A running server. Databases are made as they are asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._data = folder / "data"
        self._tools = _tools()
        self._somebody = _somebody()
        self._server: subprocess.Popen[bytes] | None = None

    def make(self) -> None:
        if self._somebody:
            os.chown(self._folder, self._somebody["user"], self._somebody["group"])
        command = [
            self._tools / "initdb",
            "-D",
            self._data,
            "-U",
            "cti",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "-A",
            "trust",
        ]
        subprocess.run([*command, "--no-sync"], check=True, cwd="/", stdout=subprocess.DEVNULL, **self._somebody)

    def start(self, *, wait_seconds: float = 30.0) -> None:
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self._folder),
            "max_connections": "60",
            "log_min_messages": "fatal",
            "fsync": "off",  # what a killed server wrote is in the system's memory; no test cuts the power
            "full_page_writes": "off",
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        log = open(self._folder / "server.log", "ab")  # noqa: SIM115 - the server goes on writing to it
        with log:
            self._server = subprocess.Popen(
                [self._tools / "postgres", "-D", self._data, *options], cwd="/", stderr=log, **self._somebody
            )
        command = [self._tools / "pg_isready", "-q", "-h", self._folder, "-t", str(int(wait_seconds))]
        for _ in range(int(wait_seconds * 20)):
            if subprocess.run(command, check=False).returncode == 0:
                return
            if self._server.poll() is not None:
                break
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._server.wait(0.05)
        raise TimeoutError((self._folder / "server.log").read_text())

    def stop(self, *, immediately: bool = False) -> None:
        """Stop the server; *immediately* is as if it had crashed."""
        if self._server is None:
            return
        self._server.send_signal(3 if immediately else 2)  # SIGQUIT, SIGINT
        self._server.wait(30)
        self._server = None

    def url(self, database: str) -> str:
        return f"postgresql://cti@/{database}?host={self._folder}"

    def new_database(self) -> str:
        """Return the URL of an empty database."""
        name = f"cti_{uuid.uuid4().hex[:12]}"
        # By a program of PostgreSQL's own, so that this can be called with an event loop running or not.
        command = [self._tools / "createdb", "-h", self._folder, "-U", "cti", name]
        subprocess.run(command, check=True)
        return self.url(name)


@contextlib.contextmanager
def cluster() -> Iterator[Cluster]:
    """A running server, for as long as the context lasts."""
    folder = Path(tempfile.mkdtemp(prefix="cti-pg-", dir="/tmp"))  # short: a socket's path has 107 bytes at most
    found = Cluster(folder)
    try:
        found.make()
        found.start()
        yield found
    finally:
        found.stop()
        shutil.rmtree(folder, ignore_errors=True)

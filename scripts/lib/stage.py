"""A small call centre on this machine: an Asterisk with robots, the daemon on SQLite, people and customers."""

import argparse
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lib import amionce, instances
from lib.steps import HERE, VAR, VENV, Failed, quiet, say

DAEMON = VENV / "bin" / "cti"
AGENTS = ("1001", "1002")

CONFIG = """\
# Made by scripts/{name}; made afresh at each start.
[site]
region = "CN"
time_zone = "Asia/Shanghai"
language = "zh"

[switch]
host = "{ami_host}"
port = {ami_port}
username = "{ami_user}"
secret_file = "{folder}/ami.secret"
system_name = "{systemname}"
supervisors = ["PJSIP/1901"]
trunks = ["PJSIP/trunk"]

[database]
url = "sqlite:///{folder}/cti.db"
backup_folder = "{folder}/backups"

[web]
host = "127.0.0.1"
port = {web_port}

[log]
level = "info"
format = "json"

[[attached]]
name = "CTI_MENU"
zh = "语音菜单"
en = "Menu"
choices = [{{ value = "1", zh = "查询订单", en = "An order" }}, {{ value = "2", zh = "咨询购买", en = "To buy" }}]

[[attached]]
name = "CTI_ORDER"
zh = "订单号"
en = "Order"
"""


@dataclass(frozen=True)
class Stage:
    url: str
    facts: dict[str, Any]  # of the Asterisk, see lib/instances.py
    people: list[dict[str, str]]  # name, password, role, device
    customers: list[dict[str, str]]  # name, number
    daemon: subprocess.Popen[bytes]
    log: Path

    def check_alive(self) -> None:
        if (code := self.daemon.poll()) is not None:
            tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-20:])
            raise Failed(f"the daemon ended with {code} ({self.log}):\n{tail}")


@contextmanager
def a_stage(name: str, *, web_port: int = 8080) -> Iterator[Stage]:
    """Build it in var/<name>, and take it down again whatever happens."""
    folder = VAR / name
    daemon: subprocess.Popen[bytes] | None = None
    try:
        facts = _asterisk(name)
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir(mode=0o700, parents=True)
        config = _configure(name, folder, facts, _free_port(web_port))
        quiet(DAEMON, "migrate", "--config", config)
        seeded = seed(folder)
        log = folder / "daemon.log"
        with open(log, "wb") as output:
            daemon = subprocess.Popen(
                [DAEMON, "run", "--config", config],
                cwd=HERE,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for us, and we end it
            )
        url = f"http://127.0.0.1:{_port_of(config)}"
        stage = Stage(url, facts, seeded["people"], seeded["customers"], daemon, log)
        _await_ready(stage)
        yield stage
    finally:
        _end(daemon)
        instances.down(argparse.Namespace(name=name, all=False))


def seed(folder: Path) -> dict[str, Any]:
    """Put people with fresh passwords, and customers, into the new database; return them.

    The one place that knows how: demo_seed.py writes through cti.storage.
    """
    words = [str(VENV / "bin" / "python"), str(Path(__file__).with_name("demo_seed.py")), f"sqlite:///{folder}/cti.db"]
    done = subprocess.run(words, cwd=HERE, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise Failed("the database could not be filled")
    seeded: dict[str, Any] = json.loads(done.stdout)
    return seeded


def customer_calls(stage: Stage, number: str, name: str, *, did: str = "5000", stays: int = 30, keys: str = "") -> None:
    """Let a robot customer call; *stays* is how long it waits and talks in all, *keys* what it presses first."""
    shown = f'"{name}" <{number}>' if name else f"<{number}>"
    originate = {
        "Action": "Originate",
        "Channel": f"PJSIP/{did}@pbx",
        "Context": "customer",
        "Exten": "s",
        "Priority": "1",
        "CallerID": shown,
        "Variable": f"CUSTOMER_STAYS={stays},CUSTOMER_KEYS={keys}",
        "Timeout": "60000",
        "Async": "true",
    }
    amionce.send(stage.facts["world"]["ami"], [originate])


def phones_do(stage: Stage, what: str) -> None:
    """Tell the agents' robot phones what to do with calls; the words are in config/asterisk/robots/README.md."""
    actions = [{"Action": "Setvar", "Variable": f"PHONE_{agent}", "Value": what} for agent in AGENTS]
    amionce.send(stage.facts["world"]["ami"], actions)


def end_on_signals() -> None:
    """Let SIGTERM end us as Ctrl-C does, through the `finally` clauses."""
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))


def _asterisk(name: str) -> dict[str, Any]:
    words = [sys.executable, str(HERE / "scripts" / "asterisk"), "up", "--json", "--name", name]
    words += ["--owner", str(os.getpid()), "--ring-seconds", "20"]
    done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise Failed("Asterisk did not start")
    facts: dict[str, Any] = json.loads(done.stdout)
    return facts


def _configure(name: str, folder: Path, facts: dict[str, Any], web_port: int) -> Path:
    secret = folder / "ami.secret"
    with open(os.open(secret, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(facts["ami"]["secret"])
    config = folder / "cti.toml"
    ami = facts["ami"]
    config.write_text(
        CONFIG.format(
            name=name,
            folder=folder,
            web_port=web_port,
            systemname=facts["systemname"],
            ami_host=ami["host"],
            ami_port=ami["port"],
            ami_user=ami["user"],
        )
    )
    config.chmod(0o600)
    return config


def _port_of(config: Path) -> int:
    import tomllib

    return int(tomllib.loads(config.read_text())["web"]["port"])


def _free_port(first: int) -> int:
    for port in range(first, first + 100):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise Failed(f"no free port from {first} on")


def _await_ready(stage: Stage, *, seconds: float = 30) -> None:
    """Ask until the daemon says that it is ready: it has no other way of telling a program that it does not know."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        stage.check_alive()
        try:
            with urllib.request.urlopen(f"{stage.url}/readyz", timeout=2) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            pass
        time.sleep(0.1)
    raise Failed(f"the daemon was not ready in {seconds:.0f} s; see {stage.log}")


def _end(daemon: subprocess.Popen[bytes] | None) -> None:
    if daemon is None or daemon.poll() is not None:
        return
    daemon.terminate()
    try:
        daemon.wait(15)
    except subprocess.TimeoutExpired:
        say("the daemon did not end by itself; killed")
        daemon.kill()
        daemon.wait()

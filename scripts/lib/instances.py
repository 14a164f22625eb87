"""Instances of Asterisk, each a `pbx` under test and a `world` of robots: made, started, found again, stopped."""

import argparse
import json
import os
import secrets
import shutil
import socket
import string
import sys
import time
from pathlib import Path
from typing import Any

from lib import netns, rootfs
from lib.amiwait import Contacts
from lib.process import Asterisk
from lib.steps import HERE, VAR, Failed, digest, only_one, say

CONFIG = HERE / "config" / "asterisk"
PHONES = ("1001", "1002", "1003", "1004", "1005", "1006", "1007", "1008")
SUPERVISORS = ("1901",)
WEBPHONES = ("1101", "1102", "1103", "1104")
PBX_HOST, WORLD_HOST, PHONES_HOST = "127.0.0.1", "127.0.0.2", "127.0.0.3"
STATES = VAR / "asterisk"

Facts = dict[str, Any]


def state_file(name: str) -> Path:
    return STATES / f"{name}.json"


def load(name: str) -> Facts | None:
    """Return what is known of instance *name*, or None when there is none."""
    try:
        facts: Facts = json.loads(state_file(name).read_text())
    except (FileNotFoundError, ValueError):
        return None
    return facts


def save(facts: Facts) -> None:
    path = state_file(facts["name"])
    fresh = path.with_suffix(".new")
    # It holds passwords, so nobody else may read it, not even for a moment.
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(facts, file, indent=2)
    fresh.replace(path)


def processes(facts: Facts) -> dict[str, Asterisk]:
    home = rootfs.Home(Path(facts["root"]))
    return {part: Asterisk(home, home.instances / facts["name"] / part) for part in ("pbx", "world")}


def up(args: argparse.Namespace) -> int:
    home = rootfs.find()
    STATES.mkdir(parents=True, exist_ok=True)
    with only_one("asterisk"):
        for old in sorted(STATES.glob("*.json")):
            facts = load(old.stem)
            if facts and facts.get("owner") and not Path(f"/proc/{facts['owner']}").exists():
                _down(facts)  # its owner died without saying so
        wanted = digest([CONFIG], str(args.ring_seconds), str(home.tree))
        facts = load(args.name)
        if facts and facts["config"] == wanted and all(p.running(facts[k]["pid"]) for k, p in processes(facts).items()):
            return _tell(args, facts)
        if facts:
            _down(facts)
        began = time.monotonic()
        facts = _make(home, args, wanted)
        _start_both(facts)
        say(f"Asterisk {args.name}: up in {time.monotonic() - began:.1f} s")
    return _tell(args, facts)


def _tell(args: argparse.Namespace, facts: Facts) -> int:
    if args.json:
        print(json.dumps(facts))
    else:
        ami, sip, file = facts["ami"], facts["sip"], state_file(facts["name"]).relative_to(HERE)
        print(f"{facts['name']}: ami {ami['host']}:{ami['port']}, sip {sip['host']}:{sip['port']}, all in {file}")
    return 0


def _make(home: rootfs.Home, args: argparse.Namespace, wanted: str) -> Facts:
    """Write a fresh instance: folders, configuration, secrets and free ports."""
    base = home.instances / args.name
    if base.exists():
        shutil.rmtree(base)
    phones = PHONES + SUPERVISORS + WEBPHONES
    facts: Facts = {
        "name": args.name,
        "config": wanted,
        "root": str(home.tree),
        "owner": args.owner,
        "netns": args.netns_name,
        "systemname": "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(16)),
        "sip": {"host": PBX_HOST, "port": args.sip_port or _free(5060, socket.SOCK_DGRAM)},
        "ami": {"host": PBX_HOST, "port": args.ami_port or _free(5038), "user": "cti", "secret": secrets.token_hex(24)},
        "http": {"host": PBX_HOST, "port": args.http_port or _free(8088)},
        "trunk": "PJSIP/trunk",
        "queues": {"5000": "support", "5001": "sales", "5002": "all"},
        "phones": {phone: secrets.token_hex(12) for phone in phones},
        "supervisors": list(SUPERVISORS),
        "webphones": list(WEBPHONES),
        "paths": {},
        "pbx": {"pid": 0},
        "world": {
            "pid": 0,
            "host": WORLD_HOST,
            "phones_host": PHONES_HOST,
            "ami": {
                "host": WORLD_HOST,
                "port": _free(5038, host=WORLD_HOST),
                "user": "tests",
                "secret": secrets.token_hex(24),
            },
        },
    }
    values = {
        "SYSTEMNAME": facts["systemname"],
        "AMI_SECRET": facts["ami"]["secret"],
        "AMI_BIND": facts["ami"]["host"],
        "AMI_PORT": facts["ami"]["port"],
        "HTTP_PORT": facts["http"]["port"],
        "BIND": facts["sip"]["host"],
        "SIP_PORT": facts["sip"]["port"],
        "TRUNK_HOST": WORLD_HOST,
        "TRUNK_PORT": facts["sip"]["port"],
        "RTP_START": 10000,
        "RTP_END": 19999,
        "RING_SECONDS": args.ring_seconds,
        "WORLD_HOST": WORLD_HOST,
        "WORLD_AMI_PORT": facts["world"]["ami"]["port"],
        "WORLD_AMI_SECRET": facts["world"]["ami"]["secret"],
        "PHONES_HOST": PHONES_HOST,
        **{f"SECRET_{phone}": secret for phone, secret in facts["phones"].items()},
    }
    for part, process in processes(facts).items():
        sources = {path.name: path for path in CONFIG.glob("*.conf")}
        if part == "world":
            sources |= {path.name: path for path in (CONFIG / "robots").glob("*.conf")}
        process.write(sources, values)
    pbx = processes(facts)["pbx"]
    facts["paths"] = {
        "etc": str(pbx.folder("etc")),
        "log": str(pbx.folder("log")),
        "run": str(pbx.folder("run")),
        "recordings": str(pbx.folder("spool") / "monitor"),
    }
    save(facts)
    return facts


def _start_both(facts: Facts) -> None:
    parts = processes(facts)
    facts["pbx"]["pid"] = parts["pbx"].start()
    save(facts)
    with Contacts(facts["ami"]) as contacts:
        facts["world"]["pid"] = parts["world"].start()
        save(facts)
        contacts.wait_for(set(PHONES + SUPERVISORS), seconds=15)


def restart(args: argparse.Namespace) -> int:
    """Start again the parts that do not run (or those that are named), with the same configuration and secrets."""
    facts = _known(args.name)
    with only_one("asterisk"):
        for part, process in processes(facts).items():
            pid = facts[part]["pid"]
            if args.part == part or (args.part is None and not process.running(pid)):
                process.stop(pid)
                facts[part]["pid"] = process.start()
                save(facts)
    return _tell(args, facts)


def down(args: argparse.Namespace) -> int:
    with only_one("asterisk"):
        names = sorted(path.stem for path in STATES.glob("*.json")) if args.all else [args.name]
        for name in names:
            if facts := load(name):
                _down(facts)
                say(f"Asterisk {name}: down")
    return 0


def _down(facts: Facts) -> None:
    for part, process in processes(facts).items():
        process.stop(facts[part]["pid"])
        # Logs and recordings stay until the next `up`, for a person to look at; tests have no use for them.
        if part == "world" or facts.get("owner"):
            shutil.rmtree(process.base, ignore_errors=True)
    if facts.get("netns"):
        netns.remove(facts["netns"])
    state_file(facts["name"]).unlink(missing_ok=True)


def status(args: argparse.Namespace) -> int:
    """Print each instance and whether it runs; 1 when the one that is named does not."""
    found = False
    for path in sorted(STATES.glob("*.json")):
        if (facts := load(path.stem)) is None or (args.name != "main" and args.name != path.stem):
            continue
        alive = {part: process.running(facts[part]["pid"]) for part, process in processes(facts).items()}
        found = found or all(alive.values())
        told = ", ".join(f"{p} {'runs' if ok else 'is dead'} (pid {facts[p]['pid']})" for p, ok in alive.items())
        where = f" in network namespace {facts['netns']}" if facts.get("netns") else ""
        print(f"{path.stem}: {told}; sip {facts['sip']['port']}, ami {facts['ami']['port']}{where}")
    if not found:
        print("none runs; start one with: scripts/asterisk up")
    return 0 if found else 1


def cli(args: argparse.Namespace) -> int:
    facts = _known(args.name)
    process = processes(facts)["world" if args.world else "pbx"]
    command = process.console(" ".join(args.words) if args.words else None)
    os.execvp(command[0], command)


def sipp(args: argparse.Namespace) -> int:
    command = rootfs.find().sipp() + args.words
    os.execvp(command[0], command)


def _known(name: str) -> Facts:
    if facts := load(name):
        return facts
    raise Failed(f"there is no instance {name!r}; start it with: scripts/asterisk up --name {name}")


def _free(first: int, kind: socket.SocketKind = socket.SOCK_STREAM, *, host: str | None = None) -> int:
    """Return the first port from *first* on, in steps of ten, that is free on all the addresses that we use."""
    hosts = [host] if host else [PBX_HOST, WORLD_HOST, PHONES_HOST]
    for port in range(first, first + 2000, 10):
        try:
            for address in hosts:
                with socket.socket(socket.AF_INET, kind) as probe:
                    if kind == socket.SOCK_STREAM:
                        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    probe.bind((address, port))
        except OSError:
            continue
        return port
    raise Failed(f"no free port from {first} on")


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/asterisk", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, function: object, about: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=about, description=about)
        sub.set_defaults(function=function)
        sub.add_argument("--name", default="main", help="which instance (main)")
        return sub

    sub = command("up", up, "start an instance, or find it running; makes its configuration and secrets afresh")
    sub.add_argument("--json", action="store_true", help="print everything there is to know")
    sub.add_argument("--ring-seconds", type=int, default=15, help="how long a queue rings one agent (15)")
    sub.add_argument("--owner", type=int, help="pid; when it is gone the next `up` clears this instance away")
    sub.add_argument("--netns", action="store_true", help="in a network namespace of its own (root)")
    sub.add_argument("--netns-name", help=argparse.SUPPRESS)
    for port in ("sip", "ami", "http"):
        sub.add_argument(f"--{port}-port", type=int, help="default: the usual one, or the next that is free")
    sub = command("restart", restart, "start again what is dead, or the part that is named, with the same secrets")
    sub.add_argument("part", nargs="?", choices=("pbx", "world"))
    sub.add_argument("--json", action="store_true")
    command("down", down, "stop an instance").add_argument("--all", action="store_true", help="every instance")
    command("status", status, "tell which instances run")
    sub = command("cli", cli, "run a command on the Asterisk console, or open it")
    sub.add_argument("--world", action="store_true", help="the robots' Asterisk")
    sub.add_argument("words", nargs=argparse.REMAINDER)
    command("sipp", sipp, "run SIPp with these arguments").add_argument("words", nargs=argparse.REMAINDER)

    args = parser.parse_args()
    if getattr(args, "netns", False) and not args.netns_name:
        return netns.enter(f"cti-{args.name}", sys.argv)
    return int(args.function(args))

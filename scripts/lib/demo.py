"""The demo: customers call every few seconds, agents' phones ring, and their pages show who it is."""

import argparse
import itertools
import subprocess
import time
from pathlib import Path

from lib import parts
from lib.stage import Stage, a_stage, customer_calls, end_on_signals, phones_do
from lib.steps import HERE, VENV, say

EVERY_SECONDS = 20
MENU = {"did": "5090", "keys": "ww1ww20261124#"}  # through the menu, to ask about an order
STRANGER = {"number": "13877778888", "name": ""}  # not in the database: the page offers to register


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/demo", description=__doc__)
    parser.add_argument("--check", action="store_true", help="let a browser see the first card, print its stamps, end")
    parser.add_argument("--port", type=int, default=8080, help="of the web page (8080, or the next that is free)")
    args = parser.parse_args()
    end_on_signals()
    began = time.monotonic()
    parts.set_up(["python", "ui", "asterisk", *(["browser"] if args.check else [])])
    with a_stage("demo-check" if args.check else "demo", web_port=args.port) as stage:
        phones_do(stage, "answer/6")
        say(f"up in {time.monotonic() - began:.1f} s")
        _tell(stage)
        if args.check:
            return _check(stage)
        _customers_call(stage)
    return 0


def _tell(stage: Stage) -> None:
    print(f"ready {stage.url}\n", flush=True)
    for person in stage.people:
        phone = f"phone {person['device'].removeprefix('PJSIP/')}" if person["device"] else ""
        print(f"  {person['name']:<8} {person['password']:<22} {person['role']:<14} {phone}")
    print(
        f"\nLog in as an agent, sign in, be ready: a customer calls every {EVERY_SECONDS} s; the robot phone answers."
    )
    print(f"Log of the service: {stage.log.relative_to(HERE)}. Ctrl-C ends it all.", flush=True)


def _customers_call(stage: Stage) -> None:
    ways = itertools.cycle([MENU, {}])
    for customer, way in zip(itertools.cycle([*stage.customers, STRANGER]), ways, strict=False):
        stage.check_alive()
        customer_calls(stage, customer["number"], customer["name"], **way)
        try:
            stage.daemon.wait(EVERY_SECONDS)
        except subprocess.TimeoutExpired:
            continue


def _check(stage: Stage) -> int:
    """Let a headless browser log in as an agent and wait for a card; its exit code is ours."""
    agent = next(person for person in stage.people if person["role"] == "agent")
    administrator = next(person for person in stage.people if person["role"] == "admin")
    watcher = subprocess.Popen(
        [
            VENV / "bin" / "python", Path(__file__).with_name("demo_check.py"), stage.url,
            agent["name"], agent["password"], administrator["name"], administrator["password"],
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    try:
        assert watcher.stdout
        # It prints `watching` when the agent's page is there: from then on a call must be seen.
        for line in watcher.stdout:
            print(line, end="", flush=True)
            if line.startswith("watching"):
                customer_calls(stage, stage.customers[0]["number"], stage.customers[0]["name"])
        return watcher.wait(60)
    finally:
        if watcher.poll() is None:
            watcher.kill()
            watcher.wait()

"""A network namespace with nothing but loopback, so that an instance can have the usual ports whatever else runs."""

import os
import subprocess

from lib.steps import Failed, quiet


def enter(name: str, argv: list[str]) -> int:
    """Make the namespace *name* and run the same command again inside it."""
    if os.geteuid() != 0:
        raise Failed("a network namespace needs root")
    if name not in subprocess.run(["ip", "netns", "list"], capture_output=True, text=True).stdout.split():
        quiet("ip", "netns", "add", name)
        quiet("ip", "-n", name, "link", "set", "lo", "up")
        # Asterisk offers no 127.x address for WebRTC; any other address on the same interface will do.
        quiet("ip", "-n", name, "address", "add", "10.77.0.1/32", "dev", "lo")
    os.execvp("ip", ["ip", "netns", "exec", name, *argv, "--netns-name", name])


def remove(name: str) -> None:
    subprocess.run(["ip", "netns", "delete", name], capture_output=True)

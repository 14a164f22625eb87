"""Everything that can be said about the code without running it; all of it is said, then the exit code tells."""

import shutil
import subprocess
import sys
import time
from pathlib import Path

from lib import parts
from lib.steps import HERE, VENV, say


def main() -> int:
    parts.python()
    tools = VENV / "bin"
    steps: list[tuple[str, list[str], Path, dict[str, str] | None]] = [
        ("format", [str(tools / "ruff"), "format", "--check", "."], HERE, None),
        ("lint", [str(tools / "ruff"), "check", "."], HERE, None),
        ("types", [str(tools / "mypy")], HERE, None),
        ("import directions", [str(tools / "lint-imports")], HERE, None),
    ]
    if shutil.which("shellcheck"):
        steps.append(("shell", ["shellcheck", ".ci/run"], HERE, None))
    if (parts.UI / "package.json").exists():
        parts.ui_packages()
        env = parts.node_env()
        steps.append(("types of the screens", ["npm", "run", "--silent", "check"], parts.UI, env))
        steps.append(("tests of the screens", ["npm", "run", "--silent", "test"], parts.UI, env))
    failed = []
    for name, command, folder, env in steps:
        began = time.monotonic()
        done = subprocess.run(
            command, cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        say(f"{name}: {'failed' if done.returncode else 'ok'} ({time.monotonic() - began:.1f} s)")
        if done.returncode:
            failed.append(name)
            sys.stdout.buffer.write(done.stdout)
            sys.stdout.flush()
    print(f"failed: {', '.join(failed)}" if failed else "all checks passed")
    return 1 if failed else 0

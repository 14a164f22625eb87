"""Where Asterisk and SIPp are: installed on this machine, or in a Debian of their own under var/asterisk/root.

Debian 12 has no Asterisk; Debian forky has 22. debootstrap unpacks one beside us (about a minute, 550 MB, once).
"""

import os
import platform
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lib.steps import DOCKER_INSTEAD, VAR, Failed, Stamp, apt_install, may_install, only_one, say, timed

SUITE = "forky"
PACKAGES = ("asterisk", "sip-tester", "asterisk-core-sounds-en")
OWN_USER = (64321, 64321)  # the tree's own `asterisk` has a number that belongs to somebody else out here
TREE = VAR / "asterisk" / "root"


@dataclass(frozen=True)
class Home:
    """A file system that has Asterisk in it. Paths given to Asterisk are *inside*, paths we touch are *outside*."""

    tree: Path  # "/" for the machine's own

    @property
    def is_host(self) -> bool:
        return self.tree == Path("/")

    @property
    def instances(self) -> Path:
        """Return, as seen from outside, the folder that instances live in."""
        return VAR / "asterisk" / "inst" if self.is_host else self.tree / "inst"

    def inside(self, path: Path) -> Path:
        return path if self.is_host else Path("/") / path.relative_to(self.tree)

    def outside(self, path: str) -> Path:
        return self.tree / path.lstrip("/")

    @property
    def modules(self) -> Path:
        """Return, as seen from inside, the folder of Asterisk's modules."""
        for found in (self.tree / "usr/lib").glob("**/asterisk/modules"):
            return self.inside(found)
        raise Failed(f"no folder of Asterisk modules below {self.tree}/usr/lib")

    @property
    def data(self) -> Path:
        """Return, as seen from inside, the folder that has the sounds and the documentation."""
        for name in ("usr/share/asterisk", "var/lib/asterisk"):
            if (self.tree / name / "sounds").is_dir():
                return Path("/") / name
        raise Failed("Asterisk has no sounds folder")

    @property
    def user(self) -> tuple[int, int] | None:
        """Return uid and gid of the account that runs Asterisk; None when it has to be ourselves."""
        if os.geteuid() != 0:
            return None
        if not self.is_host:
            return OWN_USER
        for line in (self.tree / "etc/passwd").read_text().splitlines():
            name, _, uid, gid, *_ = line.split(":")
            if name == "asterisk":
                return int(uid), int(gid)
        return None

    def command(self, *words: str, as_user: bool = True) -> list[str]:
        """Return the command that runs *words* inside."""
        user = self.user
        ids = f"{user[0]}:{user[1]}" if user and as_user else ""
        if not self.is_host:
            return ["chroot", *([f"--userspec={ids}", "--groups="] if ids else []), str(self.tree), *words]
        if ids and user:
            return ["setpriv", f"--reuid={user[0]}", f"--regid={user[1]}", "--clear-groups", *words]
        return list(words)

    def sipp(self) -> list[str]:
        """Return the words that start SIPp. It runs outside, on its own libraries, so it sees our files."""
        if found := shutil.which("sipp"):
            return [found]
        program = TREE / "usr/bin/sipp"
        if not program.exists():
            raise Failed("SIPp is not installed (Debian: sip-tester)")
        loader = next(iter(sorted((TREE / "usr/lib64").glob("ld-linux*.so.*"))), None) or next(
            iter(sorted((TREE / "usr/lib").glob("ld-linux*.so.*")))
        )
        libraries = TREE / "usr/lib" / f"{platform.machine()}-linux-gnu"
        return [str(loader), "--library-path", str(libraries), str(program)]


def find() -> Home:
    """Return the home of Asterisk, making one first if there is none."""
    if shutil.which("asterisk", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin"):
        return Home(Path("/"))
    with only_one("rootfs"):
        stamp = Stamp("asterisk-root", f"{SUITE} {' '.join(PACKAGES)}")
        if not (stamp.is_set and (TREE / "usr/sbin/asterisk").exists()):
            stamp.unset()
            _bootstrap()
            stamp.set()
    return Home(TREE)


def _bootstrap() -> None:
    if not may_install():
        raise Failed(
            "there is no asterisk on this machine, and making one needs root and apt.\n"
            f"    Install Asterisk 20 or later yourself, or: {DOCKER_INSTEAD}"
        )
    if not shutil.which("debootstrap"):
        apt_install(["debootstrap"], because="making a file system with Asterisk")
    mirror, keyring = debian_mirror()
    with timed(f"Asterisk of Debian {SUITE}, into {TREE.relative_to(VAR.parent)} (once, about a minute)"):
        if TREE.exists():  # what an interrupted run left
            shutil.rmtree(TREE)
        TREE.parent.mkdir(parents=True, exist_ok=True)
        words = ["debootstrap", "--variant=minbase", f"--include={','.join(PACKAGES)}"]
        if keyring:
            words.append(f"--keyring={keyring}")
        # The script of sid fits every later suite, and older debootstraps do not know forky by name.
        _with_progress([*words, SUITE, str(TREE), mirror, "/usr/share/debootstrap/scripts/sid"])
        version = subprocess.run(["chroot", TREE, "asterisk", "-V"], capture_output=True, text=True).stdout.strip()
        if not version:
            raise Failed(f"{TREE} was made, but its asterisk does not start")
        say(version)


def _with_progress(command: list[str]) -> None:
    """Run debootstrap, of whose thousand lines only the counts are worth reading; the rest is in a log."""
    log_path = TREE.parent / "bootstrap.log"
    counts = {"Retrieving": 0, "Unpacking": 0, "Configuring": 0}
    with (
        open(log_path, "w") as log,
        subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as process,
    ):
        assert process.stdout
        for line in process.stdout:
            log.write(line)
            word = line.removeprefix("I: ").split(" ", 1)[0]
            if word in counts:
                counts[word] += 1
                if counts[word] % 50 == 0:
                    say(f"{word.lower()}: {counts[word]} packages")
    if process.returncode:
        tail = "\n".join(log_path.read_text().splitlines()[-15:])
        raise Failed(f"debootstrap failed with {process.returncode} (whole log: {log_path}):\n{tail}")


def debian_mirror() -> tuple[str, str | None]:
    """Return the address of Debian's main archive, and its keyring, from the machine's own apt configuration."""
    release = dict(line.split("=", 1) for line in Path("/etc/os-release").read_text().splitlines() if "=" in line)
    wanted = {release.get("VERSION_CODENAME", "").strip('"'), "stable", "testing", "sid"}
    best: tuple[int, str] | None = None
    for uri, suites, components, keyring in _apt_sources():
        if "main" not in components or not wanted.intersection(suites):
            continue
        # Other people's archives also have a suite of that name with a `main`; Debian's has Debian's key and path.
        likely = 2 * ("debian-archive" in (keyring or "")) + uri.rstrip("/").endswith("/debian")
        if likely and (best is None or likely > best[0]):
            best = likely, uri
    if best is None:
        raise Failed("no source of Debian's main archive in /etc/apt/sources.list or /etc/apt/sources.list.d")
    uri = best[1]
    if uri.startswith("mirror+file:"):  # cloud images keep the addresses in a file
        uri = Path(uri.removeprefix("mirror+file:")).read_text().split()[0]
    keyring_file = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
    return uri, str(keyring_file) if keyring_file.is_file() else None


def _apt_sources() -> Iterator[tuple[str, list[str], list[str], str | None]]:
    """Yield (address, suites, components, keyring) of every enabled source, in both formats of apt."""
    files = [Path("/etc/apt/sources.list"), *sorted(Path("/etc/apt/sources.list.d").glob("*"))]
    for file in files:
        if not file.is_file():
            continue
        text = file.read_text(errors="replace")
        if file.suffix == ".sources":
            yield from _deb822(text)
        elif file.suffix == ".list":
            yield from _one_line(text)


def _deb822(text: str) -> Iterator[tuple[str, list[str], list[str], str | None]]:
    text = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    for stanza in re.split(r"\n\s*\n", text):
        fields = {key.lower(): value for key, value in re.findall(r"^([\w-]+):[ \t]*(.*(?:\n[ \t].*)*)", stanza, re.M)}
        if fields.get("enabled", "yes").strip().lower() == "no" or "deb" not in fields.get("types", "").split():
            continue
        for uri in fields.get("uris", "").split():
            keyring = fields.get("signed-by", "").strip()
            yield uri, fields.get("suites", "").split(), fields.get("components", "").split(), keyring or None


def _one_line(text: str) -> Iterator[tuple[str, list[str], list[str], str | None]]:
    for line in text.splitlines():
        if match := re.match(r"\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s+(.+)", line.split("#")[0]):
            options = dict(word.split("=", 1) for word in (match[1] or "").split() if "=" in word)
            yield match[2], [match[3]], match[4].split(), options.get("signed-by")

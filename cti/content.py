"""What team leads write in files: forms with their choice trees, playbooks, rules, outcomes. Read and compiled here."""

import asyncio
import logging
from collections.abc import Collection, Iterable
from pathlib import Path

from cti.assist.faults import Fault, Faults, Place
from cti.assist.forms.compiling import compile_form
from cti.assist.forms.model import Form, Tree
from cti.assist.forms.trees import compile_tree
from cti.assist.outcomes import Outcomes, compile_outcomes
from cti.assist.playbook.compiling import Known, compile_playbook
from cti.assist.playbook.model import Playbook
from cti.assist.prompts import Rules, compile_rules
from cti.assist.shelf import Shelf

log = logging.getLogger(__name__)

MOST_BYTES = 4_000_000
TREES = "trees"  # the folder below that of the forms


def text_in(path: Path) -> tuple[str | None, tuple[Fault, ...]]:
    """Return the text of *path*, or None and why it cannot be read."""
    faults = Faults(str(path))
    try:
        if path.stat().st_size > MOST_BYTES:
            faults.error(Place(1), "too_large", limit=MOST_BYTES)
        else:
            return path.read_text(encoding="utf-8-sig"), ()
    except UnicodeDecodeError as error:
        faults.error(Place(error.object[: error.start].count(b"\n") + 1), "not_text")
    except OSError as error:
        faults.error(Place(1), "unreadable", problem=error.strerror or str(error))
    return None, tuple(faults.found)


def trees_in(folder: Path) -> tuple[dict[str, Tree], tuple[Fault, ...]]:
    """Return the choice trees in *folder* by name, and everything that is wrong with them."""
    found: dict[str, Tree] = {}
    told: list[Fault] = []
    for path in sorted(folder.glob("*.txt")):
        text, faults = text_in(path)
        if text is not None:
            tree, faults = compile_tree(path.stem, str(path), text)
            if tree is not None:
                found[path.stem] = tree
        told += faults
    return found, tuple(told)


def form_in(
    path: Path, trees: dict[str, Tree], customer: Collection[str] | None
) -> tuple[Form | None, tuple[Fault, ...]]:
    text, faults = text_in(path)
    if text is None:
        return None, faults
    return compile_form(path.stem, str(path), text, trees=trees, customer=customer)


def playbook_in(path: Path, known: Known | None = None) -> tuple[Playbook | None, tuple[Fault, ...]]:
    text, faults = text_in(path)
    return (None, faults) if text is None else compile_playbook(path.stem, str(path), text, known=known)


class Content:
    """The files of one folder: forms/, playbooks/, outcomes/, rules/. Good ones replace those read before.

    Without a *folder* there are none. `load` may run in a thread: what it replaces, it replaces whole.
    """

    def __init__(
        self,
        folder: Path | None = None,
        *,
        customer: Collection[str] | None = None,
        queues: Collection[str] | None = None,
    ) -> None:
        self._folder = folder
        self._customer = customer
        self._queues = queues
        self.trees: dict[str, Tree] = {}
        self.forms: Shelf[Form] = Shelf(lambda form: form.version)
        self.playbooks: Shelf[Playbook] = Shelf(lambda playbook: playbook.version)
        self.outcomes: Shelf[Outcomes] = Shelf(lambda outcomes: outcomes.version)
        self.rules = Rules()
        self.faults: tuple[Fault, ...] = ()

    def load(self) -> tuple[str, ...]:
        """Read everything; return what changed. What is wrong stands in `faults`; what was good before stays in use."""
        if self._folder is None:
            return ()
        changed: list[str] = []
        trees, told = trees_in(self._folder / "forms" / TREES)
        self.trees = {**self.trees, **trees}
        faults = list(told)
        forms = sorted((self._folder / "forms").glob("*.toml"))
        for path in forms:
            form, found = form_in(path, self.trees, self._customer)
            faults += found
            if self.forms.offer(path.stem, form, found):
                changed.append(f"form {path.stem}")
        _withdraw(self.forms, (form.name for form in self.forms), forms)
        known = Known(self._customer, [form.name for form in self.forms], self._queues)
        playbooks = sorted((self._folder / "playbooks").glob("*.md"))
        for path in playbooks:
            playbook, found = playbook_in(path, known)
            faults += found
            if self.playbooks.offer(path.stem, playbook, found):
                changed.append(f"playbook {path.stem}")
        _withdraw(self.playbooks, (playbook.name for playbook in self.playbooks), playbooks)
        changed += self._load_outcomes(self._folder / "outcomes", faults)
        changed += self._load_rules(self._folder / "rules" / "registration.toml", known, faults)
        self.faults = tuple(faults)
        return tuple(changed)

    def state(self) -> dict[Path, tuple[int, int]]:
        """Return what tells whether a file is another than before: of each its time and size."""
        if self._folder is None:
            return {}
        found = {}
        for pattern in ("forms/*.toml", f"forms/{TREES}/*.txt", "playbooks/*.md", "outcomes/*.toml", "rules/*.toml"):
            for path in self._folder.glob(pattern):
                try:
                    stat = path.stat()
                except FileNotFoundError:
                    continue  # removed meanwhile
                found[path] = (stat.st_mtime_ns, stat.st_size)
        return found

    def _load_outcomes(self, folder: Path, faults: list[Fault]) -> list[str]:
        changed = []
        paths = sorted(folder.glob("*.toml"))
        for path in paths:
            text, found = text_in(path)
            outcomes = None
            if text is not None:
                outcomes, found = compile_outcomes(path.stem, str(path), text, queues=self._queues)
            faults += found
            if self.outcomes.offer(path.stem, outcomes, found):
                changed.append(f"outcomes {path.stem}")
        _withdraw(self.outcomes, (outcomes.name for outcomes in self.outcomes), paths)
        return changed

    def _load_rules(self, path: Path, known: Known, faults: list[Fault]) -> list[str]:
        if not path.exists():
            return []
        text, found = text_in(path)
        rules = None
        if text is not None:
            rules, found = compile_rules(str(path), text, forms=known.forms, customer=self._customer)
        faults += found
        if rules is None or rules == self.rules:
            return []
        self.rules = rules
        return ["registration rules"]


def _withdraw(shelf: Shelf[Form] | Shelf[Playbook] | Shelf[Outcomes], names: Iterable[str], paths: list[Path]) -> None:
    there = {path.stem for path in paths}
    for name in [name for name in names if name not in there]:
        shelf.withdraw(name)


class ContentKeeper:
    """Has content read at the start and whenever its files change, and tells the log, once, what is wrong with them."""

    def __init__(self, content: Content, *, every_seconds: float = 2.0) -> None:
        self._content = content
        self._every_seconds = every_seconds
        self._state: dict[Path, tuple[int, int]] | None = None
        self._told: frozenset[str] = frozenset()

    async def refresh(self) -> bool:
        """Read the files if one is another than before; return whether they were read."""
        state = await asyncio.to_thread(self._content.state)
        if state == self._state:
            return False
        self._state = state
        changed = await asyncio.to_thread(self._content.load)
        if changed:
            log.info("content read", extra={"changed": ", ".join(changed)})
        faults = [str(fault) for fault in self._content.faults]
        for fault in faults:
            if fault not in self._told:
                log.warning("content has a fault: %s", fault)
        self._told = frozenset(faults)
        return True

    async def run(self) -> None:
        """Look at the files again and again until cancelled."""
        while True:
            await asyncio.sleep(self._every_seconds)
            await self.refresh()

"""Files in use: of each the last version without errors, and what is wrong with the newest."""

from collections.abc import Callable, Iterator, Mapping
from typing import Generic, TypeVar

from cti.assist.faults import Fault

T = TypeVar("T")


class Shelf(Generic[T]):
    """Keeps by name what was compiled from a text. A bad text changes nothing; versions that were in use stay known."""

    def __init__(self, version_of: Callable[[T], str]) -> None:
        self._version_of = version_of
        self._active: dict[str, T] = {}
        self._versions: dict[tuple[str, str], T] = {}
        self._faults: dict[str, tuple[Fault, ...]] = {}

    def offer(self, name: str, compiled: T | None, faults: tuple[Fault, ...]) -> bool:
        """Take what *name* has become; return whether it is another version than before."""
        self._faults[name] = faults
        if compiled is None:
            return False
        before = self._active.get(name)
        version = self._version_of(compiled)
        self._versions.setdefault((name, version), compiled)
        self._active = {**self._active, name: self._versions[name, version]}  # who iterates keeps what there was
        return before is None or self._version_of(before) != version

    def withdraw(self, name: str) -> None:
        """The file is gone: the name is offered no more, its versions stay for the calls that use them."""
        self._active = {known: version for known, version in self._active.items() if known != name}
        self._faults.pop(name, None)

    def active(self, name: str) -> T | None:
        return self._active.get(name)

    def version(self, name: str, version: str) -> T | None:
        """Return exactly that version, as pinned to a call."""
        return self._versions.get((name, version))

    def faults(self) -> Mapping[str, tuple[Fault, ...]]:
        """Return what is wrong with the newest texts, by name; only those with something to tell."""
        return {name: faults for name, faults in self._faults.items() if faults}

    def __iter__(self) -> Iterator[T]:
        return iter(self._active.values())

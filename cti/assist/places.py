"""Where each key and value of a TOML text stands; its conversion into structs, every fault told at its place."""

import re
import tomllib
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from cti.assist.faults import Faults, Place

MOST = 2_000_000  # characters of one file

Path = tuple[str | int, ...]
T = TypeVar("T", bound=msgspec.Struct)

_SPACE = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_KEY = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'|[A-Za-z0-9_-]+')
_SCALAR = re.compile(
    r'"""(?:[^"\\]|\\[\s\S]|""?(?!"))*"{3,5}|\'\'\'[\s\S]*?\'{3,5}|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'|[^,\]}\n#]+'
)


class Source:
    """A TOML file as read, with the places of what is in it."""

    def __init__(self, name: str, text: str) -> None:
        self.faults = Faults(name)
        self.data: dict[str, Any] = {}
        self._places: Mapping[Path, Place] = {}
        if len(text) > MOST:
            self.faults.error(Place(1), "too_large", limit=MOST)
            return
        try:
            self.data = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            found = re.search(r"^(.*?) \(at (?:line (\d+), column (\d+)|end of document)\)$", str(error))
            if found and found[2]:
                self.faults.error(Place(int(found[2]), int(found[3])), "syntax", problem=found[1])
            else:
                self.faults.error(Place(text.count("\n") + 1), "syntax", problem=str(error))
            return
        self._places = _Scanner(text).places

    @property
    def is_toml(self) -> bool:
        return not any(fault.code in ("syntax", "too_large") for fault in self.faults.found)

    def place(self, *path: str | int) -> Place:
        """Return where *path* stands, or the nearest thing around it that is written."""
        while path:
            found = self._places.get(path)
            if found is not None:
                return found
            path = path[:-1]
        return Place(1)

    def struct(self, kind: type[T], found: Any, *path: str | int) -> T | None:
        """Return *found*, at *path*, as *kind*, or None with every fault told."""
        if not isinstance(found, dict):
            self.faults.error(self.place(*path), "wrong_value", key=path[-1], problem="must be a table")
            return None
        fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
        before, values = len(self.faults.found), {}
        for key in found.keys() - fields.keys():
            self.faults.error(self.place(*path, key), "unknown_key", key=key, known=", ".join(fields))
        for key, field in fields.items():
            if key not in found:
                if field.required:
                    self.faults.error(self.place(*path), "missing_key", key=key)
                continue
            try:
                values[field.name] = msgspec.convert(found[key], field.type)
            except msgspec.ValidationError as error:
                problem, inner = _read(error)
                place = self.place(*path, key, *inner)
                self.faults.error(place, "wrong_value", key=".".join(map(str, (key, *inner))), problem=problem)
        return None if len(self.faults.found) > before else kind(**values)

    def structs(self, kind: type[T], key: str) -> list[T | None]:
        """Return the tables written [[*key*]]; those with faults are None."""
        found = self.data.get(key, [])
        if not isinstance(found, list):
            self.faults.error(self.place(key), "wrong_value", key=key, problem=f"write [[{key}]], once for each")
            return []
        return [self.struct(kind, each, key, index) for index, each in enumerate(found)]


def _read(error: msgspec.ValidationError) -> tuple[str, Path]:
    """Return what *error* says, and where inside the value."""
    problem, _, where = str(error).partition(" - at `$")
    path: list[str | int] = []
    for name, index in re.findall(r"\.([\w-]+)|\[(\d+|\.\.\.)\]", where):
        if name:
            path.append(name)
        elif index.isdigit():
            path.append(int(index))
        else:
            break
    return problem[:1].lower() + problem[1:], tuple(path)


class _Scanner:
    """Walks over a text that is TOML and notes where things stand; it judges nothing."""

    def __init__(self, text: str) -> None:
        self.places: dict[Path, Place] = {}
        self._text = text
        self._at = 0
        self._line, self._seen = 1, 0
        self._tables: dict[Path, int] = {}  # arrays of tables -> how many so far
        self._document()

    def _document(self) -> None:
        base: Path = ()
        self._skip()
        while self._at < len(self._text):
            if self._text[self._at] == "[":
                base = self._head()
            else:
                self._pair(base)
            self._skip()

    def _head(self) -> Path:
        start, many = self._at, self._text.startswith("[[", self._at)
        self._at += 2 if many else 1
        path = self._resolved(self._keys(), last=not many)
        self._at += 2 if many else 1
        if many:
            count = self._tables.get(path, 0)
            self._tables[path] = count + 1
            self._note(path, start)
            path = (*path, count)
        self._note(path, start)
        return path

    def _resolved(self, keys: Path, *, last: bool) -> Path:
        """Return the path of a head, with the index of the latest table where an array of tables is named."""
        path: Path = ()
        for position, key in enumerate(keys):
            path = (*path, key)
            if path in self._tables and (last or position < len(keys) - 1):
                path = (*path, self._tables[path] - 1)
        return path

    def _pair(self, base: Path) -> None:
        start = self._at
        path = base + self._keys()
        self._note(path, start)
        self._skip()
        self._at += 1  # =
        self._skip()
        self._value(path)

    def _keys(self) -> Path:
        keys: list[str | int] = []
        while True:
            self._skip()
            found = _KEY.match(self._text, self._at)
            if found is None:
                self._at += 1
                return tuple(keys)
            self._at = found.end()
            keys.append(found[0].strip("\"'"))
            self._skip()
            if not self._text.startswith(".", self._at):
                return tuple(keys)
            self._at += 1

    def _value(self, path: Path) -> None:
        opening = self._text[self._at : self._at + 1]
        if opening not in ("[", "{"):
            found = _SCALAR.match(self._text, self._at)
            self._at = found.end() if found else self._at + 1
            return
        self._at += 1
        count = 0
        while True:
            self._skip()
            char = self._text[self._at : self._at + 1]
            if char in ("]", "}", ""):
                self._at += 1
                return
            if char == ",":
                self._at += 1
            elif opening == "{":
                self._pair(path)
            else:
                self._note((*path, count), self._at)
                self._value((*path, count))
                count += 1

    def _skip(self) -> None:
        found = _SPACE.match(self._text, self._at)
        self._at = found.end() if found else self._at

    def _note(self, path: Path, at: int) -> None:
        self._line += self._text.count("\n", self._seen, at)
        start = self._text.rfind("\n", 0, at) + 1
        self._seen = max(self._seen, at)
        self.places.setdefault(path, Place(self._line, at - start + 1))

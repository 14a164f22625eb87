"""A form as it is used: compiled from a file, immutable, the same for the service and for the browser."""

from collections.abc import Iterator, Mapping
from typing import Literal

import msgspec

from cti.assist.conditions import Condition

FieldType = Literal["text", "long_text", "integer", "number", "date", "time", "yes_no", "choice", "choices", "tree"]

TEXT_LENGTH: Mapping[FieldType, int] = {"text": 200, "long_text": 4_000}  # where the file names no max_length


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """A text for people."""

    zh: str = ""
    en: str = ""


class Choice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    value: str
    zh: str = ""
    en: str = ""


class Branch(msgspec.Struct, frozen=True):
    """One choice of a tree, with those below it."""

    zh: str  # also its value
    en: str = ""
    below: tuple["Branch", ...] = ()


class Tree(msgspec.Struct, frozen=True):
    """Choices in levels, such as province > city > district."""

    name: str
    levels: tuple[Words, ...]
    branches: tuple[Branch, ...]

    def below(self, path: tuple[str, ...]) -> tuple[Branch, ...] | None:
        """Return the choices that *path* leaves, None when it leads nowhere."""
        here = self.branches
        for step in path:
            found = next((branch for branch in here if branch.zh == step), None)
            if found is None:
                return None
            here = found.below
        return here


class Field(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    type: FieldType
    label: Words
    help: Words = Words()
    required: bool = False
    required_if: Condition | None = None
    show_if: Condition | None = None
    min: float | str | None = None  # a number; for dates and times as text, "today" too
    max: float | str | None = None
    min_length: int = 0
    max_length: int = 0
    pattern: str = ""  # of the whole value
    pattern_says: Words = Words()
    check: str = ""
    choices: tuple[Choice, ...] = ()
    tree: Tree | None = None
    fills: str = ""  # the customer's field that gets the value


class Form(msgspec.Struct, frozen=True):
    name: str
    title: Words
    version: str  # of its content: the same text has the same
    fields: tuple[Field, ...]

    def field(self, name: str) -> Field | None:
        return next((field for field in self.fields if field.name == name), None)

    def trees(self) -> Iterator[Tree]:
        """Return the trees that the fields choose from, each once."""
        seen = set()
        for field in self.fields:
            if field.tree is not None and field.tree.name not in seen:
                seen.add(field.tree.name)
                yield field.tree

"""The lines of a playbook file, put together into entries; what they mean is for compiling.py.

---
title: 车险续保 | Motor renewal
required:
- recording: 录音 | recorded
---
## greeting 开场 | Opening
zh: 您好，
  这里是……
ask: owner 请问是您本人吗？ | Am I speaking with the owner?
- yes: 是 | Yes -> offer
"""

import re

import msgspec

from cti.assist.faults import Faults, Place

MOST = 2_000_000  # characters of one file

_ENTRY = re.compile(r"(?P<key>[A-Za-z_]+)\s*[:：]\s*")
_ITEM = re.compile(r"-\s+")
_HEADING = re.compile(r"##\s+(?P<card>!?)\s*(?P<name>\S*)\s*(?P<title>.*)")


class Entry(msgspec.Struct, gc=False):
    """`key: text`, or an item `- text` whose key is "-". Texts may go on in indented lines."""

    key: str
    text: str
    places: list[Place]  # of each line of the text
    start: Place

    @property
    def place(self) -> Place:
        return self.places[0]

    def at(self, offset: int) -> Place:
        """Return where the character *offset* of the text stands."""
        before = self.text.count("\n", 0, offset)
        line = self.places[min(before, len(self.places) - 1)]
        return Place(line.line, line.column + offset - (self.text.rfind("\n", 0, offset) + 1))


class Section(msgspec.Struct):
    """The head of the file, or one node."""

    name: str
    title: str
    card: bool
    place: Place
    title_place: Place
    entries: list[Entry]


def read(text: str, faults: Faults) -> tuple[Section, list[Section]]:
    """Return the head and the nodes as they are written."""
    head = Section("", "", False, Place(1), Place(1), [])
    nodes: list[Section] = []
    if len(text) > MOST:
        faults.error(Place(1), "too_large", limit=MOST)
        return head, nodes
    lines = text.lstrip("\ufeff").splitlines()
    number = _skip_blank(lines)
    here: Section | None = None
    if number < len(lines) and lines[number].strip() == "---":
        here, number = head, number + 1
    else:
        faults.error(Place(number + 1), "no_head")
    in_head = here is head
    for index in range(number, len(lines)):
        line, bare = lines[index], lines[index].strip()
        if in_head and bare == "---":
            in_head, here = False, None
        elif line.startswith("##") and (heading := _HEADING.match(line)):
            if in_head:
                faults.error(Place(index + 1), "open_head")
                in_head = False
            here = _section(heading, index + 1)
            nodes.append(here)
        elif bare and not bare.startswith(("//", "# ")) and bare != "#":
            _line(line, index + 1, here, faults)
    if in_head:
        faults.error(Place(len(lines)), "open_head")
    return head, nodes


def _skip_blank(lines: list[str]) -> int:
    return next((index for index, line in enumerate(lines) if line.strip() and not line.startswith("//")), len(lines))


def _section(heading: re.Match[str], number: int) -> Section:
    place, title = Place(number, heading.start("name") + 1), Place(number, heading.start("title") + 1)
    return Section(heading["name"], heading["title"].strip(), bool(heading["card"]), place, title, [])


def _line(line: str, number: int, here: Section | None, faults: Faults) -> None:
    bare = line.strip()
    indent = line.find(bare[0])
    if here is None:
        faults.error(Place(number, indent + 1), "stray_text", near=bare[:20])
        return
    is_item = line.startswith("-")
    if indent == 0 and (found := (_ITEM if is_item else _ENTRY).match(line)):
        key = "-" if is_item else found["key"].lower()
        place = Place(number, found.end() + 1)
        here.entries.append(Entry(key, line[found.end() :].rstrip(), [place], Place(number)))
        return
    if indent == 0 or not here.entries:
        faults.error(Place(number, indent + 1), "stray_text", near=bare[:20])
        return
    last, place = here.entries[-1], Place(number, indent + 1)
    if last.text:
        last.text += f"\n{bare}"
        last.places.append(place)
    else:
        last.text, last.places = bare, [place]

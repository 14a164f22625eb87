"""Choice trees: files of indented lines, one choice a line.

levels: 省份 | Province > 城市 | City > 区县 | District
浙江省 | Zhejiang
  杭州市 | Hangzhou
    西湖区 | Xihu
"""

from cti.assist.faults import Fault, Faults, Place, is_bad
from cti.assist.forms.model import Branch, Tree, Words


class _Line:
    """A choice while the file is read."""

    __slots__ = ("below", "depth", "place", "words")

    def __init__(self, place: Place, depth: int, words: Words) -> None:
        self.place = place
        self.depth = depth
        self.words = words
        self.below: dict[str, _Line] = {}

    def branch(self) -> Branch:
        return Branch(self.words.zh, self.words.en, tuple(line.branch() for line in self.below.values()))


def compile_tree(name: str, file: str, text: str) -> tuple[Tree | None, tuple[Fault, ...]]:
    """Return the tree in *text* with what is wrong; None when it cannot be used."""
    faults = Faults(file)
    lines = text.splitlines()
    first = next((index for index, line in enumerate(lines) if line.strip() and not line.lstrip().startswith("#")), 0)
    head, colon, rest = (lines[first] if lines else "").partition(":")
    if head.strip() != "levels" or not colon:
        faults.error(Place(first + 1), "missing_key", key="levels: … > …")
        return None, faults.in_order()
    levels = tuple(_words(part) for part in rest.split(">"))
    root = _Line(Place(first + 1), -1, Words())
    _read(lines, first + 1, root, len(levels), faults)
    if not root.below:
        faults.error(root.place, "tree_empty")
    if is_bad(faults.found):
        return None, faults.in_order()
    return Tree(name, levels, root.branch().below), faults.in_order()


def _read(lines: list[str], start: int, root: _Line, depth_of_all: int, faults: Faults) -> None:
    way = [root]
    for number, line in enumerate(lines[start:], start + 1):
        bare = line.strip()
        if not bare or bare.startswith("#"):
            continue
        indent = len(line) - len(line.lstrip(" "))
        place = Place(number, indent + 1)
        depth = indent // 2
        if indent % 2 or depth > len(way) - 1 or depth >= depth_of_all or line.startswith("\t"):
            faults.error(place, "tree_indent")
            continue
        del way[depth + 1 :]
        found = _Line(place, depth, _words(bare))
        before = way[-1].below.setdefault(found.words.zh, found)
        if before is not found:
            faults.error(place, "twice", name=found.words.zh, line=before.place.line)
        way.append(found)


def _words(text: str) -> Words:
    zh, _, en = text.partition("|")
    return Words(zh.strip(), en.strip())

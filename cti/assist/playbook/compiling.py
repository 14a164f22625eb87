"""From the text of a playbook file to a playbook, or to everything that is wrong with it."""

import hashlib
import re
from collections.abc import Collection, Iterator

import msgspec

from cti.assist.conditions import BadCondition, Condition, parse
from cti.assist.faults import LANGUAGES, Fault, Faults, Language, Place, is_bad
from cti.assist.forms.model import Words
from cti.assist.playbook import lint, templates
from cti.assist.playbook.model import (
    ACTIONS,
    RETURN,
    Action,
    Answer,
    Branch,
    Node,
    Pace,
    Playbook,
    Question,
    Spoken,
    Statement,
)
from cti.assist.playbook.reading import Entry, Section, read

NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")

_HEAD = ("title", "languages", "start", "fields", "pace", "longest", "required", "forbidden")
_NODE = ("zh", "en", "hint", "key", "says", "ask", "fills", "if", "next", "do", "end", "-")
_NODE_ONCE = tuple(key for key in _NODE if key not in ("if", "do", "-", "says"))
_ARROW = re.compile(r"\s*(?:->|→)\s*")
_KIND = re.compile(r"\s*[(（](?P<kind>[a-z_]+)[)）]\s*")
_KINDS = ("choice", "yes_no", "text", "number", "date")
_YES_NO = (("yes", Words("是", "Yes")), ("no", Words("否", "No")))
_KEY = re.compile(r"[a-z]")  # digits choose answers


class Known(msgspec.Struct, frozen=True):
    """What a playbook may name; None leaves it unchecked."""

    customer: Collection[str] | None = None  # fields
    forms: Collection[str] | None = None
    queues: Collection[str] | None = None


def compile_playbook(
    name: str, file: str, text: str, *, known: Known | None = None
) -> tuple[Playbook | None, tuple[Fault, ...]]:
    """Return the playbook in *text* with what is wrong, warnings too; None when it cannot be used."""
    faults = Faults(file)
    head, sections = read(text, faults)
    work = _Compiler(faults, known or Known())
    playbook = work.playbook(name, version_of(text), head, sections)
    if playbook.nodes:
        lint.check(playbook, faults)
    return (None if is_bad(faults.found) else playbook), faults.in_order()


def version_of(text: str) -> str:
    """Return the name of this version: the same for texts that differ in line ends and trailing space alone."""
    plain = "\n".join(line.rstrip() for line in text.lstrip("\ufeff").splitlines())
    return hashlib.sha256(plain.strip().encode()).hexdigest()[:12]


class _Compiler:
    def __init__(self, faults: Faults, known: Known) -> None:
        self._faults = faults
        self._known = known
        self._languages: tuple[Language, ...] = LANGUAGES

    def playbook(self, name: str, version: str, head: Section, sections: list[Section]) -> Playbook:
        entries = self._entries(head, _HEAD, once=_HEAD)
        languages, pace, longest = self._languages, Pace(), 45.0
        if found := entries.get("languages"):
            named = tuple(language for language in LANGUAGES if language in _listed(found[0].text))
            if not named or len(named) < len(_listed(found[0].text)):
                self._faults.error(found[0].place, "wrong_value", key="languages", problem="write zh, en, or zh, en")
            languages = self._languages = named or LANGUAGES
        if "title" not in entries:
            self._faults.error(head.place, "missing_key", key="title")
        title = self._words(entries["title"][0].text, entries["title"][0].place) if "title" in entries else Words()
        if found := entries.get("pace"):
            pace = self._pace(found[0])
        if found := entries.get("longest"):
            longest = self._number(found[0], found[0].text)
        fields = tuple(each for entry in entries.get("fields", ()) for each in _listed(entry.text))
        self._check_fields(fields, entries.get("fields", []))
        forbidden = {
            word: entry.at(max(0, entry.text.find(word)))
            for entry in entries.get("forbidden", ())
            for word in _listed(entry.text)
        }
        required = {each.name: each for each in map(self._statement, self._items(head, "required"))}
        nodes: dict[str, Node] = {}
        for section in sections:
            node = self._node(section)
            if node.name in nodes:
                self._faults.error(section.place, "twice", name=node.name, line=nodes[node.name].place.line)
            nodes.setdefault(node.name, node)
        if not nodes:
            self._faults.error(Place(1), "no_nodes")
        start = next((name for name, node in nodes.items() if not node.card), "")
        if found := entries.get("start"):
            start = found[0].text.strip()
            if start not in nodes or nodes[start].card:
                self._faults.error(found[0].place, "no_start", name=start)
        elif nodes and not start:
            self._faults.error(Place(1), "no_start", name="start")
        return Playbook(
            name=name,
            version=version,
            title=title,
            start=start,
            languages=languages,
            fields=fields,
            required=required,
            forbidden=forbidden,
            pace=pace,
            longest=longest,
            nodes=nodes,
        )

    def _entries(self, section: Section, keys: tuple[str, ...], *, once: tuple[str, ...]) -> dict[str, list[Entry]]:
        found: dict[str, list[Entry]] = {}
        for entry in section.entries:
            if entry.key not in keys and entry.key != "-":
                known = ", ".join(key for key in keys if key != "-")
                self._faults.error(entry.start, "unknown_key", key=entry.key, known=known)
                continue
            before = found.setdefault(entry.key, [])
            if before and entry.key in once:
                self._faults.error(entry.start, "twice", name=entry.key, line=before[0].start.line)
                continue
            before.append(entry)
        return found

    def _items(self, section: Section, key: str) -> Iterator[Entry]:
        """Return the items that stand below *key*, and tell of those that stand elsewhere."""
        below = ""
        for entry in section.entries:
            if entry.key != "-":
                below = entry.key
            elif below == key:
                yield entry
            else:
                self._faults.error(entry.start, "stray_text", near=entry.text[:20])

    def _words(self, text: str, place: Place) -> Words:
        """Return `中文 | English`; a single text stands for the only language."""
        zh, bar, en = text.partition("|")
        found = Words("", zh.strip()) if self._languages == ("en",) and not bar else Words(zh.strip(), en.strip())
        if found.zh and found.en:
            return found
        for language in self._languages:
            if not getattr(found, language):
                self._faults.error(place, "missing_language", language=language)
        return found

    def _number(self, entry: Entry, text: str) -> float:
        try:
            number = float(text)
        except ValueError:
            number = 0.0
        if not 1 <= number <= 100_000:
            self._faults.error(entry.place, "wrong_value", key=entry.key, problem=f"{text.strip()[:20]!r} is no number")
            return 1.0
        return number

    def _pace(self, entry: Entry) -> Pace:
        found = Pace()
        for part in _listed(entry.text):
            language, _, number = part.partition(" ")
            if language not in LANGUAGES:
                self._faults.error(entry.place, "wrong_value", key="pace", problem="write it like zh 240, en 150")
                continue
            found = msgspec.structs.replace(found, **{language: self._number(entry, number)})
        return found

    def _check_fields(self, fields: tuple[str, ...], entries: list[Entry]) -> None:
        for name in fields:
            if self._known.customer is not None and name not in self._known.customer:
                entry = next(entry for entry in entries if name in entry.text)
                known = ", ".join(sorted(self._known.customer))
                self._faults.error(entry.at(entry.text.find(name)), "unknown_field", name=name, known=known)

    def _statement(self, entry: Entry) -> Statement:
        text, before = _to(entry.text)
        name, _, words = text.replace("：", ":", 1).partition(":")
        self._check_name(name.strip(), entry.place)
        zh, _, en = words.partition("|")
        return Statement(
            name.strip(),
            Words(zh.strip(), en.strip()),
            tuple(re.split(r"[\s,，、]+", before)) if before else (),
            entry.place,
        )

    def _check_name(self, name: str, place: Place) -> None:
        if not NAME.fullmatch(name) or name == RETURN:
            self._faults.error(place, "wrong_name", name=name)

    def _node(self, section: Section) -> Node:
        self._check_name(section.name, section.place)
        entries = self._entries(section, _NODE, once=_NODE_ONCE)

        def text(key: str) -> str:
            return entries[key][0].text.strip() if key in entries else ""

        key = text("key").lower()
        if key and not (section.card and _KEY.fullmatch(key)):
            problem = "one small letter, of an objection card"
            self._faults.error(entries["key"][0].place, "wrong_value", key="key", problem=problem)
        hint = entries.get("hint")
        branches = tuple(filter(None, map(self._branch, entries.get("if", ()))))
        node = Node(
            name=section.name,
            title=self._words(section.title, section.title_place),
            place=section.place,
            card=section.card,
            key=key,
            spoken={name: spoken for name in self._languages if (spoken := self._spoken(entries, name)) is not None},
            hint=self._words(hint[0].text, hint[0].place) if hint else Words(),
            says=tuple(name for entry in entries.get("says", ()) for name in _listed(entry.text)),
            question=self._question(section, entries),
            branches=branches,
            next=text("next"),
            next_place=entries["next"][0].place if "next" in entries else None,
            actions=tuple(filter(None, map(self._action, entries.get("do", ())))),
            end=text("end"),
        )
        for language in self._languages:
            if node.spoken and language not in node.spoken:
                self._faults.error(section.place, "missing_language", language=language)
        if "fills" in entries and "ask" not in entries:
            self._faults.error(entries["fills"][0].start, "no_question")
        if node.says and not node.spoken:
            self._faults.error(entries["says"][0].start, "empty_node")
        return node

    def _spoken(self, entries: dict[str, list[Entry]], language: Language) -> Spoken | None:
        found = entries.get(language)
        if not found or not found[0].text.strip():
            return None
        entry = found[0]
        try:
            template = templates.parse(entry.text)
        except templates.BadTemplate as bad:
            self._faults.error(entry.at(bad.at), "bad_template", problem=bad.problem)
            template = (entry.text,)
        return Spoken(entry.text, template, tuple(entry.places))

    def _question(self, section: Section, entries: dict[str, list[Entry]]) -> Question | None:
        items = list(self._items(section, "ask"))
        if "ask" not in entries:
            return None
        entry = entries["ask"][0]
        name, _, rest = entry.text.strip().partition(" ")
        if joined := _KIND.search(name):
            name, rest = name[: joined.start()], f"{name[joined.start() :]} {rest}"
        self._check_name(name, entry.place)
        written = _KIND.match(rest)
        kind = written["kind"] if written else "choice"
        if kind not in _KINDS:
            problem = f"({kind}) is none of {', '.join(_KINDS)}"
            self._faults.error(entry.place, "wrong_value", key="ask", problem=problem)
            kind = "choice"
        label = self._words(rest[written.end() :] if written else rest, entry.place)
        answers = self._answers(kind, items, entry)
        fills = entries["fills"][0] if "fills" in entries else None
        if fills is not None:
            self._check_fields((fills.text.strip(),), [fills])
        return Question(name, kind, label, fills.text.strip() if fills else "", answers, entry.place)  # type: ignore[arg-type]

    def _answers(self, kind: str, items: list[Entry], asked: Entry) -> tuple[Answer, ...]:
        found: dict[str, Answer] = {}
        for entry in items:
            if kind not in ("choice", "yes_no"):
                self._faults.error(entry.start, "answers_for_choice", kind=kind)
                continue
            text, to = _to(entry.text)
            value, _, label = text.replace("：", ":", 1).partition(":")
            value = value.strip()
            if kind == "yes_no":
                words = dict(_YES_NO).get(value)
                if words is None:
                    problem = f"{value} is neither yes nor no"
                    self._faults.error(entry.place, "wrong_value", key="-", problem=problem)
                    continue
                answer = Answer(value, self._words(label, entry.place) if label.strip() else words, to, entry.place)
            else:
                self._check_name(value, entry.place)
                answer = Answer(value, self._words(label, entry.place), to, entry.place)
            if value in found:
                self._faults.error(entry.place, "twice", name=value, line=found[value].place.line)
            found.setdefault(value, answer)
        if kind == "yes_no":
            return tuple(found.get(value) or Answer(value, words, "", asked.place) for value, words in _YES_NO)
        if kind == "choice" and not items:
            self._faults.error(asked.place, "no_answers")
        return tuple(found.values())

    def _branch(self, entry: Entry) -> Branch | None:
        text, to = _to(entry.text)
        if not to:
            self._faults.error(entry.place, "wrong_value", key="if", problem="write it like: name = value -> node")
            return None
        condition = self._condition(text, entry)
        return None if condition is None else Branch(condition, to, entry.place)

    def _condition(self, text: str, entry: Entry) -> Condition | None:
        try:
            return parse(text)
        except BadCondition as bad:
            self._faults.error(entry.at(bad.at), "condition_syntax", near=bad.near)
            return None

    def _action(self, entry: Entry) -> Action | None:
        kind, _, what = entry.text.strip().partition(" ")
        what = what.strip()
        for known, needs in ACTIONS.items():
            if kind != known:
                continue
            if needs and not what:
                self._faults.error(entry.place, "action_needs", name=kind, what=needs)
            if known == "open_form" and what and self._known.forms is not None and what not in self._known.forms:
                names = ", ".join(sorted(self._known.forms)) or "-"
                self._faults.error(entry.place, "unknown_form", name=what, known=names)
            if known == "transfer" and what and self._known.queues is not None and what not in self._known.queues:
                self._faults.error(entry.place, "wrong_value", key="transfer", problem=f"there is no queue {what}")
            return Action(known, what)
        self._faults.error(entry.place, "unknown_action", name=kind, known=", ".join(ACTIONS))
        return None


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in re.split(r"[,，、\n]", text) if part.strip())


def _to(text: str) -> tuple[str, str]:
    """Return what stands before and behind the last arrow."""
    if "->" not in text and "→" not in text:
        return text.strip(), ""
    arrows = list(_ARROW.finditer(text))
    return text[: arrows[-1].start()].rstrip(), text[arrows[-1].end() :].strip()

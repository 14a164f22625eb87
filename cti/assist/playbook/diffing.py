"""What is different between two versions of a playbook, in the words of who writes it."""

from collections.abc import Iterator
from typing import Literal

import msgspec

from cti.assist.faults import LANGUAGES
from cti.assist.forms.model import Words
from cti.assist.playbook.model import Node, Playbook


class Change(msgspec.Struct, frozen=True):
    """*part* of *node* ("" for the head of the file) was *before* and is *after*; "" where there is nothing."""

    kind: Literal["added", "removed", "changed"]
    node: str
    part: str = ""
    before: str = ""
    after: str = ""

    def __str__(self) -> str:
        where = " ".join(filter(None, (self.node or "head", self.part)))
        sign = {"added": "+", "removed": "-", "changed": "~"}[self.kind]
        return f"{sign} {where}" + (f": {self.before or '∅'} → {self.after or '∅'}" if self.kind == "changed" else "")


def diff(before: Playbook, after: Playbook) -> tuple[Change, ...]:
    """Return what changed, the head first, then node by node in the order of *after*."""
    found = list(_parts("", _of_head(before), _of_head(after)))
    for name, node in after.nodes.items():
        old = before.nodes.get(name)
        if old is None:
            found.append(Change("added", name))
        else:
            found += _parts(name, _of_node(old), _of_node(node))
    found += [Change("removed", name) for name in before.nodes if name not in after.nodes]
    return tuple(found)


def _parts(node: str, before: dict[str, str], after: dict[str, str]) -> Iterator[Change]:
    for part in {**after, **before}:
        old, new = before.get(part, ""), after.get(part, "")
        if old != new:
            yield Change("changed", node, part, old, new)


def _of_head(playbook: Playbook) -> dict[str, str]:
    return {
        "title": _words(playbook.title),
        "start": playbook.start,
        "fields": ", ".join(playbook.fields),
        "required": "; ".join(
            f"{name} ({_words(each.words)}) before {' '.join(each.before) or 'every end'}"
            for name, each in playbook.required.items()
        ),
        "forbidden": ", ".join(playbook.forbidden),
    }


def _of_node(node: Node) -> dict[str, str]:
    parts = {
        "title": _words(node.title),
        "hint": _words(node.hint),
        "key": node.key,
        "says": ", ".join(node.says),
        "if": "; ".join(f"{branch.condition} -> {branch.to}" for branch in node.branches),
        "next": node.next,
        "do": "; ".join(f"{action.kind} {action.what}".strip() for action in node.actions),
        "end": node.end,
    }
    for language in LANGUAGES:
        spoken = node.spoken.get(language)
        parts[language] = spoken.source if spoken else ""
    if node.question:
        parts["ask"] = f"{node.question.name} ({node.question.kind}) {_words(node.question.label)}"
        parts["fills"] = node.question.fills
        for answer in node.question.answers:
            parts[f"answer {answer.value}"] = f"{_words(answer.label)} -> {answer.to}"
    return parts


def _words(words: Words) -> str:
    return " | ".join(filter(None, (words.zh, words.en)))

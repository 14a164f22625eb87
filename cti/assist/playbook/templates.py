"""What is said, with the customer's data in it: `{name}`, `{name:instead}`, and `[a phrase with {field}]`.

An empty field leaves `instead`; a phrase in square brackets disappears when one of its fields is empty. A backslash
makes the next character plain.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

from cti.assist.conditions import text_of
from cti.assist.playbook.model import Phrase, Slot, Template

# What each text may name besides fields and answers.
BUILT_IN = frozenset({"agent", "number", "campaign", "queue", "today", "greeting"})

_PART = re.compile(
    r"\\(?P<plain>.)|\{(?P<name>[^{}:：\[\]]*)(?:[:：](?P<instead>[^{}\[\]]*))?\}|(?P<mark>[\[\]{}])", re.S
)
_SPECIAL = re.compile(r"[\\{}\[\]]")
_GAPS = re.compile(r"[ \t]{2,}")
_LINES = re.compile(r"(?<=[\u3000-\u9fff\uff00-\uffef])\n|\n(?=[\u3000-\u9fff\uff00-\uffef])")
_BEFORE = re.compile(r" +(?=[,.;:!?，。；：！？、])")
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_WORD = re.compile(r"[^\W_\u3400-\u9fff\uf900-\ufaff]+(?:['’.-][^\W_\u3400-\u9fff\uf900-\ufaff]+)*")


class BadTemplate(Exception):
    """The text is wrong from *at* on."""

    def __init__(self, at: int, problem: str) -> None:
        super().__init__(problem)
        self.at = at
        self.problem = problem


def parse(text: str) -> Template:
    """Return the parts of *text*, or raise BadTemplate."""
    if not _SPECIAL.search(text):
        return (text,)
    whole: list[str | Slot | Phrase] = []
    phrase: list[str | Slot] | None = None
    opened = end = 0
    for found in _PART.finditer(text):
        here: list[Any] = whole if phrase is None else phrase
        start = found.start()
        if start > end:
            _add(here, text[end:start])
        end = found.end()
        kind = found.lastgroup
        if kind in ("name", "instead"):
            name = found["name"].strip()
            if not name:
                raise BadTemplate(start, "{} names nothing")
            here.append(Slot(name, (found["instead"] or "").strip(), start))
        elif kind == "plain":
            _add(here, found["plain"])
        elif found["mark"] == "[":
            if phrase is not None:
                raise BadTemplate(start, "[ inside [ ]")
            phrase, opened = [], start
        elif found["mark"] == "]":
            if phrase is None:
                raise BadTemplate(start, "] without [")
            whole.append(Phrase(tuple(phrase)))
            phrase = None
        else:
            raise BadTemplate(start, f"{found['mark']} alone; write {{name}}")
    if phrase is not None:
        raise BadTemplate(opened, "[ without ]")
    _add(whole, text[end:])
    return tuple(whole)


def slots(template: Template) -> Iterator[tuple[Slot, bool]]:
    """Return each slot, and whether the text is sound without its value."""
    for part in template:
        if isinstance(part, Slot):
            yield part, bool(part.instead)
        elif isinstance(part, Phrase):
            yield from ((inner, True) for inner in part.parts if isinstance(inner, Slot))


def render(template: Template, value_of: Callable[[str], Any]) -> str:
    """Return the text to say, in one paragraph; what *value_of* answers is plain text in it."""
    said = "".join(_said(part, value_of) for part in template)
    return _BEFORE.sub("", _GAPS.sub(" ", _LINES.sub("", said).replace("\n", " "))).strip()


def seconds(text: str, per_minute: float, language: str) -> float:
    """Return how long *text* takes to say.

    Chinese: characters a minute, without punctuation; a word or number in Latin letters counts as two characters.
    English: words a minute.
    """
    words, han = len(_WORD.findall(text)), len(_HAN.findall(text))
    return 60 * (han + 2 * words if language == "zh" else words + han) / per_minute


def most_seconds(text: str, per_minute: float, language: str) -> float:
    """Return what `seconds` of *text* cannot exceed, at little cost."""
    units = 2 * len(text) if language == "zh" else len(text) if not text.isascii() else (len(text) + 1) / 2
    return 60 * units / per_minute


def plain_of(template: Template) -> str:
    """Return the text as it is with every slot and phrase filled by its own name; for lengths and words."""
    parts: list[str] = []
    for part in template:
        inner = part.parts if isinstance(part, Phrase) else (part,)
        parts += [each if isinstance(each, str) else each.instead or each.name for each in inner]
    return "".join(parts)


def _add(parts: list[Any], text: str) -> None:
    if text and parts and isinstance(parts[-1], str):
        parts[-1] += text
    elif text:
        parts.append(text)


def _said(part: str | Slot | Phrase, value_of: Callable[[str], Any]) -> str:
    if isinstance(part, str):
        return part
    if isinstance(part, Slot):
        return _value(part, value_of) or part.instead
    filled = [inner if isinstance(inner, str) else _value(inner, value_of) or inner.instead for inner in part.parts]
    return "".join(filled) if all(filled) else ""


def _value(slot: Slot, value_of: Callable[[str], Any]) -> str:
    return " ".join(text_of(value_of(slot.name)).split())

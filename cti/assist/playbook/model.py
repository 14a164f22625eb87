"""A playbook as it is used: compiled from one file, immutable, known by the hash of its text."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from cti.assist.conditions import Condition
from cti.assist.faults import Language, Place
from cti.assist.forms.model import Words

RETURN = "return"  # where an objection card leads: back to the place from which it was opened

QuestionKind = Literal["choice", "yes_no", "text", "number", "date"]
ActionKind = Literal["open_form", "book_callback", "schedule", "transfer", "do_not_call"]
ACTIONS: Mapping[ActionKind, str] = {  # -> what must be named after it
    "open_form": "a form",
    "book_callback": "",
    "schedule": "",
    "transfer": "a queue",
    "do_not_call": "",
}


class Slot(msgspec.Struct, frozen=True, gc=False):
    """A place in a text that a field or an answer fills; *instead* stands there when it is empty."""

    name: str
    instead: str = ""
    at: int = 0  # in the text as it was written


class Phrase(msgspec.Struct, frozen=True, gc=False):
    """A part of a text that is left out when one of its slots is empty."""

    parts: tuple[str | Slot, ...]


Template = tuple[str | Slot | Phrase, ...]


class Spoken(msgspec.Struct, frozen=True, gc=False):
    """One language of what is said."""

    source: str
    template: Template
    places: tuple[Place, ...]  # of each of its lines

    def place(self, at: int) -> Place:
        """Return where the character *at* of the source stands in the file."""
        before = self.source.count("\n", 0, at)
        line = self.places[min(before, len(self.places) - 1)]
        return Place(line.line, line.column + at - (self.source.rfind("\n", 0, at) + 1))


class Answer(msgspec.Struct, frozen=True, gc=False):
    value: str
    label: Words
    to: str = ""  # a node; "" goes where the node goes
    place: Place = Place(1)


class Question(msgspec.Struct, frozen=True, gc=False):
    name: str
    kind: QuestionKind
    label: Words
    fills: str = ""  # the customer's field that gets the answer
    answers: tuple[Answer, ...] = ()
    place: Place = Place(1)


class Branch(msgspec.Struct, frozen=True, gc=False):
    condition: Condition
    to: str
    place: Place


class Action(msgspec.Struct, frozen=True):
    kind: ActionKind
    what: str = ""


class Node(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    title: Words
    place: Place
    card: bool = False  # an objection card
    key: str = ""  # opens the card
    spoken: Mapping[Language, Spoken] = {}
    hint: Words = Words()  # for the agent, not to be said
    says: tuple[str, ...] = ()  # required statements
    question: Question | None = None
    branches: tuple[Branch, ...] = ()
    next: str = ""
    next_place: Place | None = None
    actions: tuple[Action, ...] = ()
    end: str = ""  # the disposition that it suggests

    @property
    def is_silent(self) -> bool:
        """Whether the node only decides where to go: the talk does not stop at it."""
        return not (self.spoken or self.question or self.actions or self.end or self.hint != Words())

    def leads_to(self) -> tuple[str, ...]:
        """Return every node to which this one can lead, each once, in the order of the file."""
        answers = self.question.answers if self.question else ()
        ways = [answer.to for answer in answers if answer.to]
        if self.goes_on:
            ways += [branch.to for branch in self.branches]
            ways += [self.next] if self.next else []
        return tuple(dict.fromkeys(ways))

    @property
    def goes_on(self) -> bool:
        """Whether branches and next are ever used: not when every answer names its own way."""
        answers = self.question.answers if self.question else ()
        return not answers or any(not answer.to for answer in answers)


class Statement(msgspec.Struct, frozen=True):
    """What the law or the house wants to be said, with words that the text must have."""

    name: str
    words: Words = Words()
    before: tuple[str, ...] = ()  # the dispositions that need it; none named: all
    place: Place = Place(1)


class Pace(msgspec.Struct, frozen=True):
    """How fast one speaks: characters a minute in Chinese, words in English."""

    zh: float = 240.0
    en: float = 150.0


class Playbook(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    version: str  # of its text: the same text has the same
    title: Words
    start: str
    languages: tuple[Language, ...]
    fields: tuple[str, ...]  # of the customer, that texts and conditions may name
    required: Mapping[str, Statement]
    forbidden: Mapping[str, Place]
    pace: Pace
    longest: float  # seconds that one may speak without a pause
    nodes: Mapping[str, Node]

    def cards(self) -> tuple[Node, ...]:
        """Return the objection cards that can be opened from anywhere."""
        return tuple(node for node in self.nodes.values() if node.card and node.key)

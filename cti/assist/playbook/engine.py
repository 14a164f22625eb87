"""A talk led by a playbook, as a state machine: the run as it stands and an event make the next run and its effects.

It does no I/O and reads no clock. A run can be stored and loaded, and goes on where it was; it belongs to one version
of one playbook.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any, Literal

import msgspec

from cti.assist.conditions import holds, is_empty, text_of
from cti.assist.faults import Language
from cti.assist.forms.compiling import is_date
from cti.assist.playbook import templates
from cti.assist.playbook.model import RETURN, ActionKind, Answer, Node, Playbook, Question

MOST_STEPS = 1_000  # that are kept of one talk; it can go on beyond them
LONGEST_ANSWER = 500  # characters


class Facts(msgspec.Struct, frozen=True):
    """What the talk knows from outside; asked at every step, as it may have changed."""

    customer: Mapping[str, Any] = {}
    agent: str = ""
    number: str = ""
    campaign: str = ""
    queue: str = ""
    zone: tzinfo = UTC


class Visit(msgspec.Struct, frozen=True):
    """One stay at a node. Its time is until the next visit began."""

    node: str
    at: datetime
    how: Literal["begin", "answer", "next", "card", "return", "back", "resume"]


class Run(msgspec.Struct, frozen=True):
    """A talk as it stands."""

    playbook: str
    version: str
    node: str  # where the talk is: also an objection card that is open
    place: str = ""  # the node to which the open card returns, "" when none is open
    answers: Mapping[str, str] = {}
    path: tuple[Visit, ...] = ()
    trail: tuple[str, ...] = ()  # the nodes to step back to
    said: tuple[str, ...] = ()  # required statements
    outcome: str = ""  # the disposition that the end suggests; "" while the talk goes on


# --- events, each with its time ------------------------------------------------------------------------------------


class Event(msgspec.Struct, frozen=True, tag_field="event"):
    at: datetime


class Answered(Event, frozen=True, tag="answered"):
    value: str


class WentOn(Event, frozen=True, tag="went_on"):
    """The text was said; there was no question, or it was left open."""


class Objected(Event, frozen=True, tag="objected"):
    """The customer objects: the card with *key* is opened."""

    key: str


class Returned(Event, frozen=True, tag="returned"):
    """The card is closed; the talk is where it was."""


class SteppedBack(Event, frozen=True, tag="stepped_back"):
    """One step back in the talk; answers stay."""


class Resumed(Event, frozen=True, tag="resumed"):
    """The talk goes on after a break: another screen, another call."""


TalkEvent = Answered | WentOn | Objected | Returned | SteppedBack | Resumed


# --- effects -------------------------------------------------------------------------------------------------------


class FieldFilled(msgspec.Struct, frozen=True, tag="field_filled"):
    """An answer is to be written into the customer's field."""

    field: str
    value: str


class ActionDue(msgspec.Struct, frozen=True, tag="action_due"):
    """The node that was entered has something to do; the agent confirms it."""

    kind: ActionKind
    what: str


class OutcomeSuggested(msgspec.Struct, frozen=True, tag="outcome_suggested"):
    """The talk is at an end; *unsaid* are the required statements that this end needs and that were not said."""

    outcome: str
    unsaid: tuple[str, ...]


Effect = FieldFilled | ActionDue | OutcomeSuggested


class NotPossible(Exception):
    """The event does not fit where the talk is; nothing changed. *code* is stable for programs."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def begin(playbook: Playbook, at: datetime, facts: Facts) -> tuple[Run, tuple[Effect, ...]]:
    """Return a talk at the start of *playbook*."""
    run = Run(playbook.name, playbook.version, playbook.start)
    return _enter(playbook, run, playbook.start, Visit(playbook.start, at, "begin"), facts)


def apply(playbook: Playbook, run: Run, event: TalkEvent, facts: Facts) -> tuple[Run, tuple[Effect, ...]]:
    """Return *run* after *event* and what follows from it, or raise NotPossible and change nothing."""
    if (playbook.name, playbook.version) != (run.playbook, run.version):
        raise NotPossible("other_version")
    node = playbook.nodes[run.node]
    match event:
        case Answered(at, value):
            return _answered(playbook, run, node, value, at, facts)
        case WentOn(at):
            if node.end:
                raise NotPossible("at_the_end")
            if node.question and node.question.kind in ("choice", "yes_no"):
                raise NotPossible("needs_answer")
            return _go(playbook, _leave(run, node), node, at, "next", facts)
        case Objected(at, key):
            card = next((card for card in playbook.cards() if card.key == key), None)
            if card is None:
                raise NotPossible("no_such_card")
            place = run.place or run.node
            opened = msgspec.structs.replace(run, place=place, outcome="")
            return _enter(playbook, opened, card.name, Visit(card.name, at, "card"), facts)
        case Returned(at):
            if not run.place:
                raise NotPossible("no_card_open")
            return _back_to(playbook, run, run.place, run.trail, Visit(run.place, at, "return"))
        case SteppedBack(at):
            if run.place:
                return _back_to(playbook, run, run.place, run.trail, Visit(run.place, at, "back"))
            if not run.trail:
                raise NotPossible("at_the_start")
            return _back_to(playbook, run, run.trail[-1], run.trail[:-1], Visit(run.trail[-1], at, "back"))
        case Resumed(at):
            return msgspec.structs.replace(run, path=_walked(run, Visit(run.node, at, "resume"))), ()


def text_of_node(
    playbook: Playbook, run: Run, language: Language, facts: Facts, at: datetime, *, node: str = ""
) -> str:
    """Return what the agent says now, with the customer's data in it, "" where there is nothing to say."""
    spoken = playbook.nodes[node or run.node].spoken.get(language)
    return templates.render(spoken.template, _Values(run.answers, facts, at, language)) if spoken else ""


def seconds_at(run: Run, *, until: datetime) -> dict[str, float]:
    """Return how long the talk has been at each node, in the order of the first visits."""
    found: dict[str, float] = {}
    for index, visit in enumerate(run.path):
        end = run.path[index + 1].at if index + 1 < len(run.path) else until
        found[visit.node] = found.get(visit.node, 0.0) + max(0.0, (end - visit.at).total_seconds())
    return found


class _Values:
    """What a name stands for: an answer before a field of the customer before what the call knows."""

    __slots__ = ("_answers", "_at", "_facts", "_language")

    def __init__(self, answers: Mapping[str, str], facts: Facts, at: datetime, language: Language = "zh") -> None:
        self._answers = answers
        self._facts = facts
        self._at = at
        self._language = language

    def __call__(self, name: str) -> Any:
        found = self._answers.get(name)
        if found is not None:
            return found
        found = self._facts.customer.get(name)
        if not is_empty(found):
            return found
        match name:
            case "agent" | "number" | "campaign" | "queue":
                return getattr(self._facts, name)
            case "time" | "weekday" | "today" | "greeting":
                return self._moment(name)
        return None

    def _moment(self, name: str) -> Any:
        here = self._at.astimezone(self._facts.zone)
        match name:
            case "time":
                return here.strftime("%H:%M")
            case "weekday":
                return here.isoweekday()
            case "today":
                return here.date().isoformat()
        part = 0 if here.hour < 12 else 1 if here.hour < 18 else 2
        chinese = ("上午好", "下午好", "晚上好")
        return chinese[part] if self._language == "zh" else ("Good morning", "Good afternoon", "Good evening")[part]


def _answered(
    playbook: Playbook, run: Run, node: Node, value: str, at: datetime, facts: Facts
) -> tuple[Run, tuple[Effect, ...]]:
    question = node.question
    if question is None:
        raise NotPossible("no_question")
    value = value.strip()
    chosen = _chosen(question, value)
    answered = msgspec.structs.replace(_leave(run, node), answers={**run.answers, question.name: value})
    filled: tuple[Effect, ...] = (FieldFilled(question.fills, value),) if question.fills else ()
    if chosen is not None and chosen.to:
        after, effects = _to(playbook, answered, node, chosen.to, at, "answer", facts)
    else:
        after, effects = _go(playbook, answered, node, at, "answer", facts)
    return after, filled + effects


def _chosen(question: Question, value: str) -> Answer | None:
    """Return which of the answers *value* is, None where there are none; raise NotPossible when it fits none."""
    match question.kind:
        case "choice" | "yes_no":
            found = next((answer for answer in question.answers if answer.value == value), None)
            if found is None:
                raise NotPossible("no_such_answer")
            return found
        case "number":
            if not _is_number(value):
                raise NotPossible("not_a_number")
        case "date":
            if not is_date(value):
                raise NotPossible("not_a_date")
        case "text":
            if not value or len(value) > LONGEST_ANSWER:
                raise NotPossible("not_a_text")
    return None


def _is_number(value: str) -> bool:
    digits = value.removeprefix("-").replace(".", "", 1)
    return digits.isascii() and digits.isdigit() and len(digits) <= 15


def _leave(run: Run, node: Node) -> Run:
    """Return *run* with what *node* says marked as said."""
    fresh = tuple(name for name in node.says if name not in run.said)
    return msgspec.structs.replace(run, said=run.said + fresh) if fresh else run


def _go(
    playbook: Playbook, run: Run, node: Node, at: datetime, how: Literal["answer", "next"], facts: Facts
) -> tuple[Run, tuple[Effect, ...]]:
    return _to(playbook, run, node, _way(node, run, at, facts), at, how, facts)


def _to(
    playbook: Playbook, run: Run, node: Node, to: str, at: datetime, how: Literal["answer", "next"], facts: Facts
) -> tuple[Run, tuple[Effect, ...]]:
    """Return *run* at *to*, through the silent nodes in between."""
    for _ in range(len(playbook.nodes) + 1):
        if to == RETURN:
            return _back_to(playbook, run, run.place, run.trail, Visit(run.place, at, "return"))
        target = playbook.nodes[to]
        if not target.is_silent:
            break
        to = _way(target, run, at, facts)
    if target.card:
        return _enter(playbook, run, to, Visit(to, at, how), facts)
    left = run.place or node.name
    moved = msgspec.structs.replace(run, place="", trail=(*run.trail, left)[-MOST_STEPS:])
    return _enter(playbook, moved, to, Visit(to, at, how), facts)


def _way(node: Node, run: Run, at: datetime, facts: Facts) -> str:
    """Return where *node* leads now; the compiler has seen that it leads somewhere."""
    if node.branches:
        values = _Values(run.answers, facts, at)
        for branch in node.branches:
            if holds(branch.condition, values):
                return branch.to
    return node.next


def _enter(playbook: Playbook, run: Run, name: str, visit: Visit, facts: Facts) -> tuple[Run, tuple[Effect, ...]]:
    node = playbook.nodes[name]
    if node.is_silent:  # the start, or a card, that only decides where to go
        return _go(playbook, run, node, visit.at, "next", facts)
    effects: tuple[Effect, ...] = tuple(ActionDue(action.kind, action.what) for action in node.actions)
    if node.end:
        run = _leave(run, node)
        effects = (*effects, OutcomeSuggested(node.end, unsaid(playbook, run, node.end)))
    return msgspec.structs.replace(run, node=name, outcome=node.end, path=_walked(run, visit)), effects


def _back_to(
    playbook: Playbook, run: Run, name: str, trail: tuple[str, ...], visit: Visit
) -> tuple[Run, tuple[Effect, ...]]:
    """Return *run* at *name* where it was before; nothing is done a second time."""
    outcome = playbook.nodes[name].end
    return msgspec.structs.replace(run, node=name, place="", trail=trail, outcome=outcome, path=_walked(run, visit)), ()


def _walked(run: Run, visit: Visit) -> tuple[Visit, ...]:
    return (*run.path, visit) if len(run.path) < MOST_STEPS else run.path


def unsaid(playbook: Playbook, run: Run, outcome: str) -> tuple[str, ...]:
    """Return the statements that *outcome* needs and that were not said."""
    return tuple(
        name
        for name, statement in playbook.required.items()
        if name not in run.said and (not statement.before or outcome in statement.before)
    )


def shown_answer(question: Question, value: str, language: Language) -> str:
    """Return an answer as people read it."""
    found = next((answer for answer in question.answers if answer.value == value), None)
    return getattr(found.label, language) if found else text_of(value)

"""A playbook tried in the terminal."""

from collections.abc import Callable
from datetime import datetime

from cti.assist.faults import Language
from cti.assist.playbook import engine as ng
from cti.assist.playbook.model import Playbook

_SAID = {
    "zh": {"path": "经过", "answers": "答案", "outcome": "结果", "unsaid": "未说", "cards": "异议"},
    "en": {"path": "path", "answers": "answers", "outcome": "outcome", "unsaid": "unsaid", "cards": "objections"},
}


class Walk:
    """One talk; what it answers is text for a terminal."""

    def __init__(self, playbook: Playbook, facts: ng.Facts, language: Language, *, now: Callable[[], datetime]) -> None:
        self._playbook = playbook
        self._facts = facts
        self._language = language
        self._now = now
        self._run, effects = ng.begin(playbook, now(), facts)
        self._told = self._effects(effects)

    @property
    def is_over(self) -> bool:
        return bool(self._run.outcome)

    def heard(self, line: str) -> str:
        """Take what was typed and return what is shown then."""
        try:
            self._run, effects = ng.apply(self._playbook, self._run, self._event(line), self._facts)
        except ng.NotPossible as problem:
            return f"! {problem}"
        self._told = self._effects(effects)
        return self.shown()

    def shown(self) -> str:
        """Return the node as the agent sees it."""
        language, node = self._language, self._playbook.nodes[self._run.node]
        words = _SAID[language]
        lines = [*self._told, f"\n== {getattr(node.title, language)} [{node.name}]"]
        lines.append(ng.text_of_node(self._playbook, self._run, language, self._facts, self._now()))
        if hint := getattr(node.hint, language):
            lines.append(f"({hint})")
        if node.question:
            lines.append(f"? {getattr(node.question.label, language)}")
            for number, answer in enumerate(node.question.answers, 1):
                lines.append(f"  {number}  {getattr(answer.label, language)}")
        if not node.end:
            cards = "  ".join(f"{card.key} {getattr(card.title, language)}" for card in self._playbook.cards())
            lines.append(f"  {words['cards']}: {cards}" + ("  r ←" if self._run.place else ""))
        return "\n".join(line for line in lines if line)

    def summary(self) -> str:
        """Return the path with times, the answers and the outcome."""
        run, words = self._run, _SAID[self._language]
        times = ng.seconds_at(run, until=self._now())
        lines = [f"\n{words['path']}: " + " > ".join(f"{name} {seconds:.0f}s" for name, seconds in times.items())]
        if run.answers:
            lines.append(f"{words['answers']}: " + ", ".join(f"{name}={value}" for name, value in run.answers.items()))
        if run.outcome:
            lines.append(f"{words['outcome']}: {run.outcome}")
        return "\n".join(lines)

    def _event(self, line: str) -> ng.TalkEvent:
        at, node = self._now(), self._playbook.nodes[self._run.node]
        question = node.question
        if line == "r" and self._run.place:
            return ng.Returned(at)
        if line == "b":
            return ng.SteppedBack(at)
        if any(card.key == line for card in self._playbook.cards()):
            return ng.Objected(at, line)
        if not line or question is None:
            return ng.WentOn(at)
        if question.answers and line.isascii() and line.isdigit() and 1 <= int(line) <= len(question.answers):
            return ng.Answered(at, question.answers[int(line) - 1].value)
        return ng.Answered(at, line)

    def _effects(self, effects: tuple[ng.Effect, ...]) -> list[str]:
        lines = []
        for effect in effects:
            match effect:
                case ng.FieldFilled(field, value):
                    lines.append(f"→ {field} = {value}")
                case ng.ActionDue(kind, what):
                    lines.append(f"→ {kind} {what}".rstrip())
                case ng.OutcomeSuggested(outcome, unsaid):
                    lines.append(f"→ {_SAID[self._language]['outcome']}: {outcome}")
                    if unsaid:
                        lines.append(f"! {_SAID[self._language]['unsaid']}: {', '.join(unsaid)}")
        return lines

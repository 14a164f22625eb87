"""What can go wrong in a talk, found before it is led."""

import re

from cti.assist.conditions import Compare, Filled, OneOf, leaves, text_of
from cti.assist.faults import Faults, Language, Place
from cti.assist.playbook import flow, templates
from cti.assist.playbook.model import RETURN, Branch, Node, Playbook, Spoken

# What conditions may ask for besides fields and answers.
ASKED = frozenset({"campaign", "queue", "time", "weekday", "today"})


def check(playbook: Playbook, faults: Faults) -> None:
    """Add everything that is wrong with *playbook* to *faults*."""
    for node in playbook.nodes.values():
        _targets(playbook, node, faults)
        _ends(node, faults)
    _keys(playbook, faults)
    ways = flow.ways_of(playbook)
    _ways(playbook, ways, faults)
    _statements(playbook, ways, faults)
    _names(playbook, ways, faults)
    for node in playbook.nodes.values():
        for language, spoken in node.spoken.items():
            _words(playbook, node, language, spoken, faults)


def _targets(playbook: Playbook, node: Node, faults: Faults) -> None:
    targets: list[tuple[str, Place]] = [(branch.to, branch.place) for branch in node.branches]
    if node.question:
        targets += [(answer.to, answer.place) for answer in node.question.answers if answer.to]
    if node.next and node.next_place:
        targets.append((node.next, node.next_place))
    for to, place in targets:
        if to == RETURN:
            if not node.card:
                faults.error(place, "return_outside")
        elif to not in playbook.nodes:
            faults.error(place, "unknown_node", name=to)
        elif playbook.nodes[to].card and not node.card:
            faults.error(place, "jump_to_card", name=to)


def _ends(node: Node, faults: Faults) -> None:
    if node.end:
        for what, there in (("ask", node.question), ("if", node.branches), ("next", node.next)):
            if there:
                faults.error(node.place, "end_goes_on", what=what)
        return
    if not node.goes_on:
        if node.branches or node.next:
            place = node.branches[0].place if node.branches else node.next_place or node.place
            faults.warning(place, "never_reached")
    elif not node.next and node.branches:
        faults.error(node.place, "may_stop")
    elif not node.next:
        answers = node.question.answers if node.question else ()
        if any(answer.to for answer in answers):
            for answer in answers:
                if not answer.to:
                    faults.error(answer.place, "dead_answer")
        else:
            faults.error(node.place, "dead_end" if not node.is_silent else "empty_node")


def _keys(playbook: Playbook, faults: Faults) -> None:
    taken: dict[str, str] = {}
    for node in playbook.cards():
        if node.key in taken:
            faults.error(node.place, "key_taken", key=node.key, name=taken[node.key])
        taken.setdefault(node.key, node.name)


def _ways(playbook: Playbook, ways: flow.Ways, faults: Faults) -> None:
    nodes = playbook.nodes
    known = flow.reached(flow.entries_of(playbook), ways)
    for name in nodes.keys() - known.keys():
        faults.error(nodes[name].place, "unreachable", name=name)
    out = flow.leaving(playbook, ways)
    told: set[str] = set()
    for name, node in nodes.items():
        if name in known and name not in out and name not in told:
            stuck = flow.reached([name], ways)
            told.update(stuck)
            faults.error(node.place, "no_exit", path=" > ".join(list(stuck)[:8]))
    silent = {name: None for name, node in nodes.items() if node.is_silent}
    for circle in flow.circles(silent, ways):
        faults.error(nodes[circle[0]].place, "silent_loop", path=" > ".join([*circle, circle[0]]))


def _statements(playbook: Playbook, ways: flow.Ways, faults: Faults) -> None:
    said = {name for node in playbook.nodes.values() for name in node.says}
    for node in playbook.nodes.values():
        for name in node.says:
            if name not in playbook.required:
                faults.error(node.place, "unknown_statement", name=name)
    cards = tuple(card.name for card in playbook.cards())
    ends = {node.end for node in playbook.nodes.values()}
    for name, statement in playbook.required.items():
        for end in statement.before:
            if end not in ends:
                faults.error(statement.place, "unknown_end", name=end)
        if name not in said:
            faults.error(statement.place, "never_said", name=name)
            continue

        def is_open(node: str, name: str = name) -> bool:
            return name not in playbook.nodes[node].says

        # A card can be opened at the first node already, so what is not said there is not said on the way by the card.
        start = playbook.start
        begin = [start, *cards] if start in ways and is_open(start) else [start] if start in ways else []
        before = flow.reached(begin, ways, through=is_open)
        for end in before:
            node = playbook.nodes[end]
            if node.end and is_open(end) and (not statement.before or node.end in statement.before):
                faults.error(node.place, "missing_statement", name=name, path=flow.path_to(end, before))


def _names(playbook: Playbook, ways: flow.Ways, faults: Faults) -> None:
    """Check the fields and answers that texts and conditions name."""
    fields, questions = set(playbook.fields), flow.questions_of(playbook)
    bits = {name: 1 << index for index, name in enumerate(questions)}
    known = flow.asked_before(playbook, ways)
    answers = _answers(playbook)
    for name, node in playbook.nodes.items():
        for branch in node.branches:
            for leaf in leaves(branch.condition):
                if leaf.name not in fields and leaf.name not in bits and leaf.name not in ASKED:
                    faults.error(_place_of(branch, leaf.at), "condition_name", name=leaf.name)
                elif not isinstance(leaf, Filled):
                    for value in _impossible(leaf, answers, fields):
                        faults.error(_place_of(branch, leaf.at), "condition_value", name=leaf.name, value=value)
        for spoken in node.spoken.values():
            for slot, is_safe in templates.slots(spoken.template):
                if slot.name in templates.BUILT_IN or (is_safe and (slot.name in fields or slot.name in bits)):
                    continue
                if slot.name in fields:
                    faults.warning(spoken.place(slot.at), "maybe_empty", name=slot.name)
                elif slot.name not in bits:
                    faults.error(spoken.place(slot.at), "unset", name=slot.name)
                elif not known[name] & bits[slot.name]:
                    path = _path_without(playbook, ways, slot.name, name)
                    faults.error(spoken.place(slot.at), "maybe_unset", name=slot.name, path=path)


def _place_of(branch: Branch, at: int) -> Place:
    return Place(branch.place.line, branch.place.column + at)


def _answers(playbook: Playbook) -> dict[str, set[str]]:
    """Return what may be answered to the questions that offer answers."""
    found: dict[str, set[str]] = {}
    for node in playbook.nodes.values():
        if node.question and node.question.answers:
            found.setdefault(node.question.name, set()).update(answer.value for answer in node.question.answers)
    return found


def _impossible(leaf: Compare | OneOf, answers: dict[str, set[str]], fields: set[str]) -> list[str]:
    """Return the values that the question is never answered with; one field cannot be compared with another."""
    values = [text_of(value) for value in (leaf.values if isinstance(leaf, OneOf) else (leaf.value,))]
    if leaf.name in answers and leaf.name not in fields:
        return [value for value in values if value not in answers[leaf.name]]
    return [value for value in values if value in fields]


def _path_without(playbook: Playbook, ways: flow.Ways, question: str, to: str) -> str:
    def through(name: str) -> bool:
        asked = playbook.nodes[name].question
        return asked is None or asked.name != question

    before = flow.reached(flow.entries_of(playbook), ways, through=through)
    return flow.path_to(to, before) if to in before else to


def _words(playbook: Playbook, node: Node, language: Language, spoken: Spoken, faults: Faults) -> None:
    source = spoken.source.casefold()
    for words in playbook.forbidden:
        if words.casefold() not in source:
            continue
        for found in re.finditer(_as_words(words), source):
            faults.error(spoken.place(found.start()), "forbidden", words=words)
    for name in node.says:
        statement = playbook.required.get(name)
        words = getattr(statement.words, language) if statement else ""
        if words and words.casefold() not in templates.plain_of(spoken.template).casefold():
            faults.error(spoken.places[0], "unsaid_words", name=name, words=words)
    pace: float = getattr(playbook.pace, language)
    if templates.most_seconds(spoken.source, pace, language) <= playbook.longest:
        return
    seconds = templates.seconds(templates.plain_of(spoken.template), pace, language)
    if seconds > playbook.longest:
        faults.warning(
            spoken.places[0],
            "too_long",
            seconds=round(seconds),
            language=language,
            pace=f"{pace:g}",
            longest=f"{playbook.longest:g}",
        )


def _as_words(words: str) -> str:
    """Return the pattern for *words*: whole ones in Latin letters, anywhere in Chinese, which has no gaps."""
    pattern = re.escape(words.casefold())
    return rf"\b{pattern}\b" if words.isascii() else pattern

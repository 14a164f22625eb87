"""Where the ways through a playbook lead."""

from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping

from cti.assist.playbook.model import RETURN, Node, Playbook

Ways = Mapping[str, tuple[str, ...]]


def ways_of(playbook: Playbook) -> Ways:
    """Return the nodes that follow each node; what is not there, and `return`, are left out."""
    nodes = playbook.nodes
    return {name: tuple(to for to in node.leads_to() if to in nodes) for name, node in nodes.items()}


def reached(begin: Iterable[str], ways: Ways, *, through: Callable[[str], bool] = lambda name: True) -> dict[str, str]:
    """Return what can be reached, each with the node before it ("" for the first), nearest first.

    Ways go on only from nodes that one may go *through*.
    """
    before = dict.fromkeys(begin, "")
    waiting = deque(before)
    while waiting:
        name = waiting.popleft()
        if not through(name):
            continue
        for to in ways[name]:
            if to not in before:
                before[to] = name
                waiting.append(to)
    return before


def path_to(name: str, before: Mapping[str, str]) -> str:
    """Return the way to *name* for people: `greeting > offer > sold`."""
    path = [name]
    while before[path[-1]]:
        path.append(before[path[-1]])
    return " > ".join(reversed(path))


def entries_of(playbook: Playbook) -> list[str]:
    """Return where a talk can be begun or entered: the start, and every card that has a key."""
    start = [playbook.start] if playbook.start in playbook.nodes else []
    return start + [node.name for node in playbook.cards()]


def leaving(playbook: Playbook, ways: Ways) -> set[str]:
    """Return the nodes from which the talk can end, return to its place, or stop for want of a way."""
    into: dict[str, list[str]] = {name: [] for name in ways}
    for name, tos in ways.items():
        for to in tos:
            into[to].append(name)
    ends = [name for name, node in playbook.nodes.items() if _is_out(node, ways[name])]
    return set(reached(ends, {name: tuple(froms) for name, froms in into.items()}))


def circles(names: Collection[str], ways: Ways) -> list[list[str]]:
    """Return the circles among *names* alone, each once."""
    found, done = [], set[str]()
    for first in names:
        path: list[str] = []
        on_path: set[str] = set()
        stack: list[tuple[str, int]] = [] if first in done else [(first, 0)]
        while stack:
            name, turn = stack.pop()
            if turn == 0:
                path.append(name)
                on_path.add(name)
            tos = [to for to in ways[name] if to in names]
            if turn == len(tos):
                done.add(name)
                on_path.discard(path.pop())
                continue
            stack.append((name, turn + 1))
            if tos[turn] in on_path:
                found.append(path[path.index(tos[turn]) :])
            elif tos[turn] not in done:
                stack.append((tos[turn], 0))
    return found


def asked_before(playbook: Playbook, ways: Ways) -> dict[str, int]:
    """Return which questions are answered on every way to each node, as bits in the order of `questions_of`.

    The fixpoint of: known at a node = what is known behind all nodes before it, and behind a node its own question too.
    """
    bits = {name: 1 << index for index, name in enumerate(questions_of(playbook))}
    every = (1 << len(bits)) - 1
    known = dict.fromkeys(ways, every)
    entries = entries_of(playbook)
    known.update(dict.fromkeys(entries, 0))
    waiting = deque(dict.fromkeys([*entries, *ways]))
    queued = set(waiting)
    while waiting:
        name = waiting.popleft()
        queued.discard(name)
        question = playbook.nodes[name].question
        behind = known[name] | (bits[question.name] if question else 0)
        for to in ways[name]:
            if known[to] & behind != known[to]:
                known[to] &= behind
                if to not in queued:
                    queued.add(to)
                    waiting.append(to)
    return known


def questions_of(playbook: Playbook) -> list[str]:
    return list(dict.fromkeys(node.question.name for node in playbook.nodes.values() if node.question))


def _is_out(node: Node, ways: tuple[str, ...]) -> bool:
    return bool(node.end) or not ways or RETURN in node.leads_to()

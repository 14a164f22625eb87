"""What a call came to, as agents choose it: a tree of outcomes from a file, and what each of them asks for."""

import hashlib
from collections.abc import Collection, Iterator, Mapping
from typing import Annotated, Any, Literal

import msgspec

from cti.assist.faults import Fault, is_bad
from cti.assist.forms.model import Words
from cti.assist.places import Source

Need = Literal["note", "callback", "ticket"]
TicketKind = Literal["complaint", "request"]

_Code = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]{0,39}$")]


class Outcome(msgspec.Struct, frozen=True):
    """One thing that a call can come to. Whatever has others below it only groups them."""

    code: str
    label: Words
    under: str = ""  # the outcome that groups it
    needs: tuple[Need, ...] = ()
    ticket: TicketKind | None = None  # what kind of ticket it opens
    category: str = ""  # of that ticket
    do_not_call: bool = False  # the customer is not to be dialled again


class Outcomes(msgspec.Struct, frozen=True):
    """The outcomes of one file, in its order."""

    name: str
    version: str
    title: Words
    queues: tuple[str, ...]  # whose calls it is for; none: for those that no other file is for
    outcomes: Mapping[str, Outcome]
    is_required: bool = True  # a wrap-up does not end by hand before one is chosen

    def leaf(self, code: str) -> Outcome | None:
        """Return the outcome that can be chosen by *code*."""
        found = self.outcomes.get(code)
        return None if found is None or any(each.under == code for each in self.outcomes.values()) else found

    def leaves(self) -> Iterator[Outcome]:
        groups = {each.under for each in self.outcomes.values()}
        return (each for each in self.outcomes.values() if each.code not in groups)


def outcomes_for(queue: str, files: Collection[Outcomes]) -> Outcomes | None:
    """Return the outcomes for calls of *queue* ("" is none): its own file's, else those for every queue."""
    own = next((each for each in files if queue and queue in each.queues), None)
    return own or next((each for each in files if not each.queues), None)


def lacks(outcome: Outcome, *, note: str, callback: bool, ticket: bool) -> tuple[Need, ...]:
    """Return what *outcome* needs and is not there yet."""
    there: Mapping[Need, bool] = {"note": bool(note.strip()), "callback": callback, "ticket": ticket}
    return tuple(need for need in outcome.needs if not there[need])


# --- the file ------------------------------------------------------------------------------------------------------


class _Head(msgspec.Struct, frozen=True):
    title: Words
    queues: tuple[str, ...] = ()
    required: bool = True
    outcome: Any = None


class _Outcome(msgspec.Struct, frozen=True):
    code: _Code
    label: Words
    under: str = ""
    needs: tuple[Need, ...] = ()
    ticket: TicketKind | None = None
    category: Annotated[str, msgspec.Meta(max_length=80)] = ""
    do_not_call: bool = False


def compile_outcomes(
    name: str, file: str, text: str, *, queues: Collection[str] | None = None
) -> tuple[Outcomes | None, tuple[Fault, ...]]:
    """Return the outcomes in *text* with what is wrong; None when they cannot be used. *queues* None: unchecked."""
    source = Source(file, text)
    if not source.is_toml:
        return None, source.faults.in_order()
    head = source.struct(_Head, source.data)
    written = source.structs(_Outcome, "outcome")
    found: dict[str, Outcome] = {}
    lines: dict[str, int] = {}
    for index, each in enumerate(written):
        if each is None:
            continue
        place = source.place("outcome", index, "code")
        if each.code in found:
            source.faults.error(place, "twice", name=each.code, line=lines[each.code])
            continue
        if not (each.label.zh and each.label.en):
            missing = "中文 / Chinese" if not each.label.zh else "英文 / English"
            source.faults.warning(source.place("outcome", index, "label"), "missing_language", language=missing)
        if "ticket" in each.needs and each.ticket is None:
            source.faults.error(source.place("outcome", index, "needs"), "missing_key", key="ticket")
        lines[each.code] = place.line
        found[each.code] = Outcome(
            each.code, each.label, each.under, each.needs, each.ticket, each.category, each.do_not_call
        )
    _check_groups(source, written, found)
    if head is not None and queues is not None:
        for index, queue in enumerate(head.queues):
            if queue not in queues:
                known = ", ".join(sorted(queues)) or "-"
                source.faults.warning(source.place("queues", index), "unknown_queue", name=queue, known=known)
    if not written:
        source.faults.error(source.place("title"), "no_outcomes")
    if head is None or is_bad(source.faults.found):
        return None, source.faults.in_order()
    version = hashlib.sha256(text.encode()).hexdigest()[:12]
    return Outcomes(name, version, head.title, head.queues, found, head.required), source.faults.in_order()


def _check_groups(source: Source, written: list[_Outcome | None], found: Mapping[str, Outcome]) -> None:
    for index, each in enumerate(written):
        if each is None or not each.under:
            continue
        place = source.place("outcome", index, "under")
        if each.under not in found:
            source.faults.error(place, "unknown_outcome", name=each.under, known=", ".join(found))
            continue
        above, seen = each.under, {each.code}
        while above and above not in seen:
            seen.add(above)
            above = found[above].under if above in found else ""
        if above:
            source.faults.error(place, "outcome_loop", name=each.code)

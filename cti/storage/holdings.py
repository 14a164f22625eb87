"""What is kept about a customer beside their own record: moved with a merge, disclosed and erased with the person.

Whoever adds a table that names a customer adds it here.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Table, and_, delete, or_, select, update

from cti.storage.after_tables import call_results, callbacks, ticket_history, tickets
from cti.storage.draft_tables import form_answers, form_drafts

_AT_ONCE = 500

Key = int | str


class Holding(msgspec.Struct, frozen=True):
    """A table with a column customer_id. What is in *blanked* is emptied with the person; none: the rows go."""

    name: str
    table: Table
    key: str = "id"
    number: str = ""  # the column with their number, which tells also where nobody was known
    blanked: tuple[str, ...] = ()


HOLDINGS = (
    Holding("outcomes of calls", call_results, key="call", number="number", blanked=("number",)),
    Holding("callbacks", callbacks, number="number"),
    Holding("tickets", tickets, number="number", blanked=("number", "title", "text")),
    Holding("answers in forms", form_answers),
    Holding("drafts of forms", form_drafts, number="number"),
)


class Erased(msgspec.Struct, frozen=True):
    name: str
    found: int
    kept_without_identity: int = 0


def move(connection: Connection, gone: int, kept: int) -> dict[str, tuple[Key, ...]]:
    """Give all that *gone* has to *kept*; return what it was, by the name of its holding."""
    moved: dict[str, tuple[Key, ...]] = {}
    for each in HOLDINGS:
        theirs = each.table.c.customer_id == gone
        keys = tuple(connection.execute(select(each.table.c[each.key]).where(theirs)).scalars())
        if keys:
            connection.execute(update(each.table).where(theirs).values(customer_id=kept))
            moved[each.name] = keys
    return moved


def move_back(connection: Connection, moved: Mapping[str, Sequence[Key]], *, kept: int, gone: int) -> None:
    """Undo a move: what *kept* still has of it is *gone*'s again."""
    for each in HOLDINGS:
        keys = moved.get(each.name, ())
        for start in range(0, len(keys), _AT_ONCE):
            part = each.table.c[each.key].in_(keys[start : start + _AT_ONCE])
            mine = update(each.table).where(part, each.table.c.customer_id == kept)
            connection.execute(mine.values(customer_id=gone))


def erase(connection: Connection, customers: Collection[int], numbers: Collection[str]) -> Iterator[Erased]:
    """Erase what is kept of the person whose records are *customers*; tell it holding by holding."""
    for each in HOLDINGS:
        theirs = _theirs(each, customers, numbers)
        if not each.blanked:
            yield Erased(each.name, connection.execute(delete(each.table).where(theirs)).rowcount)
            continue
        if each.table is tickets:
            said = ticket_history.c.ticket_id.in_(select(tickets.c.id).where(theirs))
            connection.execute(update(ticket_history).where(said).values(text=""))
        nobody: dict[str, Any] = {"customer_id": None, **dict.fromkeys(each.blanked, "")}
        found = connection.execute(update(each.table).where(theirs).values(nobody)).rowcount
        yield Erased(each.name, found, found)


def disclose(
    connection: Connection, customers: Collection[int], numbers: Collection[str]
) -> dict[str, list[dict[str, Any]]]:
    """Return the rows that are kept of the person, by the name of their holding."""
    found: dict[str, list[dict[str, Any]]] = {}
    for each in HOLDINGS:
        wanted = select(each.table).where(_theirs(each, customers, numbers)).order_by(each.table.c[each.key])
        rows = [dict(row) for row in connection.execute(wanted).mappings()]
        if rows:
            found[each.name] = rows
    return found


def _theirs(each: Holding, customers: Collection[int], numbers: Collection[str]) -> ColumnElement[bool]:
    here = each.table.c
    known = here.customer_id.in_(sorted(customers))
    if not each.number or not numbers:
        return known
    return or_(known, and_(here.customer_id.is_(None), here[each.number].in_(sorted(numbers))))
